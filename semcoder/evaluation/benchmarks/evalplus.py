"""EvalPlus: HumanEval+ (v0.1.10), MBPP and MBPP+ (v0.2.0), judged by what the reference returns on each input.

`mbpp` is the 378 problems of MBPP+ with their base inputs, as EvalPlus and the paper report it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semcoder.errors import UserError
from semcoder.evaluation import evalplus, prompts
from semcoder.evaluation.benchmarks.code import CodeHarness
from semcoder.evaluation.benchmarks.interface import rows
from semcoder.evaluation.checking import (
    NO_PROGRAM,
    Ruling,
    Runner,
    Trial,
    as_call,
    call_job,
    judge,
    value_of,
)
from semcoder.evaluation.evalplus import Dataset, EvalPlusOracle
from semcoder.evaluation.prompts import Style

COLUMNS = ("task_id", "prompt", "entry_point", "canonical_solution", "base_input", "plus_input", "atol")


@dataclass(frozen=True)
class Differential:
    """A problem with a reference solution and two lists of inputs."""

    id: str
    dataset: Dataset
    prompt: str
    entry_point: str
    reference: str
    base: Sequence[Sequence[Any]]
    plus: Sequence[Sequence[Any]]
    atol: float

    @property
    def start(self) -> str:
        """What the prompt ends with: HumanEval's signature and docstring; an open fence for MBPP."""
        return self.prompt.strip() if self.dataset == "humaneval" else ""

    @property
    def defines(self) -> str:
        """The function asked for."""
        return self.entry_point


class EvalPlus(CodeHarness[Differential]):
    """Base inputs decide, and with `plus` the many more inputs of EvalPlus as well."""

    def __init__(self, dataset: Dataset, plus: bool) -> None:
        self.dataset = dataset
        self.plus = plus

    def load(self, paths: Sequence[Path]) -> Iterator[Differential]:
        """The rows of the file."""
        for path in paths:
            for row in rows(path, COLUMNS):
                id, base, plus = row["task_id"], row["base_input"], row["plus_input"]
                if id.startswith("Mbpp/") != (self.dataset == "mbpp"):
                    raise UserError(
                        f"{path}: {id} is no problem of {self.dataset}; give --data the right file."
                    )
                if self.dataset == "mbpp":
                    base, plus = evalplus.mbpp_inputs(id, base), evalplus.mbpp_inputs(id, plus)
                yield Differential(
                    id,
                    self.dataset,
                    row["prompt"],
                    row["entry_point"],
                    row["prompt"] + row["canonical_solution"],
                    base,
                    plus,
                    row["atol"],
                )

    def prompt(self, item: Differential, format: str, style: Style, label_offset: int) -> str:
        """The function to be completed, or the sentence with its example."""
        if item.dataset == "humaneval":
            return prompts.humaneval_prompt(item.prompt)
        return prompts.mbpp_prompt(item.prompt)

    def judge(self, runner: Runner, answers: Sequence[tuple[Differential, str | None]]) -> list[Ruling]:
        """Base inputs first; only programs that pass them are run on the plus inputs."""
        rulings = judge_part(runner, answers, plus=False)
        passed = [place for place, ruling in enumerate(rulings) if ruling.passed]
        if self.plus:
            again = judge_part(runner, [answers[place] for place in passed], plus=True)
            for place, ruling in zip(passed, again, strict=True):
                rulings[place] = ruling
        return rulings


def judge_part(
    runner: Runner, answers: Sequence[tuple[Differential, str | None]], plus: bool
) -> list[Ruling]:
    """The verdict of one list of inputs on each program."""
    items = {item.id: item for item, code in answers if code is not None}
    expected = reference_outputs(runner, list(items.values()), plus)
    trials = [trial(item, code, expected[item.id], plus) for item, code in answers if code is not None]
    rulings = iter(judge(runner.patient if plus else runner.quick, trials))
    return [NO_PROGRAM if code is None else next(rulings) for _, code in answers]


def trial(item: Differential, code: str, expected: Sequence[Any], plus: bool) -> Trial:
    """A program with the calls that it must get right."""
    given = item.plus if plus else item.base
    oracle = EvalPlusOracle(item.dataset, item.entry_point, given, expected, item.atol)
    mode = evalplus.mode(item.dataset, item.entry_point)
    return Trial(item.id, code, item.entry_point, tuple(map(as_call, given)), oracle, mode)


def reference_outputs(runner: Runner, items: Sequence[Differential], plus: bool) -> dict[str, list[Any]]:
    """What each reference returns on each input. Raises UserError where one does not run."""
    jobs = (
        call_job(
            item.id,
            item.reference,
            item.entry_point,
            tuple(map(as_call, item.plus if plus else item.base)),
            evalplus.mode(item.dataset, item.entry_point),
        )
        for item in items
    )
    expected: dict[str, list[Any]] = {}
    for item, outcome in zip(items, runner.patient(jobs), strict=True):
        try:
            expected[item.id] = [value_of(result) for result in outcome.results]
        except ValueError as error:
            raise UserError(f"{item.id}: its reference fails on its own input ({error}).") from error
        if outcome.verdict != "ok":
            raise UserError(
                f"{item.id}: its reference does not finish ({outcome.verdict} {outcome.detail}); "
                "raise --patient-cpu-seconds."
            )
    return expected
