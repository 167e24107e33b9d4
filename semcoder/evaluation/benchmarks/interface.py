"""What the harness of a benchmark does, and how benchmark files are read."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

from semcoder.errors import UserError
from semcoder.evaluation.fewshot import Template
from semcoder.evaluation.prompts import Style
from semcoder.reading import read_objects
from semcoder.records import Generation


class Item(Protocol):
    """One question of a benchmark."""

    @property
    def id(self) -> str:
        """Unique within the benchmark."""
        ...


I = TypeVar("I", bound=Item)  # noqa: E741


class Harness(ABC, Generic[I]):
    """A benchmark's questions, their prompts, and the answers in what a model wrote.

    The verdicts are in semcoder.evaluation.judges: asking a model anew must not hang on how it is judged.
    """

    formats: tuple[str, ...] = ("code",)
    """In which a question can be put: reasoning formats, or `code` where a program is asked for."""
    file: str = ""
    """The file that is read where --data is the folder of a snapshot; a pattern."""
    count: int | None = None
    """How many items the benchmark has, where nothing but the count tells that the file is the right one."""
    template: Template | None = None
    """The benchmark's own few-shot prompt, where it is given."""

    def asked_by(self, template: Template) -> Self:
        """The same benchmark with its own few-shot prompt."""
        harness = copy.copy(self)
        harness.template = template
        return harness

    def files(self, paths: Sequence[Path]) -> list[Path]:
        """The benchmark's files: folders stand for the one file in them that is read. Raises UserError."""
        return [found for path in paths for found in (self._inside(path) if path.is_dir() else [path])]

    def _inside(self, folder: Path) -> list[Path]:
        found = sorted(folder.glob(self.file)) if self.file else []
        if not found:
            wanted = f"no {self.file} in it; fetch it anew" if self.file else "a folder; give its file"
            raise UserError(f"--data {folder}: {wanted}, or give --data another path.")
        return found

    def read(self, files: Sequence[Path]) -> list[I]:
        """All items. Raises UserError where there are not as many as the benchmark has."""
        items = list(self.load(files))
        if self.count is not None and len(items) != self.count:
            raise UserError(
                f"{files[0]}: {len(items)} items, but the benchmark has {self.count}; "
                "fetch the pinned revision, or give --data the right file."
            )
        return items

    def group(self, item: I) -> str:
        """What the item belongs to: answers to items of one group hang together (evaluation.statistics)."""
        return item.id

    def stop(self, style: Style) -> tuple[str, ...]:
        """Texts after which nothing that a model writes counts."""
        return ()

    def copies(self, item: I) -> list[str]:
        """Answers that repeat what the question shows, the plainest first; none where a program is asked for."""
        return []

    @abstractmethod
    def load(self, paths: Sequence[Path]) -> Iterator[I]:
        """The items, in the order of the files. Raises UserError for what is not this benchmark's data."""

    @abstractmethod
    def prompt(self, item: I, format: str, style: Style, label_offset: int) -> str:
        """The question."""

    @abstractmethod
    def answer(self, item: I, generation: Generation) -> str | None:
        """The answer in what a model wrote, as source; None where there is none."""


def rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL (gzipped where its name says so) or parquet file; each must have these columns."""
    if not path.exists():
        raise UserError(f"{path}: no such file; fetch the benchmark's data, or give --data another path.")
    remedy = "fetch the file anew, or give --data the right one"
    for number, row in _parquet(path) if path.suffix == ".parquet" else read_objects(path, remedy):
        missing = [column for column in columns if column not in row]
        if missing:
            raise UserError(
                f"{path}, line {number}: no column {missing[0]!r}; "
                "this is not the benchmark's file, give --data the right one."
            )
        yield row


def _parquet(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        from pyarrow import ArrowInvalid, parquet
    except ImportError as error:
        raise UserError(
            f"{path}: reading it needs pyarrow ({error}); install it, or give a JSONL file."
        ) from error
    try:
        yield from enumerate(parquet.read_table(path).to_pylist(), 1)
    except ArrowInvalid as error:
        raise UserError(f"{path}: not a parquet file ({error}); fetch it anew.") from error
