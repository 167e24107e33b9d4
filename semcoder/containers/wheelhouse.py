"""The packages of an image as files, each checked by the hash in its lock, so that the build needs no network."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from semcoder.artifacts import writing_directory
from semcoder.containers.images import IMAGES, ROOT, by_kind
from semcoder.errors import UserError

PYTHON = "3.11"
"""Of the images' bases."""
PLATFORMS = [
    *(f"manylinux_2_{minor}_x86_64" for minor in (28, 27, 26, 24, 17, 12, 5)),
    *(f"manylinux{old}_x86_64" for old in ("2014", "2010", "1")),
    "linux_x86_64",
]
"""Whose wheels run on glibc 2.28 and newer; pip takes these names literally."""


def main(
    name: Annotated[str, typer.Argument(metavar="IMAGE", help=f"One of {', '.join(IMAGES)}.")],
    out: Annotated[Path, typer.Option(help="Folder for the wheels.")],
) -> None:
    """Download what an image's lock names, for the image's Python, whatever this machine's own is.

    Example: semcoder containers wheelhouse data --out images/wheelhouse/data
    """
    wheels, sources = by_kind(name)
    with writing_directory(out) as folder:
        foreign = ["--only-binary", ":all:", "--python-version", PYTHON, "--implementation", "cp"]
        foreign += [word for each in PLATFORMS for word in ("--platform", each)]
        _download(folder, wheels, foreign)
        if sources:
            # pip asks a source for its metadata, for which DeepSpeed wants the torch that is installed here.
            _download(folder, sources, ["--no-binary", ":all:", "--no-build-isolation"])


def _download(folder: Path, lock: str, words: list[str]) -> None:
    listed = folder.parent / f".{folder.name}.lock"
    listed.write_text(lock, encoding="utf-8")
    try:
        command = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "download",
            "--quiet",
            "--no-deps",
        ]
        command += ["--require-hashes", "-r", str(listed), "-d", str(folder), *words]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "DS_BUILD_OPS": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [
                done.stderr[-300:]
            ]
            raise UserError(f"pip cannot download the packages of {folder.name}: {' '.join(said)[:500]}.")
    finally:
        listed.unlink()
