"""Verdicts of EvalPlus: what the reference returns on each input decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from semcoder.errors import UserError
from semcoder.evaluation import evalplus
from semcoder.evaluation.benchmarks.evalplus import Differential, EvalPlus
from semcoder.evaluation.checking import (
    NO_PROGRAM,
    Ruling,
    Runner,
    Trial,
    as_call,
    call_job,
    judge,
    value_of,
)
from semcoder.evaluation.evalplus import EvalPlusOracle

CALL_S, TIMES = 1.0, 4
"""Processor seconds of one call, or how many times what the reference took for all calls where that is more.

EvalPlus' defaults (evalplus.config), which there bound the wall time of each input by the reference's on that input.
"""


@dataclass(frozen=True)
class Reference:
    """What a problem's reference returns on each input, and the processor seconds that took."""

    outputs: tuple[Any, ...]
    cpu_s: float


References = dict[str, Reference]
"""By problem."""


def judge_evalplus(
    harness: EvalPlus,
    runner: Runner,
    answers: Sequence[tuple[Differential, str | None]],
    references: Sequence[References] = (),
) -> list[Ruling]:
    """Base inputs first; only programs that pass them are run on the plus inputs.

    `references`: what they return on base and on plus inputs where it is known; else they are run.
    """
    base, plus = references or (None, None)
    rulings = judge_part(runner, answers, False, base)
    passed = [place for place, ruling in enumerate(rulings) if ruling.passed]
    if harness.plus:
        again = judge_part(runner, [answers[place] for place in passed], True, plus)
        for place, ruling in zip(passed, again, strict=True):
            rulings[place] = ruling
    return rulings


def judge_part(
    runner: Runner,
    answers: Sequence[tuple[Differential, str | None]],
    plus: bool,
    references: References | None = None,
) -> list[Ruling]:
    """The verdict of one list of inputs on each program."""
    if references is None:
        items = {item.id: item for item, code in answers if code is not None}
        references = run_references(runner, list(items.values()), plus)
    trials = [trial(item, code, references[item.id], plus) for item, code in answers if code is not None]
    rulings = iter(judge(runner.patient if plus else runner.quick, trials))
    return [NO_PROGRAM if code is None else next(rulings) for _, code in answers]


def trial(item: Differential, code: str, reference: Reference, plus: bool) -> Trial:
    """A program with the calls that it must get right."""
    given = item.plus if plus else item.base
    oracle = EvalPlusOracle(item.dataset, item.entry_point, given, reference.outputs, item.atol)
    mode = evalplus.mode(item.dataset, item.entry_point)
    call_s = max(CALL_S, TIMES * reference.cpu_s)
    return Trial(item.id, code, item.entry_point, tuple(map(as_call, given)), oracle, mode, call_s)


def run_references(runner: Runner, items: Sequence[Differential], plus: bool) -> References:
    """What each reference returns on each input. Raises UserError where one does not run."""
    jobs = (
        call_job(
            item.id,
            item.reference,
            item.entry_point,
            tuple(map(as_call, item.plus if plus else item.base)),
            evalplus.mode(item.dataset, item.entry_point),
        )
        for item in items
    )
    found: References = {}
    for item, outcome in zip(items, runner.patient(jobs), strict=True):
        try:
            outputs = tuple([value_of(result) for result in outcome.results])
        except ValueError as error:
            raise UserError(f"{item.id}: its reference fails on its own input ({error}).") from error
        if outcome.verdict != "ok":
            raise UserError(
                f"{item.id}: its reference does not finish ({outcome.verdict} {outcome.detail}); "
                "raise --patient-cpu-seconds."
            )
        found[item.id] = Reference(outputs, outcome.cpu_s)
    return found
