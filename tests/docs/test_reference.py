"""The reference pages are what the code says now, and leave nothing out."""

import ast
import importlib
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from semcoder.config import Config
from semcoder.reference import columns, configuration, formats
from semcoder.reference.artifacts import ARTIFACTS
from semcoder.reference.words import fields

ROOT = Path(__file__).parents[2]
RULE = re.compile(r"^(?:use rule \w+ as (\w+) with|rule (\w+)):\n((?:(?:    .*)?\n)+)", re.MULTILINE)
OUTPUT = re.compile(r"^    output:\n((?:        .*\n)+)", re.MULTILINE)


def test_every_key_is_told_as_the_code_has_it() -> None:
    page = configuration.reference(ROOT / "config.yaml")
    assert (ROOT / "docs/configuration.md").read_text() == page, (
        "run: semcoder config --reference docs/configuration.md"
    )


def test_every_file_is_told_as_the_code_has_it() -> None:
    assert (ROOT / "docs/formats.md").read_text() == formats.page(), (
        "run: semcoder formats --reference docs/formats.md"
    )


def test_every_key_of_the_model_is_on_the_page() -> None:
    page = (ROOT / "docs/configuration.md").read_text()

    def keys(node: dict[str, object], schema: dict[str, object]) -> set[str]:
        found: set[str] = set()
        for name in re.findall(r"#/\$defs/(\w+)", str(node)):
            inner = schema["$defs"][name]  # type: ignore[index]
            found |= {*inner.get("properties", {}), *keys(inner, schema)}
        return found

    schema = Config.model_json_schema()
    for key in {*schema["properties"], *keys(schema["properties"], schema)}:
        assert re.search(rf"^\| `(?:[\w.]+\.)?{key}[`.]", page, re.MULTILINE), key


def rules_outputs() -> set[tuple[str, str]]:
    """(path below results, rule) of every output in rules/."""
    found = set()
    for file in (ROOT / "rules").glob("*.smk"):
        text = file.read_text()
        for match in RULE.finditer(text):
            output = OUTPUT.search(match[3])
            for pattern in re.findall(r'f"([^"]*)"', output[1] if output else ""):
                round_of = re.search(r'^ROUND = f"(.*)"$', text, re.MULTILINE)
                whole = pattern.replace("{ROUND}", round_of[1] if round_of else "")
                if whole.startswith("{R}/"):
                    path = whole.removeprefix("{R}/").replace("{{", "{").replace("}}", "}")
                    found.add((path, match[1] or match[2]))
    return found


def test_every_file_of_every_rule_is_told() -> None:
    told = {(each.path, each.rule) for files in ARTIFACTS.values() for each in files}
    assert told == rules_outputs() and len(told) > 70


@pytest.mark.parametrize(
    "model",
    [
        *formats.RECORDS,
        *formats.SINGLE,
        *formats.PINNED.values(),
        *(each for _, each in formats.PLAIN.values()),
    ],
    ids=lambda model: model.__name__,
)
def test_every_field_has_a_meaning(model: type[BaseModel]) -> None:
    assert [each.name for each in fields(model) if not each.meaning] == []


WRITERS = {
    "semcoder.execution.run": columns.VERDICT,
    "semcoder.tracing.trace": columns.TRACED,
    "semcoder.monologue.verify.command": columns.CHECKED,
    "semcoder.evaluation.score": columns.FOREIGN,
    "semcoder.report.yields": columns.YIELDS,
    "semcoder.pyx.executability": columns.EXECUTABILITY,
    "semcoder.training.log": columns.LOG,
    **dict(columns.COUNTS.values()),
}


@pytest.mark.parametrize("module", WRITERS)
def test_keys_that_no_model_names_are_written_where_the_page_says(module: str) -> None:
    source = (ROOT / f"{module.replace('.', '/')}.py").read_text()
    texts = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    for names in WRITERS[module]:
        assert set(names.split(", ")) <= texts


def test_the_training_log_is_told_whole() -> None:
    log = importlib.import_module("semcoder.training.log")
    assert list(columns.LOG) == list(log.KEPT)
