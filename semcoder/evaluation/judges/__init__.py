"""The verdicts on answers to each benchmark. What asks the questions knows nothing of this."""

from collections.abc import Callable, Sequence
from typing import Any

from semcoder.evaluation.benchmarks.evalplus import EvalPlus
from semcoder.evaluation.benchmarks.humaneval import HumanEval
from semcoder.evaluation.benchmarks.interface import Harness
from semcoder.evaluation.benchmarks.livecodebench import CodeGeneration
from semcoder.evaluation.benchmarks.prediction import InputPrediction, OutputPrediction
from semcoder.evaluation.benchmarks.pyx import PyxCode
from semcoder.evaluation.benchmarks.states import StateQuestions
from semcoder.evaluation.checking import Ruling, Runner
from semcoder.evaluation.judges.evalplus import judge_evalplus
from semcoder.evaluation.judges.humaneval import judge_humaneval
from semcoder.evaluation.judges.livecodebench import judge_livecodebench
from semcoder.evaluation.judges.prediction import judge_inputs, judge_outputs
from semcoder.evaluation.judges.pyx import judge_pyx

_JUDGES: dict[type[Harness[Any]], Callable[..., list[Ruling]]] = {
    CodeGeneration: judge_livecodebench,
    EvalPlus: judge_evalplus,
    HumanEval: judge_humaneval,
    InputPrediction: judge_inputs,
    OutputPrediction: judge_outputs,
    PyxCode: judge_pyx,
    StateQuestions: judge_outputs,
}


def judge_answers(
    harness: Harness[Any], runner: Runner, answers: Sequence[tuple[Any, str | None]]
) -> list[Ruling]:
    """The verdict on each (item, answer); None stands for no answer."""
    return _JUDGES[type(harness)](harness, runner, answers)
