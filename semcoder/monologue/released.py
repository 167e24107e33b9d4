"""The monologues of the released PyX, read back from its rows (columns `id, nl, fwd_mnl, bwd_mnl, response`).

A row holds one task's prompt in the column of that task and the answer in `response`. The prompt shows the program
between [PYTHON] tags, its last line the assertion with `??` in place of what is asked for. Forward, lines carry
labels whose numbers are those of an instrumented file: line number + 4 for most (upstream's cruxeval_prompts.py).
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from semcoder.errors import UserError, first_fault
from semcoder.evaluation.extract import input_answer, output_answer
from semcoder.reading import read_lines
from semcoder.records import Direction, Program

COLUMNS: dict[Direction, str] = {"forward": "fwd_mnl", "backward": "bwd_mnl"}
_SHOWN = re.compile(
    r"\[?PYTHON\]\n(.*?)\n\[/PYTHON\]", re.DOTALL
)  # upstream's backward prompt lost a bracket
_ASKED = re.compile(r"^assert\s+(.+)$")
_LABEL = re.compile(r"[ \t]*# \[L(\d+)\][ \t]*$")
_TOLD = re.compile(r"\[MONOLOGUE\]\s*(.*?)\s*\[/MONOLOGUE\]", re.DOTALL)


class Released(NamedTuple):
    """A released monologue with what it was asked about."""

    id: str
    direction: Direction
    program: Program
    given: str
    """The side of the assertion that was given: arguments, or the output."""
    text: str
    answer: str
    label_offset: int


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str | int = ""
    fwd_mnl: str | None = None
    bwd_mnl: str | None = None
    response: str | None = None


def read_released(path: Path) -> Iterator[Released | str]:
    """The monologue of each row that is one, or why it could not be read; rows of other tasks are passed over.

    Raises UserError for a line that is no row.
    """
    for number, line in read_lines(path):
        try:
            row = _Row.model_validate(json.loads(line))
        except (ValueError, RecursionError) as error:
            why = first_fault(error) if isinstance(error, ValidationError) else "not JSON"
            raise UserError(
                f"{path}, line {number}: not a row of PyX ({why}); give its pyx.jsonl."
            ) from error
        for direction, column in COLUMNS.items():
            prompt = getattr(row, column)
            if prompt:
                yield parse(str(row.id or number), direction, prompt, row.response or "")


def parse(name: str, direction: Direction, prompt: str, response: str) -> Released | str:
    """The monologue of one row, or why it could not be read; its opening tag may stand at the end of the prompt."""
    if prompt.rstrip().endswith("[MONOLOGUE]"):
        response = f"[MONOLOGUE]\n{response}"
    shown = _SHOWN.findall(prompt)
    if not shown:
        return "no program in the prompt"
    *lines, last = shown[-1].rstrip().split("\n")
    asked = _ASKED.match(_LABEL.sub("", last))
    if not asked:
        return "no assertion in the prompt"
    offsets = [int(match[1]) - at for at, line in enumerate(lines, 1) if (match := _LABEL.search(line))]
    code = "\n".join(_LABEL.sub("", line) for line in lines).rstrip() + "\n"
    sides = _sides(asked[1], direction)
    said = _TOLD.search(response)
    if sides is None or said is None:
        return "no such assertion" if sides is None else "no monologue in the response"
    entry_point, given = sides
    find = output_answer if direction == "forward" else input_answer
    answer = find(response, entry_point, inside=False)
    if answer is None:
        return "no answer in the response"
    offset = max(set(offsets), key=offsets.count) if offsets else 0
    return Released(
        *(name, direction, Program(code=code, entry_point=entry_point), given, said[1], answer), offset
    )


def _sides(assertion: str, direction: Direction) -> tuple[str, str] | None:
    """(function, what is given) of `f(1) == ??` or `f(??) == 1`."""
    filled = assertion.replace("??", "...", 1)
    try:
        tree = ast.parse(filled, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not (isinstance(tree, ast.Compare) and isinstance(tree.left, ast.Call) and "??" in assertion):
        return None
    call = tree.left
    name = ast.unparse(call.func)
    if direction == "backward":
        return name, ast.unparse(tree.comparators[0])
    words = [ast.unparse(each) for each in call.args]
    return name, ", ".join([*words, *(f"{each.arg}={ast.unparse(each.value)}" for each in call.keywords)])
