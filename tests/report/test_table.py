"""Tables of scores: every cell, the paper's numbers beside them, what must be said underneath."""

import csv
import shlex
from pathlib import Path

import pytest
import yaml

from semcoder import records
from semcoder.artifacts import write_json
from semcoder.cli import application
from semcoder.errors import UserError
from semcoder.graph import Graph
from semcoder.records import ScoredItem

ROOT = Path(__file__).parents[2]


def score(folder: Path, name: str, benchmark: str, share: float, **more: object) -> Path:
    path = folder / f"{name}.{benchmark}.json"
    interval = [max(0.0, share - 0.1), min(1.0, share + 0.1)]
    facts = {
        "model": name,
        "benchmark": benchmark,
        "format": "code",
        "items": 20,
        "samples": 1,
        "groups": 15,
        "reasons": {},
    } | more
    write_json(path, {"pass_at": {"1": share}, "interval": interval, "data_sha256": {}} | facts)
    return path


def verdicts(path: Path, passed: list[bool], together: int = 1) -> Path:
    """Items that passed or not, so many of which hang together."""
    rows = [
        ScoredItem(
            parents=(f"generation-{n}",),
            item=f"sample_{n}",
            group=f"program_{n // together}",
            sample=0,
            answer="",
            passed=each,
            reason="passed" if each else "wrong",
        )
        for n, each in enumerate(passed)
    ]
    records.write(path, rows)
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


def test_models_of_a_leaderboard_stand_below_ours(tmp_path: Path) -> None:
    """Table 6 sets ours beside larger models, whose numbers the paper has from there."""
    cells = [f"mine|{name}|{score(tmp_path, 'm', name, 0.6)}" for name in ("cruxeval_input", "lcb_execution")]
    words = [word for cell in cells for word in ("--cell", cell)]
    _, text = table(tmp_path, *words, "--paper", str(ROOT / "results/paper/leaderboards.csv"))
    assert "| *codellama-34b+cot (CRUXEval leaderboard)* | 50.1° |  |" in text
    assert "(EvalPlus leaderboard)" not in text and "(paper)" not in text


def test_a_score_on_another_benchmark_is_no_cell_of_this_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a score on mbpp, not on humaneval; put each at its place"):
        table(tmp_path, "--cell", f"mine|humaneval|{score(tmp_path, 'm', 'mbpp', 0.6)}")


def test_a_row_of_the_paper_stands_beside_ours_with_the_difference(tmp_path: Path, paper: Path) -> None:
    ours = score(tmp_path, "mine", "humaneval", 0.75)
    words = ["--cell", f"mine|humaneval|{ours}", "--paper", str(paper), "--paper-row", "mine=SemCoder-S"]
    rows, text = table(tmp_path, *words)
    assert [(r["row"], r["pass_at_1"], r["low"], r["high"], r["paper"], r["difference"]) for r in rows] == [
        ("mine", "75.0", "65.0", "85.0", "79.3", "-4.3")
    ]
    assert "| mine | 75.0 [65.0, 85.0] n=20 in 15 |" in text and "| *SemCoder-S (paper)* | 79.3 |" in text
    assert "| mine | HumanEval | 75.0 [65.0, 85.0] | 79.3 | -4.3 | yes |" in text


@pytest.mark.parametrize(("ours", "within"), [(0.694, "yes"), (0.692, "no"), (0.892, "yes"), (0.894, "no")])
def test_the_papers_number_lies_within_our_interval_or_not(
    ours: float, within: str, tmp_path: Path, paper: Path
) -> None:
    path = score(tmp_path, "mine", "humaneval", ours)
    words = ["--cell", f"mine|humaneval|{path}", "--paper", str(paper), "--paper-row", "mine=SemCoder-S"]
    rows, text = table(tmp_path, *words)
    assert rows[0]["paper_within"] == within and f" | {within} |\n" in text


