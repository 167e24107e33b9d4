"""What is said before a run starts, and what is refused."""

import json
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from safetensors import safe_open

from semcoder import configfiles
from semcoder.errors import UserError
from semcoder.training import zero
from semcoder.training.batches import Schedule, schedule
from semcoder.training.forecast import (
    CARDS,
    Forecast,
    Shape,
    card_of,
    forecast,
    require_memory,
    require_space,
    shape_of,
    told,
    weights_of,
)
from semcoder.training.plan import main
from semcoder.training.recipe import Recipe

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden/deepspeed.json"
DEEPSEEK_1_3B = Shape(
    model_type="llama",
    hidden_size=2048,
    intermediate_size=5504,
    num_hidden_layers=24,
    num_attention_heads=16,
    vocab_size=32256,
)
DEEPSEEK_6_7B = {
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "vocab_size": 32256,
    "model_type": "llama",
}


def plan(width: int, steps: int = 3) -> Schedule:
    return Schedule([[[0, 1], [2]]] * steps, [2 * width] * steps, [2 * width] * steps, width)


def small(width: int, recipe: Recipe, steps: int = 3, shape: Shape | None = DEEPSEEK_1_3B) -> Forecast:
    return forecast(DEEPSEEK_1_3B.weights, shape, plan(width, steps), recipe, 1, 0.6)


def test_weights_are_those_of_the_files(tiny_model: Path) -> None:
    with safe_open(tiny_model / "model.safetensors", framework="np") as tensors:
        counted = sum(tensors.get_tensor(name).size for name in tensors.keys())  # noqa: SIM118
    shape = shape_of(tiny_model)
    assert shape is not None and weights_of(tiny_model, None) == shape.weights == counted
    assert (
        Shape.model_validate(DEEPSEEK_6_7B).weights == 6_740_512_768
    )  # its published index says 13,481,025,536 bytes


@pytest.mark.parametrize(("width", "measured"), [(8192, 27.6), (32768, 35.6)])
def test_memory_is_what_an_h100_took(width: int, measured: float) -> None:
    recipe = Recipe(base="b", zero_stage=2, pack_tokens=width)
    assert small(width, recipe).memory_gb == pytest.approx(measured, rel=0.05)


def test_speed_is_what_an_h100_reached() -> None:
    found = small(8192, Recipe(base="b"))
    assert found.tokens / found.hours(CARDS["H100"], 1) / 3600 == pytest.approx(29_700, rel=0.05)


def test_sharding_and_offload_save_memory() -> None:
    shape = Shape.model_validate(DEEPSEEK_6_7B)

    def states(processes: int, **settings: object) -> float:
        recipe = Recipe.model_validate({"base": "b", **settings})
        return forecast(shape.weights, shape, plan(8192), recipe, processes, 0.6).states_gb

    assert states(1, zero_stage=2) == states(1, zero_stage=3) == pytest.approx(18 * shape.weights / 1e9)
    assert states(8, zero_stage=3) == pytest.approx(18 / 8 * shape.weights / 1e9)
    assert states(8, zero_stage=2) == pytest.approx((2 + 16 / 8) * shape.weights / 1e9)
    assert states(8, zero_stage=3, offload=True) == pytest.approx(4 / 8 * shape.weights / 1e9)


def test_what_does_not_fit_is_refused_with_the_settings_to_change() -> None:
    shape = Shape.model_validate(DEEPSEEK_6_7B)
    recipe = Recipe(base="b", zero_stage=2, gradient_checkpointing=False)
    found = forecast(shape.weights, shape, plan(8192), recipe, 8, 0.6)
    with pytest.raises(UserError) as error:
        require_memory(found, recipe, 48, "RTX A6000")
    for words in (
        "but RTX A6000 has 48.0 GB",
        "turn on gradient_checkpointing",
        "set zero_stage to 3",
        "lower pack_tokens (8192; at least max_tokens, 2048)",
        "turn on offload or use more or larger GPUs",
    ):
        assert words in str(error.value)
    papers = Recipe(base="b")
    require_memory(forecast(shape.weights, shape, plan(8192), papers, 8, 0.6), papers, 48, "RTX A6000")


def test_small_disk_is_reported_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = small(8192, Recipe(base="b"))
    require = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: require(2e9))
    with pytest.raises(UserError, match=r"2\.0 GB free, but checkpoints of 1346M weights need 51\.2 GB"):
        require_space(found, tmp_path)


