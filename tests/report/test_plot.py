"""Figures drawn of tables: every series and panel is there, the same file each time; what is no such table is named."""

import re
from pathlib import Path

import pytest
from test_table import score, table

from semcoder.cli import application
from semcoder.errors import UserError


def plot(kind: str, source: Path, out: Path) -> str:
    words = ["report", "plot", kind, "--source", str(source), "--out", str(out)]
    application(["report", "plot"])(words, standalone_mode=False)
    first = out.read_bytes()
    application(["report", "plot"])(words, standalone_mode=False)
    assert out.read_bytes() == first
    return first.decode()


def texts(svg: str) -> set[str]:
    return {found.strip() for found in re.findall(r"<text[^>]*>([^<]*)</text>", svg)}


def written(path: Path, header: str, *lines: str) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_rounds_are_drawn_from_a_refinement_table_with_the_papers_points(tmp_path: Path) -> None:
    paper = written(
        tmp_path / "paper.csv", "table,row,column,value,source,status", "F,S,round 2,70.0,p,stated"
    )
    words = ["--paper", str(paper), "--paper-row", "a (monologue)=S"]
    for benchmark in ("humaneval_plus", "mbpp_plus"):
        for row in ("a (monologue)", "b (trace)"):
            for number in range(3):
                path = score(tmp_path, f"{row[0]}{number}", benchmark, 0.5 + number / 10)
                words += ["--cell", f"{row}|{benchmark} round {number}|{path}"]
    rows, _ = table(tmp_path, *words)
    assert [row["benchmark"] for row in rows if row["paper"]] == [
        "humaneval_plus round 2",
        "mbpp_plus round 2",
    ]
    shown = texts(plot("rounds", tmp_path / "t.csv", tmp_path / "f.svg"))
    assert {"HumanEval+", "MBPP+", "a (monologue)", "b (trace)", "a (monologue), the paper"} <= shown
    assert "b (trace), the paper" not in shown


def test_a_table_without_rounds_is_refused(tmp_path: Path) -> None:
    table(tmp_path, "--cell", f"m|humaneval|{score(tmp_path, 'm', 'humaneval', 0.5)}")
    with pytest.raises(UserError, match=r"t\.csv: not a table of rounds"):
        plot("rounds", tmp_path / "t.csv", tmp_path / "f.svg")
    with pytest.raises(UserError, match=r"t\.csv"):
        plot("similarity", tmp_path / "t.csv", tmp_path / "f.svg")
    assert not (tmp_path / "f.svg").exists()


@pytest.mark.parametrize("sets", [["PyX"], ["PyX", "OSS"]])
def test_similarities_and_categories_are_drawn_of_every_set(sets: list[str], tmp_path: Path) -> None:
    bins = [
        f"{name},{each},0.{n},0.{n + 1},1,50.00" for name in sets for each in ("b1", "b2") for n in (1, 2)
    ]
    source = written(tmp_path / "s.csv", "set,benchmark,low,high,samples,percent", *bins)
    assert {*sets, "b1", "b2"} <= texts(plot("similarity", source, tmp_path / "s.svg"))
    bars = [f"{name},{each},1,50.0" for name in sets for each in ("Web", "None of the words")]
    source = written(tmp_path / "c.csv", "set,category,samples,percent", *bars)
    assert {*sets, "Web", "None of the words"} <= texts(plot("categories", source, tmp_path / "c.svg"))


def test_without_a_benchmark_the_figure_says_so(tmp_path: Path) -> None:
    source = written(tmp_path / "s.csv", "set,benchmark,low,high,samples,percent")
    assert "no benchmark at hand" in texts(plot("similarity", source, tmp_path / "s.svg"))
