"""Output and input prediction: CRUXEval, LiveCodeBench code execution and held-out PyX share all but their files."""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from semcoder.evaluation import extract, prompts
from semcoder.evaluation.benchmarks.interface import Harness
from semcoder.evaluation.prompts import PromptFormat, Style
from semcoder.records import Generation


@dataclass(frozen=True)
class Question:
    """A program and one of its tests. `arguments` stand between the parentheses; `output` is a literal."""

    id: str
    code: str
    entry_point: str
    arguments: str
    output: str
    group: str = ""
    """What it is one of several questions about: a program, or a contest's problem."""
    formerly: str = ""
    """The function's name before it was renamed. An answer about it counts: few-shot examples go on calling it so."""

    @property
    def names(self) -> tuple[str, ...]:
        """What an answer may call the function."""
        return (self.entry_point, self.formerly) if self.formerly else (self.entry_point,)


Reader = Callable[[Sequence[Path]], Iterator[Question]]
UpstreamPrompt = Callable[[Question], str]


class OutputPrediction(Harness[Question]):
    """Given program and input, the output. The answer is a value: no program is run to judge it.

    An answer that is an expression (`'a' * 3`) is evaluated alone, with no program in sight, as CRUXEval would;
    so a call of the function, in any guise, is not an answer.
    """

    formats = prompts.FORMATS

    def __init__(
        self,
        reader: Reader,
        upstream: UpstreamPrompt | None = None,
        file: str = "",
        count: int | None = None,
    ) -> None:
        self._reader = reader
        self._upstream = upstream
        self.file = file
        self.count = count

    def load(self, paths: Sequence[Path]) -> Iterator[Question]:
        """The questions."""
        return self._reader(paths)

    def group(self, item: Question) -> str:
        """The program that several questions are about."""
        return item.group or item.id

    def stop(self, style: Style) -> tuple[str, ...]:
        """The end of the answer."""
        return ("[/ANSWER]",)

    def copies(self, item: Question) -> list[str]:
        """What stands between the parentheses of the call, then each argument."""
        return list(dict.fromkeys([item.arguments, *arguments(item.arguments)]))

    def prompt(self, item: Question, format: str, style: Style, label_offset: int) -> str:
        """The question in one of the formats."""
        if self._upstream and style == "upstream" and format == "monologue":
            return self._upstream(item)
        asked = cast(PromptFormat, format)
        return prompts.forward_prompt(
            item.code, item.arguments, item.entry_point, asked, style, label_offset, self.template
        )

    def answer(self, item: Question, generation: Generation) -> str | None:
        """The source of the predicted output. Who was shown a call in a call of `f` answers with it."""
        inside = generation.prompt.endswith("[ANSWER]\n")
        names = (*item.names, prompts.WRAPPER) if self._upstream else item.names
        found = (extract.output_answer(generation.text, name, inside) for name in names)
        return next((each for each in found if each is not None), None)


class InputPrediction(OutputPrediction):
    """Given program and output, arguments that give it. Any that do are right: the program decides (paper App. G).

    The arguments are data or pure expressions (evaluation.expressions); the program that runs is the benchmark's.
    """

    def prompt(self, item: Question, format: str, style: Style, label_offset: int) -> str:
        """The question in one of the formats."""
        asked = cast(PromptFormat, format)
        return prompts.backward_prompt(
            item.code, item.output, item.entry_point, asked, style, label_offset, self.template
        )

    def copies(self, item: Question) -> list[str]:
        """The output."""
        return [item.output]

    def answer(self, item: Question, generation: Generation) -> str | None:
        """The source between the parentheses of the predicted call."""
        inside = generation.prompt.endswith("[ANSWER]\n")
        found = (extract.input_answer(generation.text, name, inside) for name in item.names)
        return next((each for each in found if each is not None), None)


def arguments(source: str) -> list[str]:
    """The source of each argument of a call."""
    node = ast.parse(f"_({source})", mode="eval").body
    assert isinstance(node, ast.Call)
    return [ast.unparse(each) for each in [*node.args, *(keyword.value for keyword in node.keywords)]]
