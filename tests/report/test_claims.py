"""Claims of the paper as tests on score files: each of the three outcomes where it is due."""

import json
from pathlib import Path

import pytest
import yaml
from test_table import score, verdicts

from semcoder.cli import application
from semcoder.errors import UserError
from semcoder.report.claims import read_claims

ROOT = Path(__file__).parents[2]


def outcomes(folder: Path, *words: str, of: Path = ROOT / "claims.yaml") -> dict[str, str]:
    """The outcome and the figures of each claim, as the file has them."""
    out = folder / "claims.md"
    command = ["report", "claims", "--claims", str(of), "--markdown", str(out), *words]
    application(command[:2])(command, standalone_mode=False)
    lines = [line.split(" | ") for line in out.read_text().splitlines() if line.startswith("| ")][1:]
    return {line[0].removeprefix("| ").rpartition(" (")[0]: f"{line[3]}: {line[2]}" for line in lines}


def judged(folder: Path, system: str, benchmark: str, passed: list[bool], together: int = 1) -> list[str]:
    """`--score` of a system with these verdicts, so many of which hang together."""
    share = sum(passed) / len(passed)
    stem = system.replace("/", "-")
    file = score(folder, stem, benchmark, share, items=len(passed))
    items = verdicts(folder / f"{stem}.items.jsonl", passed, together)
    return ["--score", f"{system}|{benchmark}|{file}|{items}"]


def test_without_scores_every_claim_is_there_and_not_run(tmp_path: Path) -> None:
    found = outcomes(tmp_path)
    assert len(found) == len(read_claims(ROOT / "claims.yaml")) >= 15
    assert set(found.values()) == {"not run: "}


def test_a_number_is_reproduced_within_the_interval_of_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    near, far = score(tmp_path, "a", "cruxeval_output", 0.6), score(tmp_path, "b", "cruxeval_input", 0.4)
    words = ["--score", f"semcoder_s|cruxeval_output|{near}", "--score", f"semcoder_s|cruxeval_input|{far}"]
    found = outcomes(tmp_path, *words)
    assert found["SemCoder-S solves CRUXEval-O"] == "reproduced: 60.0 [50.0, 70.0], n=20"
    assert found["SemCoder-S solves CRUXEval-I"] == "not reproduced: 40.0 [30.0, 50.0], n=20"
    assert found["SemCoder-S solves HumanEval"] == "not run: "
    printed = capsys.readouterr().out
    assert (
        "reproduced      SemCoder-S solves CRUXEval-O, paper 63.9, here 60.0 [50.0, 70.0], n=20\n" in printed
    )
    assert "not run         SemCoder-S solves HumanEval, paper 79.3\n" in printed


def test_one_beats_another_on_the_same_items_or_does_not(tmp_path: Path) -> None:
    first = judged(tmp_path, "monologue", "cruxeval_output", [True] * 60 + [False] * 40)
    second = judged(tmp_path, "scratchpad", "cruxeval_output", [True] * 48 + [False] * 52)
    third = judged(tmp_path, "next", "cruxeval_output", [False] * 41 + [True] * 59)
    fourth = judged(tmp_path, "concise", "cruxeval_output", [True] * 60 + [False] * 40)
    found = outcomes(tmp_path, *first, *second, *third, *fourth)
    # Twelve items that the one solves and the other does not: unpaired, the interval would reach below 0.
    assert found["Monologue beats scratchpad on CRUXEval-O"].startswith("reproduced: 12.0 [4.9, 1")
    assert found["Monologue beats scratchpad on CRUXEval-O"].endswith("paired n=100, p=0.00049")
    assert found["Monologue beats the NExT scratchpad on CRUXEval-O"].startswith("not reproduced: 1.0 [-")
    assert found["Monologue beats the concise trace on CRUXEval-O"] == (
        "not reproduced: 0.0 [-2.9, 2.9], paired n=100, p=1"
    )
    assert found["Monologue beats direct prediction on CRUXEval-O"] == "not run: "


@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        ([True] * 80 + [False] * 20, "reproduced: 20.0 ["),
        ([True] * 61 + [False] * 39, "not reproduced: 1.0 [-"),
    ],
)
def test_rounds_of_refinement_are_compared_with_the_first_answers(
    last: list[bool], outcome: str, tmp_path: Path
) -> None:
    name, row = "Five rounds of refinement improve SemCoder-S on HumanEval+", "table3/semcoder_s (monologue)"
    after = judged(tmp_path, f"{row}/5", "humaneval_plus", last)
    assert outcomes(tmp_path, *after)[name] == "not run: "
    before = judged(tmp_path, f"{row}/0", "humaneval_plus", [True] * 60 + [False] * 40)
    assert outcomes(tmp_path, *before, *after)[name].startswith(outcome)


