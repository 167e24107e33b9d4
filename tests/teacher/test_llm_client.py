"""The teacher's client against a real server that misbehaves: nothing lost, nothing doubled, nothing leaked."""

import json
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from scripted_server import Script, serving

from semcoder.errors import UserError
from semcoder.teacher.client import Client
from semcoder.teacher.failures import Failures
from semcoder.teacher.interface import Refusal
from semcoder.teacher.settings import TeacherSettings
from semcoder.teacher.store import Answer, Question, Store

KEY = "sk-marked-0123456789"
PROGRAM = """
import json, sys
from semcoder.teacher.client import Client
from semcoder.teacher.settings import TeacherSettings
from semcoder.teacher.store import Question
client = Client(TeacherSettings.model_validate_json(sys.argv[1]))
questions = [Question("m", (("user", f"q{n}"),), 0.5, 50) for n in range(int(sys.argv[2]), int(sys.argv[3]))]
print(json.dumps([answer.text for _, answer in client.stream(questions, client.ask)]))
"""


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)


def settings(script: Script, folder: Path, **more: Any) -> TeacherSettings:
    given = {"base_url": script.address, "key_variable": "TEST_KEY", "store": folder / "store"}
    given |= {"budget_tokens": 1_000_000, "max_tokens": 50, "concurrency": 4, "attempts": 3, "timeout_s": 5.0}
    return TeacherSettings(kind="openai", **(given | more))


def question(number: int) -> Question:
    return Question("m", (("user", f"q{number}"),), 0.5, 50)


def echo(asked: Question) -> str:
    return f"a{asked.messages[-1][1]}"


def ask(config: TeacherSettings, numbers: range) -> list[Answer | Refusal]:
    client = Client(config)
    return [answer for _, answer in client.stream([question(n) for n in numbers], client.ask)]


def texts(answers: list[Answer | Refusal]) -> list[str]:
    return [each.text if isinstance(each, Answer) else each.reason for each in answers]


def test_answers_come_in_order_at_the_given_concurrency_and_only_once(tmp_path: Path) -> None:
    with serving(Script(echo, delay_s=0.02)) as script:
        config = settings(script, tmp_path)
        expected = [f"aq{n}" for n in range(30)]
        assert texts(ask(config, range(30))) == expected
        assert 2 <= script.most_at_once <= 4
        assert texts(ask(config, range(30))) == expected
        assert len(script.asked) == 30


def test_a_slow_first_answer_does_not_idle_the_others(tmp_path: Path) -> None:
    def slow(asked: Question) -> str:
        time.sleep(0.5 if asked.messages[-1][1] == "q0" else 0.0)
        return echo(asked)

    with serving(Script(slow)) as script:
        answers = Client(settings(script, tmp_path))
        stream = answers.stream([question(n) for n in range(8)], answers.ask)
        next(stream)
        assert len(script.asked) == 8
        stream.close()


def test_the_same_question_under_way_is_asked_once(tmp_path: Path) -> None:
    with serving(Script(echo, delay_s=0.05)) as script:
        client = Client(settings(script, tmp_path))
        answers = [a for _, a in client.stream([question(1)] * 6, client.ask)]
        assert texts(answers) == ["aq1"] * 6 and len(script.asked) == 1


PASSING: list[dict[str, Any]] = [
    {"status": 429, "headers": {"Retry-After": "0.2"}},
    {"status": 429},
    {"status": 500},
    {"status": 503, "body": {"error": {"message": "overloaded"}}},
    {"cut": True},
    {"torn": True},
    {"stall_s": 1.5},
    {"raw": b'{"choices": ['},
    {"raw": b"[]"},
    {"raw": b'{"choices": []}'},
    {"raw": b'{"choices": [{"message": {"content": 7}}]}'},
]
"""What a server may do once and not again."""


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: str(fault)[:40])
def test_passing_failures_are_tried_again(tmp_path: Path, fault: dict[str, Any]) -> None:
    with serving(Script(echo, faults=[fault])) as script:
        assert texts(ask(settings(script, tmp_path, timeout_s=1.0), range(3))) == ["aq0", "aq1", "aq2"]
        assert len(script.asked) == 4


