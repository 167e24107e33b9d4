"""What the benchmarks run: CRUXEval's programs and EvalPlus' problems, from a folder of benchmark files."""

import ast
import gzip
import json
import random
from pathlib import Path
from typing import Any, NamedTuple

from semcoder.errors import UserError


class Case(NamedTuple):
    """A program, one input and the recorded output, all as source."""

    code: str
    args: tuple[str, ...]
    kwargs: dict[str, str]
    output: str

    def values(self) -> list[Any] | None:
        """The arguments themselves, as EvalPlus takes them; None where they are named or no literals."""
        try:
            return None if self.kwargs else [ast.literal_eval(arg) for arg in self.args]
        except ValueError:
            return None


def lines(mirror: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a benchmark file. Raises UserError where the folder does not hold it."""
    path = mirror / name
    if not path.is_file():
        raise UserError(
            f"{path}: no such file; give --mirror a folder that holds it (data/versions.csv tells where from)."
        )
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def cruxeval(mirror: Path) -> list[Case]:
    """All 800."""
    cases = []
    for row in lines(mirror, "cruxeval.jsonl"):
        call = ast.parse(f"f({row['input']})", mode="eval").body
        assert isinstance(call, ast.Call)
        args = tuple(ast.unparse(arg) for arg in call.args)
        kwargs = {str(keyword.arg): ast.unparse(keyword.value) for keyword in call.keywords}
        cases.append(Case(row["code"], args, kwargs, row["output"]))
    return cases


def answers(cases: list[Case], each: int, seed: int = 0) -> list[list[str]]:
    """For each case its recorded output, half of the time, else another case's: as a model's right and wrong ones."""
    draw = random.Random(seed)
    outputs = [case.output for case in cases]
    return [
        [case.output if draw.random() < 0.5 else draw.choice(outputs) for _ in range(each)] for case in cases
    ]
