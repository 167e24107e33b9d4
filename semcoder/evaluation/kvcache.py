"""A key-value cache with room to grow: transformers' own is copied as a whole for each token that is written.

On a CPU, with few-shot prompts, those copies took more than half of the time.
"""

from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

ROOM = 128
"""Positions that are made at a time."""


class GrowingLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """Keys and values of one layer, (batch, heads, positions, size), at the front of buffers with free room behind."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._buffers: list[torch.Tensor] = []

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Add positions; gives all there are."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        held, length = self.get_seq_length(), self.get_seq_length() + key_states.shape[-2]
        if not self._fits(length):  # at first, where it is full, and where rows were chosen or repeated
            old: list[Any] = [self.keys, self.values]
            self._buffers = [
                torch.empty(*new.shape[:2], length + ROOM, new.shape[3], dtype=new.dtype, device=new.device)
                for new in (key_states, value_states)
            ]
            if held:
                for buffer, states in zip(self._buffers, old, strict=True):
                    buffer[:, :, :held] = states
        for buffer, new in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[:, :, held:length] = new
        self.keys, self.values = [buffer[:, :, :length] for buffer in self._buffers]
        return self.keys, self.values

    def _fits(self, length: int) -> bool:
        keys: Any = self.keys
        return (
            bool(self._buffers)
            and self._buffers[0].shape[2] >= length
            and keys.data_ptr() == self._buffers[0].data_ptr()
            and len(keys) == len(self._buffers[0])
        )


def growing_cache(config: Any) -> DynamicCache:
    """A cache for a model of this configuration; layers of another kind (sliding windows) stay as they are."""
    cache = DynamicCache(config=config)
    cache.layers = [GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache
