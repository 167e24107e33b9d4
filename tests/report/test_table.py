"""Tables of scores: every cell, the paper's numbers beside them, what must be said underneath."""

import csv
from pathlib import Path

import pytest

from semcoder.artifacts import write_json
from semcoder.cli import application
from semcoder.errors import UserError


def score(folder: Path, name: str, benchmark: str, share: float) -> Path:
    path = folder / f"{name}.{benchmark}.json"
    interval = [max(0.0, share - 0.1), min(1.0, share + 0.1)]
    facts = {
        "model": name,
        "benchmark": benchmark,
        "format": "code",
        "items": 20,
        "samples": 1,
        "reasons": {},
    }
    write_json(path, facts | {"pass_at": {"1": share}, "interval": interval, "data_sha256": {}})
    return path


def table(folder: Path, *words: str) -> tuple[list[dict[str, str]], str]:
    csv_file, markdown = folder / "t.csv", folder / "t.md"
    outputs = ["--csv", str(csv_file), "--markdown", str(markdown), "--title", "T"]
    application(["report", "table"])(["report", "table", *words, *outputs], standalone_mode=False)
    with csv_file.open(newline="") as stream:
        return list(csv.DictReader(stream)), markdown.read_text()


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "table1.csv"
    path.write_text(
        "table,row,column,value,source,status\n"
        "Table 1,SemCoder-S,HumanEval,79.3,paper,stated\n"
        "Table 1,SemCoder-S,CRUXEval-O,63.9,paper,inferred\n"
        "Table 1,SemCoder-S,MBPP,,,missing\n"
    )
    return path


def test_a_row_of_the_paper_stands_beside_ours_with_the_difference(tmp_path: Path, paper: Path) -> None:
    ours = score(tmp_path, "mine", "humaneval", 0.75)
    words = ["--cell", f"mine|humaneval|{ours}", "--paper", str(paper), "--paper-row", "mine=SemCoder-S"]
    rows, text = table(tmp_path, *words)
    assert [(r["row"], r["pass_at_1"], r["low"], r["high"], r["paper"], r["difference"]) for r in rows] == [
        ("mine", "75.0", "65.0", "85.0", "79.3", "-4.3")
    ]
    assert "| mine | 75.0 [65.0, 85.0] n=20 |" in text and "| *SemCoder-S (paper)* | 79.3 |" in text


def test_columns_that_we_do_not_have_are_not_shown_and_missing_numbers_are_not_guessed(
    tmp_path: Path, paper: Path
) -> None:
    cells = [score(tmp_path, "mine", each, 0.5) for each in ("mbpp", "cruxeval_output")]
    words = [word for path in cells for word in ("--cell", f"mine|{path.name.split('.')[1]}|{path}")]
    rows, text = table(tmp_path, *words, "--paper", str(paper))
    assert "79.3" not in text and "63.9°" in text
    assert [row["paper"] for row in rows] == ["", ""]


def test_notes_stand_under_the_table(tmp_path: Path) -> None:
    cell = f"mine|humaneval|{score(tmp_path, 'mine', 'humaneval', 0.0)}"
    _, text = table(tmp_path, "--cell", cell, "--note", "Not the paper's.")
    assert text.rstrip().endswith("Not the paper's.")


def test_rounds_of_refinement_are_columns(tmp_path: Path) -> None:
    path = score(tmp_path, "mine", "humaneval_plus", 1.0)
    _, text = table(tmp_path, "--cell", f"mine|humaneval_plus round 2|{path}")
    assert "HumanEval+ round 2" in text


def test_a_file_that_is_no_score_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(UserError, match=r"x\.json: not a score file"):
        table(tmp_path, "--cell", f"a|humaneval|{tmp_path / 'x.json'}")
    assert not (tmp_path / "t.md").exists()
