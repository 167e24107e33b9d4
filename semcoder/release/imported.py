"""`semcoder pyx import`: the released PyX or PyX-R as examples, in place of those made here.

Every row becomes the training sequence that upstream's src/dataset.py makes of it: the task's prefix, the question
as it stands, the response as it stands. Nothing is written anew, so prompts are in upstream's style.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from semcoder import records
from semcoder.artifacts import write_json
from semcoder.errors import UserError
from semcoder.monologue.released import parse
from semcoder.progress import tell, track
from semcoder.records import Dropped, Example, Task
from semcoder.release.rows import QUESTIONS
from semcoder.training.extra import prompt_of, rows

STAGE = "released"
NOT_ONE = "not exactly one question"
NO_RESPONSE = "no response"
NO_PROGRAM = "no program that parses in the response"
NO_FAULT = "no buggy solution in the question"
NO_REPAIR = "no refined program in the response"
_FENCED = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)


def examples(name: str, path: Path) -> Iterator[Example | Dropped]:
    """The rows of a released file, or of all files of a folder, each as its example or with why it is none.

    The parent of a row is `NAME:FILE:LINE`. Raises UserError for a line that is no JSON object.
    """
    for place, row in rows(path):
        origin = (f"{name}:{place}",)
        found = _example(row, origin)
        yield (
            found
            if isinstance(found, Example)
            else Dropped(parents=origin, stage=STAGE, reason=found, detail=str(row.get("id", "")))
        )


def _example(row: dict[str, Any], origin: tuple[str, ...]) -> Example | str:
    asked = [
        (task, row[column])
        for task, column in QUESTIONS.items()
        if isinstance(row.get(column), str) and row[column].strip()
    ]
    if len(asked) != 1:
        return NOT_ONE
    [(task, question)] = asked
    response = row.get("response")
    if not isinstance(response, str) or not response.strip():
        return NO_RESPONSE
    return _fault(task, question, response) or Example(
        parents=origin, task=task, prompt=prompt_of(task, question, "upstream"), response=response
    )


def _fault(task: Task, question: str, response: str) -> str:
    """Why a row teaches nothing; empty where it does."""
    if task == "nl2code":
        return "" if _has_program(response) else NO_PROGRAM
    if task == "refine":
        if "### Buggy Solution" not in question:
            return NO_FAULT
        refined = response.partition("[Refined]")[2].partition("[/Refined]")[0]
        return "" if _has_program(refined) else NO_REPAIR
    told = parse("", task, question, response)
    return told if isinstance(told, str) else ""


def _has_program(text: str) -> bool:
    """Whether a fenced block of the text, or all of it where there is none, is Python."""
    for code in _FENCED.findall(text) or [text]:
        try:
            if ast.parse(code).body:
                return True
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return False


def main(
    name: Annotated[str, typer.Option(help="What the data set is called in the lineage: PyX or PyX-R.")],
    data: Annotated[Path, typer.Option(help="Its JSONL file, or the folder that holds it.")],
    out: Annotated[Path, typer.Option(help="Example records to write.")],
    dropped: Annotated[Path, typer.Option(help="Dropped records to write.")],
    summary: Annotated[Path, typer.Option(help="JSON to write: counts, by task and by reason.")],
) -> None:
    """Read the released PyX or PyX-R: its rows as training examples, those that cannot be read dropped with reasons.

    Example: semcoder pyx import --name PyX --data data/external/PyX --out examples.jsonl --dropped dropped.jsonl
    --summary summary.json
    """
    kept: list[Example] = []
    lost: list[Dropped] = []
    for each in track(examples(name, data), name):
        if isinstance(each, Example):
            kept.append(each)
        else:
            lost.append(each)
    if not kept:
        reasons = ", ".join(sorted({each.reason for each in lost})) or "it is empty"
        raise UserError(f"{data}: no row that can be used ({reasons}); give the released {name}.")
    records.write(out, kept)
    records.write(dropped, lost)
    counts = {
        "in": len(kept) + len(lost),
        "kept": len(kept),
        "dropped": Counter(each.reason for each in lost),
    }
    write_json(summary, {"stage": f"{STAGE} {name}", **counts, "tasks": Counter(each.task for each in kept)})
    tell(f"{name}: {len(kept)} examples, {len(lost)} rows dropped")
