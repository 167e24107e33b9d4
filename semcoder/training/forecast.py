"""What a training run will take, said before it starts: steps, tokens, memory, hours, disk; and whether it fits."""

import json
import math
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from semcoder.errors import UserError
from semcoder.training.recipe import Recipe

if TYPE_CHECKING:
    from semcoder.training.batches import Schedule

GB = 1e9
STATES = 12
"""Bytes a weight of Adam: the fp32 copy and two moments."""
GRADIENT = 4
"""Bytes a weight of a gradient summed over micro-batches (zero.configuration: fp32)."""
GATHERED = 10**9
"""Weights that ZeRO-3 keeps gathered at a time at most: DeepSpeed's own default of stage3_max_live_parameters."""
LOGIT = 12
"""Bytes a logit: as computed, in fp32, and the gradients of both."""
BASE_GB = 0.75
"""The libraries' own, on a GPU (measured on an H100, as are the 27.6 and 35.6 GB that the whole formula meets)."""
SHARE = 0.24
"""Of a card's peak: measured on an H100 with a model of 1.3 B parameters (benchmarks/README.md); not on others."""
CHECKPOINT = 18
"""Bytes a weight on disk: 2 twice (weights to load, DeepSpeed's own), fp32 weights, two moments, slack."""


class Card(NamedTuple):
    """A GPU by its data sheet."""

    memory_gb: float
    teraflops: float
    """Dense bf16 with fp32 sums."""


CARDS = {
    "RTX A6000": Card(48, 154.8),
    "A100-40GB": Card(40, 312),
    "A100-80GB": Card(80, 312),
    "L40S": Card(48, 362),
    "H100": Card(80, 989.4),
    "H200": Card(141, 989.4),
}
"""NVIDIA's data sheets, without sparsity."""


class Shape(BaseModel):
    """A dense decoder of Llama's kind, from its config.json."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    model_type: Literal["llama", "mistral", "qwen2"]
    """Others may have experts, or parts that these numbers do not tell of."""
    hidden_size: int = Field(gt=0)
    intermediate_size: int = Field(gt=0)
    num_hidden_layers: int = Field(gt=0)
    num_attention_heads: int = Field(gt=0)
    num_key_value_heads: int | None = None
    vocab_size: int = Field(gt=0)
    tie_word_embeddings: bool = False

    @property
    def weights(self) -> int:
        """How many, biases left out."""
        hidden, heads = self.hidden_size, self.num_attention_heads
        keys = hidden * (self.num_key_value_heads or heads) // heads
        layer = 2 * hidden * (hidden + keys) + 3 * hidden * self.intermediate_size + 2 * hidden
        embeddings = (1 if self.tie_word_embeddings else 2) * self.vocab_size * hidden
        return embeddings + self.num_hidden_layers * layer + hidden

    def layer(self, bytes_each: int) -> int:
        """Bytes of one token in one layer's forward pass, without a matrix of attention weights."""
        return bytes_each * (12 * self.hidden_size + 4 * self.intermediate_size)


class Forecast(NamedTuple):
    """What a run will take."""

    steps: int
    examples: int
    tokens: int
    micro_batches: int
    """Of one step, over all processes."""
    weights: int
    states_gb: float
    """Of one process: weights, gradients, optimiser, as ZeRO shards them."""
    work_gb: float | None
    """Of one process: activations of the largest micro-batch, gathered weights, the libraries' own.

    None where the model's shape is not known.
    """
    disk_gb: float

    @property
    def memory_gb(self) -> float:
        """Of one process; the states alone, where no more is known."""
        return self.states_gb + (self.work_gb or 0)

    def peak(self, card: Card, cards: int) -> float:
        """Tokens a second at the peak of the cards: 6 operations for each weight and token, none done again."""
        return cards * card.teraflops * 1e12 / (6 * self.weights)

    def hours(self, card: Card, cards: int) -> float:
        """On cards that reach SHARE of their peak."""
        return self.tokens / (SHARE * self.peak(card, cards)) / 3600


def shape_of(base: Path) -> Shape | None:
    """From the folder's config.json; None for a model of another kind. Raises UserError where there is no JSON."""
    file = base / "config.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"--base {base}: there is no config.json; give the folder of a model.") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: not JSON ({error}); fetch the model again.") from error
    try:
        return Shape.model_validate(found)
    except ValidationError:
        return None


def weights_of(base: Path, shape: Shape | None) -> int:
    """How many weights the folder's safetensors hold; where there are none, what the shape tells; else 0."""
    from safetensors import safe_open

    count = 0
    for file in sorted(base.glob("*.safetensors")):
        with safe_open(file, framework="np") as tensors:
            count += sum(math.prod(tensors.get_slice(name).get_shape()) for name in tensors.keys())  # noqa: SIM118
    return count or (shape.weights if shape is not None else 0)