def test_of_five_samples_and_more_pass_at_5_stands_beside(tmp_path: Path) -> None:
    one = score(tmp_path, "one", "mbpp", 0.5)
    ten = score(tmp_path, "ten", "mbpp", 0.5, samples=10, pass_at={"1": 0.5, "5": 0.812})
    rows, text = table(tmp_path, "--cell", f"one|mbpp|{one}", "--cell", f"ten|mbpp|{ten}")
    assert [row["pass_at_5"] for row in rows] == ["", "81.2"]
    assert "| one | 50.0 [40.0, 60.0] n=20 in 15 |" in text
    assert "| ten | 50.0 [40.0, 60.0] n=20 in 15, @5 81.2 |" in text


def test_without_a_number_of_the_paper_nothing_is_compared(tmp_path: Path, paper: Path) -> None:
    path = score(tmp_path, "mine", "mbpp", 0.5)
    words = ["--cell", f"mine|mbpp|{path}", "--paper", str(paper), "--paper-row", "mine=SemCoder-S"]
    rows, text = table(tmp_path, *words)
    assert (rows[0]["difference"], rows[0]["paper_within"]) == ("", "") and "Beside the paper" not in text


def test_columns_that_we_do_not_have_are_not_shown_and_missing_numbers_are_not_guessed(
    tmp_path: Path, paper: Path
) -> None:
    cells = [score(tmp_path, "mine", each, 0.5) for each in ("mbpp", "cruxeval_output")]
    words = [word for path in cells for word in ("--cell", f"mine|{path.name.split('.')[1]}|{path}")]
    rows, text = table(tmp_path, *words, "--paper", str(paper))
    assert "79.3" not in text and "63.9°" in text
    assert [row["paper"] for row in rows] == ["", ""]


def test_two_rows_are_compared_item_by_item(tmp_path: Path) -> None:
    cells, files = [], []
    for name, solved in (("mine", 60), ("base", 48)):
        cells += ["--cell", f"{name}|pyx_output|{score(tmp_path, name, 'pyx_output', solved / 100)}"]
        files.append(verdicts(tmp_path / f"{name}.items.jsonl", [n < solved for n in range(100)]))
    pair = f"mine|base|pyx_output|{files[0]}|{files[1]}"
    _, text = table(tmp_path, *cells, "--pair", pair)
    assert "| mine | base | PyX-O | 12.0 [4.9, 18.6] | 0.00049 | 100 |" in text
    verdicts(files[1], [True] * 99)
    with pytest.raises(UserError, match="have other items"):
        table(tmp_path, *cells, "--pair", pair)
    with pytest.raises(UserError, match=r"write row\|other row"):
        table(tmp_path, *cells, "--pair", "mine|base|pyx_output")


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
    with pytest.raises(UserError, match=r"x\.json: not a ScoreFile"):
        table(tmp_path, "--cell", f"a|humaneval|{tmp_path / 'x.json'}")
    assert not (tmp_path / "t.md").exists()


SETUP = {
    "engine": "vllm bfloat16",
    "sampling": {"temperature": 0.2, "top_p": 0.95, "n": 10, "max_tokens": 2000, "seed": 0},
    "style": "base",
    "revision": "0123456789abcdef",
}


def test_a_table_tells_how_its_scores_were_made(tmp_path: Path) -> None:
    one = score(tmp_path, "m", "humaneval", 0.5, setup=SETUP)
    two = score(tmp_path, "m", "cruxeval_output", 0.5, setup=SETUP)
    rows, text = table(tmp_path, "--cell", f"mine|humaneval|{one}", "--cell", f"mine|cruxeval_output|{two}")
    how = "vllm bfloat16, T=0.2, top-p 0.95, 10 samples, seed 0, at most 2000 tokens, base prompts"
    assert f"- m at 0123456789ab, {how}: mine (HumanEval, CRUXEval-O)" in text
    assert [(row["setup"], row["revision"]) for row in rows] == [(how, "0123456789abcdef")] * 2


