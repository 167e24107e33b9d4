"""The server that stands for a language model in benchmarks: what it answers is what the grounded teacher would."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.teacher_server import FAULTY, Answers, Server, one_in
from semcoder import records
from semcoder.execution.api import Call
from semcoder.records import Event, Program, Seed, TestCase, Trace
from semcoder.teacher.grounded import GroundedTeacher
from semcoder.teacher.interface import Failed, Proposal, Refusal
from semcoder.teacher.llm import LLMTeacher
from semcoder.teacher.settings import TeacherSettings

CODES = [
    f'def scale{n}(x):\n    """Return x times {n}, for any x."""\n    return x * {n}\n' for n in range(2, 22)
]
PROGRAM = Program(code="def twice(x):\n    return x * 2\n", entry_point="twice")


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Of a server over the files in tmp_path."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = Server(Answers(tmp_path))
    started = asyncio.start_server(server.serve, "127.0.0.1", 0)
    listening = asyncio.run_coroutine_threadsafe(started, loop).result()
    yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    loop.call_soon_threadsafe(listening.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def teacher(address: str, folder: Path) -> LLMTeacher:
    models = {"problem_model": "p", "solution_model": "s", "monologue_model": "s"}
    store = {"store": folder / "store", "budget_tokens": 10**9}
    return LLMTeacher(TeacherSettings(kind="openai", base_url=address, key_variable="", **models, **store))  # type: ignore[arg-type]


def seeds() -> list[Seed]:
    fields = {"kind": "function", "source": "a/b.py", "first_line": 1, "licence": "MIT"}
    codes = [*CODES, "def silent(x):\n    return x\n"]
    return [Seed.model_validate({**fields, "code": code, "last_line": n}) for n, code in enumerate(codes, 3)]


def test_programs_are_the_grounded_ones_some_after_a_repair(tmp_path: Path, address: str) -> None:
    rows = seeds()
    records.write(tmp_path / "seeds" / "1-of-1.jsonl", rows)
    asked = teacher(address, tmp_path)
    answers = [answer for _, answer in asked.propose(rows)]
    wanted = [answer for _, answer in GroundedTeacher().propose(rows)]
    assert isinstance(answers[-1], Refusal) and isinstance(wanted[-1], Refusal)
    faulty = 0
    for answer, grounded in zip(answers[:-1], wanted[:-1], strict=True):
        assert isinstance(answer, Proposal) and isinstance(grounded, Proposal)
        if one_in(FAULTY, grounded.program.id):
            assert "@undefined_name" in answer.program.code
            [answer] = asked.repair([Failed(answer, "NameError")])
            faulty += 1
        assert isinstance(answer, Proposal) and answer.program.code.strip() == grounded.program.code.strip()
    assert 0 < faulty < len(CODES)


def test_inputs_are_new_calls(tmp_path: Path, address: str) -> None:
    [(_, found)] = teacher(address, tmp_path).inputs([(PROGRAM, [Call(("3",))])])
    assert 3 < len(found) <= 10 and Call(("3",)) not in found


def test_monologues_are_those_of_the_trace(tmp_path: Path, address: str) -> None:
    test = TestCase(parents=(PROGRAM.id,), args=("3",), output="6", origin="type")
    untraced = TestCase(
        parents=(PROGRAM.id,), args=("+3",), output="6", origin="type"
    )  # the same question backwards
    events = (
        Event(kind="call", line=1, scope="twice", depth=0, changes={"x": "3"}),
        Event(kind="line", line=2, scope="twice", depth=0),
        Event(kind="return", line=2, scope="twice", depth=0, value="6"),
    )
    records.write(tmp_path / "pyx/programs.jsonl", [PROGRAM])
    records.write(tmp_path / "pyx/tests.jsonl", [untraced, test])
    records.write(tmp_path / "traces/1-of-1.jsonl", [Trace(parents=(test.id, PROGRAM.id), events=events)])
    asked = teacher(address, tmp_path)
    for direction, heading in (
        ("forward", "### Execution Simulation"),
        ("backward", "### Reverse Deduction"),
    ):
        [texts] = asked.explain(direction, [(PROGRAM, test)], range(1, 2))  # type: ignore[arg-type]
        assert not isinstance(texts, Refusal)
        assert heading in texts[0] and "assert twice(3) == 6\n[/ANSWER]" in texts[0]
