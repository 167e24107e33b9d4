"""Attention for packs: each example attends to itself alone, and nothing is computed across examples.

transformers would separate the examples of a pack with a mask of all positions by all positions, and forgets to
when a cache or a padding mask is about. Here the borders of the examples are an argument that attention cannot do
without. On a CPU each example is a call of its own: the work grows with the pack's length, not with its square
(one layer at 8,192 tokens of PyX-like lengths took a seventeenth of the mask's time). On a GPU it is
flash-attention's variable-length kernel, which torch brings along: 1.2 ms there for one layer of an H100, forward
and backward, where the mask took 8.3; flex attention took 0.8, and 9 more a pack to prepare its blocks, and compiles
first. benchmarks/packing.py compares whole steps.
"""

from functools import partial
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention

NAME = "within_examples"
AMPERE = (8, 0)
"""First compute capability that flash-attention runs on."""


def register() -> str:
    """Make this attention known to transformers; returns what `attn_implementation` calls it."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, within_examples)
    return NAME


def within_examples(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    cu_seq_lens_q: torch.Tensor,
    max_length_q: int,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    **rest: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention of one row of examples laid end to end, as transformers calls it.

    `query`, `key`, `value`: (1, heads, tokens, head size), `key` and `value` with as many heads or a fraction;
    `cu_seq_lens_q`: the tokens before each example, and all of them at the end; `max_length_q`: tokens of the
    longest. Returns (1, tokens, heads, head size). Raises ValueError for a model that needs another attention, and
    for a mask or a cache with something in it: neither can be heeded, so neither is passed over.
    """
    if attention_mask is not None or key.shape[2] != query.shape[2]:
        raise ValueError("packs are told apart by their borders; give no attention mask and no filled cache.")
    if dropout or (sliding_window or max_length_q) < max_length_q:
        raise ValueError("packs have no attention dropout and no sliding window; set pack_tokens to null.")
    if _has_kernel(query):
        return _flash(query, key, value, cu_seq_lens_q, max_length_q, scaling)[None], None
    sizes = cu_seq_lens_q.diff().tolist()
    parts = (torch.split(tensor, sizes, dim=2) for tensor in (query, key, value))
    each = [
        scaled_dot_product_attention(q, k, v, is_causal=True, scale=scaling, enable_gqa=True)
        for q, k, v in zip(*parts, strict=True)
    ]
    return torch.cat(each, dim=2).transpose(1, 2), None


def _flash(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    borders: torch.Tensor,
    longest: int,
    scaling: float | None,
) -> torch.Tensor:
    from torch.nn.attention.varlen import varlen_attn

    q, k, v = (tensor[0].transpose(0, 1) for tensor in (query, key, value))
    # An argument that is younger than the function (torch 2.11 has not got it).
    kernel = varlen_attn if q.shape[1] == k.shape[1] else partial(varlen_attn, enable_gqa=True)
    causal = (-1, 0)
    out = kernel(q, k, v, borders, borders, longest, longest, scale=scaling, window_size=causal)
    assert isinstance(out, torch.Tensor)  # a pair only where the sums of its softmax are asked for
    return out


def _has_kernel(query: torch.Tensor) -> bool:
    return (
        query.is_cuda
        and query.dtype in (torch.float16, torch.bfloat16)
        and torch.cuda.get_device_capability(query.device) >= AMPERE
    )
