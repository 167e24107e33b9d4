from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semcoder.records import Example
from semcoder.training.encoding import Encoded, encode, load_tokenizer
from semcoder.training.recipe import Recipe

ROWS = [
    Encoded([5, 6, 7, 8, 9, 0], 3),
    Encoded([3, 4, 0], 2),
    Encoded([9, 8, 7, 6, 5, 4, 3, 2, 0], 5),
    Encoded([11, 12, 13, 0], 0),
]


def _recipe(**fields: object) -> Recipe:
    given = {"base": "b", "micro_batch": 2, "examples_per_step": 4, "max_tokens": 50, "pack_tokens": 60}
    return Recipe.model_validate(given | fields)


@settings(deadline=None)  # torch is imported in the first call
@given(
    lengths=st.lists(st.integers(2, 50), min_size=1, max_size=40),
    epochs=st.integers(1, 3),
    limit=st.sampled_from([-1, 1, 2, 5]),
    processes=st.integers(1, 3),
    pack_tokens=st.sampled_from([None, 50, 77, 1000]),
)
def test_schedule(
    lengths: list[int], epochs: int, limit: int, processes: int, pack_tokens: int | None
) -> None:
    from semcoder.training.batches import schedule

    recipe = _recipe(epochs=epochs, max_steps=limit, pack_tokens=pack_tokens)
    plan = schedule(lengths, recipe, processes)
    steps = [[index for micro_batch in step for index in micro_batch] for step in plan.steps]
    examples = epochs * len(lengths) if limit < 0 else min(epochs * len(lengths), limit * 4)
    assert [len(step) for step in steps] == plan.examples
    assert plan.examples == [4] * (examples // 4) + [examples % 4] * (examples % 4 > 0)
    assert {len(step) for step in plan.steps} == {plan.micro_batches}
    assert plan.micro_batches % processes == 0
    assert plan.tokens == [sum(lengths[i] for i in step) for step in steps]
    assert plan == schedule(lengths, recipe, processes)
    if limit < 0:
        assert sorted(index for step in steps for index in step) == sorted([*range(len(lengths))] * epochs)
    if pack_tokens is None:
        assert all(len(micro_batch) <= 2 for step in plan.steps for micro_batch in step)
        for step in steps:
            assert [lengths[i] for i in step] == sorted(lengths[i] for i in step)
    else:
        loads = [[sum(lengths[i] for i in pack) for pack in step] for step in plan.steps]
        assert max(map(max, loads)) <= pack_tokens
        assert all(each == sorted(each, reverse=True) for each in loads)
        assert sum(plan.positions) == sum(plan.tokens) + plan.empty


def test_steps_are_the_same_however_they_are_dealt() -> None:
    """Packed or not, on one process or several: the same examples are behind each optimiser step."""
    from semcoder.training.batches import schedule

    lengths = [2 + 7 * n % 48 for n in range(30)]

    def steps(processes: int, **fields: object) -> list[set[int]]:
        plan = schedule(lengths, _recipe(epochs=2, **fields), processes)
        return [{index for one in step for index in one} for step in plan.steps]

    assert steps(1) == steps(3) == steps(1, pack_tokens=None) == steps(3, pack_tokens=None, micro_batch=1)


def test_packs_are_full_of_tokens_and_alike() -> None:
    """Lengths like PyX's, the paper's step on 8 processes: nearly no position is wasted, no process waits."""
    import random

    from semcoder.training.batches import schedule

    draw = random.Random(0)
    lengths = [min(1024, max(16, round(draw.lognormvariate(5.2, 0.75)))) for _ in range(2048)]
    plan = schedule(lengths, Recipe(base="b", epochs=1), 8)
    assert plan.micro_batches == 16
    assert sum(plan.positions) == sum(plan.tokens)
    for step in plan.steps:
        loads = [sum(lengths[i] for i in pack) for pack in step]
        assert min(loads) > 0.99 * max(loads)


def test_epochs_are_shuffled_apart_and_by_the_seed() -> None:
    from semcoder.training.batches import schedule

    lengths = [7] * 32

    def order(seed: int) -> list[set[int]]:
        plan = schedule(lengths, _recipe(epochs=2, seed=seed))
        return [{index for one in step for index in one} for step in plan.steps]

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert order(1)[:8] != order(1)[8:]
    assert set.union(*order(1)[:8]) == set(range(32))


@pytest.fixture
def packing_model(tiny_model: Path) -> Any:
    """With the cache left on, as a model comes: transformers' own packing would be lost then."""
    import torch
    from transformers import AutoModelForCausalLM

    from semcoder.training import attention

    model = AutoModelForCausalLM.from_pretrained(
        tiny_model, dtype=torch.float32, attn_implementation=attention.register()
    )
    assert model.config.use_cache
    return model


@pytest.fixture
def plain_model(tiny_model: Path) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)


