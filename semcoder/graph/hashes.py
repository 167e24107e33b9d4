"""Hashes of files that the workflow did not make: taken of the content, each file read once."""

import json
from pathlib import Path

from semcoder.artifacts import sha256_of, write_json
from semcoder.errors import UserError


class Hashes:
    """sha256 of files, remembered in `store` by path, size, time of change and inode."""

    def __init__(self, store: Path) -> None:
        self._store = store
        try:
            self._known: dict[str, list[int | str]] = json.loads(store.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._known = {}  # not there, or not to be read: then every file is read once more
        self._is_new = False

    def of(self, file: Path) -> str:
        """The sha256 of a file's content."""
        about = file.stat()
        state: list[int | str] = [about.st_size, about.st_mtime_ns, about.st_ino]
        known = self._known.get(str(file))
        if not known or known[:-1] != state:
            known = self._known[str(file)] = [*state, sha256_of(file)]
            self._is_new = True
        return str(known[-1])

    def save(self) -> None:
        """Remember for the next workflow; where the folder cannot be written, that one reads the files again."""
        if self._is_new:
            try:
                write_json(self._store, self._known)
            except (OSError, UserError):
                return
