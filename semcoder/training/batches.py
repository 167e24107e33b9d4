"""Which examples make up each optimiser step and each micro-batch, and the tensors that a process gets."""

import heapq
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset

from semcoder.errors import UserError
from semcoder.records import Example, read
from semcoder.training.encoding import Encoded, encode, load_tokenizer
from semcoder.training.recipe import Recipe

IGNORED = -100
"""The label of positions without loss (torch's default)."""


def read_examples(mixture: Path, base: Path, max_tokens: int) -> tuple[Sequence[Example], Any, "Examples"]:
    """(the rows of a mixture, the base's tokenizer, the rows' tokens).

    Raises UserError for a mixture that is empty or holds an example of more than `max_tokens`.
    """
    rows = list(read(mixture, Example))
    if not rows:
        raise UserError(f"{mixture}: no examples; mix it again.")
    tokenizer = load_tokenizer(base)
    examples = Examples(encode(tokenizer, rows))
    if max(examples.lengths) > max_tokens:
        raise UserError(f"{mixture}: an example is longer than max_tokens ({max_tokens}); mix it again.")
    return rows, tokenizer, examples


class Examples(Dataset[Encoded]):
    """Encoded examples, held as 32-bit integers: a Python list takes ten times the memory."""

    def __init__(self, encoded: Iterable[Encoded]) -> None:
        self.rows = [(np.asarray(ids, dtype=np.int32), prompt) for ids, prompt in encoded]
        self.lengths = [len(ids) for ids, _ in self.rows]

    @property
    def response_share(self) -> float:
        """Of all tokens, those that are learnt."""
        return 1 - sum(prompt for _, prompt in self.rows) / sum(self.lengths)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Encoded:
        ids, prompt = self.rows[index]
        return Encoded(ids.tolist(), prompt)


class Schedule(NamedTuple):
    """The whole run: `steps[k][j]` holds the examples of micro-batch j of optimiser step k + 1.

    All steps have as many micro-batches, a multiple of the number of processes n: process r works on r, r + n,
    and so on. Some may be empty: then a process computes a loss of nothing, so that all take part in each.
    """

    steps: list[list[list[int]]]
    tokens: list[int]
    """Tokens of each step, padding not counted."""
    positions: list[int]
    """What the model computes in each step: tokens and padding."""
    widest: int
    """The same of the largest micro-batch."""

    @property
    def micro_batches(self) -> int:
        """Of one step, over all processes."""
        return len(self.steps[0])

    @property
    def empty(self) -> int:
        """Micro-batches of the run without an example."""
        return sum(not micro_batch for step in self.steps for micro_batch in step)

    @property
    def examples(self) -> list[int]:
        """Examples of each step."""
        return [sum(map(len, step)) for step in self.steps]


def schedule(lengths: Sequence[int], recipe: Recipe, processes: int = 1) -> Schedule:
    """Plan all steps: each epoch is a new shuffle of all examples, epochs follow without a gap.

    A step holds examples_per_step examples (the last fewer, where they do not come out even), however they are
    dealt into micro-batches: its gradient is the mean over its response tokens in any order. The plan follows
    from the arguments alone, so a resumed run only has to skip.
    """
    order: list[int] = []
    for epoch in range(recipe.epochs):
        indices = list(range(len(lengths)))
        random.Random(recipe.seed * 1_000_003 + epoch).shuffle(indices)
        order += indices
    size = recipe.examples_per_step
    if recipe.max_steps >= 0:
        order = order[: recipe.max_steps * size]
    groups = [order[start : start + size] for start in range(0, len(order), size)]
    tokens = [sum(lengths[index] for index in group) for group in groups]
    if recipe.pack_tokens is not None:
        steps = _packs(groups, tokens, lengths, recipe.pack_tokens, processes)
    else:
        steps = [_rows(group, lengths, recipe, processes) for group in groups]
    sizes = [[[lengths[index] for index in one] or [1] for one in step] for step in steps]
    padded = recipe.pack_tokens is None
    widths = [[len(one) * max(one) if padded else sum(one) for one in step] for step in sizes]
    return Schedule(steps, tokens, [sum(step) for step in widths], max(max(step) for step in widths))


