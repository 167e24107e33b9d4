"""The configuration: both shipped files are right, and a wrong key is named in one sentence."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from shipped import BASE, ROOT, changed

from semcoder.cli import application
from semcoder.config import Config
from semcoder.configfiles import load, parse
from semcoder.errors import UserError


def test_the_papers_scale_is_right() -> None:
    config = load([ROOT / "config.yaml"])
    recipe = config.recipes["semcoder"]
    # Paper section 5.
    assert (recipe.epochs, recipe.learning_rate, recipe.min_learning_rate) == (2, 5e-5, 5e-6)
    assert (recipe.examples_per_step, recipe.max_tokens, config.training.gpus) == (512, 2048, 8)
    assert config.recipes["ablation_next"].epochs == 3  # paper section 6.2
    assert config.recipes["semcoder_pyx_r"].learning_rate == 1e-5  # paper section 5


def test_the_quickstart_lays_over_it() -> None:
    config = load([ROOT / "config.yaml", ROOT / "profiles/quickstart/scale.yaml"])
    assert config.targets == ["scores", "figure5", "figure6"]
    assert config.pyx.near_duplicates == load([ROOT / "config.yaml"]).pyx.near_duplicates


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("pyx.retreis", 3, ["unknown key pyx.retreis", "did you mean retries?", "allowed here", "shards"]),
        ("resluts", "x", ["unknown key resluts", "did you mean results?"]),
        ("pyx.retries", "three", ["pyx.retries", '"three"', "integer", "repair"]),
        ("pyx.retries", -1, ["pyx.retries", "-1", "greater than or equal to 0"]),
        ("monologue.writer", "trase", ["monologue.writer", "'trace', 'teacher' or 'translation'"]),
        (
            "recipes.semcoder.base",
            "deepseek",
            ["recipes.semcoder.base", "deepseek is not defined", "did you mean"],
        ),
        (
            "recipes.semcoder.learning_rat",
            1.0,
            ["recipes.semcoder.learning_rat", "did you mean learning_rate?"],
        ),
        ("seeds.sources", [{"kind": "stdlb"}], ["seeds.sources.0", "stdlib"]),
        ("seeds.sources", [{"kind": "stdlib", "pth": "x"}], ["unknown key seeds.sources.0.pth"]),
        ("targets", ["table9"], ["targets", "table9 is not defined"]),
        ("evaluation.engine.kind", "vlm", ["evaluation.engine.kind", "vllm"]),
        ("data.reach", ["ftp"], ["data.reach", "pypi"]),
        ("execution", None, ["execution"]),
    ],
)
def test_a_wrong_key_is_one_sentence_with_key_and_remedy(path: str, value: Any, words: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        parse(changed(path.replace(".", "/"), value))
    text = str(caught.value)
    assert "\n" not in text
    for word in words:
        assert word in text


def test_a_missing_key_is_named_with_its_meaning() -> None:
    values = copy.deepcopy(BASE)
    del values["pyx"]["seed"]
    with pytest.raises(UserError, match=r"key pyx\.seed is missing; seed of mutation and of the split"):
        parse(values)


def test_yaml_that_is_none_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("a: [")
    with pytest.raises(UserError, match=r"c\.yaml"):
        load([path])


def test_every_key_has_a_description() -> None:
    def walk(schema: dict[str, Any], name: str) -> list[str]:
        return [
            f"{name}.{key}"
            for key, field in schema.get("properties", {}).items()
            if not {"description", "$ref", "const"} & set(field) and "allOf" not in field
        ]

    schema = Config.model_json_schema()
    assert [key for name, each in schema["$defs"].items() for key in walk(each, name)] == []
    assert walk(schema, "") == []


def test_the_schema_needs_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    application(["config"])(["config", "--schema"], standalone_mode=False)
    assert json.loads(capsys.readouterr().out)["title"] == "Config"
    with pytest.raises(UserError, match=r"no files; give config\.yaml, or --schema"):
        application(["config"])(["config"], standalone_mode=False)