def _alone(model: Any, row: Encoded) -> Any:
    """The summed loss of one example, computed with nothing of ours."""
    import torch

    ids = torch.tensor([row.ids])
    labels = ids.clone()
    labels[0, : row.prompt] = -100
    return model(input_ids=ids, labels=labels, num_items_in_batch=1).loss


def test_each_example_of_a_pack_has_the_loss_that_it_has_alone(packing_model: Any, plain_model: Any) -> None:
    import torch

    from semcoder.training.batches import PackCollator

    batch = PackCollator(0)([ROWS])
    assert batch["input_ids"].tolist() == [[token for row in ROWS for token in row.ids]]
    output = packing_model(**batch, num_items_in_batch=1)
    losses = torch.nn.functional.cross_entropy(
        output.logits[0].float(), batch["shift_labels"][0], reduction="none"
    )
    learnt = [len(row.ids) - max(row.prompt, 1) for row in ROWS]
    alone = [_alone(plain_model, row).item() for row in ROWS]
    assert [part.sum().item() for part in losses.split(learnt)] == pytest.approx(alone, rel=1e-5)
    assert output.loss.item() == pytest.approx(sum(alone), rel=1e-5)


def test_examples_of_a_pack_do_not_see_each_other(packing_model: Any, plain_model: Any) -> None:
    """Another example before it changes nothing; where texts are merely joined, it does."""
    import torch

    from semcoder.training.batches import PackCollator

    others = [Encoded([token + 20 for token in ROWS[0].ids], 3), *ROWS[1:]]

    def logits(model: Any, rows: list[Encoded], *names: str) -> Any:
        batch = PackCollator(0)([rows])
        with torch.no_grad():
            return model(**{name: batch[name] for name in ("input_ids", *names)}).logits[0, 6:]

    borders = ("position_ids", "cu_seq_lens_q", "max_length_q")
    assert torch.equal(logits(packing_model, ROWS, *borders), logits(packing_model, others, *borders))
    joined = logits(plain_model, ROWS, "position_ids") - logits(plain_model, others, "position_ids")
    assert joined.abs().max() > 1e-3  # the cache is on
    with pytest.raises(TypeError, match="cu_seq_lens_q"):
        logits(packing_model, ROWS, "position_ids")


def test_a_cache_or_a_mask_of_ones_lets_no_example_see_another(packing_model: Any, plain_model: Any) -> None:
    """transformers' own packing, by positions alone, is lost with either."""
    import torch

    from semcoder.training.batches import PackCollator

    batch = PackCollator(0)([ROWS])
    del batch["labels"], batch["shift_labels"]
    ids, positions = batch["input_ids"], batch["position_ids"]
    ones = torch.ones_like(ids)
    with torch.no_grad():
        apart = packing_model(**batch, use_cache=False).logits
        for more in (
            {"use_cache": True},
            {"attention_mask": ones},
            {"use_cache": True, "attention_mask": ones},
        ):
            assert torch.equal(packing_model(**batch, **more).logits, apart)
            theirs = plain_model(input_ids=ids, position_ids=positions, **{"use_cache": False, **more}).logits
            assert (theirs[:, batch["logits_to_keep"]] - apart).abs().max() > 1e-3
        theirs = plain_model(input_ids=ids, position_ids=positions, use_cache=False).logits
        assert (theirs[:, batch["logits_to_keep"]] - apart).abs().max() < 1e-5
    with pytest.raises(ValueError, match="no attention mask"):
        packing_model(**batch, attention_mask=ones[:, None, None].expand(1, 1, ids.shape[1], -1).bool())