def test_retry_after_holds_back_every_request(tmp_path: Path) -> None:
    for number, least in enumerate((0.5, 1.0)):
        wanted = "0.6" if not number else format_datetime(datetime.now(UTC) + timedelta(seconds=3))
        fault = {"status": 429, "headers": {"Retry-After": wanted}}
        with serving(Script(echo, faults=[fault])) as script:
            ask(settings(script, tmp_path / str(number), concurrency=1), range(3))
            assert script.times[1] - script.times[0] >= least
            assert len(script.asked) == 4


def test_a_server_that_keeps_failing_ends_the_command_and_keeps_what_was_paid(tmp_path: Path) -> None:
    with serving(Script(echo)) as script:
        config = settings(script, tmp_path, concurrency=1, attempts=2)
        ask(config, range(2))
        script.faults += [
            {"status": 500, "body": {"error": {"message": f"echo {KEY}"}}}
        ] * 4  # two are asked by turns
        with pytest.raises(UserError, match=r"failed 2 times in a row.*same command again") as caught:
            ask(config, range(4))
        assert KEY not in str(caught.value) and "***" in str(caught.value)
        assert texts(ask(config, range(4))) == [f"aq{n}" for n in range(4)]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"finish": "length"}, "cut off"),
        ({"content": ""}, "empty answer"),
        ({"content": None}, "empty answer"),
        ({"refusal": "I cannot help with that."}, "refused by the model"),
        ({"finish": "content_filter"}, "refused by the model"),
    ],
)
def test_answers_that_cannot_be_used_are_refusals_and_stay_paid_for(
    tmp_path: Path, fault: dict[str, Any], reason: str
) -> None:
    with serving(Script(echo, faults=[fault])) as script:
        config = settings(script, tmp_path, concurrency=1)
        for _ in range(2):
            assert texts(ask(config, range(2))) == [reason, "aq1"]
        assert len(script.asked) == 2


def test_what_the_server_cannot_take_is_a_refusal_and_costs_nothing(tmp_path: Path) -> None:
    body = {"error": {"message": "This model's maximum context length is 4096 tokens."}}
    with serving(Script(echo, faults=[{"status": 400, "body": body}])) as script:
        config = settings(script, tmp_path, concurrency=1)
        assert texts(ask(config, range(2))) == ["the server cannot take it", "aq1"]
        with Store(config.store) as store:
            assert store.tokens == 15


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 401, "body": {"error": {"message": f"bad key {KEY}"}}}, "TEST_KEY"),
        ({"status": 404, "body": {"error": {"message": "no such model"}}}, "cannot serve m"),
        ({"status": 400, "body": {"error": {"message": "unknown parameter: seed"}}}, "unknown parameter"),
        ({"status": 429, "body": {"error": {"code": "insufficient_quota", "message": "pay"}}}, "quota"),
    ],
)
def test_what_no_retry_mends_ends_the_command_at_once(
    tmp_path: Path, fault: dict[str, Any], words: str
) -> None:
    with serving(Script(echo, faults=[fault])) as script:
        with pytest.raises(UserError, match=words) as caught:
            ask(settings(script, tmp_path, concurrency=1), range(2))
        assert len(script.asked) == 1 and KEY not in str(caught.value)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    config = TeacherSettings(
        kind="openai", base_url="http://127.0.0.1:9/v1", store=tmp_path, budget_tokens=10**6, attempts=1
    )
    with pytest.raises(UserError, match=r"127\.0\.0\.1:9"):
        ask(config.model_copy(update={"key_variable": ""}), range(1))


def test_without_a_key_the_store_answers_and_nothing_else_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Script(echo)) as script:
        config = settings(script, tmp_path)
        ask(config, range(3))
        monkeypatch.delenv("TEST_KEY")
        assert texts(ask(config, range(3))) == ["aq0", "aq1", "aq2"]
        with pytest.raises(UserError, match="TEST_KEY is not set"):
            ask(config, range(4))


