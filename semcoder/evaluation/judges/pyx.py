"""Verdicts on programs for held-out PyX problems."""

from collections.abc import Sequence

from semcoder.evaluation.benchmarks.pyx import Described, PyxCode
from semcoder.evaluation.checking import NO_PROGRAM, Expected, Ruling, Runner, Trial, judge
from semcoder.execution import literals


def judge_pyx(
    _harness: PyxCode, runner: Runner, answers: Sequence[tuple[Described, str | None]]
) -> list[Ruling]:
    """Every test must give its output."""
    trials = [
        Trial(
            item.id,
            code,
            item.entry_point,
            item.calls,
            Expected(tuple(map(literals.parse, item.outputs))),
        )
        for item, code in answers
        if code is not None
    ]
    rulings = iter(judge(runner.quick, trials))
    return [NO_PROGRAM if code is None else next(rulings) for _, code in answers]
