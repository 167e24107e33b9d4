"""`semcoder evaluation variants`: a benchmark's programs in another dress, each checked by running it."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from semcoder import records
from semcoder.artifacts import write_json, writing
from semcoder.errors import UserError
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.benchmarks.prediction import OutputPrediction, Question
from semcoder.evaluation.benchmarks.variants import COLUMNS
from semcoder.evaluation.checking import Ruling, Runner
from semcoder.evaluation.judges import judge_answers
from semcoder.evaluation.judging import CPU_S, PATIENT_CPU_S, chunks
from semcoder.evaluation.variants.renaming import renamed
from semcoder.evaluation.variants.restructuring import restructured
from semcoder.records import Dropped

STAGE = "evaluation.variants"
Change = Literal["renamed", "restructured"]
ATTEMPTS = 10
"""Draws in search of a program that differs: a coin decides about each place."""


@dataclass(frozen=True)
class Variant:
    """A question in another dress, with what was changed; `why` says why there is none."""

    question: Question
    changes: tuple[str, ...] = ()
    why: str = ""
    detail: str = ""


def main(
    *,
    benchmark: Annotated[str, typer.Option(help="Whose questions: cruxeval_output, lcb_execution ...")],
    data: Annotated[list[Path], typer.Option(help="The benchmark's files.")],
    change: Annotated[Change, typer.Option(help="renamed: other names; restructured: other statements.")],
    out: Annotated[Path, typer.Option(help="Where the variants go, under the items' own ids (JSONL).")],
    dropped: Annotated[Path, typer.Option(help="Where items without one go, with reasons (JSONL).")],
    summary: Annotated[Path, typer.Option(help="Where the counts go (JSON).")],
    seed: Annotated[int, typer.Option(help="Seed of the changes; each item draws on its own.")] = 0,
    workers: Annotated[int, typer.Option(help="Sandboxed processes side by side.")] = 2,
) -> None:
    """Rename or restructure the programs of a benchmark, and keep what still gives the item's output on its input.

    Every item becomes a variant or a line of --dropped: `nothing to change`, `not Python`, or what its run showed
    (`wrong`, `raised`, `timeout` ...). The same file serves output and input prediction.

    Example: semcoder evaluation variants --benchmark cruxeval_output --data cruxeval.jsonl --change renamed
    --out renamed.jsonl --dropped renamed.dropped.jsonl --summary renamed.summary.json
    """
    harness = HARNESSES.get(benchmark)
    if not isinstance(harness, OutputPrediction):
        raise UserError(f"--benchmark {benchmark} does not ask about programs and their outputs.")
    items = harness.read(harness.files(data))
    with Runner(workers, CPU_S, PATIENT_CPU_S) as runner:
        found = [each for chunk in chunks(items) for each in checked(chunk, change, seed, runner)]
    kept = [each for each in found if not each.why]
    with writing(out) as stream:
        stream.writelines(map(_line, kept))
    lost = [each for each in found if each.why]
    records.write(
        dropped,
        (
            Dropped(parents=(each.question.id,), stage=STAGE, reason=each.why, detail=each.detail[:200])
            for each in lost
        ),
    )
    write_json(
        summary,
        {
            "stage": STAGE,
            "in": len(found),
            "kept": len(kept),
            "dropped": dict(sorted(Counter(each.why for each in lost).items())),
            "changes": dict(sorted(Counter(kind for each in kept for kind in each.changes).items())),
        },
    )


def checked(items: Sequence[Question], change: Change, seed: int, runner: Runner) -> list[Variant]:
    """The variant of each item, run on the item's input: what does not give the item's output is none."""
    drawn = [variant(item, change, seed) for item in items]
    asked = [each.question for each in drawn if not each.why]
    runs = iter(
        judge_answers(HARNESSES["cruxeval_input"], runner, [(item, item.arguments) for item in asked])
    )
    return [each if each.why else _after(each, next(runs)) for each in drawn]


def _after(each: Variant, run: Ruling) -> Variant:
    return each if run.passed else replace(each, why=run.reason, detail=run.detail)


def variant(item: Question, change: Change, seed: int) -> Variant:
    """The item with another program, not yet run. The same for the same item, change and seed, wherever it stands."""
    draw = random.Random(f"{seed} {change} {item.id}")
    group = item.group or item.id
    try:
        if change == "renamed":
            code, name, arguments = renamed(item.code, item.entry_point, item.arguments, draw)
            return Variant(
                Question(item.id, code, name, arguments, item.output, group, item.entry_point), ("names",)
            )
        for _ in range(ATTEMPTS):
            code, kinds = restructured(item.code, draw)
            if kinds:
                return Variant(replace(item, code=code, group=group), tuple(kinds))
    except (SyntaxError, ValueError, RecursionError) as error:
        return Variant(item, why="not Python", detail=str(error))
    return Variant(item, why="nothing to change")


def _line(each: Variant) -> str:
    row = {**{column: getattr(each.question, column) for column in COLUMNS}, "changes": each.changes}
    return json.dumps(row, separators=(",", ":")) + "\n"
