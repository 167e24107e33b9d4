"""`semcoder monologue write`: monologues that are true at every step, because the trace says each of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from semcoder import garbage, records
from semcoder.artifacts import write_json, writing
from semcoder.monologue.activations import Untellable
from semcoder.monologue.compose import TooLong, compose, concluded
from semcoder.progress import track
from semcoder.records import Direction, Dropped, Monologue, Program, TestCase, Trace
from semcoder.tracing.cases import cases

STAGE = "monologue.write"


def main(
    *,
    direction: Annotated[Direction, typer.Option(help="What is reasoned out: the output, or an input.")],
    programs: Annotated[Path, typer.Option(help="Program records.")],
    tests: Annotated[Path, typer.Option(help="TestCase records.")],
    traces: Annotated[Path, typer.Option(help="Trace records of these tests.")],
    monologues: Annotated[Path, typer.Option(help="Monologue records, in the order of the traces.")],
    dropped: Annotated[Path, typer.Option(help="What was not told, and why.")],
    summary: Annotated[Path, typer.Option(help="Counts, as JSON.")],
    label_offset: Annotated[
        int, typer.Option(help="Added to line numbers in labels; that of the question's labels.")
    ] = 0,
    per_program: Annotated[
        int, typer.Option(help="Monologues of a program, from its first traces that can be told; 0 for all.")
    ] = 0,
    max_chars: Annotated[
        int, typer.Option(help="Longest monologue, in characters; what is longer is told in less detail.")
    ] = 2400,
    max_total_chars: Annotated[
        int,
        typer.Option(help="Question and monologue together, where less detail gets them there; 0: no bound."),
    ] = 0,
    seed: Annotated[int, typer.Option(help="Chooses the wording, together with the test's id.")] = 0,
) -> None:
    """Write a forward or backward monologue from each trace (paper section 4.2).

    Nothing is asked of a model: every stated value stands in the trace, or follows from values that do. Backward,
    one monologue is told for each output of a program: more would put the same question. The labels of forward
    monologues are line numbers plus --label-offset, which must be the offset of the labels in the question (4 for
    the released checkpoints, whose numbers are those of an instrumented file).

    Example: semcoder monologue write --direction forward --programs programs.jsonl --tests tests.jsonl
    --traces traces.jsonl --monologues forward.jsonl --dropped dropped.jsonl --summary summary.json
    """
    garbage.collect_rarely()
    reasons: Counter[str] = Counter()
    told: dict[str, list[str]] = defaultdict(list)
    with writing(monologues) as good, writing(dropped) as bad:
        alike = siblings(_of_same_programs(tests, traces)) if direction == "backward" else {}
        for case in track(cases(programs, tests, traces), f"monologues, {direction}"):
            program, test, _ = case
            outputs = told[program.id]
            asked_before = direction == "backward" and test.output in outputs
            if asked_before or (per_program and len(outputs) >= per_program):
                continue
            row = monologue(
                *case,
                direction,
                max_chars=max_chars,
                max_total_chars=max_total_chars,
                label_offset=label_offset,
                seed=seed,
                alike=alike.get(case.key, ()),
            )
            if isinstance(row, Monologue):
                outputs.append(test.output)
                good.write(records.to_line(row))
            else:
                reasons[row.reason] += 1
                bad.write(records.to_line(row))
    kept = sum(map(len, told.values()))
    counts = {"in": kept + reasons.total(), "kept": kept, "dropped": dict(reasons)}
    write_json(summary, {"stage": STAGE, "direction": direction, **counts})


def monologue(
    program: Program,
    test: TestCase,
    trace: Trace,
    direction: Direction,
    *,
    max_chars: int,
    max_total_chars: int = 0,
    label_offset: int = 0,
    seed: int = 0,
    alike: Sequence[TestCase] = (),
) -> Monologue | Dropped:
    """One monologue, or why there is none: `too long` or `not tellable`.

    `alike` are the program's recorded inputs with this test's output: what is said of all such inputs is checked
    on each of them.
    """
    parents = (trace.id, test.id, program.id)
    answer = test.output if direction == "forward" else test.call_arguments
    try:
        text = compose(
            *(program, test, trace, direction),
            max_chars=max_chars,
            max_total_chars=max_total_chars,
            label_offset=label_offset,
            seed=seed,
            alike=alike,
        )
    except TooLong as error:
        return Dropped(parents=parents, stage=STAGE, reason="too long", detail=str(error))
    except Untellable as error:
        return Dropped(parents=parents, stage=STAGE, reason="not tellable", detail=str(error))
    if concluded(text, direction) != answer:
        raise RuntimeError(f"{trace.id}: the monologue concludes {concluded(text, direction)}, not {answer}")
    return Monologue(
        parents=parents, format="monologue", direction=direction, text=text, answer=answer, writer="trace"
    )


def _of_same_programs(tests: Path, traces: Path) -> Iterable[TestCase]:
    """The tests of the programs that the traces are of."""
    return records.read(tests, TestCase, records.made_of(records.parents(traces, Trace)))


def siblings(tests: Iterable[TestCase]) -> dict[tuple[str, str], list[TestCase]]:
    """{(program, output): its inputs that give this output}."""
    found: dict[tuple[str, str], list[TestCase]] = defaultdict(list)
    for test in tests:
        if test.parents:
            found[test.parents[0], test.output].append(test)
    return found
