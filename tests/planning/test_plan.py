"""`semcoder plan` on a fresh checkout: the quickstart and the paper's scale."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from shipped import linked

from semcoder.planning.forecast import AT_ONCE

ROOT = Path(__file__).parents[2]
HOURS = {  # by `semcoder training plan` with 512 tokens an example, on RTX A6000
    "semcoder": 32,
    "semcoder_s": 64,
    "ablation_next": 32,
    "data_oss_instruct": 24,
    "semcoder_pyx_r": 6,
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository without results."""
    return linked(tmp_path_factory.mktemp("plan"), "profiles")


def plan(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "semcoder.cli", "plan", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def costs(folder: Path, *words: str) -> dict[str, Any]:
    done = plan(folder, *words, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def paper(checkout: Path) -> dict[str, Any]:
    return costs(checkout)


def test_the_papers_scale(checkout: Path, paper: dict[str, Any]) -> None:
    jobs = {each["rule"]: each["jobs"] for each in paper["rules"]}
    assert jobs["train"] == 13 and jobs["generate"] == 77 * 4 and sum(jobs.values()) == paper["jobs"]
    hours = {each["model"]: each["hours"] for each in paper["gpu"] if each["work"] == "training"}
    for recipe, expected in HOURS.items():
        assert hours[recipe]["RTX A6000"] == pytest.approx(expected, rel=0.2), recipe
        # The H100 has 6.4 times the peak of the A6000.
        assert hours[recipe]["H100"] == pytest.approx(hours[recipe]["RTX A6000"] / 6.39, rel=0.01)
    assert {each["mark"] for each in paper["gpu"]} == {"estimated"}
    made = [path for path in (checkout / "results").rglob("*") if "paper" not in path.parts]
    assert made == [] and not (checkout / "data/external").exists()


def test_the_teacher_is_asked_what_its_own_estimate_says(checkout: Path, paper: dict[str, Any]) -> None:
    command = [sys.executable, "-m", "semcoder.cli", "teacher", "estimate", "config.yaml", "--json"]
    done = subprocess.run(
        [*command, "--seeds", str(round(paper["seeds"]))],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=True,
    )
    assert paper["teacher_dollars"] == pytest.approx(json.loads(done.stdout)["dollars"])
    assert paper["teacher_mark"] == "estimated" and len(paper["teacher"]) >= 7


def test_more_at_a_time_is_never_slower(paper: dict[str, Any]) -> None:
    hours = [paper["wall_hours"][str(each)] for each in AT_ONCE]
    assert hours == sorted(hours, reverse=True) and hours[-1] < hours[0] / 4


def test_a_target_costs_what_it_needs(checkout: Path) -> None:
    """Released checkpoints are not trained and ask no teacher."""
    score = "results/semcoder/scores/semcoder_1030/humaneval.code.json"
    found = costs(checkout, score)
    assert {each["rule"] for each in found["rules"]} == {"fetch_file", "fetch_snapshot", "generate", "score"}
    assert found["teacher"] == [] and [each["work"] for each in found["gpu"]] == ["generation"]
    assert found["gpu"][0]["hours"]["H100"] < found["gpu"][0]["hours"]["RTX A6000"]


def test_measured_hours_are_of_the_card_that_ran(checkout: Path) -> None:
    """Whatever --card says; rows not run yet stand beside them."""
    score = "results/semcoder/scores/semcoder_1030/{}.code.json"
    times = checkout / "results/semcoder/benchmarks/generations/semcoder_1030.humaneval.code.1-of-4.tsv"
    times.parent.mkdir(parents=True)
    times.write_text("s\th:m:s\n3600.0\t1:00:00\n")
    try:
        words = (score.format("humaneval"), score.format("mbpp"), "--card", "H100")
        found = costs(checkout, *words)
        text = plan(checkout, *words).stdout
    finally:
        shutil.rmtree(checkout / "results/semcoder")
    measured, estimated = sorted(found["gpu"], key=lambda each: each["mark"], reverse=True)
    assert measured["hours"] == {"as run": 4.0} and measured["jobs"] == 4
    assert estimated["jobs"] == 4 and estimated["hours"]["H100"] > 0 and "as run" not in estimated["hours"]
    assert "as run" in text and "time of fetch_snapshot: never timed at scale" in text


def test_the_quickstart_takes_minutes_and_no_gpu(checkout: Path) -> None:
    found = costs(checkout, "--profile", "profiles/quickstart")
    assert found["gpu"] == [] and found["teacher"] == [] and found["teacher_dollars"] == 0
    assert 3 / 60 < found["wall_hours"]["2"] < 0.5
    text = plan(checkout, "--profile", "profiles/quickstart").stdout
    assert f"{found['jobs']} jobs" in text
    assert "estimated" in text and "measured" not in text


def test_seeds_that_are_known_count(checkout: Path, paper: dict[str, Any]) -> None:
    few = costs(checkout, "--seeds", "1500")
    assert few["programs"] < paper["programs"] / 50
    assert few["teacher_dollars"] < paper["teacher_dollars"] / 20  # contests cost the same


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["tabel1"], "did you mean table1?"),
        (["--card", "H1000"], "one of RTX A6000"),
        (["--configfile", "missing.yaml"], "missing.yaml"),
        (["table"], "makes many artifacts"),
    ],
)
def test_a_mistake_is_one_sentence(checkout: Path, words: list[str], sentence: str) -> None:
    done = plan(checkout, *words)
    assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""
