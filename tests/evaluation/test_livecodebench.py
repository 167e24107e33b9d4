"""LiveCodeBench rows made by hand in the documented form."""

import base64
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest

from semcoder.errors import UserError
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.checking import Runner
from semcoder.evaluation.extract import program
from semcoder.evaluation.judges import judge_answers, livecodebench
from semcoder.evaluation.judges.livecodebench import _same_text
from semcoder.records import Generation

GENERATION = HARNESSES["lcb_generation"]
EXECUTION = HARNESSES["lcb_execution"]


ROW = {
    "question_id": "abc_1",
    "question_content": "Add.",
    "starter_code": "",
    "public_test_cases": '[{"input": "1", "output": "1"}]',
    "private_test_cases": "[]",
    "metadata": "{}",
}
CALL = {
    "question_id": 1,
    "id": "sample_0",
    "function_name": "add",
    "code": "def add(a: int, b: int) -> int:\n    return a + b",
    "input": "add(a = 1, b = 2)",
    "output": "3",
}


def packed(value: object) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


def cases(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"input": given, "output": out, "testtype": "stdin"} for given, out in pairs]


def load(path: Path, **columns: Any) -> Any:
    path.write_text(json.dumps(ROW | {"public_test_cases": "[]"} | columns) + "\n")
    return next(iter(GENERATION.load([path])))


def test_stdin_problems(tmp_path: Path, runner: Runner) -> None:
    item = load(
        tmp_path / "lcb.jsonl",
        public_test_cases=json.dumps(cases(("1 2\n", "3\n"))),
        private_test_cases=packed(json.dumps(cases(("2 2\n", "4.0\n"), ("", "0")))),
    )
    assert [case.output for case in item.cases] == ["3\n", "4.0\n", "0"]
    programs = [
        "print(sum(map(int, input().split())))",
        "if __name__ == '__main__':\n    print(sum(map(int, sys.stdin.read().split())))\n    sys.exit(0)",
        "a = input().split()\nprint(len(a) and int(a[0]) + int(a[1]))\n\n",
        "print(3)",
        "while True: pass",
        None,
    ]
    rulings = judge_answers(GENERATION, runner, [(item, program) for program in programs])
    assert [ruling.passed for ruling in rulings] == [True, True, True, False, False, False]
    assert [ruling.reason for ruling in rulings[3:]] == ["wrong", "timeout", "no program"]
    assert rulings[3].failed == 1


def test_functional_problems(tmp_path: Path, runner: Runner) -> None:
    item = load(
        tmp_path / "lcb.jsonl",
        starter_code="class Solution:\n    def add(self, a: List[int], b: int) -> List[int]:\n        ",
        metadata=json.dumps({"func_name": "add"}),
        public_test_cases=json.dumps(cases(("[1, 2]\n3", "[4, 5]"))),
    )
    head = "class Solution:\n    def add(self, a: List[int], b: int) -> List[int]:\n"
    programs = [
        f"{head}        return [x + b for x in a]",
        f"{head}        return tuple(accumulate([a[0] + b, 1]))",  # the prelude's names; a tuple for a list
        f"{head}        return [4, 5, 6]",
    ]
    rulings = judge_answers(GENERATION, runner, [(item, program) for program in programs])
    assert [ruling.passed for ruling in rulings] == [True, True, False]
    prompt = GENERATION.prompt(item, "code", "upstream", 4)
    assert f"delimiters.\n```python\n{item.starter_code}\n```\n\n<Code>\n" in prompt


def written(text: str, prompt: str = "") -> Generation:
    row = {"model": "m", "benchmark": "b", "format": "f", "item": "i", "sample": 0, "finish": "stop"}
    return Generation(**row, prompt=prompt, text=text)


def test_a_function_in_place_of_the_class_counts(tmp_path: Path, runner: Runner) -> None:
    """LiveCodeBench looks the method up in the module where the code has no `class Solution`."""
    item = load(
        tmp_path / "lcb.jsonl",
        metadata=json.dumps({"func_name": "add"}),
        public_test_cases=json.dumps(cases(("[1, 2]\n3", "[4, 5]"))),
    )
    bodies = ["return [x + b for x in a]", "return []"]
    texts = [f"```python\ndef add(a: List[int], b: int):\n    {body}\n```" for body in bodies]
    texts += [f"{texts[0]}\n```python\nclass Solution:\n    def add(self, a, b):\n        return [4, 5]\n```"]
    texts += ["```python\ndef sub(a, b):\n    return [4, 5]\n```"]
    answers = [GENERATION.answer(item, written(text)) for text in texts]
    assert answers[2] is not None and answers[2].startswith("class Solution") and answers[3] is None
    rulings = judge_answers(GENERATION, runner, [(item, answer) for answer in answers])
    assert [ruling.passed for ruling in rulings] == [True, False, True, False]


