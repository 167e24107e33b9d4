"""Rejection sampling of monologues: only answers that execution confirms are kept."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "teacher"))
from scripted_server import Script, serving

from semcoder.execution.api import Limits
from semcoder.execution.pool import Sandbox
from semcoder.monologue.accept import Accepted, Sampled, accept, shift_labels
from semcoder.monologue.sample import choose_cases
from semcoder.records import Dropped, Monologue, Program, TestCase, read, write
from semcoder.shards import Shard
from semcoder.teacher.store import Question

PROGRAM = Program(code="def half(n):\n    return n // 2\n", entry_point="half")
TEST = TestCase(args=("7",), output="3", origin="teacher", parents=(PROGRAM.id,))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(1, Limits(cpu_s=1.0)) as pool:
        yield pool


def told(direction: str, answer: str, step: str = "1. [L2]: The function returns 3.") -> str:
    middle = "Execution Simulation" if direction == "forward" else "Reverse Deduction"
    step = step if direction == "forward" else step.replace("[L2]: ", "")
    parts = ("Understanding the Function\nHalves.", "Key Properties and Constraints\n- Rounds down.")
    body = "\n\n".join(f"### {part}" for part in (*parts, f"{middle}\n{step}", "Conclusion\nSo:"))
    return f"[MONOLOGUE]\n{body}\n[/MONOLOGUE]\n[ANSWER]\nassert {answer}\n[/ANSWER]"


@pytest.mark.parametrize(
    ("direction", "text", "verdict"),
    [
        ("forward", told("forward", "half(7) == 3"), "3"),
        ("forward", told("forward", "half(7) == 3.0"), "wrong answer"),
        ("forward", told("forward", "half(7) == 4"), "wrong answer"),
        ("forward", told("forward", "half(7) == half(7)"), "wrong answer"),
        ("forward", told("forward", "True"), "no answer"),
        ("forward", told("forward", "half(7) == 3", "1. [L9]: returns 3."), "label of no line"),
        ("forward", told("backward", "half(7) == 3"), "wrong sections"),
        ("backward", told("backward", "half(6) == 3"), "6"),
        ("backward", told("backward", "half(8) == 3"), "wrong answer"),
        ("backward", told("backward", "half('x') == 3"), "answer does not run"),
        ("backward", told("backward", "half(half(14)) == 3"), "no answer"),
        ("backward", told("backward", "half([3, 7][0] * 2) == 3"), "[3, 7][0] * 2"),
        (
            "backward",
            # Evaluated where the program is not: the program is given None.
            told("backward", "half((i for i in [1]).gi_frame.f_globals.update(half=lambda n: 3)) == 3"),
            "answer does not run",
        ),
        ("backward", told("backward", f"half({' + '.join('1' * 400)}) == 3"), "no answer"),
        (
            "backward",
            told("backward", "half(6) == 3").replace("1. ", "1. [L2] "),
            "line labels in a backward monologue",
        ),
        ("backward", told("backward", "half(n=7) == 3"), "n=7"),
    ],
)
def test_the_verdict(sandbox: Sandbox, direction: str, text: str, verdict: str) -> None:
    (found,) = accept(direction, [Sampled(PROGRAM, TEST, text)], sandbox.run)  # type: ignore[arg-type]
    assert (found.answer if isinstance(found, Accepted) else found.reason) == verdict


def test_verdicts_keep_their_order(sandbox: Sandbox) -> None:
    texts = [told("backward", f"half({n}) == 3") for n in (6, 9, 7)] + ["no form"]
    found = accept("backward", [Sampled(PROGRAM, TEST, text) for text in texts], sandbox.run)
    answers = [each.answer if isinstance(each, Accepted) else each.reason for each in found]
    assert answers == ["6", "wrong answer", "7", "no [MONOLOGUE] block"]


def test_labels_are_shifted_as_the_prompts_have_them() -> None:
    assert shift_labels("[L1]: a [L12] x[1]", 4) == "[L5]: a [L16] x[1]"


def command(script: Script, folder: Path, *more: str) -> list[str]:
    teacher = {"kind": "openai", "base_url": script.address, "key_variable": "", "samples": 3}
    teacher |= {"problem_model": "m", "solution_model": "m", "monologue_model": "m"}
    teacher |= {"store": str(folder / "store"), "budget_tokens": 10**6}
    argv = [sys.executable, "-m", "semcoder.cli", "monologue", "sample", "--teacher", json.dumps(teacher)]
    for name in ("programs", "tests", "monologues", "dropped"):
        argv += [f"--{name}", str(folder / f"{name}.jsonl")]
    return [*argv, "--summary", str(folder / "summary.json"), *more]


def test_the_command_samples_until_one_is_accepted(tmp_path: Path) -> None:
    """The first program is right at the second sample, the other one never."""
    never = Program(code="def same(n):\n    return n\n", entry_point="same")
    rows = [TEST, TEST.model_copy(update={"id": "", "args": ("6",)})]
    other = TestCase(args=("1",), output="1", origin="teacher", parents=(never.id,))
    write(tmp_path / "programs.jsonl", [PROGRAM, never])
    write(tmp_path / "tests.jsonl", [*(TestCase.model_validate(row.model_dump()) for row in rows), other])

    def reply(question: Question) -> str:
        return told("forward", f"half(7) == {2 + question.sample}")

    with serving(Script(reply)) as script:
        argv = command(script, tmp_path, "--direction", "forward", "--label-offset", "4")
        subprocess.run(argv, check=True, stderr=subprocess.DEVNULL)
        (kept,) = read(tmp_path / "monologues.jsonl", Monologue)
        assert kept.parents == (TEST.id, PROGRAM.id) and kept.answer == "3" and kept.writer == "m"
        assert "[L6]: The function returns 3." in kept.text and "MONOLOGUE" not in kept.text
        (lost,) = read(tmp_path / "dropped.jsonl", Dropped)
        assert lost.parents == (other.id, never.id) and lost.reason == "no answer"
        summary = json.loads((tmp_path / "summary.json").read_text())
        assert (summary["in"], summary["kept"], summary["dropped"]) == (2, 1, {"no answer": 1})
        assert len(script.asked) == 2 + 3

        before = (tmp_path / "monologues.jsonl").read_bytes()
        subprocess.run(argv, check=True, stderr=subprocess.DEVNULL)
        assert (tmp_path / "monologues.jsonl").read_bytes() == before and len(script.asked) == 5


def test_shards_share_out_the_programs(tmp_path: Path) -> None:
    programs = [Program(code=f"def f():\n    return {n}\n", entry_point="f") for n in range(20)]
    write(tmp_path / "programs.jsonl", programs)
    write(
        tmp_path / "tests.jsonl",
        [TestCase(args=(), output=str(n), origin="type", parents=(p.id,)) for n, p in enumerate(programs)],
    )
    files = (tmp_path / "programs.jsonl", tmp_path / "tests.jsonl")
    parts = [
        {case.program.id for case in choose_cases("forward", *files, 1, Shard(index, 3))}
        for index in (1, 2, 3)
    ]
    assert set.union(*parts) == {program.id for program in programs} and sum(map(len, parts)) == 20


def test_backward_asks_each_output_once(tmp_path: Path) -> None:
    more = TestCase(args=("6",), output="3", origin="teacher", parents=(PROGRAM.id,))
    last = TestCase(args=("2",), output="1", origin="teacher", parents=(PROGRAM.id,))
    write(tmp_path / "programs.jsonl", [PROGRAM])
    write(tmp_path / "tests.jsonl", [TEST, more, last])

    def reply(question: Question) -> str:
        wanted = question.messages[-1][1].partition(" == ")[2].split("\n")[0]
        return told("backward", f"half({2 * int(wanted)}) == {wanted}")

    with serving(Script(reply)) as script:
        argv = command(script, tmp_path, "--direction", "backward", "--per-program", "0")
        subprocess.run(argv, check=True, stderr=subprocess.DEVNULL)
    assert [row.answer for row in read(tmp_path / "monologues.jsonl", Monologue)] == ["6", "2"]


def test_a_sample_that_is_too_long_is_not_accepted(tmp_path: Path) -> None:
    write(tmp_path / "programs.jsonl", [PROGRAM])
    write(tmp_path / "tests.jsonl", [TEST])

    def reply(question: Question) -> str:
        steps = "\n".join(
            f"{n}. [L2]: The function returns 3." for n in range(1, 40 if question.sample else 60)
        )
        return told("forward", "half(7) == 3", steps)

    with serving(Script(reply)) as script:
        argv = command(script, tmp_path, "--direction", "forward")
        subprocess.run([*argv, "--max-chars", "1800"], check=True, stderr=subprocess.DEVNULL)
        (kept,) = read(tmp_path / "monologues.jsonl", Monologue)
        assert "39. " in kept.text and "40. " not in kept.text and len(kept.text) <= 1800
        subprocess.run([*argv, "--max-chars", "1000"], check=True, stderr=subprocess.DEVNULL)
    (lost,) = read(tmp_path / "dropped.jsonl", Dropped)
    assert lost.reason == "too long" and int(lost.detail.split()[0]) > 1000


def test_a_grounded_teacher_cannot_be_sampled(tmp_path: Path) -> None:
    write(tmp_path / "programs.jsonl", [])
    write(tmp_path / "tests.jsonl", [])
    argv = command(Script(lambda q: ""), tmp_path, "--direction", "forward")
    argv[argv.index("--teacher") + 1] = '{"kind": "grounded"}'
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "monologue write" in done.stderr
