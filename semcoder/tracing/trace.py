"""`semcoder tracing trace`: what each program did on each of its inputs."""

import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from semcoder import records
from semcoder.artifacts import write_json, writing
from semcoder.errors import UserError
from semcoder.execution import lines
from semcoder.execution.api import Call, CallResult, Job, Limits, Outcome
from semcoder.execution.compare import same
from semcoder.execution.pool import Sandbox
from semcoder.progress import track
from semcoder.records import Dropped, Program, TestCase, Trace
from semcoder.shards import Shard

STAGE = "tracing.trace"
CALLS_PER_JOB = 10
"""Calls that share a process, its time and its memory. A call that ends the process is not run again."""
RESULT_KB = 16 * 1024
"""Room for the events of one job: ten calls of a few hundred events with long values."""
BATCH = 256
"""Programs between two looks at the calls that another call's end has cut off."""


class Case(NamedTuple):
    """One input of one program."""

    program: Program
    test: TestCase


def main(
    *,
    programs: Annotated[
        Path,
        typer.Option(
            help="Program records; without --tests, {id, code, entry_point, args, kwargs} a line, arguments as Python."
        ),
    ],
    traces: Annotated[Path, typer.Option(help="Trace records, by program and test in the files' order.")],
    tests: Annotated[Path | None, typer.Option(help="TestCase records of these programs.")] = None,
    dropped: Annotated[
        Path | None, typer.Option(help="What was not kept, and why; goes with --tests.")
    ] = None,
    summary: Annotated[Path | None, typer.Option(help="Counts, as JSON; goes with --tests.")] = None,
    shard: Annotated[str, typer.Option(help="Which part of the programs, as 3/16.")] = "1/1",
    workers: Annotated[int, typer.Option(help="Isolated processes side by side.")] = 2,
    cpu_s: Annotated[
        float, typer.Option(help="Processor seconds for ten calls; wall time is six times that.")
    ] = 5.0,
    memory_mb: Annotated[int, typer.Option(help="Megabytes a program.")] = 1024,
    max_events: Annotated[int, typer.Option(help="Longest trace kept, in events.")] = 300,
    max_value_chars: Annotated[int, typer.Option(help="Longest text of a value in a kept trace.")] = 400,
    per_program: Annotated[
        int, typer.Option(help="Inputs of a program to trace, the first ones; 0 for all.")
    ] = 0,
) -> None:
    """Trace every program on its inputs, in the sandbox.

    With --tests a trace is kept when it is whole and the call gave the recorded output; anything else is written
    to --dropped with its reason. Without, every line of --programs gets a line {id, verdict, detail, value,
    raised, events, truncated, code, entry_point, args, kwargs} in --traces.

    Example: semcoder tracing trace --programs programs.jsonl --tests tests.jsonl --traces traces.jsonl
    --dropped dropped.jsonl --summary summary.json
    """
    limits = Limits(
        cpu_s=cpu_s,
        wall_s=6 * cpu_s,
        memory_mb=memory_mb,
        result_kb=RESULT_KB,
        max_events=max_events,
        max_value_chars=max_value_chars,
    )
    if tests is None:
        _trace_lines(programs, traces, workers, limits)
        return
    if dropped is None or summary is None:
        raise UserError("--tests needs --dropped and --summary; name both files.")
    chosen = _choose(programs, tests, Shard.parse(shard), per_program)
    reasons: Counter[str] = Counter()
    kept = 0
    with Sandbox(workers, limits) as sandbox, writing(traces) as good, writing(dropped) as bad:
        rows = track(_trace(sandbox, chosen), "traces", sum(map(len, chosen)))
        for record in rows:
            if isinstance(record, Trace):
                kept += 1
                good.write(records.to_line(record))
            else:
                reasons[record.reason] += 1
                bad.write(records.to_line(record))
    counts = {"in": kept + reasons.total(), "kept": kept, "dropped": dict(reasons)}
    write_json(summary, {"stage": STAGE, **counts})


