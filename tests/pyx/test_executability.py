"""Executability: every solution is counted once, by what stopped it."""

import csv
import json
from pathlib import Path

import pytest

from semcoder.cli import application
from semcoder.errors import UserError

SOLUTIONS = {
    "Fine:\n```python\nprint(sum(range(4)))\n```\nDone.": "ok",
    "```python\nimport numpy_of_nobody\n```": "ModuleNotFoundError",
    "```python\nprint(undefined)\n```": "NameError",
    "```python\ndef f(:\n```": "SyntaxError",
    "x = 1 / 0": "ZeroDivisionError",
    "```python\nopen('/etc/passwd')\n```": "forbidden",
}


def run(data: Path, folder: Path) -> list[dict[str, str]]:
    words = ["pyx", "executability", "--data", str(data), "--csv", str(folder / "t.csv"), "--cpu-s", "2"]
    application(words)([*words, "--markdown", str(folder / "t.md")], standalone_mode=False)
    with (folder / "t.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_each_solution_counts_once_by_its_outcome(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    rows = [{"lang": "python", "solution": text} for text in SOLUTIONS] + [
        {"lang": "rust", "solution": "fn main"}
    ]
    (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    table = {row["outcome"]: row["count"] for row in run(folder, tmp_path)}
    assert table == {"solutions": "6", "do not execute": "5"} | {
        outcome: "1" for outcome in SOLUTIONS.values() if outcome != "ok"
    }


def test_a_set_without_such_rows_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "d.jsonl"
    data.write_text('{"lang": "rust", "solution": "fn main"}\n')
    with pytest.raises(UserError, match="no row with `lang` python"):
        run(data, tmp_path)
    assert not (tmp_path / "t.csv").exists()
