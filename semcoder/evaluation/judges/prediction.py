"""Verdicts on output and input prediction."""

from collections.abc import Sequence

from semcoder.evaluation.arguments import calls, outputs
from semcoder.evaluation.benchmarks.interface import Harness
from semcoder.evaluation.benchmarks.prediction import Question
from semcoder.evaluation.checking import NO_ANSWER, Expected, Room, Ruling, Runner, Trial, compared, judge
from semcoder.evaluation.expressions import NotAllowed
from semcoder.execution import literals
from semcoder.execution.api import Call, CallResult


def judge_outputs(
    _harness: Harness[Question], runner: Runner, answers: Sequence[tuple[Question, str | None]]
) -> list[Ruling]:
    """Compare values; see `checking.equal`."""
    given = [(item, answer) for item, answer in answers if answer is not None]
    texts = iter(outputs(runner.quick, [answer for _, answer in given]))
    return [NO_ANSWER if answer is None else _ruling(item, next(texts)) for item, answer in answers]


def judge_inputs(
    _harness: Harness[Question], runner: Runner, answers: Sequence[tuple[Question, str | None]]
) -> list[Ruling]:
    """Run the program on the predicted arguments and compare its output with the given one."""
    given = [(item, answer) for item, answer in answers if answer is not None]
    asked = calls(runner.quick, [(answer, item.code) for item, answer in given])
    trials = [
        Trial(item.id, item.code, item.entry_point, (call,), _oracle(item))
        for (item, _), call in zip(given, asked, strict=True)
        if isinstance(call, Call)
    ]
    ran = iter(judge(runner.quick, trials))
    rulings = iter([next(ran) if isinstance(each, Call) else _refused(each) for each in asked])
    return [NO_ANSWER if answer is None else next(rulings) for item, answer in answers]


def _oracle(item: Question) -> Expected:
    return Expected((literals.parse(item.output),))


def _ruling(item: Question, text: str | NotAllowed) -> Ruling:
    if isinstance(text, NotAllowed):
        return _refused(text)
    return compared(_oracle(item), 0, CallResult(text), Room())


def _refused(error: NotAllowed) -> Ruling:
    return Ruling(False, "not allowed", str(error))
