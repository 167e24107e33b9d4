"""HumanEval: 164 problems whose tests are code, `check(candidate)` (openai/human-eval, data/HumanEval.jsonl.gz)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from semcoder.evaluation import prompts, replay
from semcoder.evaluation.benchmarks.code import CodeHarness
from semcoder.evaluation.benchmarks.interface import rows
from semcoder.evaluation.checking import NO_PROGRAM, Ruling, Runner
from semcoder.evaluation.prompts import Style


@dataclass(frozen=True)
class Checked:
    """A problem with its check. `start`: the signature and docstring that the prompt ends with."""

    id: str
    prompt: str
    check: replay.Check

    @property
    def start(self) -> str:
        """What the prompt ends with."""
        return self.prompt.strip()

    @property
    def defines(self) -> str:
        """The function asked for."""
        return self.check.entry_point


class HumanEval(CodeHarness[Checked]):
    """HumanEval's own tests, replayed (evaluation.replay)."""

    def load(self, paths: Sequence[Path]) -> Iterator[Checked]:
        """The rows of the file; HumanEval+'s file has the same columns."""
        for path in paths:
            for row in rows(path, ("task_id", "prompt", "entry_point", "canonical_solution", "test")):
                reference = row["prompt"] + row["canonical_solution"]
                check = replay.Check(row["task_id"], row["entry_point"], reference, row["test"])
                yield Checked(row["task_id"], row["prompt"], check)

    def prompt(self, item: Checked, format: str, style: Style, label_offset: int) -> str:
        """The function to be completed."""
        return prompts.humaneval_prompt(item.prompt)

    def judge(self, runner: Runner, answers: Sequence[tuple[Checked, str | None]]) -> list[Ruling]:
        """The check decides."""
        checks = {item.id: item.check for item, code in answers if code is not None}
        recorded = replay.record(runner.patient, list(checks.values()))
        attempts = [(recorded[item.id], code) for item, code in answers if code is not None]
        rulings = iter(replay.judge(runner.quick, attempts))
        return [NO_PROGRAM if code is None else next(rulings) for _, code in answers]
