import pytest
from pydantic import ValidationError

from semcoder.errors import UserError
from semcoder.training import zero
from semcoder.training.mix import parse_recipe as parse_mixture
from semcoder.training.recipe import MIXTURE_FIELDS, MixtureRecipe, Recipe
from semcoder.training.train import parse_recipe


def test_mixture_fields_are_those_of_the_mixture() -> None:
    assert set(MIXTURE_FIELDS) == set(MixtureRecipe.model_fields)


def test_defaults_are_the_papers() -> None:
    recipe = Recipe(base="deepseek-coder-6.7b-base")
    assert (recipe.epochs, recipe.examples_per_step, recipe.max_tokens) == (2, 512, 2048)
    assert (recipe.learning_rate, recipe.min_learning_rate) == (5e-5, 5e-6)


def test_floor_above_peak_is_refused() -> None:
    with pytest.raises(ValidationError, match="min_learning_rate is above learning_rate"):
        Recipe(base="b", learning_rate=1e-6)


@pytest.mark.parametrize("text", ['{"base": "b", "epoch": 2}', "{", '{"base": "b", "zero_stage": 1}'])
def test_unreadable_recipe_names_the_field(text: str) -> None:
    with pytest.raises(UserError, match=r"--recipe: (epoch|JSON|zero_stage)"):
        parse_recipe(text)


def test_mixture_recipe_takes_no_training_field() -> None:
    with pytest.raises(UserError, match="--recipe: learning_rate"):
        parse_mixture('{"learning_rate": 1}')


def test_packs_shorter_than_the_longest_example_are_refused() -> None:
    with pytest.raises(ValidationError, match="pack_tokens is below max_tokens"):
        Recipe(base="b", pack_tokens=1024)
    assert Recipe(base="b", pack_tokens=None).pack_tokens is None


@pytest.mark.parametrize("processes", [1, 8])
def test_deepspeed_counts_micro_batches(processes: int) -> None:
    config = zero.configuration(Recipe(base="b"), 16, processes)
    assert config["train_batch_size"] == 16
    assert config["gradient_accumulation_steps"] * config["train_micro_batch_size_per_gpu"] * processes == 16


def test_configuration_of_the_papers_recipe() -> None:
    config = zero.configuration(Recipe(base="b"), 16, 8)
    assert config["zero_optimization"]["stage"] == 3
    assert config["zero_optimization"]["stage3_gather_16bit_weights_on_model_save"]
    assert config["bf16"] == {"enabled": True}
    assert config["fp16"] == {"enabled": False}
    assert "optimizer" not in config


def test_offload_moves_weights_only_under_zero_3() -> None:
    three = zero.configuration(Recipe(base="b", offload=True), 1, 1)
    two = zero.configuration(Recipe(base="b", offload=True, zero_stage=2), 1, 1)
    assert "offload_param" in three["zero_optimization"]
    assert "offload_param" not in two["zero_optimization"]
    assert three["optimizer"]["type"] == two["optimizer"]["type"] == "AdamW"
