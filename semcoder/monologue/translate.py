"""`semcoder monologue translate`: a language model retells monologues that were written from the trace.

The facts are the trace's, the words the model's (as in 2506.10343): what it writes is kept only if its answer and
every claim in it are still true and next to no step is lost on the way.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from semcoder import records
from semcoder.errors import UserError
from semcoder.evaluation.arguments import Run
from semcoder.execution.api import Limits
from semcoder.execution.pool import Sandbox
from semcoder.monologue.accept import Accepted, accept, shift_labels
from semcoder.monologue.drafts import first_good, language_model, write_verdicts
from semcoder.monologue.sample import Case, parents_of
from semcoder.monologue.verify import verify
from semcoder.records import Direction, Monologue
from semcoder.teacher.choose import TeacherOption
from semcoder.teacher.interface import Refusal
from semcoder.teacher.llm import LLMTeacher
from semcoder.teacher.prompts import translation
from semcoder.tracing.cases import cases as traced_cases

STAGE = "monologue.translate"
LOST = "The account tells more steps of the run than you do. Tell every step of it."


class Account(NamedTuple):
    """A monologue written from the trace, its labels line numbers of the code."""

    id: str
    case: Case
    text: str
    coverage: float
    """Share of the executed lines with an effect that it speaks of."""


def translate(
    direction: Direction,
    accounts: Sequence[Account],
    teacher: LLMTeacher,
    run: Run,
    *,
    max_chars: int,
    min_coverage: float,
    revisions: int = 0,
) -> list[Accepted | Refusal]:
    """Each account retold, or the last reason why it could not be.

    `min_coverage` is the least share of the account's own coverage that must be left, 0 to 1.
    """

    def judge(drafts: Sequence[tuple[int, str]]) -> Sequence[Accepted | Refusal]:
        found = accept(direction, [accounts[at].case.sampled(text) for at, text in drafts], run)
        return [
            _whole(each, min_coverage * accounts[at].coverage)
            for (at, _), each in zip(drafts, found, strict=True)
        ]

    conversations = [
        translation(direction, case.program, case.test.call_arguments, case.test.output, text)
        for _, case, text, _ in accounts
    ]
    return first_good(conversations, teacher, judge, revisions, max_chars)


def _whole(verdict: Accepted | Refusal, least: float) -> Accepted | Refusal:
    if isinstance(verdict, Refusal) or (verdict.coverage or 0.0) >= least:
        return verdict
    return Refusal("steps lost", f"coverage {verdict.coverage:.2f}, at least {least:.2f} is asked", LOST)


def read_accounts(
    direction: Direction, written: Path, programs: Path, tests: Path, traces: Path, label_offset: int
) -> list[Account]:
    """The monologues of a file beside their traces. Raises UserError where the files do not belong together."""
    known = {case.trace.id: Case(*case) for case in traced_cases(programs, tests, traces)}
    found: list[Account] = []
    for row in records.read(written, Monologue):
        case = known.get(row.parents[0]) if row.parents else None
        if row.direction != direction or case is None or case.trace is None:
            why = (
                f"is a {row.direction} monologue"
                if row.direction != direction
                else f"is of no trace in {traces}"
            )
            raise UserError(
                f"{written}: {row.id} {why}; give {direction} monologues that `semcoder monologue write` made of "
                f"these traces."
            )
        text = shift_labels(row.text, -label_offset)
        coverage = verify(text, direction, case.trace.events, case.program.code).coverage
        found.append(Account(row.id, case, text, coverage))
    return found


def main(
    *,
    direction: Annotated[Direction, typer.Option(help="Which monologues these are.")],
    written: Annotated[Path, typer.Option(help="Monologue records that `semcoder monologue write` made.")],
    programs: Annotated[Path, typer.Option(help="Program records.")],
    tests: Annotated[Path, typer.Option(help="TestCase records.")],
    traces: Annotated[Path, typer.Option(help="Trace records that the monologues were written from.")],
    teacher: TeacherOption,
    revisions: Annotated[
        int,
        typer.Option(min=0, max=1, help="Times a refused sample is sent back with what is wrong with it."),
    ] = 0,
    min_coverage: Annotated[
        float, typer.Option(min=0, max=1, help="Least share of the lines told that must still be told.")
    ] = 0.9,
    label_offset: Annotated[
        int, typer.Option(help="What was added to line numbers in labels; the kept texts have it too.")
    ] = 0,
    max_chars: Annotated[
        int, typer.Option(min=1, help="Longest monologue, in characters; a longer sample is not accepted.")
    ] = 6000,
    workers: Annotated[int, typer.Option(min=1, help="Programs that run side by side.")] = 2,
    cpu_s: Annotated[float, typer.Option(help="Processor seconds a program may take.")] = 10.0,
    memory_mb: Annotated[int, typer.Option(help="Memory a program may take, in MB.")] = 1024,
    monologues: Annotated[Path, typer.Option(help="Where the accepted monologues go (JSONL).")],
    dropped: Annotated[Path, typer.Option(help="Where those without one go, with the last reason (JSONL).")],
    summary: Annotated[Path, typer.Option(help="Where the counts go (JSON).")],
) -> None:
    """Have a language model retell monologues in natural prose; keep what is still true and whole.

    Example: semcoder monologue translate --direction forward --written forward.jsonl --programs programs.jsonl
    --tests tests.jsonl --traces traces.jsonl --teacher "$(jq .teacher config.json)" --monologues m.jsonl
    --dropped dropped.jsonl --summary summary.json
    """
    writer = language_model(teacher)
    accounts = read_accounts(direction, written, programs, tests, traces, label_offset)
    with Sandbox(workers, Limits(cpu_s=cpu_s, wall_s=4 * cpu_s, memory_mb=memory_mb)) as sandbox:
        verdicts = translate(
            *(direction, accounts, writer, sandbox.run),
            max_chars=max_chars,
            min_coverage=min_coverage,
            revisions=revisions,
        )
    pairs = [
        ((*parents_of(direction, account.case, verdict), account.id), verdict)
        for account, verdict in zip(accounts, verdicts, strict=True)
    ]
    places = {"monologues": monologues, "dropped": dropped, "summary": summary}
    write_verdicts(STAGE, direction, pairs, writer, label_offset, **places)
