import ast
import gzip
import json
from pathlib import Path

import pytest

from semcoder.errors import UserError
from semcoder.pyx import benchmarks
from semcoder.pyx.benchmarks import Item
from semcoder.pyx.decontamination import Decontaminator
from semcoder.records import Problem, Program, TestCase

HUMANEVAL = {
    "task_id": "HumanEval/900",
    "prompt": 'def runs(text):\n    """ Split text into its longest runs of equal characters and count each of them.\n'
    '    >>> runs("aab")\n    [("a", 2), ("b", 1)]\n    """\n',
    "canonical_solution": "    found = []\n    for char in text:\n        if found and found[-1][0] == char:\n"
    "            found[-1] = (char, found[-1][1] + 1)\n        else:\n            found.append((char, 1))\n"
    "    return found\n",
    "entry_point": "runs",
}
MBPP = {
    "task_id": "Mbpp/901",
    "prompt": '"""\nWrite a python function to multiply every second number of a tuple by its index.\n'
    'assert scaled((1, 2)) == (1, 2)\n"""\n',
    "canonical_solution": "\ndef scaled(numbers):\n"
    "  return tuple(n * i if i % 2 else n for i, n in enumerate(numbers))\n",
    "entry_point": "scaled",
}
CRUX = {
    "id": "sample_902",
    "code": "def f(a, b):\n    return a.replace(b, '') + b",
    "input": '"xay",  b="a"',
    "output": "'xya'",
}


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    (tmp_path / "plain.jsonl").write_text("\n".join(map(json.dumps, [HUMANEVAL, CRUX])))
    (tmp_path / "packed.jsonl.gz").write_bytes(gzip.compress((json.dumps(MBPP) + "\n\n").encode()))
    return [
        *benchmarks.read("one", tmp_path / "plain.jsonl"),
        *benchmarks.read("two", tmp_path / "packed.jsonl.gz"),
    ]


def row(code: str, said: str = "Write a function that does it.") -> tuple[Program, Problem]:
    name = [node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)][-1]
    return Program(code=code, entry_point=name), Problem(instruction=said, teacher="t")


def solution(benchmark: dict[str, str]) -> str:
    return benchmark["prompt"] + benchmark["canonical_solution"]


def test_items_are_read_with_what_they_have(items: list[Item]) -> None:
    runs, crux, scaled = items
    assert runs.name == "one HumanEval/900" and runs.entry_point == "runs"
    assert runs.prose == "Split text into its longest runs of equal characters and count each of them."
    assert scaled.prose == "Write a python function to multiply every second number of a tuple by its index."
    assert crux.pair == ("'xay', b='a'", "'xya'") and not crux.prose


def test_a_file_that_is_no_benchmark_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.jsonl: no such file"):
        list(benchmarks.read("a", tmp_path / "none.jsonl"))
    for name, content in (("a.jsonl", b"{}"), ("b.jsonl", b"["), ("c.jsonl.gz", b"{}"), ("d.jsonl", b"\xff")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=f"--benchmark a: .*{name}"):
            list(benchmarks.read("a", tmp_path / name))


@pytest.mark.parametrize(
    ("code", "said", "reason"),
    [
        (solution(HUMANEVAL), "", "benchmark solution"),
        (solution(HUMANEVAL).replace("found", "acc").replace("char", "c"), "", "benchmark solution"),
        (solution(HUMANEVAL).replace("    return", "    print(text)\n    return"), "", "benchmark solution"),
        ("import re\n" + solution(MBPP) + "\ndef main(x):\n    return scaled(x)\n", "", "benchmark solution"),
        (CRUX["code"], "", "benchmark solution"),
        (
            "def other(x):\n    return x",
            "Task: split the text into its longest runs of equal characters, and count "
            "each of them. Use Python.",
            "benchmark instruction",
        ),
        (
            "def runs(x):\n    return x",
            "Given a text, split it into its runs of equal characters, and count them.",
            "benchmark instruction",
        ),
        ("def runs(x):\n    return x", "Say how often the engine runs.", ""),
        (
            "def other(x):\n    return [c for c in x]",
            "Write a python function to list every letter of a text.",
            "",
        ),
        ("def other(x, y):\n    return x[:len(y)] == y", "Compare with y.", ""),
    ],
)
def test_what_matches_and_what_does_not(items: list[Item], code: str, said: str, reason: str) -> None:
    refusal = Decontaminator(items).program(*row(code, said))
    assert (refusal.reason if refusal else "") == reason


def test_the_longer_a_row_the_more_of_an_item_must_be_in_it(items: list[Item]) -> None:
    known = Decontaminator(items)
    body = HUMANEVAL["canonical_solution"]
    part = body[: body.index("        else")]
    beside = [
        *("x = {c: n for n, c in enumerate(t)}", "y = sorted(x, key=x.get, reverse=True)[:3]"),
        *("while len(y) > 3 and not y[0].isdigit():\n        y.pop()", "z = t.split(' ') + [t.lower()]"),
        *("w = ' '.join(z).strip() or None", "u = {k: v for k, v in x.items() if v}"),
        *("with open(w) as q:\n        q.write(t * 2)", "assert u is not w, str(u)"),
    ]

    def found(core: str, lines: int) -> bool:
        code = "def g(text):\n    t = text\n" + "".join(f"    {each}\n" for each in beside[:lines]) + core
        return known.program(*row(code)) is not None

    assert found(body, 0) and found(body, 8)
    assert found(part, 0) and found(part, 2) and not found(part, 8)


def test_each_removal_names_its_match(items: list[Item]) -> None:
    refusal = Decontaminator(items).program(*row(solution(MBPP)))
    assert refusal is not None and refusal.detail == "two Mbpp/901: the same code"


def test_input_output_pairs_match_however_they_are_written(items: list[Item]) -> None:
    known = Decontaminator(items)
    case = TestCase(args=("'xay'",), kwargs={"b": "'a'"}, output="'xya'", origin="type")
    refusal = known.test(case)
    assert refusal is not None
    assert (refusal.reason, refusal.detail) == ("benchmark input-output pair", "one sample_902")
    assert known.test(TestCase(args=("'xay'", "'a'"), output="'xya'", origin="type")) is None
    assert known.test(TestCase(args=("'xay'",), kwargs={"b": "'a'"}, output="'xy'", origin="type")) is None


def test_no_benchmark_no_match() -> None:
    assert Decontaminator([]).program(*row(solution(HUMANEVAL))) is None
