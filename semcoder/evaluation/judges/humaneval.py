"""Verdicts of HumanEval's own tests, replayed (evaluation.replay)."""

from collections.abc import Sequence

from semcoder.evaluation import replay
from semcoder.evaluation.benchmarks.humaneval import Checked, HumanEval
from semcoder.evaluation.checking import NO_PROGRAM, Ruling, Runner


def judge_humaneval(
    _harness: HumanEval, runner: Runner, answers: Sequence[tuple[Checked, str | None]]
) -> list[Ruling]:
    """The check decides."""
    checks = {item.id: item.check for item, code in answers if code is not None}
    recorded = replay.record(runner.patient, list(checks.values()))
    attempts = [(recorded[item.id], code) for item, code in answers if code is not None]
    rulings = iter(replay.judge(runner.quick, attempts))
    return [NO_PROGRAM if code is None else next(rulings) for item, code in answers]