def _rows(group: Sequence[int], lengths: Sequence[int], recipe: Recipe, processes: int) -> list[list[int]]:
    """Micro-batches of micro_batch examples, sorted by length: mixed ones would need more padding."""
    size = recipe.micro_batch
    ordered = sorted(group, key=lambda index: (lengths[index], index))
    rounds = -(-recipe.examples_per_step // (size * processes))
    return [ordered[place * size : (place + 1) * size] for place in range(rounds * processes)]


def _packs(
    groups: Sequence[Sequence[int]],
    tokens: Sequence[int],
    lengths: Sequence[int],
    most: int,
    processes: int,
) -> list[list[list[int]]]:
    """As few packs a step as hold every step's examples in `most` tokens each.

    The Trainer and DeepSpeed want the same number in all steps. Since a pack is as long as what is in it, a step
    with fewer tokens gets shorter packs rather than empty ones.
    """
    if max(map(max, ([lengths[index] for index in group] for group in groups))) > most:
        raise ValueError(f"an example is longer than a pack of {most} tokens")
    count = -(-max(tokens) // (most * processes)) * processes
    while True:
        steps = [_deal(group, lengths, count) for group in groups]
        # The first pack of a step is its fullest.
        if max(sum(lengths[index] for index in step[0]) for step in steps) <= most:
            return steps
        count += processes


def _deal(group: Sequence[int], lengths: Sequence[int], count: int) -> list[list[int]]:
    """Share examples out over packs of about the same length: the longest first, each to the emptiest pack.

    The fullest pack comes first, so that processes work on like ones at a time, and memory that is too small is
    found in the first of them.
    """
    packs: list[list[int]] = [[] for _ in range(count)]
    loads = [(0, place) for place in range(count)]
    for index in sorted(group, key=lambda index: (-lengths[index], index)):
        load, place = loads[0]
        packs[place].append(index)
        heapq.heapreplace(loads, (load + lengths[index], place))
    return [packs[place] for _, place in sorted(loads, key=lambda each: (-each[0], each[1]))]


class MicroBatches(Dataset[list[Encoded]]):
    """The schedule as one sequence: an item is a micro-batch, in the order that the Trainer is to take them."""

    def __init__(self, examples: Examples, plan: Schedule) -> None:
        self.examples = examples
        self.indices = [micro_batch for step in plan.steps for micro_batch in step]

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, place: int) -> list[Encoded]:
        return [self.examples[index] for index in self.indices[place]]


class Collator:
    """Pads a micro-batch on the right to its longest example.

    Logits are computed from the first response token of the micro-batch on (`logits_to_keep`), since what
    stands before has no loss: with a vocabulary of 49k a fair share of a small model's work. `shift_labels`
    are the next tokens at those positions.
    """

    def __init__(self, padding: int) -> None:
        self.padding = padding

    def __call__(self, micro_batches: Sequence[Sequence[Encoded]]) -> dict[str, Any]:
        rows = self._only(micro_batches)
        width = max(len(row.ids) for row in rows)
        first = min(_start(row) for row in rows)
        ids = torch.full((len(rows), width), self.padding)
        mask = torch.zeros((len(rows), width), dtype=torch.long)
        following = torch.full((len(rows), width), IGNORED)
        for place, row in enumerate(rows):
            length = len(row.ids)
            ids[place, :length] = torch.tensor(row.ids)
            mask[place, :length] = 1
            start = _start(row)
            following[place, start : length - 1] = ids[place, start + 1 : length]
        following = following[:, first:].contiguous()
        return {
            "input_ids": ids,
            "attention_mask": mask,
            "labels": following,
            "shift_labels": following,
            "logits_to_keep": width - first,
        }

    def _only(self, micro_batches: Sequence[Sequence[Encoded]]) -> Sequence[Encoded]:
        """The one micro-batch; a token without loss where it is empty."""
        (rows,) = micro_batches
        return rows or [Encoded([self.padding], 1)]


class PackCollator(Collator):
    """Lays a micro-batch end to end in one row: no padding, and attention within each example alone.

    `cu_seq_lens_*` and `max_length_*` say where examples begin (transformers' names; semcoder.training.attention
    obeys them), positions begin anew in each, and logits are computed at positions with loss only. There is no
    attention mask: with one, transformers would take the row for a single text.
    """

    def __call__(self, micro_batches: Sequence[Sequence[Encoded]]) -> dict[str, Any]:
        rows = self._only(micro_batches)
        sizes = [len(row.ids) for row in rows]
        ids = torch.tensor([token for row in rows for token in row.ids])
        positions = torch.cat([torch.arange(size) for size in sizes])
        starts = torch.tensor([_start(row) for row in rows]).repeat_interleave(torch.tensor(sizes))
        last = torch.tensor(sizes).repeat_interleave(torch.tensor(sizes)) - 1
        learnt = ((positions >= starts) & (positions < last)).nonzero()[:, 0]
        following = ids[learnt + 1]
        if not len(learnt):
            learnt, following = torch.tensor([0]), torch.tensor([IGNORED])
        borders = torch.tensor([0, *sizes]).cumsum(0).to(torch.int32)
        return {
            "input_ids": ids[None],
            "position_ids": positions[None],
            "cu_seq_lens_q": borders,
            "cu_seq_lens_k": borders,
            "max_length_q": max(sizes),
            "max_length_k": max(sizes),
            "labels": following[None],
            "shift_labels": following[None],
            "logits_to_keep": learnt,
        }


def _start(row: Encoded) -> int:
    """The position that predicts the first response token."""
    return max(row.prompt - 1, 0)
