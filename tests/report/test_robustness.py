"""The table of changed programs: paired by item, with what was dropped and how the answers were made."""

import csv
import json
from pathlib import Path

import pytest

from semcoder import records
from semcoder.artifacts import write_json
from semcoder.cli import application
from semcoder.errors import UserError
from semcoder.records import ScoredItem

SETUP = {"engine": "vllm bfloat16", "sampling": {"temperature": 0.0}, "style": "base", "revision": "abc"}


def answered(folder: Path, name: str, benchmark: str, passed: dict[str, list[bool]]) -> dict[str, str]:
    score, items = folder / f"{name}.json", folder / f"{name}.items.jsonl"
    share = sum(map(sum, passed.values())) / sum(map(len, passed.values()))
    facts = {
        **{"model": "m", "benchmark": benchmark, "format": "direct", "items": len(passed), "samples": 1},
        **{"groups": len(passed), "pass_at": {"1": share}, "interval": [0.0, 1.0], "reasons": {}},
        **{"data_sha256": {}, "setup": SETUP},
    }
    write_json(score, facts)
    rows = [
        ScoredItem(item=item, group=item[0], sample=number, answer="", passed=each, reason="")
        for item, samples in passed.items()
        for number, each in enumerate(samples)
    ]
    records.write(items, rows)
    return {"score": str(score), "items": str(items)}


def pair(folder: Path, original: dict[str, list[bool]], changed: dict[str, list[bool]]) -> dict[str, str]:
    before = answered(folder, "original", "cruxeval_output", original)
    after = answered(folder, "changed", "cruxeval_output_renamed", changed)
    summary = folder / "cruxeval.renamed.summary.json"
    write_json(summary, {"stage": "s", "in": 9, "kept": len(changed), "dropped": {"wrong": 2, "raised": 1}})
    return {
        **{"row": "mine", "benchmark": "cruxeval_output", "change": "renamed"},
        **{"original": before["score"], "original_items": before["items"]},
        **{"changed": after["score"], "changed_items": after["items"]},
        **{"summary": str(summary)},
    }


def table(folder: Path, *pairs: dict[str, str]) -> tuple[list[dict[str, str]], str]:
    out = ["--title", "T", "--csv", str(folder / "t.csv"), "--markdown", str(folder / "t.md")]
    words = ["report", "robustness", *(word for each in pairs for word in ("--pair", json.dumps(each))), *out]
    application(words)(words, standalone_mode=False)
    with (folder / "t.csv").open(newline="") as stream:
        return list(csv.DictReader(stream)), (folder / "t.md").read_text()


def test_only_items_that_were_asked_both_ways_are_compared(tmp_path: Path) -> None:
    original = {"a1": [True], "a2": [True], "b1": [True], "b2": [False], "gone": [False]}
    changed = {"a1": [True], "a2": [False], "b1": [False], "b2": [True]}
    [row], text = table(tmp_path, pair(tmp_path, original, changed))
    assert (row["items"], row["original"], row["changed"]) == ("4", "75.0", "50.0")
    assert (row["difference"], row["lost"], row["gained"], row["p"]) == ("-25.0", "2", "1", "1")
    assert float(row["low"]) <= -25 <= float(row["high"])
    assert "| mine | CRUXEval-O | renamed | 75.0 | 50.0 | -25.0 [" in text
    assert "cruxeval.renamed: 4 programs, dropped: 1 raised, 2 wrong." in text
    assert "greedy" in text and "mine (CRUXEval-O, CRUXEval-O renamed)" in text


def test_samples_of_an_item_count_as_its_share(tmp_path: Path) -> None:
    [row], _ = table(tmp_path, pair(tmp_path, {"a": [True, True]}, {"a": [True, False]}))
    assert (row["original"], row["changed"], row["difference"]) == ("100.0", "50.0", "-50.0")


def test_other_items_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no item of"):
        table(tmp_path, pair(tmp_path, {"a": [True]}, {"b": [True]}))
    with pytest.raises(UserError, match="--pair"):
        table(tmp_path, {"row": "mine"})
