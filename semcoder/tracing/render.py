"""`semcoder tracing render`: traces as text, in the formats of the paper's ablation."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import typer

from semcoder import records
from semcoder.artifacts import write_json, writing
from semcoder.progress import track
from semcoder.records import Direction, Dropped, Monologue, Program, TestCase, Trace
from semcoder.tracing.cases import cases
from semcoder.tracing.formats import concise, next_scratchpad, scratchpad

STAGE = "tracing.render"


Format = Literal["scratchpad", "next", "concise", "direct"]
"""The formats that this command writes; `direct` is the answer alone."""


def main(
    *,
    format: Annotated[Format, typer.Option(help="How the trace is written.")],
    direction: Annotated[Direction, typer.Option(help="What is asked for: the output, or an input.")],
    programs: Annotated[Path, typer.Option(help="Program records.")],
    tests: Annotated[Path, typer.Option(help="TestCase records.")],
    traces: Annotated[Path, typer.Option(help="Trace records of these tests.")],
    out: Annotated[Path, typer.Option(help="Monologue records, in the order of the traces.")],
    dropped: Annotated[Path, typer.Option(help="What was not kept, and why.")],
    summary: Annotated[Path, typer.Option(help="Counts, as JSON.")],
    max_chars: Annotated[
        int, typer.Option(help="Longest text and answer kept, together, in characters.")
    ] = 6000,
    label_offset: Annotated[int, typer.Option(help="Added to the line numbers of concise traces.")] = 0,
) -> None:
    """Write each trace in one of the formats of the paper's ablation (section 6.2, App. I).

    Forward rows answer with the output. For backward rows the paper shows no example in these formats: here
    the text is the same trace, and the answer is the call's own arguments. Labels of concise traces are line
    numbers plus --label-offset, which must be the offset of the labels in the question (4 in upstream, whose
    numbers are those of its instrumented file).

    Example: semcoder tracing render --format concise --direction forward --programs programs.jsonl --tests
    tests.jsonl --traces traces.jsonl --out concise.jsonl --dropped dropped.jsonl --summary summary.json
    """
    reasons: Counter[str] = Counter()
    kept = 0
    with writing(out) as good, writing(dropped) as bad:
        for case in track(cases(programs, tests, traces), f"{format}, {direction}"):
            row = render(*case, format, direction, max_chars, label_offset)
            if isinstance(row, Monologue):
                kept += 1
                good.write(records.to_line(row))
            else:
                reasons[row.reason] += 1
                bad.write(records.to_line(row))
    counts = {"in": kept + reasons.total(), "kept": kept, "dropped": dict(reasons)}
    write_json(summary, {"stage": STAGE, "format": format, "direction": direction, **counts})


def render(
    program: Program,
    test: TestCase,
    trace: Trace,
    format: Format,
    direction: Direction,
    max_chars: int,
    label_offset: int,
) -> Monologue | Dropped:
    """One row; `max_chars` bounds text and answer together."""
    parents = (trace.id, test.id, program.id)
    answer = test.output if direction == "forward" else test.call_arguments
    text = ""
    if format == "scratchpad":
        text = scratchpad(program.code, trace)
    elif format == "next":
        text = next_scratchpad(program.code, trace)
    elif format == "concise":
        text = concise(trace, label_offset)
    if len(text) + len(answer) > max_chars:
        detail = f"{len(text) + len(answer)} characters"
        return Dropped(parents=parents, stage=STAGE, reason="too long", detail=detail)
    return Monologue(
        parents=parents,
        format=format,
        direction=direction,
        text=text,
        answer=answer,
        writer="trace",
    )
