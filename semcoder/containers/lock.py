"""containers/images.lock, and the file names that carry a digest."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from semcoder.artifacts import sha256_of, write_json
from semcoder.containers.images import DIGITS, IMAGES, Locked, read_lock
from semcoder.errors import UserError


def main(
    images: Annotated[list[Path], typer.Argument(metavar="SIF...", help="Built images, each IMAGE.sif.")],
    lock: Annotated[Path, typer.Option(help="The lock; images that are not named keep their rows.")],
) -> None:
    """Record what built images are, and give each a name beside that carries its digest.

    Example: semcoder containers lock images/data.sif images/train-cpu.sif --lock containers/images.lock
    """
    locked = read_lock(lock)
    for path in images:
        if path.stem not in IMAGES:
            raise UserError(f"{path}: is no image of this project; images are {', '.join(IMAGES)}.")
        labels = labels_of(path)
        locked[path.stem] = row = Locked(
            sha256=sha256_of(path), base=labels["semcoder.base"], definition=labels["semcoder.definition"]
        )
        named = path.with_name(row.file_name(path.stem))
        if not named.exists():
            os.link(path, named)
        typer.echo(f"{path.stem}: {row.sha256[:DIGITS]}, {path.stat().st_size / 1e6:.0f} MB, on {row.base}")
    write_json(lock, {name: row.model_dump() for name, row in locked.items()})


def labels_of(path: Path) -> dict[str, str]:
    """The labels of an image. Raises UserError for a file that has none."""
    from spython.main import Client

    Client.quiet = True
    about: Any = Client.inspect(str(path), json=True, quiet=True)
    try:
        labels = dict(about["attributes"]["labels"])
        _ = labels["semcoder.base"], labels["semcoder.definition"]
    except (KeyError, TypeError) as error:
        raise UserError(f"{path}: is no image that `semcoder containers build` made; build it.") from error
    return labels
