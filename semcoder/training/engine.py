"""Whether training runs as it was asked to (DeepSpeed's engine, ZeRO stage, every process), and how it ends."""

import os
import sys
from typing import Any

import torch.distributed
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from semcoder.errors import UserError
from semcoder.training.recipe import Recipe


class Checked(TrainerCallback):
    """Looks at the engine that the Trainer made, before the first step."""

    def __init__(self, trainer: Trainer, recipe: Recipe, processes: int) -> None:
        self.trainer = trainer
        self.recipe = recipe
        self.processes = processes

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: Any
    ) -> None:
        """Raises UserError as `require` does."""
        require(self.trainer.deepspeed, self.recipe, self.processes)


def require(engine: Any, recipe: Recipe, processes: int) -> None:
    """Raise UserError unless `engine` is DeepSpeed's, of the recipe's ZeRO stage, over all `processes`.

    Some launchers drop DeepSpeed or processes without a word (`accelerate launch --cpu` does): a run for weeks would
    then be another one than the recipe says, or not fit.
    """
    from deepspeed import DeepSpeedEngine

    remedy = "start training with `semcoder training train`, and torchrun before it for several processes"
    if not isinstance(engine, DeepSpeedEngine):
        raise UserError(
            f"Training would run in {type(engine).__name__} and not in DeepSpeed's engine; {remedy}."
        )
    stage = engine.zero_optimization_stage()
    if stage != recipe.zero_stage:
        raise UserError(
            f"DeepSpeed's engine has ZeRO stage {stage}, the recipe's zero_stage is {recipe.zero_stage}; {remedy}."
        )
    joined = torch.distributed.get_world_size()
    if joined != processes:
        raise UserError(f"{joined} processes train together, but {processes} were launched; {remedy}.")


def leave(processes: int) -> None:
    """End the process once all is saved.

    Several CPU processes with ZeRO-3 now and then abort while Python shuts down ("terminate called without
    an active exception"); leaving at once avoids that.
    """
    if processes > 1:
        torch.distributed.barrier()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
