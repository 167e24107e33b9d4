"""Claims of the paper beside our scores, or `not run`."""

from pathlib import Path

import pytest
from test_table import score

from semcoder.cli import application
from semcoder.errors import UserError

ROOT = Path(__file__).parents[2]


def claims(folder: Path, *words: str) -> str:
    out, paper = folder / "claims.md", str(ROOT / "results/paper/claims.csv")
    command = ["report", "claims", "--paper", paper, "--markdown", str(out), *words]
    application(command[:2])(command, standalone_mode=False)
    return out.read_text()


def test_without_scores_every_claim_is_there_and_not_run(tmp_path: Path) -> None:
    lines = [line for line in claims(tmp_path).splitlines() if line.startswith("| ")][1:]
    with (ROOT / "results/paper/claims.csv").open() as stream:
        assert len(lines) == len(stream.readlines()) - 1
    assert all("| not run |" in line for line in lines)


def test_a_score_and_a_difference_of_two_stand_beside_the_papers(tmp_path: Path) -> None:
    one, two = score(tmp_path, "s", "cruxeval_output", 0.6), score(tmp_path, "b", "cruxeval_output", 0.4)
    text = claims(
        tmp_path,
        *("--score", f"SemCoder-S|cruxeval_output|{one}"),
        *("--score", f"SemCoder over its base|cruxeval_output|{one}|{two}"),
    )
    assert (
        "| SemCoder-S | CRUXEval-O | 63.9 (paper abstract, §6.1, stated) | 60.0 [50.0, 70.0] | 20 | s |"
        in text
    )
    assert "| 23.9 (paper §6.1, stated) | 20.0 [5.9, 34.1] | 20 | s; b |" in text
    assert text.count("not run") == 6


def test_a_score_that_is_not_written_so_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"write claim\|benchmark"):
        claims(tmp_path, "--score", "SemCoder-S|humanevil|x.json")