def test_the_budget_is_never_passed_and_raising_it_goes_on(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 50, "total_tokens": 60}
    with serving(Script(echo, faults=[{"usage": usage}] * 100)) as script:
        config = settings(script, tmp_path, budget_tokens=600)
        client, seen = Client(config), []
        with pytest.raises(UserError, match=r"budget_tokens: \d+ of 600 tokens.*raise it"):
            for _, answer in client.stream([question(n) for n in range(40)], client.ask):
                seen.append(answer)
        with Store(config.store) as store:
            assert 300 < store.tokens <= 600
            assert len(script.asked) == len(store) == store.tokens // 60
        assert texts(seen) == [f"aq{n}" for n in range(len(seen))] and seen
        more = config.model_copy(update={"budget_tokens": 60 * 40 + 200})
        assert texts(ask(more, range(40))) == [f"aq{n}" for n in range(40)]
        assert len(script.asked) == 40


def test_the_key_is_sent_and_never_written(tmp_path: Path) -> None:
    with serving(Script(echo, faults=[{"status": 500, "body": {"error": {"message": KEY}}}] * 9)) as script:
        config = settings(script, tmp_path, attempts=2).model_dump_json()
        command = [sys.executable, "-c", PROGRAM, config, "0", "3"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert set(script.keys_shown) == {f"Bearer {KEY}"}
    assert done.returncode != 0 and "***" in done.stderr
    assert KEY not in done.stdout + done.stderr
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and KEY in p.read_text()]


def test_a_key_that_a_long_message_would_cut_is_not_shown_in_part(tmp_path: Path) -> None:
    said = Failures(TeacherSettings(kind="openai"), KEY).redacted("x" * 290 + KEY)
    assert len(said) <= 300 and KEY[:5] not in said


def test_kill_9_and_restart_pay_for_nothing_twice(tmp_path: Path) -> None:
    """Ten times, with faults between: what the store held at a kill is never asked again; the rest is at most what was
    in flight, and what the server failed."""
    count, concurrency, kills = 80, 4, 10
    chance = random.Random(5)
    faults = [dict(each) for each in PASSING if "stall_s" not in each] + [{}] * 40
    chance.shuffle(faults)
    failing = sum(map(bool, faults))
    with serving(Script(echo, delay_s=0.06, faults=faults)) as script:
        config = settings(script, tmp_path, concurrency=concurrency, attempts=12)
        command = [sys.executable, "-c", PROGRAM, config.model_dump_json(), "0", str(count)]
        asked_at_kill: list[tuple[int, set[str]]] = []
        for _ in range(kills):
            before = len(script.asked)
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            while len(script.asked) == before and process.poll() is None:
                time.sleep(0.01)
            time.sleep(chance.uniform(0.0, 0.15))
            process.send_signal(signal.SIGKILL)
            process.wait()
            with Store(config.store) as store:
                asked_at_kill.append((len(script.asked), set(store)))
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == json.dumps([f"aq{n}" for n in range(count)])
        assert not script.faults
        for asked, stored in asked_at_kill:
            assert not stored & {each.key for each in script.asked[asked:]}
        assert count < len(script.asked) <= count + failing + kills * concurrency


def test_two_processes_share_a_store(tmp_path: Path) -> None:
    with serving(Script(echo, delay_s=0.02)) as script:
        config = settings(script, tmp_path).model_dump_json()
        halves = [
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM, config, *span], stdout=subprocess.PIPE, text=True
            )
            for span in (("0", "30"), ("30", "60"))
        ]
        assert [json.loads(each.communicate()[0]) for each in halves] == [
            [f"aq{n}" for n in range(30)],
            [f"aq{n}" for n in range(30, 60)],
        ]
        assert texts(ask(TeacherSettings.model_validate_json(config), range(60))) == [
            f"aq{n}" for n in range(60)
        ]
        assert len(script.asked) == 60
    assert len(list((tmp_path / "store").iterdir())) == 2
