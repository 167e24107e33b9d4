"""Revision turns, rejection of false claims and translation, against a real server that speaks as told."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "teacher"))
from scripted_server import Script, serving

from semcoder import lineage
from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.pool import Sandbox
from semcoder.monologue.write import monologue
from semcoder.records import Direction, Dropped, Monologue, Program, Record, TestCase, Trace, read, write
from semcoder.teacher.store import Question

PROGRAM = Program(
    code="def total(xs):\n    best = 0\n    for x in xs:\n        best = best + x\n    return best * 10\n",
    entry_point="total",
)
TEST = TestCase(args=("[4, 7]",), output="110", origin="teacher", parents=(PROGRAM.id,))
GOOD = """\
1. [L1]: The call begins with `xs = [4, 7]`.
2. [L2]: `best = 0`.
3. [L3]: The loop visits two elements.
   - **Iteration 1**: [L3]: `x = 4`. [L4]: `best = 4`.
   - **Iteration 2**: [L3]: `x = 7`. [L4]: `best = 11`.
4. [L5]: The function returns 110."""


def spent(run: "Run") -> int:
    """Tokens on the bill of a stage."""
    return sum(post["prompt_tokens"] + post["completion_tokens"] for post in run.summary["teacher"])


@pytest.fixture(scope="module")
def trace() -> Trace:
    with Sandbox(1, Limits(cpu_s=2)) as sandbox:
        job = Job("j", PROGRAM.code, PROGRAM.entry_point, (Call(TEST.args),), trace=True)
        (outcome,) = sandbox.run([job])
    return Trace(parents=(TEST.id, PROGRAM.id), events=outcome.results[0].events)


def told(answer: str, steps: str = GOOD, middle: str = "Execution Simulation") -> str:
    parts = ("Understanding the Function\nAdds up.", "Key Properties and Constraints\n- `best` is a sum.")
    body = "\n\n".join(f"### {part}" for part in (*parts, f"{middle}\n{steps}", "Conclusion\nSo:"))
    return f"[MONOLOGUE]\n{body}\n[/MONOLOGUE]\n[ANSWER]\nassert {answer}\n[/ANSWER]"


def back(answer: str, steps: str = "1. The sum is 11.") -> str:
    return told(answer, steps, "Reverse Deduction")


class Run:
    """The files of a command and what it made of them."""

    def __init__(self, folder: Path, trace: Trace, written: Monologue | None = None) -> None:
        self.folder = folder
        rows: dict[str, list[Record]] = {"programs": [PROGRAM], "tests": [TEST], "traces": [trace]}
        for name, each in (rows | ({"written": [written]} if written else {})).items():
            write(folder / f"{name}.jsonl", each)

    def __call__(
        self, verb: str, direction: str, reply: Callable[[Question], str], *more: str
    ) -> tuple[list[Monologue], list[Dropped], Script]:
        names = {"problem_model": "m", "solution_model": "m", "monologue_model": "m"}
        with serving(Script(reply)) as script:
            teacher: dict[str, Any] = {"kind": "openai", "base_url": script.address, "key_variable": ""}
            teacher |= {"samples": 2, "store": str(self.folder / "store"), "budget_tokens": 10**6, **names}
            argv = [sys.executable, "-m", "semcoder.cli", "monologue", verb, "--direction", direction]
            for name in ("programs", "tests", "traces", "monologues", "dropped", "written"):
                path = self.folder / f"{name}.jsonl"
                if name in ("monologues", "dropped") or path.exists():
                    argv += [f"--{name}", str(path)]
            argv += ["--teacher", json.dumps(teacher), "--summary", str(self.folder / "summary.json"), *more]
            subprocess.run(argv, check=True, stderr=subprocess.DEVNULL)
        return (
            list(read(self.folder / "monologues.jsonl", Monologue)),
            list(read(self.folder / "dropped.jsonl", Dropped)),
            script,
        )

    @property
    def summary(self) -> Any:
        return json.loads((self.folder / "summary.json").read_text())


def turns(question: Question) -> int:
    """How many answers of the model the conversation holds after the worked examples."""
    return sum("held against it" in text for role, text in question.messages if role == "user")


def test_a_wrong_answer_is_right_after_feedback(tmp_path: Path, trace: Trace) -> None:
    false = GOOD.replace("`best = 11`", "`best = 12`").replace("returns 110", "returns 120")
    run = Run(tmp_path, trace)

    def reply(question: Question) -> str:
        return told("total([4, 7]) == 110") if turns(question) else told("total([4, 7]) == 120", false)

    (kept,), lost, script = run("sample", "forward", reply, "--revisions", "1")
    assert kept.revised and kept.parents == (trace.id, TEST.id, PROGRAM.id) and not lost
    first, second = script.asked
    assert second.messages[: len(first.messages)] == first.messages and first.key != second.key
    (_, draft), (role, feedback) = second.messages[-2:]
    assert "best = 12" in draft and role == "user"
    assert "does not return 120" in feedback and "best = 12" in feedback and "11" in feedback
    assert "110" not in feedback  # the answer is not told
    assert run.summary["revised"] == 1 and spent(run) == 30

    before = (tmp_path / "monologues.jsonl").read_bytes()
    *_, again = run("sample", "forward", lambda _: "never asked", "--revisions", "1")
    assert again.asked == [] and (tmp_path / "monologues.jsonl").read_bytes() == before
    assert spent(run) == 30


def test_the_output_is_not_told_where_it_is_the_true_value(tmp_path: Path, trace: Trace) -> None:
    false = GOOD.replace("returns 110", "returns 111")
    *_, script = Run(tmp_path, trace)(
        "sample", "forward", lambda _: told("total([4, 7]) == 110", false), "--revisions", "1"
    )
    feedback = script.asked[1].messages[-1][1]
    assert "returns 111" in feedback and "“111” is false." in feedback and "110" not in feedback


def test_a_right_answer_with_a_false_step_is_refused_with_the_first_one(tmp_path: Path, trace: Trace) -> None:
    false = GOOD.replace("`best = 4`", "`best = 5`").replace("`x = 7`", "`x = 8`")
    run = Run(tmp_path, trace)
    kept, (lost,), script = run("sample", "forward", lambda _: told("total([4, 7]) == 110", false))
    assert not kept and lost.reason == "false claim" and len(script.asked) == 2
    assert "best = 5" in lost.detail and "4" in lost.detail and "x = 8" not in lost.detail


def test_without_traces_only_answers_are_checked(tmp_path: Path, trace: Trace) -> None:
    run = Run(tmp_path, trace)
    (tmp_path / "traces.jsonl").unlink()
    false = GOOD.replace("`best = 4`", "`best = 5`")
    (kept,), _, _ = run("sample", "forward", lambda _: told("total([4, 7]) == 110", false))
    assert kept.parents == (TEST.id, PROGRAM.id) and not kept.revised


def test_one_that_never_learns_costs_two_answers_a_sample(tmp_path: Path, trace: Trace) -> None:
    run = Run(tmp_path, trace)
    kept, (lost,), script = run(
        "sample", "forward", lambda _: told("total([4, 7]) == 1", GOOD), "--revisions", "1"
    )
    assert not kept and lost.reason == "wrong answer"
    assert sorted((each.sample, turns(each)) for each in script.asked) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert run.summary["dropped"] == {"wrong answer": 1} and run.summary["revised"] == 0


def test_what_is_out_of_form_is_asked_anew_and_not_revised(tmp_path: Path, trace: Trace) -> None:
    *_, script = Run(tmp_path, trace)("sample", "forward", lambda _: "Sorry.", "--revisions", "1")
    assert [turns(each) for each in script.asked] == [0, 0]


@pytest.mark.parametrize(
    ("answer", "feedback"),
    [
        ("total([5]) == 110", "total([5]) gives 50, not 110."),
        ("total(5) == 110", "total(5) does not return at all: TypeError: 'int' object is not iterable."),
    ],
)
def test_backward_feedback_is_what_the_input_really_does(
    tmp_path: Path, trace: Trace, answer: str, feedback: str
) -> None:
    def reply(question: Question) -> str:
        return back("total([11]) == 110") if turns(question) else back(answer)

    (kept,), _, script = Run(tmp_path, trace)("sample", "backward", reply, "--revisions", "1")
    assert kept.revised and kept.answer == "[11]"
    assert kept.parents == (TEST.id, PROGRAM.id)  # another run than the recorded one
    assert feedback in script.asked[1].messages[-1][1]


def test_backward_claims_are_held_against_the_run_of_the_own_input(tmp_path: Path, trace: Trace) -> None:
    """`xs = [11]` is false of the recorded run, and true of the concluded one."""
    steps = "1. The function returns 110, so `best = 11` at the end.\n2. Choose `xs = [11]`."
    (kept,), _, _ = Run(tmp_path, trace)("sample", "backward", lambda _: back("total([11]) == 110", steps))
    assert "`xs = [11]`" in kept.text
    false = steps.replace("`best = 11`", "`best = 12`")
    (tmp_path / "other").mkdir()
    kept_too, (lost,), _ = Run(tmp_path / "other", trace)(
        "sample", "backward", lambda _: back("total([11]) == 110", false)
    )
    assert not kept_too and lost.reason == "false claim"


def written(trace: Trace, direction: Direction, label_offset: int = 0) -> Monologue:
    row = monologue(PROGRAM, TEST, trace, direction, max_chars=4000, label_offset=label_offset)
    assert isinstance(row, Monologue)
    return row


def test_a_translation_is_kept_with_its_lineage(tmp_path: Path, trace: Trace) -> None:
    original = written(trace, "forward", label_offset=4)

    def reply(question: Question) -> str:
        shown = question.messages[-1][1]
        assert "def total(xs): # [L1]" in shown and "[L4]" in shown and "[L9]" not in shown
        assert "assert total([4, 7]) == 110" in shown
        return told("total([4, 7]) == 110")

    run = Run(tmp_path, trace, original)
    (kept,), lost, _ = run("translate", "forward", reply, "--label-offset", "4")
    assert not lost and "[L8]: `best = 4`" in kept.text and kept.writer == "m"
    assert kept.parents == (trace.id, TEST.id, PROGRAM.id, original.id)
    chain = lineage.trace_back(kept.id, tmp_path)
    assert {original.id, trace.id, TEST.id, PROGRAM.id} <= set(chain.found) and not chain.missing
    assert run.summary["stage"] == "monologue.translate" and spent(run) == 15


def test_a_translation_that_lies_is_refused(tmp_path: Path, trace: Trace) -> None:
    run = Run(tmp_path, trace, written(trace, "forward"))
    lie = GOOD.replace("`best = 11`", "`best = 13`")
    kept, (lost,), _ = run("translate", "forward", lambda _: told("total([4, 7]) == 110", lie))
    assert not kept and lost.reason == "false claim" and "best = 13" in lost.detail


def test_a_translation_that_loses_steps_is_refused_and_may_be_mended(tmp_path: Path, trace: Trace) -> None:
    thin = "1. [L5]: The function returns 110."
    run = Run(tmp_path, trace, written(trace, "forward"))
    kept, (lost,), _ = run("translate", "forward", lambda _: told("total([4, 7]) == 110", thin))
    assert not kept and lost.reason == "steps lost"

    def reply(question: Question) -> str:
        return told("total([4, 7]) == 110", GOOD if turns(question) else thin)

    (tmp_path / "two").mkdir()
    again = Run(tmp_path / "two", trace, written(trace, "forward"))
    (mended,), _, script = again("translate", "forward", reply, "--revisions", "1")
    assert mended.revised and "Tell every step" in script.asked[1].messages[-1][1]


def test_a_backward_translation_has_no_labels_and_keeps_its_answer(tmp_path: Path, trace: Trace) -> None:
    original = written(trace, "backward")
    body = f"[MONOLOGUE]\n{original.text}\n[/MONOLOGUE]"

    def reply(question: Question) -> str:
        assert "[L1]" not in question.messages[-1][1]
        return f"{body}\n[ANSWER]\nassert total([4, 7]) == 110\n[/ANSWER]"

    (kept,), _, _ = Run(tmp_path, trace, original)("translate", "backward", reply)
    assert kept.answer == "[4, 7]" and kept.parents == (trace.id, TEST.id, PROGRAM.id, original.id)


def test_monologues_of_the_other_direction_are_not_translated(tmp_path: Path, trace: Trace) -> None:
    run = Run(tmp_path, trace, written(trace, "backward"))
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run("translate", "forward", lambda _: "")
    assert caught.value.returncode == 2