def test_one_test_may_take_as_long_as_there(
    tmp_path: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six seconds; without that limit the functional one would have the runner's patient one."""
    monkeypatch.setattr(livecodebench, "CALL_S", 0.2)
    slow = "import time\nend = time.process_time() + 1\nwhile time.process_time() < end: pass\n"
    stdin = load(tmp_path / "a.jsonl", public_test_cases=json.dumps(cases(("1", "1"))))
    called = load(
        tmp_path / "b.jsonl",
        metadata=json.dumps({"func_name": "same"}),
        public_test_cases=json.dumps(cases(("1", "1"))),
    )
    method = "class Solution:\n    def same(self, x):\n        return x\n"
    answers = [(stdin, f"{slow}print(1)"), (stdin, "print(1)"), (called, slow + method), (called, method)]
    rulings = judge_answers(GENERATION, runner, answers)
    assert [ruling.reason for ruling in rulings] == ["timeout", "passed", "timeout", "passed"]


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return (open, ("/tmp/never-made", "w"))


@pytest.mark.parametrize(
    "bad", ["not base64 !", packed(Trap()), packed(["a"]), base64.b64encode(b"xx").decode()]
)
def test_hostile_or_broken_tests_are_refused(tmp_path: Path, bad: str) -> None:
    with pytest.raises(UserError, match="test cases in an unknown form"):
        load(tmp_path / "lcb.jsonl", private_test_cases=bad)
    assert not Path("/tmp/never-made").exists()


def test_execution(tmp_path: Path, runner: Runner) -> None:
    path = tmp_path / "exec.jsonl"
    row = CALL
    path.write_text(json.dumps(row) + "\n")
    item = next(iter(EXECUTION.load([path])))
    assert (item.entry_point, item.arguments) == ("add", "a = 1, b = 2")
    assert "assert f(add(a = 1, b = 2)) == ??" in EXECUTION.prompt(item, "monologue", "upstream", 4)
    assert "assert add(a = 1, b = 2) == ??" in EXECUTION.prompt(item, "monologue", "corrected", 0)
    assert [r.passed for r in judge_answers(EXECUTION, runner, [(item, "3"), (item, "4")])] == [True, False]
    path.write_text(json.dumps(row | {"input": "1, 2"}) + "\n")
    with pytest.raises(UserError, match="is no call"):
        list(EXECUTION.load([path]))


@pytest.mark.parametrize(
    ("asserted", "value"),
    [
        ("f(add(a = 1, b = 2)) == 3", "3"),  # as the released checkpoints were asked
        ("add(a = 1, b = 2) == 3", "3"),
        ("add(1, 2) == f(3)", "f(3)"),
        ("g(add(a = 1, b = 2)) == 3", None),
    ],
)
def test_the_answer_to_a_call_in_a_call_is_read(tmp_path: Path, asserted: str, value: str | None) -> None:
    path = tmp_path / "exec.jsonl"
    path.write_text(json.dumps(CALL) + "\n")
    item = next(iter(EXECUTION.load([path])))
    prompt = EXECUTION.prompt(item, "monologue", "upstream", 4)
    text = f"1 and 2 are 3.\n[/MONOLOGUE]\n[ANSWER]\nassert {asserted}\n"
    assert EXECUTION.answer(item, written(text, prompt)) == value


def test_of_a_snapshot_release_v1_alone_is_read(tmp_path: Path) -> None:
    """The hub's folder holds later releases beside it: `test2.jsonl` adds the problems of release_v2, and so on."""
    rows = [json.dumps(ROW | {"question_id": str(n)}) for n in range(400)]
    (tmp_path / "test.jsonl").write_text("\n".join(rows) + "\n")
    (tmp_path / "test2.jsonl").write_text(json.dumps(ROW | {"question_id": "later"}) + "\n")
    (tmp_path / "MANIFEST").write_text("{}")
    files = GENERATION.files([tmp_path])
    assert [path.name for path in files] == ["test.jsonl"]
    assert [item.id for item in GENERATION.read(files)] == [str(n) for n in range(400)]
    (tmp_path / "test.jsonl").write_text("\n".join(rows[:-1]) + "\n")
    with pytest.raises(UserError, match="399 items, but the benchmark has 400; fetch the pinned revision"):
        GENERATION.read(files)
    (tmp_path / "test.jsonl").unlink()
    with pytest.raises(UserError, match=r"no test\.jsonl in it"):
        GENERATION.files([tmp_path])


def test_the_execution_set_is_read_from_its_parquet_file(tmp_path: Path) -> None:
    from pyarrow import Table, parquet

    (tmp_path / "data").mkdir()
    rows = [CALL | {"id": f"sample_{n}", "question_id": n // 5} for n in range(479)]
    parquet.write_table(Table.from_pylist(rows), tmp_path / "data" / "test-00000-of-00001.parquet")
    items = EXECUTION.read(EXECUTION.files([tmp_path]))
    assert len(items) == 479 and items[0].arguments == "a = 1, b = 2"
    assert [EXECUTION.group(item) for item in items[3:7]] == ["0", "0", "1", "1"]
    with pytest.raises(UserError, match="1 items, but the benchmark has 479"):
        (tmp_path / "one.jsonl").write_text(json.dumps(CALL) + "\n")
        EXECUTION.read(EXECUTION.files([tmp_path / "one.jsonl"]))


def test_a_draft_in_a_fence_does_not_cut_the_answer_off() -> None:
    assert GENERATION.stop("corrected") == ()
    draft = (
        "Let me try.\n```python\nprint('draft')\n```\nThat is wrong. Hence:\n```python\nprint(input())\n```\n"
    )
    sample = draft + "For the sample it prints:\n```\n3\n```\n"
    for text in (draft, sample):
        assert program(text, "", None) == "print(input())"
    both = "```python\nclass Solution:\n    a = 1\n```\nBetter:\n```python\nclass Solution:\n    a = 2\n```\n"
    assert program(both + "```python\nSolution()\n```", "Solution", None) == "class Solution:\n    a = 2"


@pytest.mark.parametrize("printed", ["sNaN", "-sNaN123", "NaN", "Infinity", "1e999999999", "1 sNaN", ""])
def test_what_is_no_number_is_wrong_where_a_number_is_expected(printed: str) -> None:
    assert not _same_text("3\n1 2\n", f"3\n{printed}\n")
    assert not _same_text(f"{printed}\n" if printed else "0", "3")
    assert _same_text("3\n1 2\n", " 3.0 \n1.00 2e0")
