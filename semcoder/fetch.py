"""The one door for external files: pinned in data/versions.csv, from a mirror or the source, checked by hash.

A file gets its final name only when its sha256 is the pinned one. A hub snapshot is a directory; its files
are checked against the hashes that the hub states for the pinned commit, and a manifest (`MANIFEST`) is left
beside them, so that the directory can serve as a mirror elsewhere and be checked there without the hub.
"""

import errno
import shutil
import subprocess
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from semcoder.artifacts import open_alone, output_directory, output_file, replace_directory
from semcoder.download import clear, download, folder_of
from semcoder.errors import UserError
from semcoder.pins import External, mismatch, read_versions, tree_sha256

PATIENCE_S = 24 * 3600.0
"""For another run that fetches the same thing to the same place."""
REACHES = ("pypi", "url", "hub")
"""Kinds of sources, as data.reach names them."""


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
            download(entry, part)
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
            clear(part)
            clear(folder_of(part))


def _copy(held: Path, part: Path) -> None:
    clear(part)
    if held.is_dir():
        shutil.copytree(held, part, ignore=shutil.ignore_patterns(".cache"))
    else:
        shutil.copyfile(held, part)


def _is_full(error: BaseException) -> bool:
    """Whether the disk is full, also where a library's error stands before the system's."""
    chain = (error, error.__cause__, error.__context__)
    return any(isinstance(each, OSError) and each.errno in (errno.ENOSPC, errno.EDQUOT) for each in chain)


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
        clear(part)
        raise UserError(
            f"{entry.name}: {origin} has {found}, expected {entry.expected}; {_remedies(entry, mirror)}"
        )


def _remedies(entry: External, mirror: Path | None) -> str:
    place = f"{mirror or 'DIR'}/{entry.base_name}"
    made = " (a directory made by `semcoder data fetch`)" if entry.is_snapshot else ""
    return (
        f"put the right one at {place}{made} with data.mirror: {mirror or 'DIR'}, or run this "
        f"where {entry.source} can be reached, with no wrong copy in the mirror."
    )


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
