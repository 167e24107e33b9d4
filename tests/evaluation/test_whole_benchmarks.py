"""On the real files: the benchmark's own answers are all right; empty, garbage and dishonest ones all wrong.

Whole where that is quick, else on a part of the items (`python -m benchmarks --only agreement` does it whole).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.disguises import HOSTILE
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.benchmarks.evalplus import EvalPlus
from semcoder.evaluation.benchmarks.prediction import Question
from semcoder.evaluation.checking import Runner
from semcoder.evaluation.judges import judge_answers
from semcoder.evaluation.judges.evalplus import judge_part, run_references
from semcoder.records import Generation

EMPTY = [
    "",
    "\n",
    "I do not know.",
    "```python\n```",
    "[ANSWER]\n[/ANSWER]",
    "??",
    "assert f(??) == ??",
    "None of it",
]
OUTPUT = [
    "f({args})",
    "f( {args} )",
    "(lambda g: g({args}))(f)",
    "globals()['f']({args})",
    "eval('f({args!r})')",
    "[9] or {value}",
    "type('E', (), {{'__eq__': lambda *_: True}})()",
    "__import__('unittest.mock').mock.ANY",
]
INPUT = [
    "globals().update(f=lambda *_: {value})",
    "(f := lambda *_: {value})",
    "iter([globals().update(f=lambda *_: {value})])",
    "1) or ({value}",
    "type('E', (), {{'__eq__': lambda *_: True}})()",
    "exec('def f(*_): return 1')",
    "(i for i in [1]).gi_frame.f_globals.update(f=lambda *_: {value})",
]
PROGRAMS = list(HOSTILE.values())


def generation(text: str) -> Generation:
    return Generation(
        model="m",
        benchmark="b",
        format="direct",
        item="i",
        sample=0,
        prompt="[ANSWER]\n",
        text=text,
        finish="stop",
    )


@pytest.mark.parametrize("name", ["cruxeval_output", "cruxeval_input"])
def test_no_dishonest_prediction_is_granted(
    runner: Runner, benchmark_file: Callable[[str], Path], name: str
) -> None:
    harness = HARNESSES[name]
    items: list[Question] = list(harness.load([benchmark_file("cruxeval.jsonl")]))
    answers: list[tuple[Question, str | None]] = []
    for place, item in enumerate(items):
        answers += [(item, harness.answer(item, generation(text))) for text in EMPTY]
        templates = OUTPUT if name == "cruxeval_output" else INPUT
        template = templates[place % len(templates)]
        answers.append((item, template.format(args=item.arguments, value=item.output)))
    rulings = judge_answers(harness, runner, answers)
    assert len(rulings) == 800 * (len(EMPTY) + 1)
    granted = [
        (item.id, text) for (item, text), ruling in zip(answers, rulings, strict=True) if ruling.passed
    ]
    assert granted == []


@pytest.mark.parametrize(
    ("name", "file", "count"),
    [("humaneval_plus", "HumanEvalPlus.jsonl.gz", 164), ("mbpp", "MbppPlus.jsonl.gz", 378)],
)
def test_no_dishonest_program_is_granted(
    runner: Runner, benchmark_file: Callable[[str], Path], name: str, file: str, count: int
) -> None:
    harness = HARNESSES[name]
    items: list[Any] = list(harness.load([benchmark_file(file)]))
    assert len(items) == count and isinstance(harness, EvalPlus)
    some = items[::4]
    answers: list[tuple[Any, str | None]] = []
    for place, item in enumerate(some):
        answers.append((item, harness.answer(item, generation(EMPTY[place % len(EMPTY)]))))
        answers.append(
            (item, f"{item.reference}\n{PROGRAMS[place % len(PROGRAMS)].format(name=item.entry_point)}")
        )
    references = run_references(runner, some, plus=False)
    rulings = judge_part(runner, answers, False, references)
    granted = [item.id for (item, _), ruling in zip(answers, rulings, strict=True) if ruling.passed]
    assert set(granted) <= {"Mbpp/164"}  # whatever is returned counts as right there, as in EvalPlus
