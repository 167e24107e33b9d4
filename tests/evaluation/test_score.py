"""Scores of answers in CRUXEval's and EvalPlus' own files."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from semcoder.errors import UserError
from semcoder.evaluation.score import main

CODE = "def f(text):\n    return text.upper() + '!'\n"
ROWS = [
    {"id": "sample_0", "code": CODE, "input": "'ab'", "output": "'AB!'"},
    {"id": "sample_1", "code": "def f(xs):\n    return xs[::-1]\n", "input": "[1, 2]", "output": "[2, 1]"},
]


def _lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def cruxeval(tmp_path: Path) -> Path:
    return _lines(tmp_path / "cruxeval.jsonl", ROWS)


def _scored(benchmark: Any, data: Path, answers: dict[str, list[str]]) -> dict[str, Any]:
    given, out = data.parent / "g.json", data.parent / "s.json"
    given.write_text(json.dumps(answers))
    main(benchmark=benchmark, generations=given, scores=out, data=data)
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def test_outputs_are_values(cruxeval: Path) -> None:
    right = ["'AB!'", '"AB!"', "'AB' + '!'", " 'AB!' # upper", "'A' 'B!'"]
    wrong = ["'AB'", "", "f('ab')", "f( 'ab' )", "(lambda: f('ab'))()", "AB!", "assert f('ab') == 'AB!'"]
    right += ["(x := 'AB!')", "('A'\n 'B!')"]
    wrong += ["__import__('os')", "'AB!' if True else f", "x", "'AB!'; f = 1", "... ", "\n'AB!'", "'AB!', 1"]
    found = _scored("cruxeval-output", cruxeval, {"sample_0": right + wrong})
    assert found["samples"] == {"sample_0": [True] * 7 + [False] * 14}
    assert found["pass_at_1"] == pytest.approx(100 * 7 / 21) and (found["items"], found["of"]) == (1, 2)
    assert sum(found["reasons"].values()) == 21 and found["reasons"]["passed"] == 7


def test_an_answer_means_what_it_means_behind_two_equals_signs(tmp_path: Path) -> None:
    row = {
        "id": "sample_0",
        "code": "def f(x):\n    return (x, not x)\n",
        "input": "3",
        "output": "(3, False)",
    }
    data = _lines(tmp_path / "c.jsonl", [row])
    answers = [
        "3, False",
        "(3, False)",
        "(3, not 3)",
        "not 3, False",
        "3, not 3",
        "(3, False);",
        "(3, False) == 1",
    ]
    found = _scored("cruxeval-output", data, {"sample_0": answers})
    assert found["samples"]["sample_0"] == [False, True, True, False, False, True, False]


def test_inputs_are_calls_and_any_that_gives_the_output_is_right(cruxeval: Path) -> None:
    right = ["f('ab')", "f('AB')", "f(text='aB')", " f('a' + 'b') ", "f(\n'ab'\n)"]
    wrong = ["'ab'", "f()", "f('a')", "g('ab')", "f('ab') or True", "assert f('ab') == 'AB!'", "", "f(f)"]
    wrong += ["f(open('/etc/hostname').read())", "f('ab'", "f('ab').x"]
    found = _scored("cruxeval-input", cruxeval, {"sample_0": right + wrong, "sample_1": ["f([1, 2])"] * 16})
    assert found["samples"]["sample_0"] == [True] * 5 + [False] * 11
    assert found["samples"]["sample_1"] == [True] * 16
    assert found["pass_at_5"] > found["pass_at_1"] == pytest.approx(100 * (5 / 16 + 1) / 2)


def test_an_answer_of_megabytes_is_none(cruxeval: Path) -> None:
    """Read, this one would take minutes and a gigabyte of memory."""
    long = "[" + "1, " * 1_000_000 + "]"
    for benchmark, answer in (("cruxeval-output", "'AB!'"), ("cruxeval-input", "f('ab')")):
        found = _scored(benchmark, cruxeval, {"sample_0": [long, f"f({long})", answer]})
        assert found["samples"]["sample_0"] == [False, False, True] and found["reasons"]["no answer"] == 2


def test_five_of_fewer_than_five_is_not_defined(cruxeval: Path) -> None:
    found = _scored("cruxeval-output", cruxeval, {"sample_0": ["'AB!'"], "sample_1": ["[2, 1]"] * 4})
    assert found["pass_at_1"] == 100 and found["pass_at_5"] is None


PROMPT = 'def double(x):\n    """Twice x."""\n'
PROBLEM = {
    "task_id": "HumanEval/0",
    "prompt": PROMPT,
    "entry_point": "double",
    "canonical_solution": "    return 2 * x\n",
    "base_input": [[1], [2]],
    "plus_input": [[0], [-3], ["ab"]],
    "atol": 0,
}


def test_samples_get_a_verdict_on_base_and_plus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = _lines(tmp_path / "plus.jsonl", [PROBLEM, {**PROBLEM, "task_id": "HumanEval/1"}])
    bodies = ["    return x + x\n", "    return abs(x) * 2\n", "    return x\n", "    while True: pass\n"]
    rows = [{"task_id": "HumanEval/0", "completion": body} for body in bodies]
    rows.append({"task_id": "HumanEval/1", "solution": "double = lambda x: x * 2"})
    given = _lines(tmp_path / "samples.jsonl", rows)
    given.write_text("\n" + given.read_text())
    main(benchmark="humaneval", samples=given, scores=tmp_path / "s.json", data=data, cpu_seconds=1)
    found = json.loads((tmp_path / "s.json").read_text())
    assert [(each["base"], each["plus"]) for each in found["samples"]["HumanEval/0"]] == [
        *((True, True), (True, False), (False, False), (False, False)),
    ]
    assert found["samples"]["HumanEval/1"] == [{"base": True, "plus": True}]
    assert found["base"] == {"pass_at_1": 75.0} and found["plus"] == {"pass_at_1": 62.5}
    said = f"pass@1 base 75.0 %, pass@1 plus 62.5 % of 2 answered items (there are 2); written to {tmp_path / 's.json'}"
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "no answers; it has to be"),
        ("{", "not JSON"),
        ('{"sample_0": []}', "sample_0 has no list of answers"),
        ('{"sample_0": "a"}', "sample_0 has no list of answers"),
        ('{"sample_9": ["a"]}', "has no item sample_9"),
        ('{"sample_0": ["2"], "sample_0": ["3"]}', "an item stands there twice"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_generations_file_is_named(cruxeval: Path, text: str, words: str) -> None:
    given = cruxeval.parent / "g.json"
    given.write_text(text)
    with pytest.raises(UserError, match=words):
        main(benchmark="cruxeval-output", generations=given, scores=given.with_name("s"), data=cruxeval)
    assert not given.with_name("s").exists()


@pytest.mark.parametrize(
    ("row", "words"),
    [({"solution": "x"}, "line 1: no task_id"), ({"task_id": "HumanEval/0"}, "line 1: neither")],
)
def test_a_bad_samples_file_is_named(tmp_path: Path, row: dict[str, Any], words: str) -> None:
    data, given = _lines(tmp_path / "plus.jsonl", [PROBLEM]), _lines(tmp_path / "samples.jsonl", [row])
    with pytest.raises(UserError, match=words):
        main(benchmark="humaneval", samples=given, scores=tmp_path / "s", data=data)


@pytest.mark.parametrize("fault", [{"output": "f()"}, {"code": "def f(:"}])
def test_bad_data_are_named(tmp_path: Path, fault: dict[str, str]) -> None:
    data = _lines(tmp_path / "c.jsonl", [{**ROWS[0], **fault}])
    with pytest.raises(UserError, match=r"c\.jsonl: sample_0 cannot be read"):
        _scored("cruxeval-input", data, {"sample_0": ["f(1)"]})


def test_a_benchmark_file_that_was_cut_off_is_named(tmp_path: Path) -> None:
    data, given = tmp_path / "plus.jsonl.gz", _lines(tmp_path / "s.jsonl", [{"task_id": "HumanEval/0"}])
    data.write_bytes(gzip.compress(json.dumps(PROBLEM).encode())[:-20])
    with pytest.raises(UserError, match=r"plus\.jsonl\.gz: cannot be read .* needs HumanEvalPlus"):
        main(benchmark="humaneval", samples=given, scores=tmp_path / "s", data=data)
    data = _lines(tmp_path / "plus.jsonl", [PROBLEM])
    data.write_bytes(data.read_bytes() + b"\xff\n")
    with pytest.raises(UserError, match=r"plus\.jsonl, line 2: not UTF-8"):
        main(benchmark="humaneval", samples=given, scores=tmp_path / "s", data=data)


def test_options_must_be_the_benchmarks_own(cruxeval: Path) -> None:
    with pytest.raises(UserError, match="cruxeval-input: give the answers with --generations"):
        main(benchmark="cruxeval-input", samples=cruxeval, scores=cruxeval, data=cruxeval)
    plain = _lines(cruxeval.with_name("HumanEval.jsonl"), [{**PROBLEM, "test": ""}])
    plain.write_text(plain.read_text().replace("base_input", "other"))
    with pytest.raises(UserError, match=r"no column 'base_input'.* needs HumanEvalPlus\.jsonl\.gz\."):
        main(benchmark="humaneval", samples=cruxeval, scores=cruxeval, data=plain)
    with pytest.raises(
        UserError, match="nowhere: no such file; name the benchmark's file with --data, or get it"
    ):
        main(benchmark="mbpp", samples=cruxeval, scores=cruxeval, data=Path("nowhere"))