def test_what_copying_solves_stands_beside_what_models_solve(tmp_path: Path) -> None:
    solved = score(tmp_path, "m", "cruxeval_output", 0.5, copied=0.31, copied_interval=[0.2, 0.4])
    code = score(tmp_path, "m", "humaneval", 0.5)
    rows, text = table(tmp_path, "--cell", f"m|cruxeval_output|{solved}", "--cell", f"m|humaneval|{code}")
    assert "| *copying the question* | 31.0 [20.0, 40.0] n=20 in 15 |  |" in text
    assert [row["copying"] for row in rows] == ["31.0", ""]


def test_the_papers_number_of_a_refinement_is_that_of_the_last_round(tmp_path: Path, paper: Path) -> None:
    cells = [score(tmp_path, f"m{number}", "humaneval", number / 10) for number in (0, 5)]
    words = [
        word
        for number, path in zip((0, 5), cells, strict=True)
        for word in ("--cell", f"m (monologue)|humaneval round {number}|{path}")
    ]
    rows, text = table(tmp_path, *words, "--paper", str(paper), "--paper-row", "m (monologue)=SemCoder-S")
    assert [(row["paper"], row["paper_within"]) for row in rows] == [("", ""), ("79.3", "no")]
    assert "| *SemCoder-S (paper)* |  | 79.3 |" in text
    assert "| m (monologue) | HumanEval round 5 | 50.0 [40.0, 60.0] | 79.3 | -29.3 | no |" in text


def test_each_round_stands_beside_the_papers_number_of_that_round(tmp_path: Path) -> None:
    paper = tmp_path / "figure3.csv"
    paper.write_text("table,row,column,value,source,status\nFigure 3,S,round 1,60.0,paper,reported\n")
    words = ["--paper", str(paper), "--paper-row", "m (monologue)=S"]
    for number in (0, 1, 2):
        path = score(tmp_path, f"m{number}", "humaneval", 0.5 + number / 10)
        words += ["--cell", f"m (monologue)|humaneval round {number}|{path}"]
    rows, text = table(tmp_path, *words)
    assert [(row["paper"], row["difference"]) for row in rows] == [("", ""), ("60.0", "+0.0"), ("", "")]
    assert "| m (monologue) | HumanEval round 1 | 60.0 [50.0, 70.0] | 60° | +0.0 | yes |" in text


CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())


@pytest.mark.parametrize("name", [*CONFIG["tables"], *CONFIG["refinement"]])
def test_every_number_that_is_known_of_the_papers_table_is_shown(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    words = shlex.split(Graph.of(CONFIG).evaluation.table_options(name))
    for place, word in enumerate(words):
        if words[place - 1] == "--cell":
            row, column, path = word.split("|")
            made = score(tmp_path, path.replace("/", "-"), column.split()[0], 0.5)
            words[place] = f"{row}|{column}|{made}"
        elif words[place - 1] == "--pair":
            made = verdicts(tmp_path / "items.jsonl", [True, False])
            words[place] = "|".join([*word.split("|")[:3], str(made), str(made)])
    rows, text = table(tmp_path, *words)
    shown = {line.split("|")[1].strip(): line for line in text.splitlines() if "(paper)*" in line}
    ours = [row["paper"] for row in rows]
    for path in CONFIG["tables"].get(name, CONFIG["refinement"].get(name))["paper"]:
        with (ROOT / path).open(newline="") as stream:
            for line in csv.DictReader(stream):
                if line["value"] and line["table"].startswith(("Table", "Figure")):
                    assert f" {float(line['value']):g}" in shown[f"*{line['row']} (paper)*"], line
                    names = shlex.split(Graph.of(CONFIG).evaluation.table_options(name))
                    if any(word.endswith(f"={line['row']}") for word in names):
                        assert str(float(line["value"])) in ours, line
