"""Output and input prediction: CRUXEval, LiveCodeBench code execution and held-out PyX share all but their files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from semcoder.evaluation import extract, prompts
from semcoder.evaluation.benchmarks.interface import Harness
from semcoder.evaluation.checking import (
    NO_ANSWER,
    PASSED,
    Ruling,
    Runner,
    call_job,
    equal,
    evaluate,
    value_of,
)
from semcoder.evaluation.expressions import NotAllowed, call, value
from semcoder.evaluation.prompts import PromptFormat, Style
from semcoder.execution import literals
from semcoder.execution.api import Job
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
        rulings: dict[int, Ruling] = {}
        waiting: list[tuple[int, str]] = []
        for place, (item, answer) in enumerate(answers):
            if answer is None:
                rulings[place] = NO_ANSWER
                continue
            try:
                rulings[place] = _compare(item, literals.parse(answer))
            except ValueError:
                try:
                    waiting.append((place, value(answer)))
                except NotAllowed as error:
                    rulings[place] = Ruling(False, "not allowed", str(error))
        for (place, _), actual in zip(
            waiting, evaluate(runner.quick, [source for _, source in waiting]), strict=True
        ):
            rulings[place] = _compare(answers[place][0], actual)
        return [rulings[place] for place in range(len(answers))]


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
        rulings: dict[int, Ruling] = {}
        jobs: list[tuple[int, Job]] = []
        for place, (item, answer) in enumerate(answers):
            if answer is None:
                rulings[place] = NO_ANSWER
                continue
            try:
                asked = call(answer, item.code, item.entry_point)
            except NotAllowed as error:
                rulings[place] = Ruling(False, "not allowed", str(error))
                continue
            jobs.append((place, call_job(item.id, item.code, item.entry_point, (asked,))))
        for (place, _), outcome in zip(jobs, runner.quick(job for _, job in jobs), strict=True):
            if not outcome.results:
                rulings[place] = Ruling(False, outcome.verdict, outcome.detail)
                continue
            try:
                actual = value_of(outcome.results[0])
            except ValueError as error:
                rulings[place] = Ruling(False, "raised", str(error))
                continue
            rulings[place] = _compare(answers[place][0], actual)
        return [rulings[place] for place in range(len(answers))]


def _compare(item: Question, actual: object) -> Ruling:
    if equal(literals.parse(item.output), actual):
        return PASSED
    return Ruling(False, "wrong")
