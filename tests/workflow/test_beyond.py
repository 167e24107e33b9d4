"""Variants, states and contamination in the graph: off, and what is made where they are on."""

from pathlib import Path

import pytest
import yaml

from semcoder.configfiles import laid_over
from semcoder.errors import UserError
from semcoder.graph import Graph

ROOT = Path(__file__).parents[2]
SMALL = laid_over(
    *(yaml.safe_load((ROOT / name).read_text()) for name in ("config.yaml", "profiles/quickstart/scale.yaml"))
)


@pytest.fixture(autouse=True)
def _at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_tables_beyond_the_paper_are_made_by_name_and_by_the_whole_run_where_enabled() -> None:
    off = Graph.of(SMALL)
    wanted = ("robustness", "states", "contamination")
    assert not [path for path in off.evaluation.targets if any(f"tables/{name}." in path for name in wanted)]
    assert {*wanted} <= {*off.evaluation.names}
    systems = {"systems": ["quickstart_direct"], "enabled": True}
    reach = {"data": {"reach": ["pypi", "url"]}}
    on = Graph.of(laid_over(SMALL, {**reach, "beyond": {"robustness": systems, "states": {"enabled": True}}}))
    assert "results/quickstart/tables/robustness.md" in on.evaluation.targets
    assert len(on.beyond.pairs()) == 4
    # The overview shows tables of scores, and that of robustness is one of differences.
    shown = on.evaluation.overview_options
    assert "robustness=" not in shown and "--table states=" in shown.replace("'", "") and "scores=" in shown
    first = on.beyond.pairs()[0]
    assert first["changed"].endswith("scores/quickstart/cruxeval_output_renamed.direct.json")
    assert first["summary"] == "results/quickstart/variants/cruxeval.renamed.summary.json"
    asked = on.evaluation.generation_options("quickstart", "states_next", "monologue")
    assert "--label-offset" not in asked  # its labels are line numbers
    sampled = laid_over(SMALL, {"evaluation": {"benchmarks": {"cruxeval_output": {"n": 7}}}})
    options = Graph.of(sampled).evaluation.generation_options(
        "quickstart", "cruxeval_output_renamed", "direct"
    )
    assert '"n": 7' in options  # a benchmark's own decoding is that of its variants


def test_contamination_looks_for_each_file_once_and_not_for_variants() -> None:
    names = [*Graph.of(laid_over(SMALL, {"data": {"reach": ["pypi", "url"]}})).beyond.compared()]
    assert names == ["pyx_output", "humaneval", "cruxeval_output"]


def test_a_table_may_not_take_a_name_from_beyond_the_paper() -> None:
    with pytest.raises(UserError, match=r"beyond\.states makes a table of that name"):
        Graph.of(laid_over(SMALL, {"tables": {"states": SMALL["tables"]["scores"]}}))
