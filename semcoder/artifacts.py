"""Artifacts: written under a temporary name and renamed, so nothing half-written ever looks finished."""

import fcntl
import hashlib
import io
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from semcoder.errors import UserError
from semcoder.progress import tell

PATIENCE_S = 10.0
"""A job of a workflow that was just killed ends within about a second (semcoder.orphan)."""


def open_alone(path: Path, patience_s: float | None = None) -> BinaryIO:
    """Open `path` for reading and writing, made if need be, held alone until it is closed.

    The kernel lets go when the process ends, however it does. Raises UserError when another process still holds
    the file after `patience_s` (PATIENCE_S).
    """
    patience_s = PATIENCE_S if patience_s is None else patience_s
    path.parent.mkdir(parents=True, exist_ok=True)
    started, told = time.monotonic(), False
    while True:
        stream = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(path, stream):
                return stream
        except BlockingIOError as error:
            waited = time.monotonic() - started
            if waited >= patience_s:
                stream.close()
                raise UserError(f"{path}: another process is writing it; wait for that to end.") from error
            if waited > 1 and not told:
                tell(f"{path}: another process is writing it; waiting up to {patience_s:.0f} s for it to end")
                told = True
            time.sleep(0.1)
        stream.close()  # or the one before has renamed or removed it: then this is no longer the file


def _is_at(path: Path, stream: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False


@contextmanager
def writing(path: Path) -> Iterator[TextIO]:
    """Open `path` for UTF-8 text; it appears, whole, only when the block ends without an error.

    The temporary name is always the same, so that what a killed writer left is overwritten by the next; a lock
    keeps two writers apart. Raises UserError where another process does not stop writing the same file.
    """
    temporary = path.with_name(f".{path.name}.part")
    with io.TextIOWrapper(open_alone(temporary), encoding="utf-8", newline="\n") as stream:
        stream.truncate(0)
        try:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys and a final newline."""
    with writing(path) as stream:
        json.dump(value, stream, indent=2, sort_keys=True, ensure_ascii=False)
        stream.write("\n")


@contextmanager
def writing_directory(path: Path) -> Iterator[Path]:
    """A temporary directory beside `path` that becomes `path` only when the block ends without an error.

    Its name is fixed, so that what a killed run left behind is found and removed by the next one.
    """
    temporary = path.parent / f".{path.name}.part"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        replace_directory(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def replace_directory(temporary: Path, path: Path) -> None:
    """Give a finished directory its final name, in place of what may stand there."""
    for file in temporary.rglob("*"):
        if file.is_file():
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
    if path.exists():
        old = path.parent / f".{path.name}.old"
        shutil.rmtree(old, ignore_errors=True)
        path.replace(old)
        temporary.replace(path)
        shutil.rmtree(old)
    else:
        temporary.replace(path)


def sha256_of(path: Path) -> str:
    """Hex digest of a file, or of a directory's files and their names."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        lines = [f"{sha256_of(file)}  {file.relative_to(path).as_posix()}\n" for file in files]
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
