"""Result records are what an untrusted program may have written: nothing but well-formed claims come through."""

import json
import time
from typing import Any

import pytest

from semcoder.execution import literals
from semcoder.execution.api import Call, CallResult, Job, Limits, Outcome
from semcoder.execution.pool import Sandbox
from semcoder.execution.reply import outcome
from semcoder.execution.worker import Reply

CODE = "def f(n):\n    return n\n"


def told(*records: Any, code: str = CODE) -> Outcome:
    """The outcome of a child that wrote these records and ended well."""
    data = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    job = Job("a", code, "f", (Call(("1",)),), trace=True)
    return outcome(job, Reply(0, "", 0.0, True, data, b"", b""), Limits())


def returned(value: Any, *events: dict[str, Any]) -> Outcome:
    body = {"value": value, "raised": None, "events": list(events), "truncated": ""}
    return told(["call", body], ["done", None])


def test_an_honest_claim_comes_through() -> None:
    event = {"kind": "line", "line": 2, "scope": "f", "changes": {"n": "1"}}
    result = returned("[1, 'a']", event)
    assert result.verdict == "ok" and isinstance(result.results[0], CallResult)
    assert result.results[0].value == "[1, 'a']" and result.results[0].events[0].changes == {"n": "1"}


@pytest.mark.parametrize(
    "value",
    ["f(", "{[]}", "1 +  1", "6\f", " 6", "'\ud800'", "f(1)", "{2, 1}", "\x00", "[" * 500, 6, None],
)
def test_what_render_never_writes_is_no_value(value: Any) -> None:
    assert returned(value).verdict == "killed"


def test_items_that_all_share_a_hash_are_refused_at_once() -> None:
    text = "{" + ", ".join(str(n * (2**61 - 1)) for n in range(20_000)) + "}"
    started = time.process_time()
    assert returned(text).verdict == "killed"
    assert time.process_time() - started < 2  # they would take a minute as a set
    assert literals.parse("{1, True, 1.0}") == {1}


@pytest.mark.parametrize("field", [{"line": -3}, {"line": 0}, {"line": 4}, {"depth": -7}, {"count": 0}])
def test_events_lie_within_the_program(field: dict[str, int]) -> None:
    event = {"kind": "line", "line": 2, "scope": "f"} | field
    assert returned("1", event).verdict == "killed"


def test_half_a_surrogate_pair_can_be_written_as_utf_8() -> None:
    event = {
        "kind": "return",
        "line": 2,
        "scope": "f\ud800",
        "value": "\ud800",
        "changes": {"\udfff": "\ud800"},
    }
    result = returned("1", event)
    assert result.verdict == "ok"
    result.results[0].events[0].model_dump_json().encode()


def test_a_forger_harms_no_neighbour() -> None:
    forged = '["call",{"value":"f(","raised":null,"events":[],"truncated":""}]\\n["done",null]\\n'
    code = f"import os\ndef f(n):\n    os.write(3, b'{forged}')\n    os._exit(0)\n"
    with Sandbox(1, Limits()) as pool:
        jobs = [Job("bad", code, "f", (Call(("1",)),)), Job("good", CODE, "f", (Call(("1",)),))]
        bad, good = pool.run(jobs)
    assert bad.verdict in ("killed", "forbidden") and not bad.results
    assert good.verdict == "ok" and good.results[0].value == "1"


def test_children_of_one_worker_draw_other_random_numbers() -> None:
    code = "import random\ndef f():\n    return random.random()\n"
    with Sandbox(1, Limits()) as pool:
        drawn = {
            result.results[0].value
            for result in pool.run(Job(str(n), code, "f", (Call(),)) for n in range(5))
        }
    assert len(drawn) == 5
