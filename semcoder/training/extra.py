"""Data sets that others made, as examples: Evol-Instruct, OSS-Instruct, the released PyX and PyX-R.

A set is JSON lines; its columns say what it is. Prompts get the same task prefixes as our own examples
(upstream src/prompts.py, row contract of src/dataset.py).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from semcoder.errors import UserError
from semcoder.evaluation.prompts import BACKWARD_PREFIX, FORWARD_PREFIX, REFINE_PREFIX, Style, nl2code_prompt
from semcoder.records import Example, Task

COLUMNS: tuple[tuple[str, str, Task], ...] = (
    ("instruction", "response", "nl2code"),  # Evol-Instruct as Magicoder released it
    ("problem", "solution", "nl2code"),  # OSS-Instruct
    ("nl", "response", "nl2code"),  # PyX: exactly one of nl, fwd_mnl, bwd_mnl is not empty
    ("fwd_mnl", "response", "forward"),
    ("bwd_mnl", "response", "backward"),
    ("fault", "response", "refine"),  # PyX-R
)
"""(column of the question, column of the answer, task)"""


def examples(name: str, path: Path, style: Style) -> Iterator[tuple[Example, str]]:
    """The rows of data set `name`, each with the language in its `lang` column, empty where there is none.

    The parent of a row is `NAME:LINE`. Raises UserError naming the line.
    """
    try:
        stream = path.open(encoding="utf-8")
    except FileNotFoundError as error:
        raise UserError(f"--extra {name}={path}: no such file.") from error
    with stream:
        for number, line in enumerate(stream, 1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise UserError(f"{path}, line {number}: not JSON ({error}).") from error
            task, question, answer = _parts(row, f"{path}, line {number}")
            prompt = _prompt(task, question, style)
            example = Example(parents=(f"{name}:{number}",), task=task, prompt=prompt, response=answer)
            yield example, str(row.get("lang", ""))


def _parts(row: Any, place: str) -> tuple[Task, str, str]:
    if isinstance(row, dict):
        for asks, answers, task in COLUMNS:
            question, answer = row.get(asks), row.get(answers)
            if isinstance(question, str) and isinstance(answer, str) and question and answer:
                return task, question, answer
    pairs = "; ".join(f"{asks} and {answers}" for asks, answers, _ in COLUMNS)
    raise UserError(f"{place}: no question and answer; the row needs one of these pairs of columns: {pairs}.")


def _prompt(task: Task, question: str, style: Style) -> str:
    if task == "nl2code":
        return nl2code_prompt(question)
    prefix = {"forward": FORWARD_PREFIX, "backward": BACKWARD_PREFIX, "refine": REFINE_PREFIX[style]}[task]
    return f"{prefix}{question}\n"