def forecast(
    weights: int,
    shape: Shape | None,
    plan: "Schedule",
    recipe: Recipe,
    processes: int,
    response_share: float,
    on_gpus: bool = True,
) -> Forecast:
    """`response_share`: of all tokens those with a loss, for which logits are computed."""
    bytes_each = 4 if recipe.precision == "fp32" else 2
    kept = not (recipe.offload and on_gpus)  # else in another memory
    sharded = STATES * kept + GRADIENT
    whole = bytes_each
    if recipe.zero_stage == 3:
        sharded += bytes_each * kept
        whole = 0
    states = weights * (whole + sharded / processes)
    gathered = bytes_each * min(weights, GATHERED) if recipe.zero_stage == 3 else 0
    work = None
    if shape is not None:
        work = (gathered + plan.widest * _each(shape, recipe, bytes_each, response_share)) / GB + BASE_GB
    return Forecast(
        steps=len(plan.steps),
        examples=sum(plan.examples),
        tokens=sum(plan.tokens),
        micro_batches=plan.micro_batches,
        weights=weights,
        states_gb=states / GB,
        work_gb=work,
        # Two checkpoints (the old one goes when the new one is whole) and the result.
        disk_gb=weights * (2 * CHECKPOINT + 2) / GB,
    )


def _each(shape: Shape, recipe: Recipe, bytes_each: int, response_share: float) -> float:
    """Bytes of a token in a micro-batch."""
    logits = LOGIT * shape.vocab_size * response_share
    layers, layer = shape.num_hidden_layers, shape.layer(bytes_each)
    if recipe.gradient_checkpointing:
        return bytes_each * layers * shape.hidden_size + max(1.5 * layer, logits)
    return layers * layer + logits


def require_memory(found: Forecast, recipe: Recipe, available_gb: float, where: str) -> None:
    """Raise UserError where a process would need more than there is, with the settings that would help."""
    if found.memory_gb <= available_gb:
        return
    ways = []
    if not recipe.gradient_checkpointing:
        ways.append("turn on gradient_checkpointing")
    if recipe.zero_stage == 2:
        ways.append("set zero_stage to 3")
    if recipe.pack_tokens is None and recipe.micro_batch > 1:
        ways.append(f"lower micro_batch ({recipe.micro_batch})")
    elif recipe.pack_tokens is not None and recipe.pack_tokens > recipe.max_tokens:
        ways.append(f"lower pack_tokens ({recipe.pack_tokens}; at least max_tokens, {recipe.max_tokens})")
    if not recipe.offload:
        ways.append("turn on offload")
    first = f"{', '.join(ways)} or " if ways else ""
    work = found.memory_gb - found.states_gb
    raise UserError(
        f"Training would take about {found.memory_gb:.1f} GB a process ({found.states_gb:.1f} for weights, gradients "
        f"and optimiser, {work:.1f} for the work on a micro-batch), but {where} has {available_gb:.1f} GB; "
        f"{first}use more or larger GPUs."
    )


def require_space(found: Forecast, partial: Path) -> None:
    """Raise UserError now rather than hours later when the disk cannot hold the run's checkpoints."""
    free = shutil.disk_usage(partial).free / GB
    if free < found.disk_gb:
        raise UserError(
            f"{partial.parent}: {free:.1f} GB free, but checkpoints of {found.weights / 1e6:.0f}M weights "
            f"need {found.disk_gb:.1f} GB; free some space or put the results on another disk."
        )


def told(found: Forecast, processes: int, card: tuple[str, Card] | None) -> str:
    """The forecast in one sentence. `card`: the GPU's name in CARDS, where it is one of them."""
    more = "" if found.work_gb is not None else " for weights, gradients and optimiser alone"
    text = (
        f"{found.steps} steps, {found.examples} examples, {found.tokens} tokens, {found.micro_batches} micro-batches "
        f"a step; about {found.memory_gb:.1f} GB of memory a process{more} and {found.disk_gb:.1f} GB of disk"
    )
    if card is not None:
        hours = _duration(found.hours(card[1], processes))
        text += f"; about {hours} on {processes} x {card[0]} at {SHARE:.0%} of their peak"
    return text


def card_of(device: str) -> tuple[str, Card] | None:
    """(name, data sheet) of a GPU by the name that its driver gives; None for one that is not in CARDS.

    A part of a card (MIG) and the slower kinds for other slots are not the card of the data sheet.
    """
    words = set(device.upper().replace("-", " ").split())
    if words & {"MIG", "PCIE", "NVL"}:
        return None
    for name, card in CARDS.items():
        if set(name.upper().replace("-", " ").split()) <= words:
            return name, card
    return None


def machine_memory_gb() -> float:
    """The machine's memory, for runs on its CPUs."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GB


def _duration(hours: float) -> str:
    return f"{math.ceil(hours * 60)} minutes" if hours < 2 else f"{hours:.0f} hours"
