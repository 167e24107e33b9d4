"""HumanEval: 164 problems whose tests are code, `check(candidate)` (openai/human-eval, data/HumanEval.jsonl.gz)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from semcoder.evaluation import prompts
from semcoder.evaluation.benchmarks.code import FENCE, NEXT_PART, CodeHarness
from semcoder.evaluation.benchmarks.interface import rows
from semcoder.evaluation.prompts import Style


@dataclass(frozen=True)
class Check:
    """A test in code. `reference` is a whole program; `test` defines `check(candidate)`."""

    id: str
    entry_point: str
    reference: str
    test: str


@dataclass(frozen=True)
class Checked:
    """A problem with its check. `start`: the signature and docstring that the prompt ends with."""

    id: str
    prompt: str
    check: Check

    @property
    def start(self) -> str:
        """What the prompt ends with."""
        return self.prompt.strip()

    @property
    def defines(self) -> str:
        """The function asked for."""
        return self.check.entry_point


NEXT_DEFINITION = ("\ndef ", "\nclass ", "\nimport ", "\nfrom ")
"""HumanEval's prompts begin the function: what is defined after it is another (EvalPlus, as NEXT_PART)."""


class HumanEval(CodeHarness[Checked]):
    """HumanEval's own tests, replayed (evaluation.replay)."""

    def load(self, paths: Sequence[Path]) -> Iterator[Checked]:
        """The rows of the file; HumanEval+'s file has the same columns."""
        for path in paths:
            for row in rows(path, ("task_id", "prompt", "entry_point", "canonical_solution", "test")):
                reference = row["prompt"] + row["canonical_solution"]
                check = Check(row["task_id"], row["entry_point"], reference, row["test"])
                yield Checked(row["task_id"], row["prompt"], check)

    def prompt(self, item: Checked, format: str, style: Style, label_offset: int) -> str:
        """The function to be completed."""
        return prompts.humaneval_prompt(item.prompt, style)

    def stop(self, style: Style) -> tuple[str, ...]:
        """The end of the fence that the prompt opens, or of the function that a base model completes."""
        return (*NEXT_PART, *NEXT_DEFINITION) if style == "base" else (FENCE,)
