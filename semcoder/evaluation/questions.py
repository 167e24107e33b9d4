"""Which tests of held-out programs become questions: those that copying does not answer."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from semcoder import records
from semcoder.artifacts import write_json
from semcoder.errors import UserError
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.benchmarks.prediction import Question
from semcoder.evaluation.checking import Runner
from semcoder.evaluation.judges import judge_answers
from semcoder.evaluation.judging import CPU_S, PATIENT_CPU_S
from semcoder.records import Dropped, TestCase

STAGE = "evaluation.questions"
REASONS = {"pyx_output": "an argument is the output", "pyx_input": "the output is an input"}


def main(
    *,
    programs: Annotated[Path, typer.Option(help="Program records: the held-out part of PyX.")],
    tests: Annotated[Path, typer.Option(help="TestCase records; those of other programs are left aside.")],
    out: Annotated[Path, typer.Option(help="Where the tests that are asked about go (JSONL).")],
    dropped: Annotated[Path, typer.Option(help="Where the others go, with reasons (JSONL).")],
    summary: Annotated[Path, typer.Option(help="Where the counts go (JSON).")],
    at_least: Annotated[int, typer.Option(help="Fewer questions are an error.")] = 0,
    workers: Annotated[int, typer.Option(help="Sandboxed processes side by side.")] = 2,
) -> None:
    """Leave out the tests that a copy of the question answers, so that a score above 0 means something.

    A test goes where the output is (one of) the arguments, and where the program gives its output back when it is
    called with it: sorting what is sorted, stripping what is stripped.

    Example: semcoder evaluation questions --programs pyx/heldout.jsonl --tests pyx/tests.jsonl
    --out questions.jsonl --dropped questions.dropped.jsonl --summary questions.summary.json
    """
    lost: dict[str, Dropped] = {}
    asked: dict[str, Question] = {each.id: each for each in HARNESSES["pyx_output"].load([programs, tests])}
    with Runner(workers, CPU_S, PATIENT_CPU_S) as runner:
        for name, reason in REASONS.items():
            harness = HARNESSES[name]
            copies = [(item, copy) for item in asked.values() for copy in harness.copies(item)]
            for (item, copy), ruling in zip(copies, judge_answers(harness, runner, copies), strict=True):
                if ruling.passed and item.id not in lost:
                    parents = (item.id, item.group)
                    lost[item.id] = Dropped(parents=parents, stage=STAGE, reason=reason, detail=copy)
    counts = {"in": len(asked), "kept": len(asked) - len(lost)}
    if counts["kept"] < at_least:
        raise UserError(
            f"{programs}: of the programs held out fewer questions can be asked ({counts['kept']}) than are "
            f"wanted ({at_least}); raise pyx.heldout or read more seeds, take pyx_output and pyx_input out of the "
            "tables, or make data only (targets: [])."
        )
    records.write(out, records.read(tests, TestCase, records.among(asked.keys() - lost.keys())))
    records.write(dropped, lost.values())
    reasons = dict(sorted(Counter(each.reason for each in lost.values()).items()))
    write_json(summary, {"stage": STAGE, **counts, "dropped": reasons})
