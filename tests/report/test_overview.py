"""The page that a report opens with."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from test_table import score

from semcoder.errors import UserError
from semcoder.report import overview
from semcoder.report.times import spent

CLAIMS = """
- {claim: A & B solves, system: ours, benchmark: humaneval, value: 80.0, source: "§1", target: table1}
- {claim: Nobody asked, system: other, benchmark: humaneval, value: 10.0, source: "§2", target: table2}
"""


def write(tmp_path: Path, **more: Any) -> str:
    (tmp_path / "claims.yaml").write_text(CLAIMS)
    page = tmp_path / "overview.html"
    overview.main(name="results/x", claims=tmp_path / "claims.yaml", html=page, **more)
    return page.read_text()


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.split("</style>")[1])).split())


@pytest.fixture
def benchmarks(tmp_path: Path) -> Path:
    folder = tmp_path / "benchmarks"
    for name, rows in {
        "pyx/select": ["10.0\t100.5"],
        "pyx/expand.1-of-2": ["30.0\t200"],
        "claims": ["1\t-"],
    }.items():
        path = folder / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(["s\tmax_rss", *rows]) + "\n")
    (folder / "pyx/killed.tsv").write_text("s\tmax_rss\n")
    return folder


def test_claims_come_first_with_their_status(tmp_path: Path) -> None:
    found = score(tmp_path, "s", "humaneval", 0.79)
    text = words(write(tmp_path, score=[f"ours|humaneval|{found}"]))
    assert text.index("1 reproduced, 0 not reproduced, 1 not run") < text.index("stage in kept dropped")
    assert re.search(r"✔ reproduced A & B solves §1 80 79\.0 \[", text) and "not run Nobody asked" in text


def test_a_status_is_told_by_more_than_a_colour(tmp_path: Path) -> None:
    found = score(tmp_path, "s", "humaneval", 0.3)
    page = write(tmp_path, score=[f"ours|humaneval|{found}"])
    assert '<span class="bad">✘ not reproduced</span>' in page
    assert "prefers-color-scheme: dark" in page and "@media print" in page and "<script" not in page


def test_ours_stands_beside_the_papers(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text(
        "row,benchmark,items,pass_at_1,low,high,paper,paper_within\n"
        "a<b,humaneval_plus,164,70.1,63.0,77.2,74.4,yes\nc,mbpp round 5,378,,,,71.2,\n"
    )
    page = write(tmp_path, table=[f"table1={table}"])
    assert "a&lt;b" in page
    text = words(page)
    assert "a<b HumanEval+ 164 70.1 [63.0, 77.2] 74.4 yes" in text
    assert "c MBPP round 5 378 not run 71.2" in text


def test_stages_with_reasons_and_coverage_by_programs(tmp_path: Path) -> None:
    files = []
    for number, (kept, covered) in enumerate([(30, 1.0), (10, 0.6)]):
        files.append(tmp_path / f"{number}.json")
        counts = {"stage": "pyx expand", "in": 50, "kept": kept, "dropped": {"no input runs": 2}}
        files[-1].write_text(json.dumps({**counts, "line_coverage": covered, "branch_coverage": covered}))
    text = words(write(tmp_path, summary=files))
    assert "pyx expand 100 40 no input runs 4" in text and "reach 90.0% of the lines" in text


def test_time_by_stage(tmp_path: Path, benchmarks: Path) -> None:
    found = {each.stage: each for each in spent(benchmarks)}
    assert found["pyx"] == ("pyx", 2, 40.0, 30.0, 200.0) and found["claims"].memory_mb == 0
    assert "pyx 2 40 30 200" in words(write(tmp_path, benchmarks=benchmarks))


def test_teacher_software_and_images(tmp_path: Path) -> None:
    teacher, software, lock = (tmp_path / name for name in ("t.csv", "software.json", "images.lock"))
    teacher.write_text("stage,purpose,model,answers,dollars\npyx synthesize,problem,gpt,12,\n")
    software.write_text(json.dumps({"semcoder": "0.1.0", "git": "f" * 40}))
    lock.write_text(json.dumps({"data": {"sha256": "a" * 64, "base": "debian x", "definition": "b" * 12}}))
    made = {
        "checkpoints/a/setup": "2.6",
        "generations/a/x/1-of-2.setup": "2.7",
        "generations/a/x/2-of-2.setup": "2.8",
    }
    for name, torch in made.items():
        path = tmp_path / f"run/{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"engine": "vllm", "versions": {"torch": torch}}))
    text = words(write(tmp_path, teacher=teacher, software=software, results=tmp_path / "run", lock=lock))
    assert "in the environment that started the run version semcoder 0.1.0" in text
    assert (
        "in training, as its jobs noted version torch 2.6 in generation, as its jobs noted version torch 2.7, 2.8"
        in text
    )
    assert "pyx synthesize problem gpt 12 no price" in text
    assert f"git {'f' * 40}" in text and f"data {'a' * 64} debian x" in text
    assert "No language model was asked" in words(write(tmp_path))


def test_a_table_without_a_name_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="NAME=CSV"):
        write(tmp_path, table=["t.csv"])
    assert not (tmp_path / "overview.html").exists()
