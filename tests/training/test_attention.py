"""Attention within the examples of a pack: the kernel on a GPU and the calls on a CPU are the same function."""

from typing import Any

import pytest

LENGTHS = [5, 1, 130, 17, 64]


def _draw(heads: int, shared: int, dtype: Any, device: str) -> list[Any]:
    import torch

    draw = torch.Generator().manual_seed(0)
    return [
        torch.randn(1, count, sum(LENGTHS), 32, generator=draw).to(device, dtype).requires_grad_()
        for count in (heads, shared, shared)
    ]


def _attend(inputs: list[Any], **options: Any) -> list[Any]:
    """The result, and the gradients of a weighted sum of it."""
    import torch

    from semcoder.training.attention import within_examples

    borders = torch.tensor([0, *LENGTHS]).cumsum(0).to(inputs[0].device, torch.int32)
    out, _ = within_examples(
        torch.nn.Module(), *inputs, None, cu_seq_lens_q=borders, max_length_q=max(LENGTHS), **options
    )
    weights = torch.linspace(-1, 1, out.numel(), device=out.device).reshape(out.shape)
    (out.float() * weights).sum().backward()
    return [out, *(tensor.grad for tensor in inputs)]


def _masked(inputs: list[Any]) -> list[Any]:
    """The same from a mask of all positions by all positions."""
    import torch

    example = torch.arange(len(LENGTHS)).repeat_interleave(torch.tensor(LENGTHS))
    mask = (example[:, None] == example).tril().to(inputs[0].device)
    out = torch.nn.functional.scaled_dot_product_attention(*inputs, attn_mask=mask, enable_gqa=True)
    out = out.transpose(1, 2)
    weights = torch.linspace(-1, 1, out.numel(), device=out.device).reshape(out.shape)
    (out.float() * weights).sum().backward()
    return [out, *(tensor.grad for tensor in inputs)]


def _apart(found: list[Any], expected: list[Any]) -> float:
    """Largest distance of two tensors by the length of the second."""
    return max(
        float(((a.float() - b.float()).norm() / b.float().norm()).detach())
        for a, b in zip(found, expected, strict=True)
    )


@pytest.mark.parametrize("shared", [4, 2])
def test_examples_attend_as_under_a_block_mask(shared: int) -> None:
    import torch

    found = _attend(_draw(4, shared, torch.float32, "cpu"))
    assert _apart(found, _masked(_draw(4, shared, torch.float32, "cpu"))) < 1e-5


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_gpu_attends_as_the_cpu_does(precision: str) -> None:
    import torch

    from semcoder.training import attention

    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    dtype = getattr(torch, precision)
    inputs = _draw(4, 4, dtype, "cuda")
    assert attention._has_kernel(inputs[0]) == (precision != "float32")
    exact = _attend(_draw(4, 4, torch.float64, "cpu"))
    assert _apart([each.cpu() for each in _attend(inputs)], exact) < (
        1e-5 if precision == "float32" else 2e-2
    )


@pytest.mark.parametrize("options", [{"dropout": 0.1}, {"sliding_window": 100}])
def test_another_attention_is_refused(options: dict[str, Any]) -> None:
    import torch

    with pytest.raises(ValueError, match="set pack_tokens to null"):
        _attend(_draw(4, 4, torch.float32, "cpu"), **options)


def test_a_mask_or_a_filled_cache_is_refused() -> None:
    import torch

    from semcoder.training.attention import within_examples

    query, key, value = (each.detach() for each in _draw(4, 4, torch.float32, "cpu"))
    borders = torch.tensor([0, *LENGTHS]).cumsum(0).to(torch.int32)
    mask = torch.ones(1, 1, sum(LENGTHS), sum(LENGTHS), dtype=torch.bool)
    longer = torch.cat([key, key], 2)
    for keys, values, given in ((key, value, mask), (longer, longer, None)):
        with pytest.raises(ValueError, match="no attention mask and no filled cache"):
            within_examples(
                torch.nn.Module(),
                query,
                keys,
                values,
                given,
                cu_seq_lens_q=borders,
                max_length_q=max(LENGTHS),
            )
