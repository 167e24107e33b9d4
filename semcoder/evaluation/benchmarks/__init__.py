"""The harness of each benchmark in semcoder.evaluation.registry."""

from typing import Any

from semcoder.evaluation.benchmarks import cruxeval, livecodebench, pyx, variants
from semcoder.evaluation.benchmarks.evalplus import EvalPlus
from semcoder.evaluation.benchmarks.humaneval import HumanEval
from semcoder.evaluation.benchmarks.interface import Harness
from semcoder.evaluation.benchmarks.prediction import InputPrediction, OutputPrediction
from semcoder.evaluation.benchmarks.states import StateQuestions

HARNESSES: dict[str, Harness[Any]] = {
    "pyx_code": pyx.PyxCode(),
    "pyx_output": OutputPrediction(pyx.outputs),
    "pyx_input": InputPrediction(pyx.inputs),
    "humaneval": HumanEval(),
    "humaneval_plus": EvalPlus("humaneval", plus=True),
    "mbpp": EvalPlus("mbpp", plus=False),
    "mbpp_plus": EvalPlus("mbpp", plus=True),
    "cruxeval_output": OutputPrediction(cruxeval.questions),
    "cruxeval_input": InputPrediction(cruxeval.questions),
    "lcb_generation": livecodebench.CodeGeneration(),
    "lcb_execution": OutputPrediction(
        livecodebench.execution_questions,
        livecodebench.upstream_execution_prompt,
        file="**/test*",
        count=479,
    ),
    "cruxeval_output_renamed": OutputPrediction(variants.questions),
    "cruxeval_output_restructured": OutputPrediction(variants.questions),
    "cruxeval_input_renamed": InputPrediction(variants.questions),
    "cruxeval_input_restructured": InputPrediction(variants.questions),
    "lcb_execution_renamed": OutputPrediction(variants.questions, livecodebench.upstream_execution_prompt),
    "lcb_execution_restructured": OutputPrediction(
        variants.questions, livecodebench.upstream_execution_prompt
    ),
    "states_value": StateQuestions("value"),
    "states_next": StateQuestions("next"),
    "states_loop": StateQuestions("loop"),
}
