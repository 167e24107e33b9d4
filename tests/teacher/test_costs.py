"""What is asked of a model and what it costs: bills, estimates, and answers carried from store to store."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from scripted_server import Script, serving
from test_llm_client import KEY, ask, echo, question, settings, texts

from semcoder.configfiles import load
from semcoder.errors import UserError
from semcoder.teacher.bill import Cost, Post, Price, bill, dollars
from semcoder.teacher.client import Client
from semcoder.teacher.estimate import bounds, scaled
from semcoder.teacher.store import Answer, Question, Store

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)


def semcoder(*words: object) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "semcoder.cli", *map(str, words)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT)


def summary(folder: Path, stage: str, taken: int, posts: list[dict[str, Any]], name: str = "1") -> Path:
    path = folder / f"{stage.replace(' ', '_')}.{name}.summary.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"stage": stage, "in": taken, "kept": taken // 2, "teacher": posts}))
    return path


def post(purpose: str, model: str, answers: int, seconds: float = 0.0) -> dict[str, Any]:
    tokens = {"prompt_tokens": 100 * answers, "completion_tokens": 50 * answers}
    return {"purpose": purpose, "model": model, "answers": answers, "seconds": seconds, **tokens}


def test_a_bill_adds_up_by_purpose_and_model() -> None:
    costs = [Cost("inputs", "m", 10, 5, 1.0), Cost("inputs", "m", 1, 2, 0.5), Cost("problem", "n", 3, 4, 0.0)]
    first, second = bill(costs)
    assert (first.answers, first.prompt_tokens, first.completion_tokens, first.seconds) == (2, 11, 7, 1.5)
    assert (second.purpose, second.model) == ("problem", "n")
    prices = {"m": Price(prompt=1.0, completion=2.0)}
    assert dollars([first], prices) == pytest.approx((11 * 1.0 + 7 * 2.0) / 1e6)
    assert dollars([first, second], prices) is None


def test_an_answer_counts_once_whether_stored_or_asked_and_under_its_purpose(tmp_path: Path) -> None:
    asked = [Question("m", (("user", f"q{n % 3}"),), 0.5, 50, purpose="inputs") for n in range(6)]
    with serving(Script(echo)) as script:
        for _ in range(2):
            client = Client(settings(script, tmp_path))
            assert len(list(client.stream(asked, client.ask))) == 6
            (line,) = client.bill
            assert (line.purpose, line.model, line.answers) == ("inputs", "m", 3)
            assert (line.prompt_tokens, line.completion_tokens) == (30, 15)
            assert line.seconds > 0
        assert len(script.asked) == 3


def test_the_purpose_is_not_part_of_what_determines_an_answer() -> None:
    assert question(1).key == Question("m", (("user", "q1"),), 0.5, 50, purpose="other").key


def test_a_budget_in_dollars_stops_cleanly_and_goes_on_when_raised(tmp_path: Path) -> None:
    prices = {"m": {"prompt": 1000.0, "completion": 1000.0}}  # an answer costs 15 tokens: 0.015 dollars
    with serving(Script(echo)) as script:
        tight = settings(script, tmp_path, concurrency=2, budget_dollars=0.2, prices=prices)
        with pytest.raises(UserError, match=r"teacher\.budget_dollars: .* of 0\.20 dollars .*run the same"):
            ask(tight, range(30))
        paid = len(script.asked)
        assert 5 <= paid <= 13  # the next one may take 0.069
        store = Store(tight.store)
        with store:
            assert sum(sum(each) for each in store.spent.values()) * 0.001 <= 0.2
        ample = settings(script, tmp_path, budget_dollars=2.0, prices=prices)
        assert texts(ask(ample, range(30))) == [f"aq{n}" for n in range(30)]
        assert len(script.asked) == 30


def test_a_budget_in_dollars_needs_prices(tmp_path: Path) -> None:
    with (
        serving(Script(echo)) as script,
        pytest.raises(ValueError, match="budget_dollars needs the price of m"),
    ):
        settings(script, tmp_path, problem_model="m", budget_dollars=1.0)


def test_the_table_has_each_stage_its_shards_added_up(tmp_path: Path) -> None:
    files = [
        summary(tmp_path, "pyx synthesize", 10, [post("problem", "m", 10), post("repair", "n", 4)], "1"),
        summary(tmp_path, "pyx synthesize", 30, [post("problem", "m", 20)], "2"),
        summary(tmp_path, "pyx expand", 5, []),
    ]
    words = [word for path in files for word in ("--summary", path)]
    prices = '{"m": {"prompt": 10.0, "completion": 20.0}}'
    places = ["--csv-file", tmp_path / "t.csv", "--markdown", tmp_path / "t.md"]
    done = semcoder("teacher", "usage", *words, "--prices", prices, *places)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "t.csv").open() as stream:
        rows = {(row["stage"], row["purpose"]): row for row in csv.DictReader(stream)}
    assert rows["pyx synthesize", "problem"]["answers"] == "30"
    assert float(rows["pyx synthesize", "problem"]["dollars"]) == pytest.approx(30 * (1000 + 1000) / 1e6)
    assert rows["pyx synthesize", "repair"]["dollars"] == ""
    assert "| **all** | | | 34 | 3,400 | 1,700 | no price | |" in (tmp_path / "t.md").read_text()
    wrong = semcoder("teacher", "usage", *words, "--prices", '{"m": 1}', *places)
    assert wrong.returncode == 2 and "--prices" in wrong.stderr and "Traceback" not in wrong.stderr


def test_an_estimate_scales_what_a_smaller_run_used(tmp_path: Path) -> None:
    summary(tmp_path / "pyx/synthesized", "pyx synthesize", 20, [post("problem", "m", 20, 40.0)])
    summary(tmp_path / "monologues", "monologue.sample", 7, [post("monologue", "n", 30)])
    found = {each.purpose: each for each in scaled(tmp_path, 2000)}
    assert found["problem"].answers == 2000 and found["problem"].seconds == 4000.0
    assert (found["monologue"].answers, found["monologue"].completion_tokens) == (3000, 150_000)
    with pytest.raises(UserError, match="no summary of a stage that asked a teacher"):
        scaled(tmp_path / "none", 10)


def test_an_unfinished_run_is_scaled_by_its_shards_and_what_it_never_asked_counts_at_most(
    tmp_path: Path,
) -> None:
    for stage, folder in (("pyx synthesize", "pyx/synthesized"), ("contests solve", "contests")):
        purpose = "problem" if "pyx" in stage else "contest"
        path = summary(tmp_path / folder, stage, 20, [post(purpose, "gpt-3.5-turbo-1106", 20)])
        path.rename(path.with_name("1-of-4.summary.json"))
    words = ["teacher", "estimate", "config.yaml", "--measured", tmp_path, "--seeds", "800", "--json"]
    rows = {each["purpose"]: each for each in json.loads(semcoder(*words).stdout)["posts"]}
    assert (rows["problem"]["answers"], rows["contest"]["answers"]) == (800, 80)
    most = {each.purpose: each.answers for each in bounds(load([ROOT / "config.yaml"]), 800)}
    assert rows["monologue"]["answers"] == most["monologue"] and "repair" not in rows
    assert (rows["problem"]["mark"], rows["monologue"]["mark"]) == ("measured", "at most")


def test_without_a_measured_run_an_estimate_is_the_most_there_can_be(tmp_path: Path) -> None:
    config = load([ROOT / "config.yaml"])
    most: dict[str, Post] = {each.purpose: each for each in bounds(config, 10)}
    assert most["problem"].answers == most["solution"].answers == 10
    assert most["repair"].answers == 30 and most["monologue"].answers == 10 * 2 * 4
    done = semcoder("teacher", "estimate", "config.yaml", "--seeds", "10", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["dollars"] == pytest.approx(dollars(most.values(), config.teacher.prices))
    assert {row["purpose"] for row in said["posts"]} == set(most)
    quick = semcoder("teacher", "estimate", "config.yaml", "profiles/quickstart/scale.yaml")
    assert quick.returncode == 2 and "costs nothing" in quick.stderr


def test_answers_carried_to_another_store_need_no_key_and_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Script(echo)) as script:
        config = settings(script, tmp_path)
        ask(config, range(5))
        ask(config, range(3, 9))  # another segment
    out, again = tmp_path / "answers.jsonl", tmp_path / "again.jsonl"
    assert semcoder("teacher", "export", "--store", config.store, "--answers", out).returncode == 0
    other = tmp_path / "other"
    for _ in range(2):  # the second time there is nothing to take in
        assert semcoder("teacher", "import", "--answers", out, "--store", other).returncode == 0
    assert len(list(other.iterdir())) == 1
    assert semcoder("teacher", "export", "--store", other, "--answers", again).returncode == 0
    assert again.read_bytes() == out.read_bytes() and out.read_bytes().count(b"\n") == 9
    assert KEY not in out.read_text()
    monkeypatch.delenv("TEST_KEY")
    offline = config.model_copy(
        update={"store": other, "budget_tokens": 0, "base_url": "http://127.0.0.1:9/v1"}
    )
    assert texts(ask(offline, range(9))) == [f"aq{n}" for n in range(9)]


@pytest.mark.parametrize("line", ['{"key": "x"}', "[1]", "{", '{"key": 3, "text": "", "finish": "stop"}'])
def test_what_is_no_answer_is_not_taken_in(tmp_path: Path, line: str) -> None:
    good = {"key": "0" * 32, "text": "a", "finish": "stop", "prompt_tokens": 1, "completion_tokens": 1}
    path = tmp_path / "answers.jsonl"
    path.write_text(f"{json.dumps(good)}\n{line}\n")
    done = semcoder("teacher", "import", "--answers", path, "--store", tmp_path / "store")
    assert done.returncode == 2 and f"{path}, line 2: no answer" in done.stderr
    assert not (tmp_path / "store").exists()


def test_an_answer_without_a_model_counts_at_the_highest_price(tmp_path: Path) -> None:
    with Store(tmp_path / "store") as store:
        store.put("0" * 32, Answer("a", "stop", 1_000_000, 0))
    prices = {"m": {"prompt": 5.0, "completion": 1.0}}
    with serving(Script(echo)) as script:
        tight = settings(script, tmp_path, budget_tokens=10**9, budget_dollars=5.0, prices=prices)
        with pytest.raises(UserError, match=r"5\.0000 of 5\.00 dollars are spent"):
            ask(tight, range(1))
