"""Batches against a real server: nothing paid twice, nothing lost, whatever ends a batch or the command."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from scripted_server import Script, serving

from semcoder.errors import UserError
from semcoder.teacher import batch, batch_files
from semcoder.teacher.bill import Price
from semcoder.teacher.client import Client
from semcoder.teacher.interface import Refusal
from semcoder.teacher.journal import JOURNAL, Journal
from semcoder.teacher.settings import TeacherSettings
from semcoder.teacher.store import Answer, Question, Store

KEY = "sk-marked-0123456789"
PROGRAM = """
import sys
from semcoder.teacher import batch
from semcoder.teacher.client import Client
from semcoder.teacher.settings import TeacherSettings
from semcoder.teacher.store import Question
batch.LINGER_S = batch.POLL_S = 0.05
client = Client(TeacherSettings.model_validate_json(sys.argv[1]))
list(client.stream([Question("m", (("user", f"q{n}"),), 0.5, 50) for n in range(6)], client.ask))
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setattr(batch, "LINGER_S", 0.3)  # so that a busy machine sends what belongs together
    monkeypatch.setattr(batch, "POLL_S", 0.01)


def settings(script: Script, folder: Path, **more: Any) -> TeacherSettings:
    given = {"base_url": script.address, "key_variable": "TEST_KEY", "store": folder / "store", "batch": True}
    given |= {"budget_tokens": 1_000_000, "max_tokens": 50, "concurrency": 2, "attempts": 3, "timeout_s": 5.0}
    return TeacherSettings(kind="openai", **(given | more))


def question(number: int, model: str = "m") -> Question:
    return Question(model, (("user", f"q{number}"),), 0.5, 50)


def serve(*plans: dict[str, Any], **more: Any) -> Script:
    return Script(lambda asked: f"a{asked.messages[-1][1]}", plans=[*plans], **more)


def ask(config: TeacherSettings, numbers: range) -> list[Any]:
    client = Client(config)
    found = [answer for _, answer in client.stream([question(n) for n in numbers], client.ask)]
    assert sum(post.answers for post in client.bill) == sum(isinstance(each, Answer) for each in found)
    return found


def texts(answers: list[Any]) -> list[str]:
    return [each.text for each in answers]


def under_way(folder: Path, script: Script) -> list[Any]:
    return Journal(folder / "store" / JOURNAL).under_way(f"{script.address}/")


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not what() and time.monotonic() < deadline:
        time.sleep(0.02)


def test_a_stage_is_one_batch_and_its_answers_are_stored(tmp_path: Path) -> None:
    with serving(serve({"polls": 2})) as script:
        assert texts(ask(settings(script, tmp_path), range(9))) == [f"aq{n}" for n in range(9)]
        assert len(script.batches) == 1 and len(script.asked) == 9
        assert set(script.keys_shown) == {f"Bearer {KEY}"}
        lines = [json.loads(line) for line in script.files["file-0"].splitlines()]
        assert [line["custom_id"] for line in lines] == [question(n).key for n in range(9)]
        assert texts(ask(settings(script, tmp_path), range(12))) == [f"aq{n}" for n in range(12)]
        assert len(script.batches) == 2 and len(script.asked) == 12
        assert not under_way(tmp_path, script) and KEY not in (tmp_path / "store" / JOURNAL).read_text()
        one_by_one = settings(script, tmp_path, batch=False)
        assert texts(ask(one_by_one, range(12))) == [f"aq{n}" for n in range(12)] and len(script.asked) == 12


def test_each_model_has_a_batch_of_its_own_and_a_large_one_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_files, "MOST_REQUESTS", 3)
    with serving(serve()) as script:
        client = Client(settings(script, tmp_path).model_copy(update={"concurrency": 1}))
        client._ahead = 10
        asked = [question(n, model) for n in range(4) for model in ("m", "other")]
        found = [answer for _, answer in client.stream(asked, client.ask)]
        assert texts(found) == [f"aq{n}" for n in range(4) for _ in "ab"]
        assert sorted(each["request_counts"]["total"] for each in script.batches.values()) == [1, 1, 3, 3]


