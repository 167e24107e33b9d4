"""`semcoder monologue sample`: monologues by rejection sampling from a language model (paper section 4.2.3)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from semcoder import records
from semcoder.artifacts import write_json
from semcoder.errors import UserError
from semcoder.evaluation.arguments import Run
from semcoder.execution.api import Limits
from semcoder.execution.pool import Sandbox
from semcoder.monologue.accept import Accepted, Sampled, accept, shift_labels
from semcoder.records import Direction, Dropped, Monologue, Program, TestCase
from semcoder.shards import Shard
from semcoder.teacher.choose import teacher_from
from semcoder.teacher.interface import Refusal
from semcoder.teacher.llm import LLMTeacher
from semcoder.teacher.rejection import first_accepted

STAGE = "monologue.sample"
Case = tuple[Program, TestCase]


def sample(
    direction: Direction, cases: Sequence[Case], teacher: LLMTeacher, run: Run, max_chars: int
) -> list[Accepted | Refusal]:
    """For each case the first sample that is accepted and not too long, or the last reason why there is none."""

    def judge(drafts: Sequence[tuple[Case, str]]) -> Sequence[Accepted | Refusal]:
        found = accept(direction, [Sampled(*case, text) for case, text in drafts], run)
        return [_short(each, max_chars) for each in found]

    return first_accepted(cases, teacher.settings.samples, partial(teacher.explain, direction), judge)


def _short(verdict: Accepted | Refusal, max_chars: int) -> Accepted | Refusal:
    if isinstance(verdict, Refusal) or len(verdict.text) <= max_chars:
        return verdict
    return Refusal("too long", f"{len(verdict.text)} characters")


def choose_cases(
    direction: Direction, programs: Path, tests: Path, per_program: int, shard: Shard
) -> Iterator[Case]:
    """The first tests of each program; backward, only tests that differ in their output ask different things."""
    known = {row.id: row for row in records.read(programs, Program) if shard.holds(row.id)}
    outputs: dict[str, list[str]] = defaultdict(list)
    for test in records.read(tests, TestCase):
        program = known.get(test.parents[0]) if test.parents else None
        if program is None:
            continue
        taken = outputs[program.id]
        asked_before = direction == "backward" and test.output in taken
        if not asked_before and (not per_program or len(taken) < per_program):
            taken.append(test.output)
            yield program, test


def main(
    *,
    direction: Annotated[Direction, typer.Option(help="What is reasoned out: the output, or an input.")],
    programs: Annotated[Path, typer.Option(help="Program records.")],
    tests: Annotated[Path, typer.Option(help="TestCase records.")],
    teacher: Annotated[str, typer.Option(help="JSON settings of the teacher; its kind is openai.")],
    per_program: Annotated[int, typer.Option(min=0, help="Tests taken of each program; 0 for all.")] = 1,
    label_offset: Annotated[int, typer.Option(help="Added to line numbers in labels of the kept texts.")] = 0,
    max_chars: Annotated[
        int, typer.Option(min=1, help="Longest monologue, in characters; a longer sample is not accepted.")
    ] = 6000,
    shard: Annotated[str, typer.Option(help="Programs of this shard only, as 3/16.")] = "1/1",
    workers: Annotated[int, typer.Option(min=1, help="Programs that run side by side.")] = 2,
    cpu_s: Annotated[float, typer.Option(help="Processor seconds a program may take.")] = 10.0,
    memory_mb: Annotated[int, typer.Option(help="Memory a program may take, in MB.")] = 1024,
    monologues: Annotated[Path, typer.Option(help="Where the accepted monologues go (JSONL).")],
    dropped: Annotated[Path, typer.Option(help="Where cases without one go, with the last reason (JSONL).")],
    summary: Annotated[Path, typer.Option(help="Where the counts go (JSON).")],
) -> None:
    """Sample monologues from a language model and keep those whose answer execution confirms.

    Example: semcoder monologue sample --direction forward --programs programs.jsonl --tests tests.jsonl
    --teacher "$(jq .teacher config.json)" --monologues m.jsonl --dropped dropped.jsonl --summary summary.json
    """
    writer = teacher_from(teacher)
    if not isinstance(writer, LLMTeacher):
        raise UserError(
            "--teacher: only a language model can be sampled; `semcoder monologue write` needs none."
        )
    cases = list(choose_cases(direction, programs, tests, per_program, Shard.parse(shard)))
    with Sandbox(workers, Limits(cpu_s=cpu_s, wall_s=4 * cpu_s, memory_mb=memory_mb)) as sandbox:
        verdicts = sample(direction, cases, writer, sandbox.run, max_chars)
    kept: list[Monologue] = []
    lost: list[Dropped] = []
    for (program, test), verdict in zip(cases, verdicts, strict=True):
        parents = (test.id, program.id)
        if isinstance(verdict, Refusal):
            lost.append(Dropped(parents=parents, stage=STAGE, reason=verdict.reason, detail=verdict.detail))
            continue
        kept.append(
            Monologue(
                parents=parents,
                format="monologue",
                direction=direction,
                text=shift_labels(verdict.text, label_offset),
                answer=verdict.answer,
                writer=writer.settings.monologue_model,
            )
        )
    records.write(monologues, kept)
    records.write(dropped, lost)
    reasons = Counter(row.reason for row in lost)
    counts = {"in": len(cases), "kept": len(kept), "dropped": dict(reasons)}
    write_json(summary, {"stage": STAGE, "direction": direction, **counts})
