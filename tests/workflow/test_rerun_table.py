"""Every key of the configuration, and exactly what a change of it makes again."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from plan import Plan
from reruns import BASE, TABLE, UPSTREAM, Row

from semcoder.configfiles import laid_over, load

ROOT = Path(__file__).parents[2]
NAMED = [
    ("models",),
    ("recipes",),
    ("refinement",),
    ("systems",),
    ("tables",),
    ("evaluation", "benchmarks"),
]
"""Sections whose keys are names of the user's choice."""
WHOLE = ("recipes.*.extra", "refinement.*.paper_rows", "teacher.prices")
"""Mappings that are one value."""


def overlay(key: str, value: Any) -> dict[str, Any]:
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


def general(path: Sequence[str]) -> str:
    """The key with `*` for a name of the user's choice."""
    for section in NAMED:
        if tuple(path[: len(section)]) == section and len(path) > len(section):
            path = [*section, "*", *path[len(section) + 1 :]]
    return ".".join(path)


def leaves(value: Any, path: tuple[str, ...] = ()) -> set[str]:
    if not isinstance(value, dict) or general(path) in WHOLE:
        return {general(path)}
    return {leaf for key, each in value.items() for leaf in leaves(each, (*path, key))}


def _turned(value: Any) -> Any:
    return {key: _turned(value[key]) for key in reversed(value)} if isinstance(value, dict) else value


SHIPPED = laid_over(yaml.safe_load((ROOT / "config.yaml").read_text()), BASE)
TURNED = _turned(SHIPPED)
"""The whole configuration, its keys in another order, without its comments."""


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    """The plan before and after each row's change, and that of the turned configuration, by the overlay's JSON."""
    wanted = {json.dumps(TURNED): TURNED}
    for row in TABLE:
        before = laid_over(BASE, row.over or {})
        for each in (before, laid_over(before, overlay(row.key, row.new))):
            wanted[json.dumps(each, sort_keys=True)] = each
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("plan.py")],
        input=json.dumps(list(wanted.values())),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = dict(zip(wanted, json.loads(done.stdout), strict=True))
    assert not (refused := {key: plan for key, plan in found.items() if isinstance(plan, str)}), refused
    return found


def reached(row: Row, plans: dict[str, Plan]) -> set[str]:
    before = laid_over(BASE, row.over or {})
    after = laid_over(before, overlay(row.key, row.new))
    one, other = (plans[json.dumps(each, sort_keys=True)] for each in (before, after))
    assert row.key.startswith("results") or one.keys() & other.keys()
    return {one[path][0] for path in one.keys() & other.keys() if one[path] != other[path]}


def test_every_key_has_a_row() -> None:
    config = load([ROOT / "config.yaml"]).model_dump(mode="json")
    assert leaves(config) == {general(row.key.split(".")) for row in TABLE}


@pytest.mark.timeout(900)
def test_a_change_of_a_key_reaches_exactly_its_rules(plans: dict[str, Plan]) -> None:
    wrong = {}
    for row in TABLE:
        found, wanted = reached(row, plans), set(row.rules.split())
        if found != wanted:
            wrong[f"{row.key}{' ' + json.dumps(row.over) if row.over else ''}"] = {
                "missing": sorted(wanted - found),
                "needless": sorted(found - wanted),
            }
    assert not wrong, json.dumps(wrong, indent=1)


def test_with_released_data_nothing_is_made_before_the_mixtures(plans: dict[str, Plan]) -> None:
    released = laid_over(laid_over(BASE, UPSTREAM), {"pyx": {"source": "released"}})
    rules = {rule for rule, _ in plans[json.dumps(released, sort_keys=True)].values()}
    assert {"fetch_snapshot", "read_released", "mix", "train", "generate", "refine_round", "table"} <= rules
    made = "extract_seeds synthesize expand_inputs select trace render sample_monologues write_monologues"
    assert not rules & {*made.split(), "translate_monologues", "sample_buggy", "build_pyx_r", "release"}


def test_the_order_of_keys_and_comments_reach_nothing(plans: dict[str, Plan]) -> None:
    assert list(TURNED) != list(SHIPPED) and TURNED == SHIPPED
    assert plans[json.dumps(TURNED)] == plans[json.dumps(BASE, sort_keys=True)]
