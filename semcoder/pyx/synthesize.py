"""`semcoder pyx synthesize`: problems and solutions from seeds (paper section 3.1, Fig. 4, step I).

The teacher writes a problem and a solution; the solution must parse and its module must run. What fails goes back
to the teacher with its error, up to a number of times. What parses and never runs is PyX-Soft (paper App. F).
One program from several seeds is one program, with the inputs of all; `semcoder pyx expand` does so across shards.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from semcoder import records
from semcoder.artifacts import write_json
from semcoder.execution.api import Job, Limits, Outcome
from semcoder.execution.pool import Sandbox
from semcoder.progress import track
from semcoder.pyx.duplicates import merged, merged_inputs
from semcoder.records import Candidate, Dropped, Program, Seed
from semcoder.teacher.choose import TeacherOption, costs, teacher_from
from semcoder.teacher.interface import Failed, Proposal, Refusal, Teacher

STAGE = "pyx synthesize"


@dataclass
class Attempt:
    """A proposal on its way, and what stands against it. `soft`: the last code that parsed."""

    seed: Seed
    proposal: Proposal
    fault: Refusal | None = None
    soft: Proposal | None = None
    tries: int = 0
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often a repair of a program was asked for with an error."""

    def question(self, fault: Refusal) -> Failed:
        """What the teacher is asked about this fault."""
        error = f"{fault.reason}: {fault.detail}"
        again = self.asked[self.proposal.program.id, error]
        self.asked[self.proposal.program.id, error] += 1
        return Failed(self.proposal, error, again)


def synthesize(
    seeds: Sequence[Seed], teacher: Teacher, sandbox: Sandbox, retries: int
) -> tuple[list[Attempt], list[Dropped]]:
    """Attempts, one a proposal, in the order of the seeds: those without a `fault` run. Refusals as Dropped."""
    attempts: list[Attempt] = []
    refused: list[Dropped] = []
    for seed, answer in track(teacher.propose(seeds), "problems", len(seeds)):
        if isinstance(answer, Refusal):
            refused.append(_dropped(answer, (seed.id,)))
        else:
            attempts.append(Attempt(seed, answer))
    _judge(attempts, sandbox, "programs")
    for turn in range(retries):
        failed = [attempt for attempt in attempts if attempt.fault and attempt.tries == turn]
        if not failed:
            break
        retried = []
        questions = [attempt.question(attempt.fault) for attempt in failed if attempt.fault]
        for attempt, answer in zip(failed, teacher.repair(questions), strict=True):
            if not isinstance(answer, Refusal):
                attempt.proposal, attempt.tries = answer, turn + 1
                retried.append(attempt)
        _judge(retried, sandbox, f"repairs {turn + 1}")
    return attempts, refused


def _judge(attempts: list[Attempt], sandbox: Sandbox, what: str) -> None:
    """Parse each attempt's program and run its module."""
    parsed = []
    for attempt in attempts:
        attempt.fault = _parse_fault(attempt.proposal.program)
        if attempt.fault is None:
            attempt.soft = attempt.proposal
            parsed.append(attempt)
    jobs = (Job(a.proposal.program.id, a.proposal.program.code) for a in parsed)
    outcomes = sandbox.run(jobs)
    for attempt, outcome in track(zip(parsed, outcomes, strict=True), what, len(parsed)):
        attempt.fault = _run_fault(outcome)


def _parse_fault(program: Program) -> Refusal | None:
    try:
        module = ast.parse(program.code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Refusal("does not parse", f"{type(error).__name__}: {error}")
    names = {node.name for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return None if program.entry_point in names else Refusal("no function to call", program.entry_point)


_FAULTS = {
    "raised": "module does not run",
    "timeout": "timeout",
    "memory": "memory",
    "killed": "module does not run",
    "forbidden": "external interaction",
    "invalid": "does not compile",
}


def _run_fault(outcome: Outcome) -> Refusal | None:
    return None if outcome.verdict == "ok" else Refusal(_FAULTS[outcome.verdict], outcome.detail)


def _dropped(refusal: Refusal, parents: tuple[str, ...]) -> Dropped:
    return Dropped(parents=parents, stage=STAGE, reason=refusal.reason, detail=refusal.detail)


def _inputs(proposals: Iterable[Proposal]) -> Iterator[Candidate]:
    for proposal in proposals:
        for origin, call in proposal.inputs:
            row = {"args": call.args, "kwargs": call.kwargs, "origin": origin}
            yield Candidate.model_validate({"parents": (proposal.program.id,), **row})


def main(
    *,
    seeds: Annotated[Path, typer.Option(help="Seeds (JSONL).")],
    teacher: TeacherOption,
    retries: Annotated[int, typer.Option(min=0, help="Times a program that does not run is sent back.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Programs that run side by side.")] = 2,
    cpu_s: Annotated[float, typer.Option(help="Processor seconds a program may take.")] = 10.0,
    memory_mb: Annotated[int, typer.Option(help="Memory a program may take, in MB.")] = 1024,
    problems: Annotated[Path, typer.Option(help="Where the problems go (JSONL), PyX-Soft's among them.")],
    programs: Annotated[Path, typer.Option(help="Where the programs that run go (JSONL).")],
    inputs: Annotated[Path, typer.Option(help="Where the inputs that came with them go (JSONL).")],
    soft: Annotated[Path, typer.Option(help="Where programs go that only parse, PyX-Soft's part (JSONL).")],
    dropped: Annotated[Path, typer.Option(help="Where what is not kept goes, with reasons (JSONL).")],
    summary: Annotated[Path, typer.Option(help="Where the counts go (JSON).")],
) -> None:
    """Write problems and solutions from seeds, and keep the solutions that run.

    Example: semcoder pyx synthesize --seeds seeds.jsonl --teacher '{"kind": "grounded"}' --problems problems.jsonl
    --programs programs.jsonl --inputs inputs.jsonl --soft soft.jsonl --dropped dropped.jsonl --summary summary.json
    """
    writer = teacher_from(teacher)
    rows = list(records.read(seeds, Seed))
    with Sandbox(workers, Limits(cpu_s=cpu_s, wall_s=4 * cpu_s, memory_mb=memory_mb)) as sandbox:
        attempts, lost = synthesize(rows, writer, sandbox, retries)
    ran = [attempt for attempt in attempts if attempt.fault is None]
    parsed = [attempt.soft for attempt in attempts if attempt.fault and attempt.soft]
    chosen = merged(attempt.proposal.program for attempt in ran)
    softly = merged(proposal.program for proposal in parsed)
    first: dict[str, Seed] = {}
    for attempt in attempts:
        program = attempt.proposal.program
        if attempt.fault:
            lost.append(_dropped(attempt.fault, (program.id, attempt.proposal.problem.id, attempt.seed.id)))
        elif first.setdefault(program.id, attempt.seed) is not attempt.seed:
            other = first[program.id].id
            lost.append(_dropped(Refusal("same program", other), (program.id, attempt.seed.id)))
    records.write(
        problems, merged(each.problem for each in [*(attempt.proposal for attempt in ran), *parsed])
    )
    records.write(programs, chosen)
    records.write(inputs, merged_inputs(_inputs(attempt.proposal for attempt in ran)))
    records.write(soft, softly)
    records.write(dropped, lost)
    counts = {
        "stage": STAGE,
        "in": len(rows),
        "kept": len(chosen),
        "soft": len(softly),
        "dropped": dict(Counter(row.reason for row in lost)),
        **costs(writer),
    }
    write_json(summary, counts)
