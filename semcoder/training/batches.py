"""Which examples make up each optimiser step, and the tensors that a process gets."""

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from semcoder.training.encoding import Encoded
from semcoder.training.recipe import Recipe

IGNORED = -100
"""The label of positions without loss (torch's default)."""


class Examples(Dataset[Encoded]):
    """Encoded examples, held as 32-bit integers: a Python list takes ten times the memory."""

    def __init__(self, encoded: Iterable[Encoded]) -> None:
        self.rows = [(np.asarray(ids, dtype=np.int32), prompt) for ids, prompt in encoded]
        self.lengths = [len(ids) for ids, _ in self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Encoded:
        ids, prompt = self.rows[index]
        return Encoded(ids.tolist(), prompt)


class Schedule(NamedTuple):
    """The whole run: `steps[k]` holds the examples of optimiser step k + 1, shortest first."""

    steps: list[list[int]]
    tokens: list[int]
    """Tokens of each step, padding not counted."""


def schedule(lengths: Sequence[int], recipe: Recipe) -> Schedule:
    """Plan all steps: each epoch is a new shuffle of all examples, epochs follow without a gap.

    Within a step examples are sorted by length. That saves the padding that mixed lengths would need, and
    changes nothing else: a step's gradient is a sum over the same examples in any order. The last step is
    smaller where the examples do not come out even.
    """
    order: list[int] = []
    for epoch in range(recipe.epochs):
        indices = list(range(len(lengths)))
        random.Random(recipe.seed * 1_000_003 + epoch).shuffle(indices)
        order += indices
    size = recipe.examples_per_step
    if recipe.max_steps >= 0:
        order = order[: recipe.max_steps * size]
    steps = [
        sorted(order[start : start + size], key=lambda index: (lengths[index], index))
        for start in range(0, len(order), size)
    ]
    return Schedule(steps, [sum(lengths[index] for index in step) for step in steps])


class Order(Sampler[int]):
    """The schedule as one stream. It has no state, so a resumed run only has to skip."""

    def __init__(self, plan: Schedule) -> None:
        self.indices = [index for step in plan.steps for index in step]

    def __len__(self) -> int:
        return len(self.indices)

    def __iter__(self) -> Iterator[int]:
        return iter(self.indices)


class Collator:
    """Pads a micro-batch on the right to its longest example.

    Logits are computed from the first response token of the micro-batch on (`logits_to_keep`), since what
    stands before has no loss: with a vocabulary of 49k a fair share of a small model's work. `shift_labels`
    are the next tokens at those positions.
    """

    def __init__(self, padding: int) -> None:
        self.padding = padding

    def __call__(self, rows: Sequence[Encoded]) -> dict[str, Any]:
        width = max(len(row.ids) for row in rows)
        first = min(self._start(row) for row in rows)
        ids = torch.full((len(rows), width), self.padding)
        mask = torch.zeros((len(rows), width), dtype=torch.long)
        following = torch.full((len(rows), width), IGNORED)
        for place, row in enumerate(rows):
            length = len(row.ids)
            ids[place, :length] = torch.tensor(row.ids)
            mask[place, :length] = 1
            start = self._start(row)
            following[place, start : length - 1] = ids[place, start + 1 : length]
        following = following[:, first:].contiguous()
        return {
            "input_ids": ids,
            "attention_mask": mask,
            "labels": following,
            "shift_labels": following,
            "logits_to_keep": width - first,
        }

    @staticmethod
    def _start(row: Encoded) -> int:
        """The position that predicts the first response token."""
        return max(row.prompt - 1, 0)
