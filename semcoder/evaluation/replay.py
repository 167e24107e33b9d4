"""Tests that are code (HumanEval's `check(candidate)`), decided without letting the candidate near them.

Three jobs: (1) the check runs with the reference solution and the arguments of every call are recorded;
(2) the program under test runs on those arguments, alone; (3) the check runs again, with a candidate that
plays back the recorded results, and does to lists, dicts and sets what the program did to those it was given. The
check decides, in a process of trusted code and plain data only. `random` is seeded before the check, so that
checks which draw their inputs ask for the same ones again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from semcoder.errors import UserError
from semcoder.evaluation.benchmarks.humaneval import Check
from semcoder.evaluation.checking import INSIDE, PASSED, Room, Ruling, Run
from semcoder.execution import literals
from semcoder.execution.api import Call, CallResult, Job, Outcome

_RUN = """

def semcoder_call(*args, **kwargs):
    given = [*args, *kwargs.values()]
    before = semcoder_result(given, "arguments")
    value = {entry_point}(*args, **kwargs)
    return semcoder_result(value, "whole"), semcoder_result((before, given), "changed")
"""
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

    def alike(a, b):
        if isinstance(a, (list, tuple)) and type(a) is type(b):
            return len(a) == len(b) and all(map(alike, a, b))
        if isinstance(a, dict) and isinstance(b, dict):
            return a.keys() == b.keys() and all(alike(a[key], b[key]) for key in a)
        return a == b or (a != a and b != b)

    def become(given, after):
        if type(given) is not type(after):
            return
        if isinstance(given, list):
            given[:] = after
        elif isinstance(given, (dict, set)):
            given.clear()
            given.update(after)

    waiting = iter(answers)
    random.seed(0)

    def candidate(*args, **kwargs):
        asked, raised, value, after = next(waiting)
        if not alike((args, kwargs), asked):
            raise LookupError("the check asked for something else than it did before")
        for given, changed in zip([*args, *kwargs.values()], after):
            become(given, changed)
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
class Recorded:
    """A check, the calls that it makes, and how long the reference's results on them are, in characters."""

    check: Check
    calls: tuple[Call, ...]
    chars: tuple[int, ...]


def record(run: Run, checks: Sequence[Check]) -> dict[str, Recorded]:
    """Each check with its calls. Raises UserError for a check that its own reference does not pass in a replay."""
    jobs = [
        Job(c.id, _source(c, _RECORD.format(entry_point=c.entry_point)), "semcoder_record", (Call(),))
        for c in checks
    ]
    asked = [_asked(check, outcome) for check, outcome in zip(checks, run(jobs), strict=True)]
    outcomes = list(
        run(_job(check, calls, check.reference) for check, calls in zip(checks, asked, strict=True))
    )
    recorded = [
        Recorded(check, calls, tuple(len(result.value or "") for result in outcome.results))
        for check, calls, outcome in zip(checks, asked, outcomes, strict=True)
    ]
    for each, ruling in zip(recorded, _rulings(run, recorded, outcomes), strict=True):
        if not ruling.passed:
            raise _unfit(each.check, f"{ruling.reason}: {ruling.detail[:200]}")
    return {each.check.id: each for each in recorded}


def judge(run: Run, attempts: Sequence[tuple[Recorded, str]]) -> list[Ruling]:
    """The verdict on each (recorded check, program)."""
    outcomes = list(run(_job(recorded.check, recorded.calls, code) for recorded, code in attempts))
    return _rulings(run, [recorded for recorded, _ in attempts], outcomes)


def _asked(check: Check, outcome: Outcome) -> tuple[Call, ...]:
    if not outcome.results or outcome.results[0].value is None:
        raise _unfit(check, _failure(outcome))
    return tuple(
        Call(tuple(map(literals.render, args)), {k: literals.render(v) for k, v in kwargs.items()})
        for args, kwargs in literals.parse(outcome.results[0].value)
    )


def _unfit(check: Check, why: str) -> UserError:
    return UserError(
        f"{check.id}: its test cannot be replayed, its own reference fails it ({why}); "
        "give an unchanged benchmark file."
    )


def _job(check: Check, calls: tuple[Call, ...], code: str) -> Job:
    source = f"{code}\n\n\n{INSIDE}\n{_RUN.format(entry_point=check.entry_point)}"
    return Job(check.id, source, "semcoder_call", calls)


def _rulings(run: Run, recorded: Sequence[Recorded], outcomes: Sequence[Outcome]) -> list[Ruling]:
    """The check decides on what the program of each outcome did."""
    rulings: list[Ruling | None] = []
    replays: list[Job] = []
    for each, outcome in zip(recorded, outcomes, strict=True):
        if outcome.verdict != "ok":
            rulings.append(Ruling(False, outcome.verdict, outcome.detail, len(outcome.results)))
            continue
        try:
            answers = Call((_answers(each, outcome),))
        except ValueError as error:
            rulings.append(Ruling(False, "wrong", str(error)))
            continue
        rulings.append(None)
        replays.append(Job(each.check.id, _source(each.check, _REPLAY), "semcoder_replay", (answers,)))
    replayed = iter(list(run(replays)))
    return [
        ruled or _of_replay(each.check, outcome, next(replayed))
        for each, outcome, ruled in zip(recorded, outcomes, rulings, strict=True)
    ]


def _answers(recorded: Recorded, outcome: Outcome) -> str:
    """What the program did on each call, as the literal that `semcoder_replay` reads; ValueError where none tells.

    This text is evaluated beside the check, so every value is parsed and written anew: nothing that the
    program's process sent gets there but plain data.
    """
    room = Room()
    rows = []
    for place, (call, result) in enumerate(zip(recorded.calls, outcome.results, strict=True)):
        kwargs = ", ".join(f"{name!r}: {text}" for name, text in call.kwargs.items())
        args = "".join(f"{text}, " for text in call.args)
        asked = f"(({args}), {{{kwargs}}})"
        if result.raised:
            rows.append(f"({asked}, {result.raised[:2]!r}, None, ())")
            continue
        value, after = _claim(result, room, recorded.chars[place] if place < len(recorded.chars) else 0)
        rows.append(f"({asked}, None, {value}, {after})")
    return f"[{', '.join(rows)}]"


def _claim(result: CallResult, room: Room, right: int) -> tuple[str, str]:
    """The literals of what a call returned and of what its arguments became."""
    text = result.value or ""
    if not room.has(text, lambda: right):
        raise ValueError(f"a result of {len(text)} characters")
    claim = literals.parse(text)
    if type(claim) is not tuple or len(claim) != 2 or type(claim[1]) is not list:
        raise ValueError(f"not a call's result: {text[:80]}")
    return literals.render(claim[0]), literals.render(claim[1])


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
