"""A training run, described once: the same recipe for 8 GPUs and for one CPU process."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from semcoder.errors import UserError, first_fault
from semcoder.records import Format

MIXTURE_FIELDS = ("tasks", "format", "compare", "soft", "extra", "extra_language", "max_tokens", "seed")
"""The fields that decide what is in a mixture; the others do not change it."""


class Tasks(BaseModel):
    """Most examples of each task in the mixture: 0 for none, -1 for all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    nl2code: int = Field(default=-1, ge=-1, description="instructions answered with code")
    forward: int = Field(default=-1, ge=-1, description="output prediction")
    backward: int = Field(default=-1, ge=-1, description="input prediction")
    refine: int = Field(default=0, ge=-1, description="debugging (PyX-R)")


class MixtureRecipe(BaseModel):
    """Which examples a mixture holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tasks: Tasks = Field(default=Tasks(), description="most examples of each task: 0 none, -1 all")
    format: Format = Field(
        default="monologue", description="reasoning format of forward and backward examples"
    )
    compare: list[Format] = Field(
        default=[],
        description="formats that must all tell an input, none too long, for it to be taken; `format` is one of them",
    )
    soft: bool = Field(
        default=False, description="also take programs that parse but were not seen to run (PyX-Soft)"
    )
    extra: dict[str, int] = Field(
        default={}, description="other data sets by name, with the most rows taken of each (-1 all)"
    )
    extra_language: str = Field(
        default="", description="only rows of this language, where another data set has a `lang` column"
    )
    max_tokens: int = Field(
        default=2048,
        ge=16,
        description="longest example, prompt and response together; longer ones are dropped",
    )
    seed: int = Field(default=42, description="seed of the choice and order of examples")

    @model_validator(mode="after")
    def _compares_itself(self) -> Self:
        if self.compare and self.format not in self.compare:
            raise ValueError(f"compare does not name the recipe's own format, {self.format}")
        return self


class Recipe(MixtureRecipe):
    """A mixture and how a model is trained on it (paper section 5; what it leaves open is our choice)."""

    base: str = Field(
        description="the model that training starts from: an entry of models, or another recipe"
    )
    epochs: int = Field(default=2, ge=1, description="passes over the mixture")
    max_steps: int = Field(
        default=-1, ge=-1, description="optimiser steps after which training stops, -1 for no limit"
    )
    learning_rate: float = Field(default=5e-5, gt=0, description="peak learning rate")
    min_learning_rate: float = Field(default=5e-6, ge=0, description="where the cosine ends")
    warmup_steps: int = Field(
        default=0, ge=0, description="optimiser steps over which the learning rate rises"
    )
    examples_per_step: int = Field(
        default=512, ge=1, description="examples behind one optimiser step, over all processes"
    )
    pack_tokens: int | None = Field(
        default=8192,
        ge=16,
        description="most tokens of a pack, the examples laid end to end that one process works on at a time; "
        "null: micro_batch examples padded to the longest instead",
    )
    micro_batch: int = Field(
        default=16, ge=1, description="examples that one process works on at a time where pack_tokens is null"
    )
    precision: Literal["bf16", "fp16", "fp32"] = Field(
        default="bf16",
        description="of weights and arithmetic; the optimiser keeps its own fp32 copy of the weights",
    )
    zero_stage: Literal[2, 3] = Field(
        default=3,
        description="DeepSpeed ZeRO: 3 also shards the weights, 2 is right where they fit in one process",
    )
    offload: bool = Field(
        default=False, description="keep optimiser states (ZeRO-3: weights too) in CPU memory"
    )
    gradient_checkpointing: bool = Field(
        default=True, description="recompute activations instead of keeping them"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.max_steps == 0:
            raise ValueError("max_steps is 0; -1 stands for no limit")
        if self.min_learning_rate > self.learning_rate:
            raise ValueError("min_learning_rate is above learning_rate")
        if self.pack_tokens is not None and self.pack_tokens < self.max_tokens:
            raise ValueError("pack_tokens is below max_tokens: the longest example must fit in a pack")
        return self


def parse_recipe(text: str) -> Recipe:
    """Raises UserError naming the field at fault."""
    try:
        return Recipe.model_validate_json(text)
    except ValidationError as error:
        raise UserError(f"--recipe: {first_fault(error, 'JSON')}.") from error
