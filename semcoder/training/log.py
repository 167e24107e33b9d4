"""The training log: loss, learning rate and speed of every step."""

import json
import math
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from semcoder.artifacts import writing
from semcoder.errors import UserError
from semcoder.progress import tell
from semcoder.training.batches import Schedule

KEPT = (
    "step",
    "loss",
    "learning_rate",
    "grad_norm",
    "examples",
    "tokens",
    "real_share",
    "tokens_per_second",
    "utilisation",
)


class Log(TrainerCallback):
    """Adds speed to the Trainer's own history, which checkpoints carry, and says where the run stands.

    `peak`: tokens a second at the GPUs' peak, None where that is not known; `utilisation` is the share reached.
    """

    def __init__(self, plan: Schedule, peak: float | None = None) -> None:
        self.plan = plan
        self.peak = peak
        self.began = 0.0
        self.seconds: list[float] = []

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: Any
    ) -> None:
        """Start the clock."""
        self.began = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: Any
    ) -> None:
        """Stop the clock."""
        self.seconds.append(time.monotonic() - self.began)

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: Any
    ) -> None:
        """Complete the newest entry; raises UserError when the loss is no number."""
        entry = state.log_history[-1]
        if "loss" not in entry:
            return
        step = state.global_step
        if not math.isfinite(entry["loss"]):
            raise UserError(
                f"the loss of step {step} is {entry['loss']}; lower learning_rate or change precision."
            )
        entry["examples"] = self.plan.examples[step - 1]
        entry["tokens"] = self.plan.tokens[step - 1]
        entry["real_share"] = round(entry["tokens"] / self.plan.positions[step - 1], 4)
        entry["tokens_per_second"] = round(entry["tokens"] / self.seconds[-1], 1)
        if self.peak:
            entry["utilisation"] = round(entry["tokens"] / self.seconds[-1] / self.peak, 4)
        if args.process_index == 0:
            left = sum(self.plan.tokens[step:]) * sum(self.seconds) / sum(self._done(step))
            tell(
                f"step {step}/{state.max_steps}: loss {entry['loss']:.4f}, "
                f"{entry['tokens_per_second']:.0f} tokens/s, {_duration(left)} left"
            )

    def _done(self, step: int) -> list[int]:
        return self.plan.tokens[step - len(self.seconds) : step]


def write_log(path: Path, history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write one JSON object a step; returns them."""
    steps = [{key: entry[key] for key in KEPT if key in entry} for entry in history if "loss" in entry]
    with writing(path) as stream:
        for step in steps:
            stream.write(json.dumps(step) + "\n")
    return steps


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