def test_what_a_batch_leaves_out_goes_into_the_next(tmp_path: Path) -> None:
    plans: list[dict[str, Any]] = [
        {"status": "failed", "answered": 0},
        {
            "status": "expired",
            "answered": 3,
            "refused": {0: (500, "broken"), 1: (400, "context length exceeded")},
        },
    ]
    with serving(serve(*plans)) as script:
        first, cut, *others = ask(settings(script, tmp_path), range(5))
        assert isinstance(cut, Refusal) and "context length" in cut.detail
        assert texts([first, *others]) == ["aq0", "aq2", "aq3", "aq4"]
        assert [each["request_counts"]["total"] for each in script.batches.values()] == [5, 5, 3]


def test_after_so_many_attempts_it_says_so_and_goes_on_later(tmp_path: Path) -> None:
    with serving(serve(*[{"status": "failed", "answered": 0}] * 2)) as script:
        config = settings(script, tmp_path, attempts=2)
        with pytest.raises(
            UserError, match=r"failed 2 times in a row \(batch batch_1 failed.*the queue is full"
        ):
            ask(config, range(2))
        assert texts(ask(config, range(2))) == ["aq0", "aq1"] and len(script.asked) == 2


def test_a_killed_run_finds_its_batch_again(tmp_path: Path) -> None:
    with serving(serve({"polls": 10**9})) as script:
        config = settings(script, tmp_path)
        child = subprocess.Popen([sys.executable, "-c", PROGRAM, config.model_dump_json()])
        wait_for(lambda: any(each.id for each in under_way(tmp_path, script)))
        child.send_signal(signal.SIGKILL)
        child.wait()
        script.batches["batch_0"]["plan"]["polls"] = 0
        with (tmp_path / "store" / JOURNAL).open("a") as journal:
            journal.write('{"cut sho')  # a line of another command that was killed
        tight = config.model_copy(update={"budget_tokens": 6 * 15})  # no more than what is paid for already
        assert texts(ask(tight, range(6))) == [f"aq{n}" for n in range(6)]
        assert len(script.batches) == 1 and len(script.asked) == 6 and not under_way(tmp_path, script)
        with Store(tmp_path / "store") as store:
            assert store.tokens == 6 * 15


DOUBTFUL = [{"cut": True}, *({"status": each} for each in (409, 504)), {"raw": b"<html>"}]


@pytest.mark.parametrize("reply", DOUBTFUL, ids=str)
def test_a_batch_that_may_have_been_taken_is_looked_for_before_another_is_sent(
    tmp_path: Path, reply: dict[str, Any]
) -> None:
    with serving(serve({"mute": reply, "hidden": 1})) as script:
        assert texts(ask(settings(script, tmp_path), range(3))) == ["aq0", "aq1", "aq2"]
        assert len(script.batches) == 1 and len(script.asked) == 3 and not under_way(tmp_path, script)


@pytest.mark.parametrize("status", [429, 500])
def test_a_batch_that_was_not_taken_is_sent_again(tmp_path: Path, status: int) -> None:
    with serving(serve(faults=[{"status": status}])) as script:
        assert texts(ask(settings(script, tmp_path), range(2))) == ["aq0", "aq1"]
        assert len(script.batches) == 1 and not under_way(tmp_path, script)


def test_answers_that_cannot_be_used_are_paid_for(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 50, "total_tokens": 60}
    odd = {0: {"finish": "length", "usage": usage}, 1: {"refusal": "no"}, 2: {"content": " "}}
    with serving(serve({"faults": odd})) as script:
        config = settings(script, tmp_path)
        for _ in "from the server", "from the store":
            client = Client(config)
            found = [answer for _, answer in client.stream([question(n) for n in range(4)], client.ask)]
            reasons = [each.reason for each in found if isinstance(each, Refusal)]
            assert reasons == ["cut off", "refused by the model", "empty answer"]
            [post] = client.bill
            assert (post.answers, post.prompt_tokens, post.completion_tokens) == (4, 40, 65)


def test_line_separators_within_an_answer_end_no_line(tmp_path: Path) -> None:
    with serving(Script(lambda asked: "one\u2028two\u0085three\x0cfour")) as script:
        assert texts(ask(settings(script, tmp_path), range(2))) == ["one\u2028two\u0085three\x0cfour"] * 2
        assert len(script.asked) == 2


