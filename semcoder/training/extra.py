"""Data sets that others made, as examples: Evol-Instruct, OSS-Instruct, the released PyX and PyX-R.

A set is JSON lines; its columns say what it is. Prompts get the same task prefixes as our own examples
(upstream src/prompts.py, row contract of src/dataset.py).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from semcoder.errors import UserError
from semcoder.evaluation.prompts import BACKWARD_PREFIX, FORWARD_PREFIX, REFINE_PREFIX, Style, nl2code_prompt
from semcoder.reading import read_objects
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
ORIGIN = "semcoder_origin"
"""Column of our own rows, solved or cleaned: where in the data set a row comes from. Others' have none."""


def examples(name: str, path: Path, style: Style) -> Iterator[tuple[Example, str]]:
    """The rows of data set `name`, each with the language in its `lang` column, empty where there is none.

    The parent of a row is `NAME:PLACE`, the place being that in the data set itself. Raises UserError naming the line.
    """
    for place, row in rows(path):
        task, question, answer = parts(row, f"{path}, {place}")
        prompt = prompt_of(task, question, style)
        origin = row.get(ORIGIN) or place
        example = Example(parents=(f"{name}:{origin}",), task=task, prompt=prompt, response=answer)
        yield example, str(row.get("lang", ""))


def rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(`FILE:LINE`, object) of a JSONL file, or of all such files of a folder as the hub serves a data set."""
    files = (
        sorted(each for each in path.rglob("*.jsonl*") if each.suffix in (".jsonl", ".gz"))
        if path.is_dir()
        else [path]
    )
    if not files or not files[0].is_file():
        raise UserError(f"{path}: no JSONL file there; fetch the data set, or give another path.")
    for file in files:
        for number, row in read_objects(file):
            yield f"{file.name}:{number}", row


def parts(row: Any, place: str) -> tuple[Task, str, str]:
    """(task, question, answer) of a row, without any prompt. Raises UserError naming the place."""
    if isinstance(row, dict):
        for asks, answers, task in COLUMNS:
            question, answer = row.get(asks), row.get(answers)
            if isinstance(question, str) and isinstance(answer, str) and question and answer:
                return task, question, answer
    pairs = "; ".join(f"{asks} and {answers}" for asks, answers, _ in COLUMNS)
    raise UserError(f"{place}: no question and answer; the row needs one of these pairs of columns: {pairs}.")


def prompt_of(task: Task, question: str, style: Style) -> str:
    """What a model is asked with, around the text of a question column (upstream src/dataset.py)."""
    if task == "nl2code":
        return nl2code_prompt(question)
    prefix = {"forward": FORWARD_PREFIX, "backward": BACKWARD_PREFIX, "refine": REFINE_PREFIX[style]}[task]
    return f"{prefix}{question}\n"
