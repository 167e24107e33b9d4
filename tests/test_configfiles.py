"""Reading configuration files: strict YAML, strict types, and names that lead somewhere."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from shipped import ROOT, changed

from semcoder.configfiles import check_names, load, parse, read
from semcoder.errors import UserError
from semcoder.pins import read_versions


def refusal(path: str, value: Any) -> str:
    with pytest.raises(UserError) as caught:
        check_names(parse(changed(path, value)), read_versions(ROOT / "data/versions.csv"))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(autouse=True)
def _at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_the_shipped_files_name_what_exists() -> None:
    entries = read_versions(ROOT / "data/versions.csv")
    for files in (["config.yaml"], ["config.yaml", "profiles/quickstart/scale.yaml"]):
        check_names(load([ROOT / file for file in files]), entries)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("pyx/heldout", "0.1"),
        ("pyx/seed", True),
        ("pyx/retries", 1.0),
        ("execution/cpu_seconds", float("inf")),
        ("execution/hash_seeds", [0, 0]),
        ("execution/hash_seeds", [0, -1]),
        ("seeds/min_lines", 90),
        ("seeds/sources", []),
        ("seeds/sources", [{"kind": "stdlib"}, {"kind": "stdlib"}]),
        ("results", ""),
        ("data/directory", ""),
        ("teacher/temperature", float("nan")),
        ("training/gpus", "8"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_key(path: str, value: Any) -> None:
    assert path.split("/")[-1] in refusal(path, value)


def test_more_inputs_demanded_than_made_is_refused() -> None:
    assert "at_least is 11" in refusal("pyx/inputs/at_least", 11)


def test_a_number_that_yaml_reads_as_text_is_shown_as_it_should_be_written() -> None:
    for text, better in (("5e-5", "5.0e-05"), ("5e5", "500000.0"), ("8", "8")):
        said = refusal("recipes/semcoder/learning_rate", text)
        assert f"write it as {better}." in said and not isinstance(yaml.safe_load(better), str)


def test_an_integer_may_stand_for_a_fraction() -> None:
    assert parse(changed("seeds/fraction", 1)).seeds.fraction == 1.0


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (
            "models/semcoder_1030/data",
            "semcoder_103",
            "models.semcoder_1030.data semcoder_1030? starcoderdata",
        ),
        ("recipes/semcoder/extra", {"Magicoder": -1}, "recipes.semcoder.extra Magicoder cruxeval"),
        ("executability/data", "nope", "executability.data nope cruxeval"),
        ("pyx/decontaminate", ["humanevl"], "pyx.decontaminate humanevl humaneval?"),
        ("training/decontaminate", ["humanevl"], "training.decontaminate humanevl humaneval?"),
        ("tables/table1/benchmarks", ["cruxevl_input"], "tables.table1.benchmarks cruxeval_input? mbpp"),
        ("refinement/table3/benchmarks", ["cruxeval_output"], "refinement.table3.benchmarks mbpp_plus"),
        (
            "recipes/semcoder/base",
            "semcoder_pyx_r",
            "base is semcoder, semcoder_pyx_r deepseek-coder-6.7b-base",
        ),
        ("models/semcoder", {"data": "semcoder_1030"}, "recipes.semcoder models same name"),
        (
            "seeds/sources",
            [{"kind": "directory", "path": "semcodr"}],
            "seeds.sources.0.path semcodr semcoder?",
        ),
        ("seeds/sources", [{"kind": "jsonl", "path": "a/b.jsonl"}], "seeds.sources.0.path a/b.jsonl"),
        ("tables/table1/paper", ["results/paper/table11.csv"], "tables.table1.paper table1.csv?"),
        ("data/mirror", "/nowhere/mirror", "data.mirror /nowhere/mirror null"),
    ],
)
def test_a_name_that_leads_nowhere_is_a_sentence(path: str, value: Any, words: str) -> None:
    text = refusal(path, value)
    for word in words.split():
        assert word in text


def test_a_corpus_that_will_be_fetched_need_not_be_there() -> None:
    source = {"kind": "parquet", "path": "data/external/starcoderdata/python", "name": "a"}
    check_names(parse(changed("seeds/sources", [source])), read_versions(ROOT / "data/versions.csv"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"- a\n", "no keys at its top"),
        (b"text\n", "no keys at its top"),
        (b"a: 1\nb: \xff\n", "line 2 not UTF-8"),
        (b"a: &x\n  b: *x\n", "alias"),
        (b"a: 1\nb:\n  c: 1\n  c: 2\n", "line 4 key c twice"),
        (b"a: 2024-01-01\n", "a is a date"),
        (b"1: 2\n", "key 1 quotes"),
        (b"a: .inf\n", "a is inf"),
        (b"a: [", "line 1"),
        (b"a: !!python/object:os.system x\n", "tag"),
    ],
)
def test_yaml_that_is_no_configuration_is_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read(path)
    text = str(caught.value)
    assert text.startswith(str(path)) and "\n" not in text
    for word in words.split():
        assert word in text


def test_a_key_may_stand_over_a_merged_one(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("a: &a {x: 1, y: 1}\nb: &b {<<: *a, x: 2}\nc: {<<: *b, y: 3}\n")
    assert read(path)["c"] == {"x": 2, "y": 3}


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nope\.yaml"):
        load([tmp_path / "nope.yaml"])
    with pytest.raises(UserError, match="directory"):
        load([tmp_path])
