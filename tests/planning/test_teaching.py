"""The teacher's bill of a run that has begun: what was asked says what is left, by rule and by job."""

import json
from pathlib import Path

import pytest

from semcoder.configfiles import load
from semcoder.planning.dryrun import Asking
from semcoder.planning.teaching import bill, seconds
from semcoder.teacher.estimate import bounds

ROOT = Path(__file__).parents[2]
CONFIG = load([ROOT / "config.yaml"])
MODEL = "gpt-4o-mini-2024-07-18"


def jobs(folder: Path, rule: str, of: int, done: int, taken: int = 0, **answers: int) -> list[Asking]:
    """So many jobs, the first ones with a summary: each took `taken` and asked so many answers for each purpose."""
    found = []
    for number in range(1, of + 1):
        path = folder / f"{rule}/{number}-of-{of}.summary.json"
        if number <= done:
            path.parent.mkdir(exist_ok=True)
            posts = [
                {"purpose": purpose, "model": MODEL, "answers": count, "prompt_tokens": 10, "seconds": 3600.0}
                for purpose, count in answers.items()
            ]
            path.write_text(json.dumps({"stage": rule, "in": taken, "kept": taken, "teacher": posts}))
        found.append(Asking(number > done, path))
    return found


def test_what_was_never_asked_counts_at_most(tmp_path: Path) -> None:
    found = bill(
        CONFIG,
        2000,
        {
            "synthesize": jobs(tmp_path, "synthesize", 4, 1, 500, problem=500),
            "sample_monologues": jobs(tmp_path, "sample_monologues", 8, 0),
        },
    )
    said = {each.post.purpose: (each.post.answers, each.mark) for each in found.asked}
    most = {each.purpose: each.answers for each in bounds(CONFIG, 2000)}
    assert said == {
        "problem": (1500, "measured"),
        "monologue": (most["monologue"], "estimated"),
        "revision": (most["revision"], "estimated"),
    }
    assert found.mark == "estimated"


def test_a_finished_stage_costs_nothing_and_hides_no_other(tmp_path: Path) -> None:
    found = bill(
        CONFIG,
        2000,
        {
            "synthesize": jobs(tmp_path, "synthesize", 4, 4, 500, problem=500),
            "sample_monologues": jobs(tmp_path, "sample_monologues", 8, 0),
        },
    )
    assert {each.rule for each in found.asked} == {"sample_monologues"}
    assert found.dollars and seconds(CONFIG, found, "sample_monologues", 8) > 0


@pytest.mark.parametrize("done", [0, 3])
def test_only_the_jobs_left_are_paid_for_and_each_takes_its_own_time(tmp_path: Path, done: int) -> None:
    whole = bill(CONFIG, 2000, {"expand_inputs": jobs(tmp_path, "expand_inputs", 4, done, inputs=100)})
    left = whole.asked[0].post
    most = next(each for each in bounds(CONFIG, 2000) if each.purpose == "inputs")
    assert left.answers == (100 if done else most.answers)
    each_waits = 3600.0 if done else most.answers / 4 * 6.0
    waited = seconds(CONFIG, whole, "expand_inputs", 4 - done)
    assert waited == pytest.approx(each_waits / CONFIG.teacher.concurrency)


def test_one_shard_of_contests_is_not_all_of_them_and_seeds_do_not_change_them(tmp_path: Path) -> None:
    found = bill(
        CONFIG,
        4000,
        {
            "synthesize": jobs(tmp_path, "synthesize", 4, 4, 500, problem=500),
            "solve_contests": jobs(tmp_path, "solve_contests", 64, 1, contest=100),
        },
    )
    assert [each.post.answers for each in found.asked] == [6300]


def test_more_seeds_than_were_asked_about_cost_more(tmp_path: Path) -> None:
    made = {"synthesize": jobs(tmp_path, "synthesize", 4, 1, 500, problem=500)}
    assert bill(CONFIG, 4000, made).asked[0].post.answers == 3000
