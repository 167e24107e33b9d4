"""`semcoder pyx expand`: from the few known inputs of each program to enough of them (paper section 3.2).

Start from what is known, then alternate inputs from the teacher and type-aware mutation until the threshold is
reached; keep what runs without an exception. Whatever touches the world, or differs between two hash seeds, ends
its program. Inputs with their outputs become the program's tests. Programs are shared out by their ids, so that one
that several shards of the corpus gave is expanded once, from the inputs of all.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from semcoder import records
from semcoder.artifacts import write_json
from semcoder.errors import UserError
from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.pool import Sandbox
from semcoder.progress import track
from semcoder.pyx.duplicates import merged, merged_inputs
from semcoder.pyx.filters import Filters
from semcoder.pyx.growth import Growth
from semcoder.pyx.mutation import Mutator
from semcoder.records import Candidate, Dropped, Program, TestCase
from semcoder.shards import Shard
from semcoder.teacher.choose import TeacherOption, costs, teacher_from
from semcoder.teacher.interface import Refusal, Teacher

STAGE = "pyx expand"
QUICK = 0.2
"""Inputs must run in this part of the time limit, so that no later verdict hangs on how busy the machine is."""
MAX_STEPS = 1000
"""Longest run of a test, in trace events; a longer one teaches nobody."""
RESULT_KB = 8192
"""Room for the traces of all inputs that one job runs."""
MUTANTS = 4
"""Mutants tried in one round, as a multiple of the threshold."""


def expand(
    growths: Sequence[Growth], teacher: Teacher, sandboxes: Sequence[Sandbox], rounds: int, seed: int
) -> None:
    """Grow the tests of each program in place; the first sandbox tries, the others confirm."""
    first, *others = sandboxes
    _run(growths, first, "known inputs")
    for turn in range(rounds):
        waiting = [growth for growth in growths if not growth.fault and not growth.enough]
        if not waiting:
            break
        if turn % 2 == 0:
            questions = ((growth.program, growth.calls) for growth in waiting)
            for growth, (_, calls) in zip(waiting, teacher.inputs(questions), strict=True):
                growth.offer("type" if teacher.name == "grounded" else "teacher", calls)
        else:
            for growth in waiting:
                rng = random.Random(f"{seed} {growth.program.id} {turn}")
                growth.offer("mutation", Mutator(rng, growth.calls).mutants(MUTANTS * growth.threshold))
        _run(waiting, first, f"inputs, round {turn + 1}")
        for growth in waiting:
            growth.settle()
    for other in others:
        alive = [growth for growth in growths if not growth.fault and growth.tests]
        outcomes = other.run(_job(growth, growth.calls) for growth in alive)
        for growth, outcome in track(zip(alive, outcomes, strict=True), "second run", len(alive)):
            growth.confirm(outcome)


def _run(growths: Sequence[Growth], sandbox: Sandbox, what: str) -> None:
    """Run all pending inputs."""
    while waiting := [growth for growth in growths if growth.pending and not growth.fault]:
        jobs = (_job(g, [trial.call for trial in g.pending], traced=True) for g in waiting)
        for growth, outcome in track(zip(waiting, sandbox.run(jobs), strict=True), what, len(waiting)):
            growth.absorb(outcome)


def _job(growth: Growth, calls: Sequence[Call], traced: bool = False) -> Job:
    program = growth.program
    return Job(program.id, program.code, program.entry_point, tuple(calls), trace=traced)


def _known(paths: Sequence[Path], part: Shard) -> dict[str, list[Candidate]]:
    """The inputs that are known for each program of the shard."""
    rows = records.read_all(paths, Candidate, lambda _, parents: part.holds(parents[0]))
    found: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in merged_inputs(rows):
        found[candidate.parents[0]].append(candidate)
    return found


def _hash_seeds(text: str) -> list[int]:
    parts = text.split(",")
    if len(set(parts)) < 2 or not all(part.isdigit() and int(part) < 1 << 32 for part in parts):
        raise UserError(f"--hash-seeds {text}: give two different numbers or more, such as 0,1.")
    return [int(part) for part in parts]


def main(
    *,
    programs: Annotated[list[Path], typer.Option(help="Programs that run (JSONL); once a shard of them.")],
    inputs: Annotated[list[Path], typer.Option(help="Inputs that are known for them (JSONL); the same.")],
    shard: Annotated[str, typer.Option(help="Programs of this shard only, as 3/16, by their ids.")] = "1/1",
    teacher: TeacherOption,
    filters: Annotated[
        str, typer.Option(help="JSON object: max_functions, max_lines, max_branches, allow_classes.")
    ],
    threshold: Annotated[int, typer.Option(min=1, help="Tests wanted a program.")] = 10,
    at_least: Annotated[int, typer.Option(min=1, help="Programs with fewer tests are dropped.")] = 3,
    rounds: Annotated[int, typer.Option(min=1, help="Most rounds, teacher and mutation by turns.")] = 4,
    hash_seeds: Annotated[str, typer.Option(help="PYTHONHASHSEEDs that must agree, with commas.")] = "0,1",
    workers: Annotated[int, typer.Option(min=1, help="Programs that run side by side.")] = 2,
    cpu_s: Annotated[float, typer.Option(help="Processor seconds a program may take later on.")] = 10.0,
    memory_mb: Annotated[int, typer.Option(help="Memory a program may take, in MB.")] = 1024,
    max_chars: Annotated[int, typer.Option(min=1, help="Longest input and output, in characters.")] = 200,
    seed: Annotated[int, typer.Option(help="Another seed gives other mutants.")] = 0,
    kept: Annotated[Path, typer.Option(help="Where the programs with tests go (JSONL).")],
    tests: Annotated[Path, typer.Option(help="Where the tests go (JSONL).")],
    dropped: Annotated[Path, typer.Option(help="Where what is not kept goes, with reasons (JSONL).")],
    summary: Annotated[Path, typer.Option(help="Where the counts go (JSON).")],
) -> None:
    """Expand each program's inputs into tests, and drop programs that are not pure, plain and deterministic.

    Example: semcoder pyx expand --programs programs.jsonl --inputs inputs.jsonl --teacher '{"kind": "grounded"}'
    --filters '{"max_functions": 1, "max_lines": 60, "max_branches": 12, "allow_classes": false}'
    --kept kept.jsonl --tests tests.jsonl --dropped dropped.jsonl --summary summary.json
    """
    writer = teacher_from(teacher)
    seeds = _hash_seeds(hash_seeds)
    rules = Filters.parse(filters)
    part = Shard.parse(shard)
    growths: list[Growth] = []
    known = _known(inputs, part)
    rows = list(records.read_all(programs, Program, lambda key, _: part.holds(key)))
    single = {program.id: program for program in merged(rows)}
    for program in single.values():
        growth = Growth(program, threshold, max_chars)
        growth.fault = rules.refusal(program.code, program.entry_point)
        for candidate in known.get(program.id, []):
            growth.offer(candidate.origin, [Call(candidate.args, candidate.kwargs)])
        growths.append(growth)
    limits = Limits(
        cpu_s=QUICK * cpu_s, wall_s=4 * cpu_s, memory_mb=memory_mb, max_events=MAX_STEPS, result_kb=RESULT_KB
    )
    lenient = Limits(cpu_s=cpu_s, wall_s=4 * cpu_s, memory_mb=memory_mb)
    with ExitStack() as stack:
        sandboxes = [
            stack.enter_context(Sandbox(workers, lenient if place else limits, hash_seed))
            for place, hash_seed in enumerate(seeds)
        ]
        expand(growths, writer, sandboxes, rounds, seed)
    verdicts = [growth.verdict(at_least) for growth in growths]
    chosen = [growth for growth, verdict in zip(growths, verdicts, strict=True) if verdict is None]
    lost = [_dropped(growth.program, v) for growth, v in zip(growths, verdicts, strict=True) if v is not None]
    again = Refusal("same program", "from another shard")
    lost += [_dropped(program, again) for program in rows if program is not single[program.id]]
    records.write(kept, [growth.program for growth in chosen])
    count = records.write(tests, _tests(chosen))
    records.write(dropped, lost)
    tried: Counter[str] = Counter()
    for growth in growths:
        tried.update(growth.counts)
    lines, branches = _coverage(chosen)
    write_json(
        summary,
        {
            "stage": STAGE,
            "in": len(rows),
            "kept": len(chosen),
            "tests": count,
            "inputs": dict(tried),
            "line_coverage": lines,
            "branch_coverage": branches,
            "dropped": dict(Counter(row.reason for row in lost)),
            **costs(writer),
        },
    )


def _dropped(program: Program, refusal: Refusal) -> Dropped:
    parents = (program.id, *program.parents)
    return Dropped(parents=parents, stage=STAGE, reason=refusal.reason, detail=refusal.detail)


def _tests(growths: Sequence[Growth]) -> Iterator[TestCase]:
    for growth in growths:
        yield from growth.chosen


def _coverage(growths: Sequence[Growth]) -> tuple[float, float]:
    """Mean line and branch coverage of the programs by their kept tests (the paper: 0.96 and 0.93, App. F)."""
    found = [growth.coverage for growth in growths]
    lines = sum(line for line, _ in found) / max(len(found), 1)
    branches = sum(branch for _, branch in found) / max(len(found), 1)
    return round(lines, 4), round(branches, 4)
