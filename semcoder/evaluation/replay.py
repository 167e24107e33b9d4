"""Tests that are code (HumanEval's `check(candidate)`), decided without letting the candidate near them.

Three jobs: (1) the check runs with the reference solution and the arguments of every call are recorded;
(2) the program under test runs on those arguments, alone; (3) the check runs again, with a candidate that
plays back the recorded results. The check decides, in a process of trusted code and plain data only.
`random` is seeded before the check, so that checks which draw their inputs ask for the same ones again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from semcoder.errors import UserError
from semcoder.evaluation.checking import PASSED, Ruling, Run, call_job, value_of
from semcoder.execution import literals
from semcoder.execution.api import Call, Job, Outcome

_RECORD = """

def semcoder_record():
    import copy
    import random

    asked = []
    random.seed(0)

    def candidate(*args, **kwargs):
        asked.append((copy.deepcopy(args), copy.deepcopy(kwargs)))
        return {entry_point}(*args, **kwargs)

    check(candidate)
    return asked
"""
_REPLAY = """

def semcoder_replay(answers):
    import builtins
    import random

    waiting = iter(answers)
    random.seed(0)

    def candidate(*args, **kwargs):
        asked, raised, value = next(waiting)
        if (args, kwargs) != asked:
            raise LookupError("the check asked for something else than it did before")
        if raised is None:
            return value
        kind = getattr(builtins, raised[0], None)
        if not (isinstance(kind, type) and issubclass(kind, Exception)):
            kind = RuntimeError
        raise kind(raised[1])

    check(candidate)
    return True
"""


@dataclass(frozen=True)
class Check:
    """A test in code. `reference` is a whole program; `test` defines `check(candidate)`."""

    id: str
    entry_point: str
    reference: str
    test: str


def record(run: Run, checks: Sequence[Check]) -> dict[str, tuple[Call, ...]]:
    """The calls that each check makes. Raises UserError for a check that its own reference does not pass."""
    jobs = (
        Job(c.id, _source(c, _RECORD.format(entry_point=c.entry_point)), "semcoder_record", (Call(),))
        for c in checks
    )
    calls: dict[str, tuple[Call, ...]] = {}
    for check, outcome in zip(checks, run(jobs), strict=True):
        if not outcome.results or outcome.results[0].value is None:
            raise UserError(
                f"{check.id}: its test cannot be replayed, its own reference fails it ({_failure(outcome)}); "
                "give an unchanged benchmark file."
            )
        asked = literals.parse(outcome.results[0].value)
        calls[check.id] = tuple(
            Call(tuple(map(literals.render, args)), {k: literals.render(v) for k, v in kwargs.items()})
            for args, kwargs in asked
        )
    return calls


def judge(run: Run, attempts: Sequence[tuple[Check, tuple[Call, ...], str]]) -> list[Ruling]:
    """The verdict on each (check, its recorded calls, program)."""
    outcomes = list(run(call_job(c.id, code, c.entry_point, calls) for c, calls, code in attempts))
    rulings: list[Ruling | None] = []
    replays: list[Job] = []
    for (check, calls, _), outcome in zip(attempts, outcomes, strict=True):
        if outcome.verdict != "ok":
            rulings.append(Ruling(False, outcome.verdict, outcome.detail, len(outcome.results)))
            continue
        answers = _answers(calls, outcome)
        rulings.append(None)
        replays.append(Job(check.id, _source(check, _REPLAY), "semcoder_replay", (Call((answers,)),)))
    replayed = iter(list(run(replays)))
    return [
        ruled or _of_replay(check, outcome, next(replayed))
        for (check, _, _), outcome, ruled in zip(attempts, outcomes, rulings, strict=True)
    ]


def _answers(calls: Sequence[Call], outcome: Outcome) -> str:
    """What the program did on each call, as the literal that `semcoder_replay` reads.

    This text is evaluated beside the check, so every value is parsed and written anew: nothing that the
    program's process sent gets there but plain data.
    """
    rows = []
    for call, result in zip(calls, outcome.results, strict=True):
        kwargs = ", ".join(f"{name!r}: {text}" for name, text in call.kwargs.items())
        args = "".join(f"{text}, " for text in call.args)
        raised, value = None, "None"
        try:
            value = literals.render(value_of(result))
        except ValueError as error:
            raised = result.raised[:2] if result.raised else ("ValueError", str(error))
        rows.append(f"((({args}), {{{kwargs}}}), {raised!r}, {value})")
    return f"[{', '.join(rows)}]"


def _of_replay(check: Check, outcome: Outcome, replay: Outcome) -> Ruling:
    if replay.results and replay.results[0].value == "True":
        return PASSED
    raised = replay.results[0].raised if replay.results else None
    if raised is None:
        return Ruling(False, replay.verdict, replay.detail)
    first = next((r.raised for r in outcome.results if r.raised), None)
    if first is not None:
        return Ruling(False, "raised", f"{first[0]}: {first[1]}")
    return Ruling(False, "wrong", _line(_source(check, ""), raised[2]))


def _line(source: str, number: int) -> str:
    lines = source.split("\n")
    return lines[number - 1].strip() if 1 <= number <= len(lines) else ""


def _source(check: Check, driver: str) -> str:
    return f"{check.reference}\n\n{check.test}\n{driver}"


def _failure(outcome: Outcome) -> str:
    raised = outcome.results[0].raised if outcome.results else None
    return f"{raised[0]}: {raised[1]}" if raised else f"{outcome.verdict} {outcome.detail}"
