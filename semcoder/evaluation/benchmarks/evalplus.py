"""EvalPlus: HumanEval+ (v0.1.10), MBPP and MBPP+ (v0.2.0), judged by what the reference returns on each input.

`mbpp` is the 378 problems of MBPP+ with their base inputs, as EvalPlus and the paper report it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from semcoder.errors import UserError
from semcoder.evaluation import prompts
from semcoder.evaluation.benchmarks.code import FENCE, NEXT_PART, CodeHarness
from semcoder.evaluation.benchmarks.humaneval import NEXT_DEFINITION
from semcoder.evaluation.benchmarks.interface import rows
from semcoder.evaluation.benchmarks.mbpp import mbpp_inputs
from semcoder.evaluation.prompts import Style

Dataset = Literal["humaneval", "mbpp"]
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
                    base, plus = mbpp_inputs(id, base), mbpp_inputs(id, plus)
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
            return prompts.humaneval_prompt(item.prompt, style)
        return prompts.mbpp_prompt(item.prompt, style)

    def stop(self, style: Style) -> tuple[str, ...]:
        """The end of the fence that the prompt opens, or of the program that a base model completes."""
        if style != "base":
            return (FENCE,)
        return (*NEXT_PART, *(NEXT_DEFINITION if self.dataset == "humaneval" else ('\n"""',)))
