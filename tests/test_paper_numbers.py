"""The paper's own numbers: one shape for all files, and nothing that looks found without a source."""

import csv
from pathlib import Path

import pytest

PAPER = Path(__file__).parent.parent / "results" / "paper"
FILES = sorted(PAPER.glob("*.csv"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_table_is_there() -> None:
    assert {f"table{n}" for n in range(1, 9)} | {"figure3", "leaderboards"} <= {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_values_have_sources_and_missing_ones_are_empty(path: Path) -> None:
    seen = set()
    for row in rows(path):
        assert list(row) == ["table", "row", "column", "value", "source", "status"]
        assert row["status"] in ("stated", "reported", "inferred", "missing")
        assert (row["status"] == "missing") == (row["value"] == "") == (row["source"] == "")
        assert row["value"] == "" or float(row["value"]) >= 0
        key = (row["table"], row["row"], row["column"])
        assert key not in seen
        seen.add(key)


def test_sizes_add_up() -> None:
    size = {row["row"]: int(row["value"]) for row in rows(PAPER / "sizes.csv")}
    assert size["nl2code"] + size["forward monologues"] + size["backward monologues"] == size["PyX"]