def test_hours_are_said_of_known_cards_only() -> None:
    found = small(8192, Recipe(base="b"), steps=2000)
    assert "on 8 x RTX A6000 at 24% of their peak" in told(found, 8, card_of("NVIDIA RTX A6000"))
    assert "peak" not in told(found, 8, card_of("CPU process"))
    assert card_of("NVIDIA A100-SXM4-80GB") == ("A100-80GB", CARDS["A100-80GB"])
    assert card_of("NVIDIA H100 80GB HBM3") == ("H100", CARDS["H100"])
    for name in ("NVIDIA GeForce RTX 4090", "NVIDIA H100 80GB HBM3 MIG 1g.10gb", "NVIDIA H100 PCIe"):
        assert card_of(name) is None


def test_fp32_takes_more_and_offload_frees_nothing_where_there_is_one_memory() -> None:
    half, full = (small(8192, Recipe(base="b", precision=each)) for each in ("bf16", "fp32"))
    assert full.work_gb is not None and half.work_gb is not None and full.work_gb > half.work_gb
    recipe = Recipe(base="b", offload=True)
    shape = DEEPSEEK_1_3B
    on_cpu = forecast(shape.weights, shape, plan(8192), recipe, 1, 0.6, on_gpus=False)
    assert on_cpu.states_gb == small(8192, Recipe(base="b")).states_gb > small(8192, recipe).states_gb


def test_of_a_model_of_another_kind_only_the_states_are_known() -> None:
    found = small(8192, Recipe(base="b"), shape=None)
    assert found.work_gb is None and found.memory_gb == found.states_gb
    assert "GB of memory a process for weights, gradients and optimiser alone" in told(found, 1, None)
    require_memory(found, Recipe(base="b"), 80, "H100")


def test_the_command_plans_before_there_is_a_mixture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(DEEPSEEK_6_7B))
    main(recipe='{"base": "b"}', base=tmp_path, examples=93_400, mean_tokens=300)
    said, _, configuration = capsys.readouterr().out.partition("\n")
    assert said.startswith(
        "365 steps, 186800 examples, 56040000 tokens, 24 micro-batches a step; about 21.5 GB"
    )
    assert json.loads(configuration)["gradient_accumulation_steps"] == 3
    with pytest.raises(UserError, match="turn on offload or use more or larger GPUs"):
        main(recipe='{"base": "b"}', base=tmp_path, examples=512, gpus=1)
    with pytest.raises(UserError, match="--card RTX 1: not known; one of RTX A6000"):
        main(recipe='{"base": "b"}', base=tmp_path, examples=512, card="RTX 1")
    with pytest.raises(UserError, match="--mixture or --examples"):
        main(recipe='{"base": "b"}', base=tmp_path)


@pytest.mark.parametrize(("text", "words"), [("{", "not JSON"), (None, "there is no config")])
def test_a_base_without_a_configuration_is_named(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    with pytest.raises(UserError, match=words):
        shape_of(tmp_path)


@pytest.mark.parametrize(
    "change", [{"model_type": "mixtral"}, {"num_attention_heads": 0}, {"hidden_size": None}]
)
def test_a_model_of_another_kind_has_no_shape(tmp_path: Path, change: dict[str, object]) -> None:
    (tmp_path / "config.json").write_text(json.dumps({**DEEPSEEK_6_7B, **change}))
    assert shape_of(tmp_path) is None
    with pytest.raises(UserError, match="neither weights nor a config"):
        main(recipe='{"base": "b"}', base=tmp_path, examples=8)


def test_a_mixture_must_fit_the_recipe(tiny_model: Path, tmp_path: Path) -> None:
    mixture = tmp_path / "mixture.jsonl"
    mixture.write_text("")
    with pytest.raises(UserError, match="no examples; mix it again"):
        main(recipe='{"base": "b"}', base=tiny_model, mixture=mixture)
    with pytest.raises(ValueError, match="longer than a pack of 2048"):
        schedule([3000], Recipe(base="b", pack_tokens=2048))


def configurations() -> str:
    """The DeepSpeed configuration of each recipe of config.yaml at 8 GPUs, 24 micro-batches a step."""
    recipes = configfiles.load([ROOT / "config.yaml"]).recipes
    found = {name: zero.configuration(recipe, 24, 8) for name, recipe in recipes.items()}
    return json.dumps(found, indent=2, sort_keys=True) + "\n"


def test_each_recipe_has_its_deepspeed_configuration() -> None:
    """Golden: run this file to write it anew; read the difference before you commit it."""
    assert configurations() == GOLDEN.read_text(encoding="utf-8")


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(configurations(), encoding="utf-8")
