"""Samples of instruction sets as PyX is compared with them: an instruction and its solution (paper App. F)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from semcoder.errors import UserError
from semcoder.progress import track
from semcoder.records import Problem, Program, read
from semcoder.training.extra import parts, rows


class Sample(NamedTuple):
    """`name`: the program's id in PyX, the file and line elsewhere."""

    name: str
    instruction: str
    solution: str


def read_sets(programs: Path, problems: Path, others: Sequence[str]) -> Iterator[tuple[str, list[Sample]]]:
    """(name, samples) of PyX, and of the other sets, each `NAME=PATH` of JSON lines with the columns of `training mix`.

    Raises UserError naming the file of a set that has no instruction with a solution.
    """
    asked = {problem.id: problem.instruction for problem in read(problems, Problem)}
    yield (
        "PyX",
        [
            Sample(each.id, "\n".join(asked[name] for name in each.parents if name in asked), each.code)
            for each in track(read(programs, Program), "PyX")
        ],
    )
    for text in others:
        name, _, path = text.partition("=")
        if not path:
            raise UserError(f"--data {text}: write it as NAME=PATH, such as oss-instruct=oss.jsonl.")
        found = [
            Sample(place, question, answer)
            for place, row in track(rows(Path(path)), name)
            for task, question, answer in [parts(row, f"{path}, {place}")]
            if task == "nl2code"
        ]
        if not found:
            raise UserError(f"--data {text}: no instruction with a solution in it.")
        yield name, found
