"""CRUXEval: 800 functions `f` with an input and its output (facebookresearch/cruxeval, data/cruxeval.jsonl)."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from semcoder.evaluation.benchmarks.interface import rows
from semcoder.evaluation.benchmarks.prediction import Question


def questions(paths: Sequence[Path]) -> Iterator[Question]:
    """The rows of the file."""
    for path in paths:
        for row in rows(path, ("id", "code", "input", "output")):
            yield Question(row["id"], row["code"], "f", row["input"], row["output"])