def _trace_lines(programs: Path, traces: Path, workers: int, limits: Limits) -> None:
    """Trace calls that come as plain lines, for use outside the workflow."""
    total = sum(1 for _ in lines.read(programs, lines.CallLine))
    jobs = (line.job(trace=True) for line in lines.read(programs, lines.CallLine))
    calls = lines.read(programs, lines.CallLine)
    with Sandbox(workers, limits) as sandbox, writing(traces) as stream:
        outcomes = track(sandbox.run(jobs), "traces", total)
        for call, outcome in zip(calls, outcomes, strict=True):
            result = outcome.results[0] if outcome.results else CallResult()
            line = {
                "id": outcome.id,
                "verdict": outcome.verdict,
                "detail": outcome.detail,
                "value": result.value,
                "raised": result.raised,
                "events": [event.model_dump(exclude_defaults=True) for event in result.events],
                "truncated": result.truncated,
                "code": call.code,
                "entry_point": call.entry_point,
                "args": call.args,
                "kwargs": call.kwargs,
            }
            stream.write(json.dumps(line, separators=(",", ":")) + "\n")


def _choose(programs: Path, tests: Path, shard: Shard, per_program: int) -> list[list[Case]]:
    """The cases of each program of this shard that has any, in the files' order."""
    mine = {each.id: each for each in records.read(programs, Program, lambda key, _: shard.holds(key))}
    cases: dict[str, list[Case]] = defaultdict(list)

    def wanted(_: str, parents: tuple[str, ...]) -> bool:
        parent = parents[0] if parents else ""
        return shard.holds(parent) and not (per_program and len(cases[parent]) >= per_program)

    for test in records.read(tests, TestCase, wanted):
        parent = test.parents[0] if test.parents else ""
        if parent not in mine:
            raise UserError(
                f"{tests}: {test.id} belongs to {parent or 'no program'}, which {programs} does not hold."
            )
        cases[parent].append(Case(mine[parent], test))
    return [cases[name] for name in mine if cases[name]]


def _trace(sandbox: Sandbox, chosen: Iterable[list[Case]]) -> Iterator[Trace | Dropped]:
    """A trace, or why there is none, for each case in order."""
    programs = iter(chosen)
    while batch := list(itertools.islice(programs, BATCH)):
        jobs = [cases[i : i + CALLS_PER_JOB] for cases in batch for i in range(0, len(cases), CALLS_PER_JOB)]
        found: dict[str, Trace | Dropped] = {}
        while jobs:
            cut_off = []
            for cases, outcome in zip(jobs, sandbox.run(map(_job, jobs)), strict=True):
                answers = [_judge(case, result) for case, result in zip(cases, outcome.results, strict=False)]
                if len(answers) < len(cases):
                    answers.append(_ended(cases[len(answers)], outcome))
                    cut_off.append(cases[len(answers) :])
                found.update((case.test.id, answer) for case, answer in zip(cases, answers, strict=False))
            jobs = [rest for rest in cut_off if rest]
        yield from (found[case.test.id] for cases in batch for case in cases)


def _job(cases: list[Case]) -> Job:
    program = cases[0].program
    calls = tuple(Call(case.test.args, case.test.kwargs) for case in cases)
    return Job(program.id, program.code, program.entry_point, calls, trace=True)


def _judge(case: Case, result: CallResult) -> Trace | Dropped:
    if result.raised:
        kind, message, line = result.raised
        return _drop(case, "raised", f"{kind}: {message} (line {line})")
    if result.value is None or not same(result.value, case.test.output):
        return _drop(case, "another output", f"{result.value} instead of {case.test.output}"[:200])
    if result.truncated:
        return _drop(case, f"truncated: {result.truncated}")
    return Trace(parents=(case.test.id, case.program.id), events=result.events)


def _ended(case: Case, outcome: Outcome) -> Dropped:
    """The call that the program did not survive."""
    return _drop(case, outcome.verdict if outcome.verdict != "ok" else "no result", outcome.detail)


def _drop(case: Case, reason: str, detail: str = "") -> Dropped:
    return Dropped(parents=(case.test.id, case.program.id), stage=STAGE, reason=reason, detail=detail)
