"""What a real model wrote, each text read by a person first: is what is taken out of it what the person would take?

labelled_answers.jsonl: SmolLM2-135M before and after minutes of training, on CRUXEval, HumanEval and MBPP+, in several
prompts. `label` is the source of the answer, or null where the text gives none: it was cut off, left `??` standing,
spoke of another function, or is no Python.
"""

import ast
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from semcoder.evaluation.extract import input_answer, output_answer, program

ROWS = [
    json.loads(line) for line in Path(__file__).with_name("labelled_answers.jsonl").open(encoding="utf-8")
]
LEAST = 0.96
"""Of all answers; 0.967 when this was written, 0.89 before extraction was mended by these very texts.

What is missing: conclusions without an answer block, assertions about a program that the model made up, and broken
programs of which a part still runs.
"""


def taken(row: dict[str, Any]) -> str | None:
    if row["task"] == "output":
        return output_answer(row["text"], row["entry_point"], row["inside"])
    if row["task"] == "input":
        return input_answer(row["text"], row["entry_point"], row["inside"])
    start = f"def {row['entry_point']}(*given):\n    '''The task.'''" if row["in_function"] else ""
    found = program(row["text"], row["entry_point"], start)
    return None if found is None else found.removeprefix(start)


def meaning(source: str | None) -> str | None:
    """The same text for the same Python."""
    if source is None:
        return None
    for form in (f"_({source}\n)", source, f"if 1:\n    pass\n{source}"):
        try:
            return ast.dump(ast.parse(form))
        except SyntaxError:
            continue
    return source


def agrees(row: dict[str, Any]) -> bool:
    return meaning(taken(row)) == meaning(row["label"])


def test_real_answers_are_read_as_a_person_reads_them(record_property: Callable[[str, object], None]) -> None:
    wrong = [row for row in ROWS if not agrees(row)]
    accuracy = 1 - len(wrong) / len(ROWS)
    record_property("accuracy", accuracy)
    kinds = Counter((row["task"], "made up" if row["label"] is None else "lost") for row in wrong)
    shown = "\n".join(f"{row['label']!r} but {taken(row)!r} in {row['text'][-200:]!r}" for row in wrong)
    print(f"{len(ROWS)} answers, {accuracy:.1%} read as labelled; not so: {dict(kinds)}\n{shown}")
    assert len(ROWS) >= 300 and accuracy >= LEAST


def test_answers_of_all_sorts_are_there() -> None:
    counts = Counter((row["task"], row["label"] is None) for row in ROWS)
    assert min(counts.values()) >= 25 and len(counts) == 6
