"""Options, paths and notes that rules take from the configuration."""

import copy
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from semcoder.errors import UserError
from semcoder.graph import Graph, one_of, option

ROOT = Path(__file__).parents[2]


def lay_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = copy.deepcopy(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = lay_over(merged[key], value) if both else value
    return merged


BASE = yaml.safe_load((ROOT / "config.yaml").read_text())
SMALL = lay_over(BASE, yaml.safe_load((ROOT / "profiles/quickstart/scale.yaml").read_text()))


@pytest.fixture(autouse=True)
def _at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, ["--a-b", "3"]),
        ("x y'z", ["--a-b", "x y'z"]),
        ({"b": 1, "a": "it's"}, ["--a-b", '{"a": "it\'s", "b": 1}']),
        ([0, 1], ["--a-b", "0,1"]),
        ([{"kind": "stdlib"}], ["--a-b", '[{"kind": "stdlib"}]']),
        (None, []),
    ],
)
def test_an_option_reaches_the_command_as_it_is(value: Any, words: list[str]) -> None:
    assert shlex.split(option("a_b", value)) == words


def test_options_do_not_depend_on_the_order_of_keys() -> None:
    reordered = dict(reversed(list(SMALL.items())))
    reordered["teacher"] = dict(reversed(list(SMALL["teacher"].items())))
    one, other = Graph.of(SMALL), Graph.of(reordered)
    assert one.options(teacher="teacher", seed="pyx.seed") == other.options(
        teacher="teacher", seed="pyx.seed"
    )


def test_two_keys_swapped_give_other_options() -> None:
    graph = Graph.of(SMALL)
    plain = graph.options(min_lines="seeds.min_lines", max_lines="seeds.max_lines")
    assert plain != graph.options(min_lines="seeds.max_lines", max_lines="seeds.min_lines")


def test_benchmarks_that_cannot_be_had_are_left_out_and_a_mirror_brings_them_back(tmp_path: Path) -> None:
    columns = {column for _, column, _ in Graph.of(SMALL).evaluation.cells("scores")}
    assert columns == {"pyx_output", "pyx_input", "humaneval"}
    small = Graph.of(SMALL).data.decontamination_options
    assert "'cruxeval=no data.mirror, and data.reach has no url'" in small and "humaneval=data" in small
    (tmp_path / "cruxeval.jsonl").write_text("")
    graph = Graph.of(lay_over(SMALL, {"data": {"mirror": str(tmp_path)}}))
    assert "cruxeval_output" in {column for _, column, _ in graph.evaluation.cells("scores")}
    options = graph.data.decontamination_options
    assert "--benchmark cruxeval=" in options and "mbpp_plus=not in data.mirror" in options


def test_a_note_on_a_base_follows_the_models_trained_from_it() -> None:
    assert "4-bit" in Graph.of(SMALL).evaluation.table_options("scores")


def test_released_checkpoints_are_asked_in_the_style_they_saw() -> None:
    evaluation = Graph.of(BASE).evaluation
    assert "--style upstream --label-offset 4" in evaluation.generation_options(
        "semcoder_1030", "cruxeval_output", "x"
    )
    assert "--style corrected --label-offset 0" in evaluation.generation_options(
        "semcoder", "cruxeval_output", "x"
    )


def test_mixture_options_hold_no_key_that_a_mixture_does_not_read() -> None:
    graph = Graph.of(BASE)
    faster = Graph.of(lay_over(BASE, {"recipes": {"semcoder": {"learning_rate": 1e-4}}}))
    assert graph.training.mixture_recipe("semcoder") == faster.training.mixture_recipe("semcoder")
    assert graph.training.recipe("semcoder") != faster.training.recipe("semcoder")


def test_a_mixture_of_instructions_alone_needs_no_monologues() -> None:
    files = Graph.of(BASE).training.mixture_inputs("data_oss_instruct")
    assert "rationales" not in files and "programs" not in files
    assert files["Magicoder-OSS-Instruct-75K"] == "data/external/Magicoder-OSS-Instruct-75K"


def test_a_chain_of_recipes_ends_in_the_tokenizer_of_its_first_base() -> None:
    files = Graph.of(BASE).training.mixture_inputs("semcoder_s_pyx_r")
    assert files["tokenizer"] == "data/external/deepseek-coder-6.7b-base"
    assert files["refine"] == "results/semcoder/pyx_r/pyx_r.jsonl"


def test_a_wrong_key_stops_the_graph_with_a_sentence() -> None:
    with pytest.raises(UserError, match=r"unknown key pyx\.sead"):
        Graph.of(lay_over(BASE, {"pyx": {"sead": 1}}))


def test_constraints_match_whole_names_only() -> None:
    import re

    pattern = re.compile(f"(?:{one_of(['semcoder', 'semcoder_s'])})$")
    assert pattern.match("semcoder_s") and not pattern.match("semcoder_x")
    assert not re.match(one_of([]), "anything")


def test_two_workflows_do_not_share_a_results_folder(tmp_path: Path) -> None:
    graph = Graph.of(lay_over(SMALL, {"results": str(tmp_path / "r")}))
    graph.hold_results()
    with pytest.raises(UserError, match="another workflow works there"):
        graph.hold_results()