@pytest.mark.parametrize("gone", [True, "unnamed"])
def test_an_output_that_is_gone_is_told_and_not_paid_for_again_unasked(tmp_path: Path, gone: object) -> None:
    with serving(serve({"gone": gone, "refused": {1: (400, "too long")}})) as script:
        config = settings(script, tmp_path)
        for _ in range(2):
            with pytest.raises(
                UserError, match=r"batch batch_0: .* 2 requests.*are lost.*to ask .*again"
            ) as caught:
                ask(config, range(2))
        line = str(caught.value).rpartition("add the line ")[2].partition(" to ")[0]
        with (tmp_path / "store" / JOURNAL).open("a") as journal:
            journal.write(f"{line}\n")
        assert texts(ask(config, range(2))) == ["aq0", "aq1"] and len(script.batches) == 2


def test_whatever_goes_wrong_reaches_whoever_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    with serving(serve()) as script:
        config = settings(script, tmp_path)
        with monkeypatch.context() as disk, pytest.raises(OSError, match="no space left"):
            disk.setattr(Store, "take_in", full)
            ask(config, range(2))
        assert texts(ask(config, range(2))) == ["aq0", "aq1"] and len(script.asked) == 2


def test_commands_side_by_side_share_a_budget(tmp_path: Path) -> None:
    most = sum(16 + len(text) for _, text in question(0).messages) + 50
    with serving(serve({"polls": 50})) as script, ThreadPoolExecutor(2) as both:
        config = settings(script, tmp_path, budget_tokens=3 * most)
        both_found = [*both.map(lambda numbers: texts(ask(config, numbers)), (range(3), range(3, 6)))]
        assert both_found == [[f"aq{n}" for n in numbers] for numbers in (range(3), range(3, 6))]
        assert all(not each["beside"] for each in script.batches.values()) and len(script.asked) == 6


def test_nothing_is_sent_after_a_stop(tmp_path: Path) -> None:
    faults = [{"status": 429}, {"status": 400, "body": {"error": {"message": "no such model"}}}]
    with serving(serve(faults=faults)) as script:
        client = Client(settings(script, tmp_path))
        with pytest.raises(UserError, match="no such model"):
            list(client.stream([question(0), question(1, "other")], client.ask))
        assert not script.batches


def test_a_stage_larger_than_the_queue_goes_in_parts(tmp_path: Path) -> None:
    with serving(serve(queue=3)) as script:
        config = settings(script, tmp_path, attempts=1)
        assert texts(ask(config, range(6))) == [f"aq{n}" for n in range(6)] and len(script.asked) == 6


def test_commands_side_by_side_share_a_queue(tmp_path: Path) -> None:
    plans: list[dict[str, Any]] = [{"polls": 10} for _ in range(20)]
    with serving(serve(*plans, queue=3)) as script, ThreadPoolExecutor(2) as both:
        config = settings(script, tmp_path, attempts=1)
        found = [*both.map(lambda numbers: texts(ask(config, numbers)), (range(2), range(2, 4)))]
        assert found == [["aq0", "aq1"], ["aq2", "aq3"]] and len(script.asked) == 4


def test_a_queue_that_is_known_is_never_overfilled(tmp_path: Path) -> None:
    asked = sum(16 + len(text) for _, text in question(0).messages)
    plans: list[dict[str, Any]] = [{"polls": 5} for _ in range(20)]
    with serving(serve(*plans, queue=3)) as script:
        config = settings(script, tmp_path, batch_tokens=3 * asked, attempts=1)
        assert texts(ask(config, range(5))) == [f"aq{n}" for n in range(5)]
        assert [each["request_counts"]["total"] for each in script.batches.values()] == [3, 2]


def test_a_request_that_no_queue_takes_ends_the_command(tmp_path: Path) -> None:
    with serving(serve(queue=0)) as script:
        with pytest.raises(UserError, match=r"failed 2 times in a row .*teacher.batch_tokens"):
            ask(settings(script, tmp_path, attempts=2), range(2))
        assert not script.asked


