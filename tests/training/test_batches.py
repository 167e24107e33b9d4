from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semcoder.records import Example
from semcoder.training.encoding import Encoded, encode, load_tokenizer
from semcoder.training.recipe import Recipe


def _recipe(**fields: object) -> Recipe:
    return Recipe.model_validate({"base": "b", "micro_batch": 2, "examples_per_step": 4, **fields})


@settings(deadline=None)  # torch is imported in the first call
@given(
    lengths=st.lists(st.integers(2, 50), min_size=1, max_size=40),
    epochs=st.integers(1, 3),
    limit=st.sampled_from([-1, 1, 2, 5]),
)
def test_schedule(lengths: list[int], epochs: int, limit: int) -> None:
    from semcoder.training.batches import Order, schedule

    plan = schedule(lengths, _recipe(epochs=epochs, max_steps=limit))
    stream = list(Order(plan))
    whole = epochs * len(lengths)
    assert len(stream) == len(Order(plan)) == (whole if limit < 0 else min(whole, limit * 4))
    assert len(plan.steps) == -(-len(stream) // 4)
    assert all(len(step) == 4 for step in plan.steps[:-1])
    for step, tokens in zip(plan.steps, plan.tokens, strict=True):
        assert [lengths[i] for i in step] == sorted(lengths[i] for i in step)
        assert tokens == sum(lengths[i] for i in step)
    if limit < 0:
        assert sorted(stream) == sorted(list(range(len(lengths))) * epochs)


def test_epochs_are_shuffled_apart_and_by_the_seed() -> None:
    from semcoder.training.batches import schedule

    lengths = [7] * 32

    def order(seed: int) -> list[set[int]]:
        return [set(step) for step in schedule(lengths, _recipe(epochs=2, seed=seed)).steps]

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert order(1)[:8] != order(1)[8:]
    assert set.union(*order(1)[:8]) == set(range(32))


def test_batch_loss_is_that_of_each_example_alone(tiny_model: Path) -> None:
    """Padding and leaving out the prompts' logits must not change the loss."""
    import torch
    from transformers import AutoModelForCausalLM

    from semcoder.training.batches import Collator

    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    model.config.use_cache = False
    rows = [Encoded([5, 6, 7, 8, 9, 0], 3), Encoded([3, 4, 0], 2), Encoded([9, 8, 7, 6, 5, 4, 3, 2, 0], 5)]
    together = model(**Collator(0)(rows), num_items_in_batch=1).loss.item()
    alone = 0.0
    for row in rows:
        ids = torch.tensor([row.ids])
        labels = ids.clone()
        labels[0, : row.prompt] = -100
        alone += model(input_ids=ids, labels=labels, num_items_in_batch=1).loss.item()
    assert together == pytest.approx(alone, rel=1e-5)


def test_response_tokens_and_end_are_what_is_learnt(tiny_model: Path) -> None:
    from semcoder.training.batches import IGNORED, Collator

    tokenizer = load_tokenizer(tiny_model)
    example = Example(task="nl2code", prompt="def f(x):\n", response="    return x\n")
    (encoded,) = encode(tokenizer, [example])
    assert encoded.ids[: encoded.prompt] == tokenizer(example.prompt).input_ids
    batch = Collator(tokenizer.eos_token_id)([encoded])
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
