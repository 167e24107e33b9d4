"""The images, what each is built from, and the lock that says which file each one is.

An image's file name carries the digest of its content, `data-3ac2c6f4dab6.sif`, so that another image is another name
to Snakemake, and a rebuilt one with equal content (another comment in its definition) is the same.
"""

import hashlib
import io
import re
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from semcoder.errors import UserError, first_fault
from semcoder.reading import read_text

ROOT = Path(__file__).parents[2]
"""The checkout."""
DEFINITIONS = ROOT / "containers"
DIGITS = 12
"""Hex digits of a digest in a file's name."""
REMEDY = "run `snakemake containers --cores 2` with the same --configfile"


@dataclass(frozen=True)
class Image:
    """`definition` is the stem of containers/*.def; `locks` those of envs/*.lock whose packages it holds."""

    definition: str
    locks: tuple[str, ...]


IMAGES: Mapping[str, Image] = {
    "data": Image("data", ("data",)),
    "train": Image("train", ("train",)),
    "train-cpu": Image("train", ("torch-cpu", "quickstart")),
    "serve": Image("serve", ("serve",)),
}


class Locked(BaseModel):
    """What containers/images.lock says of an image."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="of the SIF")
    base: str = Field(min_length=1, description="`debian` and the digest of its tree, or an image reference")
    definition: str = Field(pattern=r"^[0-9a-f]{12}$", description="see `definition_of`")

    def file_name(self, name: str) -> str:
        """`data-3ac2c6f4dab6.sif`."""
        return f"{name}-{self.sha256[:DIGITS]}.sif"


_LOCK = TypeAdapter(dict[str, Locked])


def read_lock(path: Path) -> dict[str, Locked]:
    """The locked images; none where there is no file. Raises UserError for a file that is no lock."""
    if not path.exists():
        return {}
    try:
        return _LOCK.validate_json(read_text(path))
    except ValidationError as error:
        raise UserError(f"{path}: {first_fault(error, 'the file')}; {REMEDY}.") from error


def files_of(name: str) -> list[Path]:
    """The files of this checkout that an image is built from."""
    image = IMAGES[name]
    locks = [ROOT / "envs" / f"{lock}.lock" for lock in image.locks]
    return [DEFINITIONS / f"{image.definition}.def", DEFINITIONS / "post.sh", DEFINITIONS / "sbom.py", *locks]


def definition_of(name: str) -> str:
    """Twelve hex digits over what an image is built from, comments left out; its base stands beside."""
    digest = hashlib.sha256()
    for path in files_of(name):
        digest.update(f"{path.name}\0{without_comments(path)}\0".encode())
    return digest.hexdigest()[:DIGITS]


def without_comments(path: Path) -> str:
    """The lines of a definition, shell script, lock or Python file that do something."""
    text = read_text(path)
    if path.suffix == ".py":
        return _python_without_comments(text)
    return "".join(
        f"{line}\n" for line in text.splitlines() if line.strip() and not re.match(r"\s*#(?!!)", line)
    )


def _python_without_comments(text: str) -> str:
    kept = [
        each for each in tokenize.generate_tokens(io.StringIO(text).readline) if each.type != tokenize.COMMENT
    ]
    lines = tokenize.untokenize(kept).splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines if line.strip())


SOURCES = ("connection-pool", "deepspeed")
"""Distributions that are published as source only."""


def by_kind(name: str) -> tuple[str, str]:
    """An image's locks as one text of what comes as wheels and one of what comes as source."""
    text = "".join(without_comments(ROOT / "envs" / f"{lock}.lock") for lock in IMAGES[name].locks)
    blocks = re.split(r"(?m)^(?=[A-Za-z])", text)
    wheels = "".join(
        block for block in blocks if not block.startswith(tuple(f"{each}==" for each in SOURCES))
    )
    return wheels, "".join(
        block for block in blocks if block.startswith(tuple(f"{each}==" for each in SOURCES))
    )
