"""`semcoder monologue sample`: monologues by rejection sampling from a language model (paper section 4.2.3)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from semcoder import records
from semcoder.evaluation.arguments import Run
from semcoder.execution.api import Limits
from semcoder.execution.pool import Sandbox
from semcoder.monologue.accept import Accepted, Sampled, accept
from semcoder.monologue.drafts import first_good, language_model, write_verdicts
from semcoder.records import Direction, Program, TestCase, Trace
from semcoder.shards import Shard
from semcoder.teacher.choose import TeacherOption
from semcoder.teacher.interface import Refusal
from semcoder.teacher.llm import LLMTeacher
from semcoder.teacher.prompts import monologue

STAGE = "monologue.sample"


class Case(NamedTuple):
    """A test of a program; with its trace, what is said of it can be checked."""

    program: Program
    test: TestCase
    trace: Trace | None = None

    def sampled(self, text: str) -> Sampled:
        """What was written for it."""
        return Sampled(self.program, self.test, text, self.trace)


def sample(
    direction: Direction,
    cases: Sequence[Case],
    teacher: LLMTeacher,
    run: Run,
    *,
    max_chars: int,
    revisions: int = 0,
) -> list[Accepted | Refusal]:
    """For each case the first sample that is accepted and not too long, or the last reason why there is none."""

    def judge(drafts: Sequence[tuple[int, str]]) -> Sequence[Accepted | Refusal]:
        return accept(direction, [cases[at].sampled(text) for at, text in drafts], run)

    conversations = [
        monologue(direction, program.code, program.entry_point, test.call_arguments, test.output)
        for program, test, _ in cases
    ]
    return first_good(conversations, teacher, judge, revisions, max_chars)


def choose_cases(
    direction: Direction,
    programs: Path,
    tests: Path,
    per_program: int,
    shard: Shard,
    traces: Path | None = None,
) -> Iterator[Case]:
    """The first tests of each program; backward, only tests that differ in their output ask different things.

    With `traces`, only tests that have one: nothing could be checked of the others.
    """
    known = {row.id: row for row in records.read(programs, Program, lambda key, _: shard.holds(key))}
    traced = {row.parents[0]: row for row in records.read(traces, Trace) if row.parents} if traces else {}
    outputs: dict[str, list[str]] = defaultdict(list)
    for test in records.read(tests, TestCase, records.made_of(known)):
        program = known.get(test.parents[0]) if test.parents else None
        if program is None or (traces and test.id not in traced):
            continue
        taken = outputs[program.id]
        asked_before = direction == "backward" and test.output in taken
        if not asked_before and (not per_program or len(taken) < per_program):
            taken.append(test.output)
            yield Case(program, test, traced.get(test.id))


def parents_of(direction: Direction, case: Case, verdict: Accepted | Refusal) -> tuple[str, ...]:
    """The trace, if the monologue was held against it, then the test and the program.

    A backward monologue that concludes other arguments than the recorded ones was held against a run of its own.
    """
    program, test, trace = case
    another = isinstance(verdict, Accepted) and verdict.answer != test.call_arguments
    own_run = direction == "backward" and another
    return (*(() if trace is None or own_run else (trace.id,)), test.id, program.id)


def main(
    *,
    direction: Annotated[Direction, typer.Option(help="What is reasoned out: the output, or an input.")],
    programs: Annotated[Path, typer.Option(help="Program records.")],
    tests: Annotated[Path, typer.Option(help="TestCase records.")],
    traces: Annotated[
        Path | None,
        typer.Option(
            help="Trace records: monologues are written of their tests, and those with a false claim are not kept."
        ),
    ] = None,
    teacher: TeacherOption,
    revisions: Annotated[
        int,
        typer.Option(min=0, max=1, help="Times a refused sample is sent back with what execution showed."),
    ] = 0,
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

    With --traces every claim on the way must be true as well. A sample with a wrong answer or a false claim may be
    sent back once, with what execution showed of it, before the next one is asked for.

    Example: semcoder monologue sample --direction forward --programs programs.jsonl --tests tests.jsonl
    --traces traces.jsonl --teacher "$(jq .teacher config.json)" --revisions 1 --monologues m.jsonl
    --dropped dropped.jsonl --summary summary.json
    """
    writer = language_model(teacher)
    cases = list(choose_cases(direction, programs, tests, per_program, Shard.parse(shard), traces))
    with Sandbox(workers, Limits(cpu_s=cpu_s, wall_s=4 * cpu_s, memory_mb=memory_mb)) as sandbox:
        verdicts = sample(direction, cases, writer, sandbox.run, max_chars=max_chars, revisions=revisions)
    pairs = [
        (parents_of(direction, case, verdict), verdict) for case, verdict in zip(cases, verdicts, strict=True)
    ]
    places = {"monologues": monologues, "dropped": dropped, "summary": summary}
    write_verdicts(STAGE, direction, pairs, writer, label_offset, **places)
