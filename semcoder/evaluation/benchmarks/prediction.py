"""Output and input prediction: CRUXEval, LiveCodeBench code execution and held-out PyX share all but their files."""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from semcoder.evaluation import extract, prompts
from semcoder.evaluation.arguments import calls, outputs
from semcoder.evaluation.benchmarks.interface import Harness
from semcoder.evaluation.checking import (
    NO_ANSWER,
    Expected,
    Room,
    Ruling,
    Runner,
    Trial,
    compared,
    judge,
)
from semcoder.evaluation.expressions import NotAllowed
from semcoder.evaluation.prompts import PromptFormat, Style
from semcoder.execution import literals
from semcoder.execution.api import Call, CallResult
from semcoder.records import Generation


@dataclass(frozen=True)
class Question:
    """A program and one of its tests. `arguments` stand between the parentheses; `output` is a literal."""

    id: str
    code: str
    entry_point: str
    arguments: str
    output: str


Reader = Callable[[Sequence[Path]], Iterator[Question]]
UpstreamPrompt = Callable[[Question], str]


class OutputPrediction(Harness[Question]):
    """Given program and input, the output. The answer is a value: no program is run to judge it.

    An answer that is an expression (`'a' * 3`) is evaluated alone, with no program in sight, as CRUXEval would;
    so a call of the function, in any guise, is not an answer.
    """

    formats = prompts.FORMATS
    stop = ("[/ANSWER]",)

    def __init__(self, reader: Reader, upstream: UpstreamPrompt | None = None) -> None:
        self._reader = reader
        self._upstream = upstream

    def load(self, paths: Sequence[Path]) -> Iterator[Question]:
        """The questions."""
        return self._reader(paths)

    def prompt(self, item: Question, format: str, style: Style, label_offset: int) -> str:
        """The question in one of the formats."""
        if self._upstream and style == "upstream" and format == "monologue":
            return self._upstream(item)
        return prompts.forward_prompt(
            item.code, item.arguments, item.entry_point, cast(PromptFormat, format), style, label_offset
        )

    def answer(self, item: Question, generation: Generation) -> str | None:
        """The source of the predicted output."""
        inside = generation.prompt.endswith("[ANSWER]\n")
        return extract.output_answer(generation.text, item.entry_point, inside)

    def judge(self, runner: Runner, answers: Sequence[tuple[Question, str | None]]) -> list[Ruling]:
        """Compare values; see `checking.equal`."""
        given = [(item, answer) for item, answer in answers if answer is not None]
        texts = iter(outputs(runner.quick, [answer for _, answer in given]))
        return [NO_ANSWER if answer is None else _ruling(item, next(texts)) for item, answer in answers]


class InputPrediction(OutputPrediction):
    """Given program and output, arguments that give it. Any that do are right: the program decides (paper App. G).

    The arguments are data or pure expressions (evaluation.expressions); the program that runs is the benchmark's.
    """

    def prompt(self, item: Question, format: str, style: Style, label_offset: int) -> str:
        """The question in one of the formats."""
        return prompts.backward_prompt(
            item.code, item.output, item.entry_point, cast(PromptFormat, format), style, label_offset
        )

    def answer(self, item: Question, generation: Generation) -> str | None:
        """The source between the parentheses of the predicted call."""
        inside = generation.prompt.endswith("[ANSWER]\n")
        return extract.input_answer(generation.text, item.entry_point, inside)

    def judge(self, runner: Runner, answers: Sequence[tuple[Question, str | None]]) -> list[Ruling]:
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
        return [NO_ANSWER if answer is None else next(rulings) for _, answer in answers]


def arguments(source: str) -> list[str]:
    """The source of each argument of a call."""
    node = ast.parse(f"_({source})", mode="eval").body
    assert isinstance(node, ast.Call)
    return [ast.unparse(each) for each in [*node.args, *(keyword.value for keyword in node.keywords)]]


def _oracle(item: Question) -> Expected:
    return Expected((literals.parse(item.output),))


def _ruling(item: Question, text: str | NotAllowed) -> Ruling:
    if isinstance(text, NotAllowed):
        return _refused(text)
    return compared(_oracle(item), 0, CallResult(text), Room())


def _refused(error: NotAllowed) -> Ruling:
    return Ruling(False, "not allowed", str(error))
