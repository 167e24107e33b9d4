"""Readers of raw corpora: each yields the Python files of one source lazily, in a stable order.

A file's label names corpus and file and nothing of the machine: `stdlib-3.11/textwrap.py`. What cannot be
read is yielded as `Dropped` in its place.
"""

import hashlib
import os
import stat
import sys
import sysconfig
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from semcoder.errors import UserError, first_fault
from semcoder.records import Dropped
from semcoder.seeds import licences
from semcoder.shards import Shard

STAGE = "seeds extract"
MAX_BYTES = 1_000_000
"""Larger files are data or generated code (The Stack leaves out files over 1 MB as well)."""

STDLIB_LICENCE = "PSF-2.0"
# Left out of the standard library: programs with a window, copies of other tools, data written as code, and
# the library's tests (which are read for call sites all the same).
STDLIB_SKIPPED = frozenset({"idlelib", "turtledemo", "tkinter", "lib2to3", "ensurepip", "pydoc_data"})
TEST_FOLDERS = frozenset({"test", "tests"})
FOLDERS_SKIPPED = frozenset({"__pycache__", "site-packages", "dist-packages", "node_modules", "lib-dynload"})


class _Source(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StdlibSource(_Source):
    """The standard library of the interpreter that runs the command."""

    kind: Literal["stdlib"]
    """Which reader."""

    @property
    def label(self) -> str:
        """First part of the labels, and no machine path: two minor versions are two corpora."""
        return f"stdlib-{sys.version_info.major}.{sys.version_info.minor}"


class _PathSource(_Source):
    path: Path = Field(description="The folder or file that holds it.")
    name: str = Field("", description="First part of the labels; the last part of `path` when empty.")
    licence: str = Field("", description="SPDX id of everything in it; found out where it can be when empty.")

    @property
    def label(self) -> str:
        """First part of the labels."""
        return self.name or self.path.name

    @model_validator(mode="after")
    def _has_label(self) -> Self:
        if self.label in ("", "..") or "/" in self.label:
            raise ValueError("give the source a `name` (without a slash); its path has none")
        return self


class DirectorySource(_PathSource):
    """All .py files below a folder. Licences: SPDX lines, then the nearest licence file. Links are not followed."""

    kind: Literal["directory"]
    """Which reader."""


class _TableSource(_PathSource):
    column: str = Field("content", description="Column with the text of one Python file.")
    licence_column: str = Field("", description="Column with each row's own licence: a string or a list.")


class JsonlSource(_TableSource):
    """A JSONL file, also in gzip (.gz), with one Python file a row."""

    kind: Literal["jsonl"]
    """Which reader."""


class ParquetSource(_TableSource):
    """A folder of parquet files (or one), as a hub data set such as starcoderdata's `python` is fetched."""

    kind: Literal["parquet"]
    """Which reader."""


Source = Annotated[StdlibSource | DirectorySource | JsonlSource | ParquetSource, Field(discriminator="kind")]
_SOURCES = TypeAdapter(tuple[Source, ...])


class Document(NamedTuple):
    """One Python file. `module` is its dotted name where it is a module of its source, else empty."""

    label: str
    text: str
    licence: str
    module: str = ""
    is_package: bool = False


WHOLE = Shard(1, 1)


@dataclass(frozen=True)
class Part:
    """Which files a run reads: a fraction of all, picked by hash of label and seed; of these, those of its shard."""

    shard: Shard = WHOLE
    fraction: float = 1.0
    seed: int = 0

    def samples(self, label: str) -> bool:
        """Whether the file is in the fraction; the same in every sharding."""
        digest = hashlib.sha256(f"{self.seed}\0{label}".encode()).digest()
        return int.from_bytes(digest[:6]) < self.fraction * 2**48

    def takes(self, label: str) -> bool:
        """Whether this run reads the file."""
        return self.shard.holds(label) and self.samples(label)


ALL = Part()


def parse_sources(text: str) -> tuple[Source, ...]:
    """Read the `--sources` option, a JSON list. Raises UserError naming what is wrong with which source."""
    try:
        sources = _SOURCES.validate_json(text)
    except ValidationError as error:
        raise UserError(
            f"--sources: {first_fault(error, 'the list')}; write a JSON list such as "
            f'[{{"kind": "stdlib"}}, {{"kind": "directory", "path": "src", "licence": "MIT"}}].'
        ) from error
    labels = [source.label for source in sources]
    for label in labels:
        if labels.count(label) > 1:
            raise UserError(f"--sources: two sources are called {label}; give one of them another `name`.")
    if not sources:
        raise UserError('--sources: the list is empty; name at least one, such as [{"kind": "stdlib"}].')
    return sources


def documents(source: Source, part: Part = ALL) -> Iterator[Document | Dropped]:
    """The files of this part of a source in a stable order, and what could not be read of them."""
    match source:
        case StdlibSource():
            yield from _folder_documents(_stdlib_folder(), source.label, STDLIB_LICENCE, part, _stdlib_skips)
        case DirectorySource():
            if not source.path.is_dir():
                raise UserError(
                    f"--sources: {source.path} is no folder; correct the `path` of {source.label}."
                )
            yield from _folder_documents(source.path, source.label, source.licence, part, lambda _: False)
        case JsonlSource() | ParquetSource():
            # Only here, so that a run on folders does not pay for pyarrow.
            from semcoder.seeds import tables

            yield from tables.documents(source, part)


def call_site_documents(source: Source) -> Iterator[Document]:
    """Every readable file in which functions of the source may be called from another file.

    For the standard library that is its tests too. Rows of a table know nothing of each other: none.
    """
    match source:
        case StdlibSource():
            files = _folder_documents(_stdlib_folder(), source.label, STDLIB_LICENCE, ALL, lambda _: False)
        case DirectorySource():
            files = documents(source)
        case _:
            return
    yield from (each for each in files if isinstance(each, Document))


def files_read(folder: Path) -> list[Path]:
    """Every file below a `directory` source that decides what a run reads: Python files and licences."""
    return [
        inside / name
        for inside, names, _ in _walk(folder)
        for name in names
        if name.endswith(".py") or licences.FILE_NAME.fullmatch(name)
    ]


def not_kept(label: str, reason: str, detail: str = "") -> Dropped:
    """What this stage does not keep of the file `label`."""
    return Dropped(stage=STAGE, reason=reason, detail=f"{label}: {detail}" if detail else label)


def _stdlib_folder() -> Path:
    return Path(sysconfig.get_path("stdlib"))


def _stdlib_skips(relative: PurePosixPath) -> bool:
    """Also what a build writes for its machine: `_sysconfigdata_*.py`, `config-*/`, sitecustomize."""
    return (
        bool(set(relative.parts[:-1]) & (STDLIB_SKIPPED | TEST_FOLDERS))
        or relative.parts[0].startswith(("_sysconfigdata", "config-"))
        or relative.parts[0] in ("sitecustomize.py", "usercustomize.py")
    )


def _folder_documents(
    root: Path, label: str, licence: str, part: Part, skips: Callable[[PurePosixPath], bool]
) -> Iterator[Document | Dropped]:
    package_of: dict[Path, str] = {}
    licence_of: dict[Path, str] = {}
    found = False
    for folder, names, error in _walk(root):
        here = PurePosixPath(folder.relative_to(root).as_posix())
        if error:
            if part.takes(_label(label, here)):
                yield not_kept(_label(label, here), "unreadable", error.strerror or type(error).__name__)
            continue
        licence_of[folder] = licence or licences.of_folder(folder)
        if licence_of[folder] == licences.UNKNOWN and folder != root:
            licence_of[folder] = licence_of[folder.parent]
        if "__init__.py" in names:
            package_of[folder] = f"{package_of.get(folder.parent, '')}.{folder.name}".lstrip(".")
        for name in names:
            if name.endswith(".py") and not skips(here / name):
                found = True
                shown = _label(label, here / name)
                if part.takes(shown):
                    file = _text(folder / name, shown)
                    yield (
                        file
                        if isinstance(file, Dropped)
                        else Document(
                            shown,
                            file,
                            _licence(file, licence, licence_of[folder]),
                            _dotted(package_of.get(folder, ""), name.removesuffix(".py")),
                            name == "__init__.py",
                        )
                    )
    if not found:
        raise UserError(f"--sources: {label}: no .py file below {root}; correct its `path`.")


def _walk(folder: Path) -> Iterator[tuple[Path, list[str], OSError | None]]:
    """Each folder with its files, both sorted; hidden folders, environments and links to folders left out."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield folder, [], error
        return
    inner = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    yield folder, [entry.name for entry in entries if entry not in inner], None
    for entry in inner:
        path = Path(entry.path)
        if not (
            entry.name.startswith(".")
            or entry.name in FOLDERS_SKIPPED
            or os.access(path / "pyvenv.cfg", os.F_OK)
        ):
            yield from _walk(path)


def _text(path: Path, label: str) -> str | Dropped:
    """The file's text as its encoding line says, with newlines alone at the ends of lines."""
    try:
        about = path.lstat()
        if stat.S_ISLNK(about.st_mode):
            return not_kept(label, "symbolic link")
        if not stat.S_ISREG(about.st_mode):
            return not_kept(label, "not a regular file")
        if about.st_size > MAX_BYTES:
            return not_kept(label, "too large", f"{about.st_size} bytes")
        data = path.read_bytes()
    except OSError as error:
        return not_kept(label, "unreadable", error.strerror or type(error).__name__)
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
        return clean(data.decode(encoding))
    except (SyntaxError, UnicodeError, LookupError) as error:
        return not_kept(label, "odd encoding", str(error))


def clean(text: str) -> str:
    """The text with `\\n` alone as line end, as ast counts lines, and without a byte order mark."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")


def _licence(text: str, given: str, of_folder: str) -> str:
    if given:
        return given
    stated = licences.of_source_text(text)
    return of_folder if stated == licences.UNKNOWN else stated


def _dotted(package: str, stem: str) -> str:
    return package if stem == "__init__" else f"{package}.{stem}".lstrip(".")


def _label(source: str, relative: PurePosixPath) -> str:
    """A label in printable characters, whatever bytes the file system holds."""
    return f"{source}/{os.fsencode(relative).decode('utf-8', 'backslashreplace')}"
