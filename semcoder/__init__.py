"""SemCoder, reproducible: from raw seeds to PyX, traces, monologues, checkpoints and score tables.

A sandbox for Python, a tracer, a verifier of monologues and scorers can be imported from here, each loaded when it
is first used: `from semcoder import Sandbox, trace, verify, score_outputs` (docs/library.md). All else is inner.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from semcoder.errors import UserError
    from semcoder.evaluation.benchmarks.prediction import Question
    from semcoder.evaluation.checking import Ruling
    from semcoder.evaluation.extract import input_answer, output_answer, program
    from semcoder.evaluation.statistics import pass_at_k
    from semcoder.execution.api import Call, CallResult, Job, Limits, Outcome
    from semcoder.execution.compare import same
    from semcoder.execution.pool import Sandbox
    from semcoder.library import score, score_inputs, score_outputs, score_programs, trace
    from semcoder.monologue.verify import Claim, Verified, verify
    from semcoder.records import Event

__version__ = "0.1.0"

_HOMES = {
    "errors": ("UserError",),
    "evaluation.benchmarks.prediction": ("Question",),
    "evaluation.checking": ("Ruling",),
    "evaluation.extract": ("input_answer", "output_answer", "program"),
    "evaluation.statistics": ("pass_at_k",),
    "execution.api": ("Call", "CallResult", "Job", "Limits", "Outcome"),
    "execution.compare": ("same",),
    "execution.pool": ("Sandbox",),
    "library": ("score", "score_inputs", "score_outputs", "score_programs", "trace"),
    "monologue.verify": ("Claim", "Verified", "verify"),
    "records": ("Event",),
}
"""The same for Python as the imports above are for type checkers."""
__all__ = [
    "Call",
    "CallResult",
    "Claim",
    "Event",
    "Job",
    "Limits",
    "Outcome",
    "Question",
    "Ruling",
    "Sandbox",
    "UserError",
    "Verified",
    "input_answer",
    "output_answer",
    "pass_at_k",
    "program",
    "same",
    "score",
    "score_inputs",
    "score_outputs",
    "score_programs",
    "trace",
    "verify",
]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