def test_a_few_items_that_only_one_solves_are_not_enough(tmp_path: Path) -> None:
    row, before = "figure3/semcoder_s (monologue)", [True] * 60 + [False] * 40
    words = judged(tmp_path, f"{row}/3", "humaneval_plus", before)
    words += judged(tmp_path, f"{row}/5", "humaneval_plus", [True] * 64 + [False] * 36)
    found = outcomes(tmp_path, *words)["With a high temperature the last rounds still help"]
    assert found.startswith("not reproduced: 4.0 [0.0, ") and found.endswith("p=0.12")


def test_a_wide_interval_reproduces_no_number_but_can_miss_it(tmp_path: Path) -> None:
    """One of three items solved, or of a hundred: nearly any number would lie in the interval of the first."""
    wide = score(tmp_path, "a", "cruxeval_output", 0.333, items=3, interval=[0.06, 0.79])
    missed = score(tmp_path, "b", "cruxeval_input", 0.0, items=3, interval=[0.0, 0.56])
    words = [
        "--score",
        f"semcoder_s|cruxeval_output|{wide}",
        "--score",
        f"semcoder_s|cruxeval_input|{missed}",
    ]
    found = outcomes(tmp_path, *words)
    assert found["SemCoder-S solves CRUXEval-O"] == "not run: 33.3 [6.0, 79.0], n=3: too few items to say"
    assert found["SemCoder-S solves CRUXEval-I"] == "not reproduced: 0.0 [0.0, 56.0], n=3"


@pytest.mark.parametrize(("items", "outcome"), [(3, "not reproduced: 0.0 ["), (400, "reproduced: 0.0 [")])
def test_two_that_fail_alike_are_equal_only_on_many_items(items: int, outcome: str, tmp_path: Path) -> None:
    row, words = "table4/semcoder_s_pyx_r", list[str]()
    for format in ("monologue", "trace"):
        words += judged(tmp_path, f"{row} ({format})/5", "humaneval_plus", [False] * items)
    name = "Debugging with monologues does as well as with real traces on HumanEval+"
    assert outcomes(tmp_path, *words)[name].startswith(outcome)


@pytest.mark.parametrize(("together", "outcome"), [(1, "reproduced: 12.0 ["), (12, "not reproduced: 12.0 [")])
def test_items_of_one_program_count_as_one(together: int, outcome: str, tmp_path: Path) -> None:
    better = judged(tmp_path, "monologue", "cruxeval_output", [True] * 60 + [False] * 40, together)
    worse = judged(tmp_path, "scratchpad", "cruxeval_output", [True] * 48 + [False] * 52, together)
    found = outcomes(tmp_path, *better, *worse)["Monologue beats scratchpad on CRUXEval-O"]
    assert found.startswith(outcome)


@pytest.mark.parametrize(
    ("solved", "outcome"),
    [
        (301, "reproduced: -0.2 ["),
        (312, "reproduced: -2.5 ["),
        (320, "not reproduced: -4.2 ["),
        (0, "not run: "),
    ],
)
def test_equal_means_that_the_whole_interval_lies_within_the_margin(
    solved: int, outcome: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "Debugging with monologues does as well as with real traces on HumanEval+"
    row = "table4/semcoder_s_pyx_r"
    words = judged(tmp_path, f"{row} (monologue)/5", "humaneval_plus", [True] * 300 + [False] * 180)
    if solved:
        traces = [True] * solved + [False] * (480 - solved)
        words += judged(tmp_path, f"{row} (trace)/5", "humaneval_plus", traces)
    assert outcomes(tmp_path, *words)[name].startswith(outcome)
    assert f"{name}, paper equal ±5" in capsys.readouterr().out


def test_other_items_are_not_paired(tmp_path: Path) -> None:
    first = judged(tmp_path, "semcoder", "cruxeval_input", [True] * 60 + [False] * 40)
    second = judged(tmp_path, "base", "cruxeval_input", [True] * 30 + [False] * 60)
    found = outcomes(tmp_path, *first, *second)["SemCoder gains over its base on CRUXEval-I"]
    assert found.endswith("not paired: too few items to say")


def test_what_is_not_written_so_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"write system\|benchmark"):
        outcomes(tmp_path, "--score", "semcoder_s|humanevil|x.json")
    bad = tmp_path / "c.yaml"
    row = {"claim": "c", "source": "s", "system": "m", "benchmark": "humaneval", "target": "t", "value": 1}
    for text, words in (
        ("{}", "not a list of claims"),
        ("- [", "not YAML"),
        (yaml.safe_dump([row | {"benchmark": "humanevil"}]), "claim 1: humanevil is no benchmark"),
        (json.dumps([row, row | {"valeu": 3}]), "claim 2: valeu"),
        (json.dumps([row | {"margin": 3}]), "claim 1: .*margin: it goes with `over`"),
    ):
        bad.write_text(text)
        with pytest.raises(UserError, match=words):
            outcomes(tmp_path, of=bad)
