"""Benchmarks that ask for a program."""

from typing import Generic, Protocol, TypeVar

from semcoder.evaluation import extract
from semcoder.evaluation.benchmarks.interface import Harness
from semcoder.evaluation.prompts import is_refine_prompt
from semcoder.records import Generation


class Task(Protocol):
    """A question whose answer is a program."""

    @property
    def id(self) -> str:
        """Unique within the benchmark."""
        ...

    @property
    def defines(self) -> str:
        """The name that a program must define; empty where any program will do."""
        ...

    @property
    def start(self) -> str | None:
        """Code with which the prompt ends; None where it ends outside of code."""
        ...


T = TypeVar("T", bound=Task)


FENCE = "\n```\n"
"""The line after the closing fence; an opening fence has a language behind it."""
NEXT_PART = ("\nif __name__", "\ndef main(", "\nprint(", "\nassert")
"""Where the completion of one function ends (EvalPlus 0.3.1, evalplus/provider/utility.py)."""


class CodeHarness(Harness[T], Generic[T]):
    """What the benchmarks of code share: how a program is found in the text."""

    def answer(self, item: T, generation: Generation) -> str | None:
        """The program in what a model wrote, whether it was asked to write or to repair."""
        start = None if is_refine_prompt(generation.prompt) else item.start
        return extract.program(generation.text, item.defines, start)
