"""A benchmark's questions with other programs, as `semcoder evaluation variants` writes them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from semcoder.evaluation.benchmarks.interface import rows
from semcoder.evaluation.benchmarks.prediction import Question

COLUMNS = ("id", "code", "entry_point", "arguments", "output", "group", "formerly")


def questions(paths: Sequence[Path]) -> Iterator[Question]:
    """The rows of the file; ids are those of the original items."""
    for path in paths:
        for row in rows(path, COLUMNS):
            yield Question(*(row[column] for column in COLUMNS))