def test_a_batch_under_way_answers_a_command_that_sends_none(tmp_path: Path) -> None:
    with serving(serve({"polls": 10**9})) as script:
        config = settings(script, tmp_path)
        stream = (client := Client(config)).stream([question(0)], client.ask)
        with ThreadPoolExecutor(1) as aside:
            aside.submit(next, stream)
            wait_for(lambda: any(each.id for each in under_way(tmp_path, script)))
            script.batches["batch_0"]["plan"]["polls"] = 30
            one_by_one = settings(script, tmp_path, batch=False)
            assert texts(ask(one_by_one, range(2))) == ["aq0", "aq1"]
        assert len(script.asked) == 2


def test_a_batch_that_was_never_sent_is_sent_anew_and_an_unknown_one_is_not(tmp_path: Path) -> None:
    with serving(serve()) as script:
        journal = Journal(tmp_path / "store" / JOURNAL)
        journal.path.parent.mkdir()
        entry = {"server": f"{script.address}/", "model": "m", "tokens": 9, "dollars": 0.0}
        journal.add(entry | {"name": "never sent", "keys": [question(0).key]})
        journal.add(entry | {"name": "gone", "keys": [question(1).key]})
        journal.add({"name": "gone", "id": "batch_of_old"})
        assert texts(ask(settings(script, tmp_path), range(1))) == ["aq0"] and len(script.asked) == 1
        with pytest.raises(UserError, match=r"batch batch_of_old: is unknown.*its 1 requests"):
            ask(settings(script, tmp_path), range(2))
        assert len(script.asked) == 1


def test_budgets_are_honoured_before_anything_is_sent(tmp_path: Path) -> None:
    most = sum(16 + len(text) for _, text in question(0).messages) + 50
    with serving(serve()) as script:
        with pytest.raises(UserError, match=f"teacher.budget_tokens: 0 of {most - 1} tokens are spent"):
            ask(settings(script, tmp_path, budget_tokens=most - 1), range(2))
        assert not script.batches and not script.files
        with pytest.raises(
            UserError, match=r"teacher.budget_tokens: 75 of .*; 5 items of this command are done"
        ):
            ask(settings(script, tmp_path, budget_tokens=2 * most), range(9))
        assert next(iter(script.batches.values()))["request_counts"]["total"] == 2
        with Store(tmp_path / "store") as store:
            assert store.tokens <= 2 * most


def test_a_batch_costs_its_share_of_the_price(tmp_path: Path) -> None:
    prices = {"m": Price(prompt=1e6, completion=2e6, batch=0.25)}
    with serving(serve()) as script:
        config = settings(script, tmp_path, prices=prices, problem_model="m", budget_dollars=1e9)
        client = Client(config)
        list(client.stream([question(0)], client.ask))
        assert client._budget.dollars == (10 + 2 * 5) / 4
        [post] = client.bill
        assert post.batch and post.served == "m (batch)"
        whole = Client(config.model_copy(update={"batch": False}))
        list(whole.stream([question(1)], whole.ask))
        assert whole._budget.dollars == (10 + 2 * 5) / 4 + (10 + 2 * 5)


def test_a_server_that_takes_no_batch_ends_the_command(tmp_path: Path) -> None:
    fault = {"status": 403, "body": {"error": {"message": f"no, {KEY}"}}}
    with serving(serve(faults=[fault])) as script, pytest.raises(UserError, match="refused the key"):
        ask(settings(script, tmp_path), range(2))
    assert not under_way(tmp_path, script)


def test_two_commands_with_the_same_questions_pay_once(tmp_path: Path) -> None:
    with serving(serve({"polls": 30}, {"polls": 30})) as script, ThreadPoolExecutor(2) as both:
        config = settings(script, tmp_path)
        one, other = both.map(lambda numbers: texts(ask(config, numbers)), (range(6), range(3, 9)))
        assert one == [f"aq{n}" for n in range(6)] and other == [f"aq{n}" for n in range(3, 9)]
        assert len(script.asked) == 9 and len(script.batches) == 2
    with Store(tmp_path / "store") as store:
        assert (len(store), store.tokens) == (9, 9 * 15)
