"""How a checkpoint was made: all settings, as resolved, and everything that they met."""

import platform
from importlib.metadata import version
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from semcoder.training.forecast import Forecast
from semcoder.training.recipe import Recipe

LIBRARIES = ("torch", "transformers", "accelerate", "deepspeed", "tokenizers", "safetensors")


class TrainingSetup(BaseModel):
    """How a checkpoint was made, as `semcoder training train` writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: Recipe
    """With all defaults."""
    sha256: dict[str, str]
    """Of the mixture and of the base's folder."""
    deepspeed: dict[str, Any]
    """DeepSpeed's configuration, nothing left `auto`."""
    processes: int
    """How many trained together, a GPU each where there are any."""
    hardware: str
    """What they ran on."""
    steps: int
    """Optimiser steps."""
    micro_batches: int
    """Of one step, over all processes."""
    tokens: int
    """Of all steps, padding not counted."""
    versions: dict[str, str]
    """Of Python and the libraries; `cuda` is the one that torch was built for, empty for a CPU build."""

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        sha256: dict[str, str],
        deepspeed: dict[str, Any],
        coming: Forecast,
        processes: int,
        hardware: str,
    ) -> Self:
        """`coming`: the forecast of the run that was just made."""
        return cls(
            recipe=recipe,
            sha256=sha256,
            deepspeed=deepspeed,
            processes=processes,
            hardware=hardware,
            steps=coming.steps,
            micro_batches=coming.micro_batches,
            tokens=coming.tokens,
            versions=versions(),
        )


def versions() -> dict[str, str]:
    """Of what training computes with."""
    import torch

    found = {name: version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), **found, "cuda": torch.version.cuda or ""}
