"""PyX-R: bugs, rationales and patches through the real sandbox and a scripted teacher."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "teacher"))
from scripted_server import Script, serving

from semcoder.errors import UserError
from semcoder.execution.api import Limits
from semcoder.execution.pool import Sandbox
from semcoder.lineage import trace_back
from semcoder.records import (
    Dropped,
    Example,
    Generation,
    Problem,
    Program,
    Record,
    ScoredItem,
    Seed,
    TestCase,
    read,
    write,
)
from semcoder.refine.build import Task, buggy_programs, failed_generations
from semcoder.teacher.store import Question

SECRET = "reference_marker_4711"
REFERENCE = f"def mean(values):\n    {SECRET} = len(values)\n    return sum(values) / max(1, {SECRET})\n"
BUGGY = "def mean(values):\n    return sum(values) / len(values)\n"
OFF = "def mean(values):\n    return 1.0\n"
CLASSY = """\
class Mean:
    def __init__(self, values):
        self.values = values

    def result(self):
        return sum(self.values) // len(self.values)


def mean(values):
    return Mean(values).result()
"""
LOOP = "def mean(values):\n    while True:\n        pass\n"
RIGHT = "def mean(values):\n    return sum(values) / len(values) if values else 0.0\n"

SEED = Seed(kind="function", code=REFERENCE, source="s/m.py", first_line=1, last_line=3, licence="MIT")
PROBLEM = Problem(instruction="Write `mean(values)`.", teacher="t", parents=(SEED.id,))
PROGRAM = Program(code=REFERENCE, entry_point="mean", parents=(PROBLEM.id,))
TESTS = [
    TestCase(args=(args,), output=output, origin="teacher", parents=(PROGRAM.id,))
    for args, output in [("[1, 2, 3, 4]", "2.5"), ("[1, 2]", "1.5"), ("[]", "0.0"), ("[3]", "3.0")]
]


def generation(number: int, code: str) -> Generation:
    return Generation(
        model="m",
        benchmark="pyx_code",
        format="code",
        item=PROGRAM.id,
        sample=number,
        prompt="p",
        text=f"Here it is:\n```python\n{code}```\n",
        finish="stop",
    )


def score(of: Generation, passed: bool = False) -> ScoredItem:
    return ScoredItem(
        parents=(of.id,),
        item=of.item,
        group=of.item,
        sample=of.sample,
        answer="",
        passed=passed,
        reason="wrong",
    )


def told(code: str) -> str:
    sections = ("Execution Simulation\n1. It divides.", "Root Cause Analysis\nZero.", "Bug Fixing\nGuard it.")
    rationale = "\n\n".join(f"### {section}" for section in sections)
    return f"[MONOLOGUE]\n{rationale}\n[/MONOLOGUE]\n[Refined]\n```python\n{code}```\n[/Refined]"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(2, Limits(cpu_s=1.0)) as pool:
        yield pool


def test_bugs_are_distinct_and_come_with_their_shortest_failed_test(sandbox: Sandbox) -> None:
    task = Task(PROBLEM, PROGRAM, tuple(sorted(TESTS, key=lambda t: len(t.call_arguments) + len(t.output))))
    codes = [BUGGY, "# again\n" + BUGGY, RIGHT, OFF, CLASSY, LOOP, "def other():\n    pass\n"]
    rows = [generation(n, code) for n, code in enumerate(codes)]
    bugs, lost = buggy_programs({PROGRAM.id: task}, rows, 9, sandbox.run)
    assert [(bug.test.call_arguments, bug.observed) for bug in bugs] == [
        ("[]", "ZeroDivisionError: division by zero"),
        ("[]", "it returned 1.0"),
        ("[]", "ZeroDivisionError: integer division or modulo by zero"),
        ("[]", "it did not finish in time"),
    ]
    assert [(row.parents[0], row.reason) for row in lost] == [
        (rows[1].id, "same bug"),
        (rows[6].id, "no program"),
        (rows[2].id, "fails no test"),
    ]
    few, dropped = buggy_programs({PROGRAM.id: task}, rows, 2, sandbox.run)
    assert few == bugs[:2]
    assert [row.reason for row in dropped].count("enough bugs of this program") == 2


def build(folder: Path, script: Script, generations: list[Generation]) -> subprocess.CompletedProcess[str]:
    rows: dict[str, list[Record]] = {
        "seeds": [SEED],
        "problems": [PROBLEM, Problem(instruction="Another.", teacher="t")],
        "programs": [PROGRAM],
        "tests": list(TESTS),
        "generations": list(generations),
        "items": [score(each, passed=RIGHT in each.text) for each in generations],
    }
    for name, each in rows.items():
        write(folder / f"{name}.jsonl", each)
    teacher = {"kind": "openai", "base_url": script.address, "key_variable": "", "samples": 2}
    teacher |= {"problem_model": "t", "solution_model": "t", "monologue_model": "t"}
    teacher |= {"store": str(folder / "store"), "budget_tokens": 10**6}
    argv = [sys.executable, "-m", "semcoder.cli", "refine", "build", "--teacher", json.dumps(teacher)]
    for name in ("problems", "programs", "tests", "generations", "items", "out", "dropped"):
        argv += [f"--{name}", str(folder / f"{name}.jsonl")]
    argv += ["--summary", str(folder / "summary.json"), "--cpu-s", "1"]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_the_command_keeps_what_execution_confirms(tmp_path: Path) -> None:
    """One bug is mended at once, one at the second sample, one never."""

    def reply(question: Question) -> str:
        shown = question.messages[-1][1]
        if "class Mean" in shown:
            return told(RIGHT if question.sample else BUGGY)
        return told(OFF if "return 1.0" in shown else RIGHT)

    generations = [generation(n, code) for n, code in enumerate([BUGGY, CLASSY, OFF, RIGHT])]
    with serving(Script(reply)) as script:
        done = build(tmp_path, script, generations)
        assert done.returncode == 0, done.stderr
        asked = len(script.asked)
        before = (tmp_path / "out.jsonl").read_bytes()
        assert build(tmp_path, script, generations).returncode == 0
        assert (tmp_path / "out.jsonl").read_bytes() == before and len(script.asked) == asked == 5
    rows = list(read(tmp_path / "out.jsonl", Example))
    assert [row.parents for row in rows] == [(PROGRAM.id, TESTS[2].id, each.id) for each in generations[:2]]
    for row, code in zip(rows, (BUGGY, CLASSY), strict=True):
        assert row.task == "refine"
        assert f"### Buggy Solution\n```python\n{code.strip()}\n```" in row.prompt
        assert "### Problem\nWrite `mean(values)`." in row.prompt and "assert mean([]) == 0.0" in row.prompt
        assert row.response.startswith("### Execution Simulation\n1. It divides.")
        assert row.response.endswith(f"[/MONOLOGUE]\n[Refined]\n```python\n{RIGHT.strip()}\n```\n[/Refined]")
    (lost,) = read(tmp_path / "dropped.jsonl", Dropped)
    assert (lost.reason, lost.parents[2]) == ("patch fails", generations[2].id)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["in"], summary["kept"], summary["dropped"]) == (3, 2, {"patch fails": 1})
    assert SEED.id in trace_back(rows[0].id, tmp_path).found


def test_the_reference_program_never_reaches_the_teacher(tmp_path: Path) -> None:
    generations = [generation(n, code) for n, code in enumerate([BUGGY, CLASSY, OFF, LOOP])]
    with serving(Script(lambda question: told(BUGGY))) as script:
        assert build(tmp_path, script, generations).returncode == 0
    assert len(script.asked) == 6  # per_program is 3, two samples each
    assert not [q for q in script.asked for _, text in q.messages if SECRET in text]
    assert not list(read(tmp_path / "out.jsonl", Example))


def test_scores_of_other_generations_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "g.jsonl", [generation(0, BUGGY)])
    write(tmp_path / "i.jsonl", [score(generation(1, BUGGY))])
    with pytest.raises(UserError, match="--generations: gen-"):
        failed_generations([tmp_path / "g.jsonl"], [tmp_path / "i.jsonl"])
