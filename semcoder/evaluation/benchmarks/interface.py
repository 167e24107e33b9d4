"""What the harness of a benchmark does, and how benchmark files are read."""

import gzip
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from semcoder.errors import UserError
from semcoder.evaluation.checking import Ruling, Runner
from semcoder.evaluation.prompts import Style
from semcoder.records import Generation


class Item(Protocol):
    """One question of a benchmark."""

    @property
    def id(self) -> str:
        """Unique within the benchmark."""
        ...


I = TypeVar("I", bound=Item)  # noqa: E741


class Harness(ABC, Generic[I]):
    """A benchmark's questions, their prompts, the answers in what a model wrote, and the verdicts on them."""

    formats: tuple[str, ...] = ("code",)
    """In which a question can be put: reasoning formats, or `code` where a program is asked for."""
    stop: tuple[str, ...] = ()
    """Texts after which nothing that a model writes counts."""

    @abstractmethod
    def load(self, paths: Sequence[Path]) -> Iterator[I]:
        """The items, in the order of the files. Raises UserError for what is not this benchmark's data."""

    @abstractmethod
    def prompt(self, item: I, format: str, style: Style, label_offset: int) -> str:
        """The question."""

    @abstractmethod
    def answer(self, item: I, generation: Generation) -> str | None:
        """The answer in what a model wrote, as source; None where there is none."""

    @abstractmethod
    def judge(self, runner: Runner, answers: Sequence[tuple[I, str | None]]) -> list[Ruling]:
        """The verdict on each answer."""


def rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, gzipped where its name says so; each must have these columns."""
    if not path.exists():
        raise UserError(f"{path}: no such file; fetch the benchmark's data, or give --data another path.")
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as stream:
        for number, line in enumerate(stream, 1):
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise UserError(
                    f"{path}, line {number}: not JSON ({error.msg}); fetch the file anew."
                ) from error
            missing = [column for column in columns if not isinstance(row, dict) or column not in row]
            if missing:
                raise UserError(
                    f"{path}, line {number}: no column {missing[0]!r}; "
                    "this is not the benchmark's file, give --data the right one."
                )
            yield row
