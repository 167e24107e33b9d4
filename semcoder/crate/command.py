"""`semcoder crate`: the record of a finished run, for an archive."""

import json
import os
import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Annotated

import typer

from semcoder.artifacts import output_directory, output_file, writing_directory, written_by_program
from semcoder.configfiles import Profile
from semcoder.crate import checking
from semcoder.crate.licences import left_out
from semcoder.crate.run import File, Run, finished
from semcoder.errors import UserError
from semcoder.progress import track

FIXED = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a bundle, so that the same run gives the same bundle."""


def main(
    target: Annotated[
        list[str] | None, typer.Argument(help="The targets that were run; without one the whole run.")
    ] = None,
    results: Annotated[Path | None, typer.Option(help="The results of a finished run.")] = None,
    profile: Profile = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write: the crate, with every file.")] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="ZIP to write: the crate with only what may be given to others.")
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(help="A crate or a bundle: are all files there that it lists, with their hashes?"),
    ] = None,
) -> None:
    """Write the record of a finished run, a Workflow Run RO-Crate, or check one.

    Inputs, outputs, the workflow and its package with hashes, every setting, versions, images, and what each job read
    and made. In the folder files are links where the disk allows, so that they take no space. A bundle leaves out what
    is another's, or was made from something whose licence does not let it be given on, and says so of each file.

    Example: semcoder crate --results results/quickstart --out crate --bundle crate.zip
    """
    if check:
        _check(check)
    if not (out or bundle):
        if check:
            return
        raise UserError("nothing to do: give --results with --out or --bundle, or --check.")
    if not results:
        raise UserError("--results is missing: give the results of a finished run.")
    for path, right in ((out, output_directory), (bundle, output_file)):
        if path:
            right(path)
    try:
        from semcoder.crate.metadata import described
    except ImportError as error:
        raise UserError("rocrate is not installed here; pip install -r envs/crate.lock.") from error
    run = finished(results, target or [], profile)
    if out:
        with writing_directory(out) as folder:
            for each in _files(run):
                _linked(each.path, folder / each.id)
            (folder / checking.METADATA).write_text(_text(described(run, {})), encoding="utf-8")
        typer.echo(f"{out}: {len(_files(run)):,} files of {len(run.jobs):,} jobs")
    if bundle:
        why = left_out(run)
        kept = [each for each in _files(run) if each.id not in why]
        with written_by_program(bundle) as path, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            _add(archive, checking.METADATA, _text(described(run, why)).encode())
            for each in track(kept, "packing files"):
                _add(archive, each.id, each.path.read_bytes())
        typer.echo(f"{bundle}: {len(kept):,} files; {len(why):,} left out")
        for reason in dict.fromkeys(why.values()):
            these = [id_ for id_, each in why.items() if each == reason]
            typer.echo(f"  {these[0]}{f' and {len(these) - 1:,} more' if len(these) > 1 else ''}: {reason}")


def _check(crate: Path) -> None:
    """Of a crate's folder, or of a bundle, which is unpacked among the machine's temporary files."""
    if zipfile.is_zipfile(crate):
        with tempfile.TemporaryDirectory() as folder:
            try:
                with zipfile.ZipFile(crate) as archive:
                    archive.extractall(folder)
            except (OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
                raise UserError(f"{crate}: cannot be unzipped ({error}); make the bundle anew.") from error
            _check_folder(Path(folder), crate)
    else:
        _check_folder(crate, crate)


def _check_folder(folder: Path, name: Path) -> None:
    """Raises UserError for what is no crate, or not whole; `name` is what the user knows it by."""
    if not (folder / checking.METADATA).is_file():
        why = f"has no {checking.METADATA}" if name.exists() else "no such folder or bundle"
        raise UserError(f"{name}: {why}; semcoder crate --results DIR --out DIR makes a crate.")
    found = list(checking.faults(folder))
    for each in found:
        typer.echo(each, err=True)
    if found:
        raise UserError(f"{name}: {len(found):,} of its files are not as it lists them; make the crate anew.")
    typer.echo(f"{name}: all {len(checking.files(folder)):,} files are there, each with its hash")


def _files(run: Run) -> list[File]:
    return [*run.workflow, *run.files.values()]


def _text(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _linked(source: Path, at: Path) -> None:
    """A second name for a file: rules replace their files and never write into them. A copy where disks differ."""
    at.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source.resolve(), at)
    except OSError:
        shutil.copyfile(source, at)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, FIXED)
    entry.external_attr = 0o644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