def test_a_steps_gradient_is_the_same_packed_padded_and_one_by_one(
    packing_model: Any, plain_model: Any
) -> None:
    """The mean over the step's response tokens, whatever the micro-batches; an empty one adds nothing."""
    import torch

    from semcoder.training.batches import Collator, PackCollator

    tokens = sum(len(row.ids) - max(row.prompt, 1) for row in ROWS)

    def gradient(model: Any, losses: Callable[[], list[Any]]) -> Any:
        model.zero_grad()
        for loss in losses():
            loss.backward()
        return torch.cat([weight.grad.flatten() for weight in model.parameters()])

    def dealt(model: Any, collator: Collator, *micro_batches: list[Encoded]) -> Any:
        batches = [collator([rows]) for rows in micro_batches]
        counted = sum(int(batch["shift_labels"].ne(-100).sum()) for batch in batches)
        assert counted == tokens  # what the Trainer divides by
        return gradient(model, lambda: [model(**each, num_items_in_batch=tokens).loss for each in batches])

    alone = gradient(plain_model, lambda: [_alone(plain_model, row) / tokens for row in ROWS])
    for found in (
        dealt(packing_model, PackCollator(0), ROWS),
        dealt(packing_model, PackCollator(0), ROWS[:3], ROWS[3:], []),
        dealt(plain_model, Collator(0), ROWS[:1], ROWS[1:], []),
    ):
        assert (found - alone).norm() < 1e-5 * alone.norm()


def test_response_tokens_and_end_are_what_is_learnt(tiny_model: Path) -> None:
    from semcoder.training.batches import IGNORED, Collator, PackCollator

    tokenizer = load_tokenizer(tiny_model)
    example = Example(task="nl2code", prompt="def f(x):\n", response="    return x\n")
    (encoded,) = encode(tokenizer, [example])
    assert encoded.ids[: encoded.prompt] == tokenizer(example.prompt).input_ids
    for collator in (Collator, PackCollator):
        batch = collator(tokenizer.eos_token_id)([[encoded]])
        learnt = [token for token in batch["shift_labels"][0].tolist() if token != IGNORED]
        assert learnt == encoded.ids[encoded.prompt :]
        assert learnt[-1] == tokenizer.eos_token_id
        assert tokenizer.decode(learnt[:-1]) == example.response


def test_beginning_token_is_put_where_the_tokenizer_puts_one(tiny_model: Path) -> None:
    from tokenizers.processors import TemplateProcessing

    tokenizer = load_tokenizer(tiny_model)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<end> $A <end>", special_tokens=[("<end>", 0)]
    )
    (encoded,) = encode(tokenizer, [Example(task="nl2code", prompt="a", response="b")])
    a, b = (load_tokenizer(tiny_model)(text).input_ids for text in "ab")
    assert encoded == Encoded([0, *a, *b, 0], 1 + len(a))


def test_encoding_keeps_order_over_batches(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semcoder.training.encoding.BATCH", 2)
    tokenizer = load_tokenizer(tiny_model)
    rows = [Example(task="nl2code", prompt="p" * n, response="r" * (6 - n)) for n in range(1, 6)]
    decoded = [
        (tokenizer.decode(e.ids[: e.prompt]), tokenizer.decode(e.ids[e.prompt : -1]))
        for e in encode(tokenizer, rows)
    ]
    assert decoded == [(row.prompt, row.response) for row in rows]
