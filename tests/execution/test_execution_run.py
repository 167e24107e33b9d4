"""The command: programs in, verdicts out."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from semcoder.errors import UserError
from semcoder.execution.run import main

PROGRAMS = [
    {"id": "a", "code": "print('é', '\\U0001f600')"},
    {"id": "b", "code": "1 / 0"},
    {"id": "c", "code": "import sys\nprint(x := 1, file=sys.stderr)\nwhile True: pass"},
    {"id": "d", "code": "x ="},
]


def _write(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def test_verdicts_in_the_order_given_whatever_the_workers(tmp_path: Path) -> None:
    programs = _write(tmp_path / "in.jsonl", [json.dumps(program) for program in PROGRAMS])
    for workers in (1, 3):
        out = tmp_path / f"out{workers}.jsonl"
        options = ["--programs", programs, "--verdicts", out, "--workers", str(workers), "--timeout", "0.5"]
        command = [sys.executable, "-m", "semcoder.cli", "execution", "run", *options]
        result = subprocess.run(command, capture_output=True)
        assert result.returncode == 0, result.stderr
    assert (tmp_path / "out1.jsonl").read_bytes() == (tmp_path / "out3.jsonl").read_bytes()
    lines = [json.loads(line) for line in (tmp_path / "out1.jsonl").read_text().splitlines()]
    assert [(line["id"], line["verdict"]) for line in lines] == [
        ("a", "passed"),
        ("b", "raised"),
        ("c", "timeout"),
        ("d", "invalid"),
    ]
    assert lines[0]["stdout"] == "é \U0001f600\n"
    assert lines[2]["stderr"] == "1\n"
    assert set(lines[0]) == {"id", "verdict", "detail", "stdout", "stderr"}


def test_calls_are_judged_outside(tmp_path: Path) -> None:
    double = "def f(x):\n    return x * 2\n"
    call = {"code": double, "entry_point": "f", "args": ["3"]}
    lines = [
        {"id": "right", **call, "expected": "6"},
        {"id": "wrong", **call, "expected": "7"},
        {"id": "other type", **call, "expected": "6.0"},
        {"id": "raised", **call, "args": ["None"], "expected": "6"},
        {"id": "returned", **call},
        {"id": "assertion", "code": "x = 1\nassert x == 2, 'no'"},
        {"id": "odd line", "code": "x = '\u2028'\nassert x == 2\nx = 3"},
        {"id": "always equal", **call, "expected": "6"}
        | {"code": "class E(int):\n    __eq__ = lambda *a: True\ndef f(x):\n    return E(7)"},
    ]
    programs = _write(tmp_path / "in.jsonl", [json.dumps(line) for line in lines])
    main(programs=programs, verdicts=tmp_path / "out.jsonl")
    rows = {row["id"]: row for row in map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())}
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "right": "passed",
        "wrong": "failed",
        "other type": "failed",
        "raised": "raised",
        "returned": "passed",
        "assertion": "failed",
        "odd line": "failed",
        "always equal": "raised",
    }
    assert rows["wrong"]["detail"] == "returned 6, not 7"
    assert rows["assertion"]["detail"] == "AssertionError: no (line 2): assert x == 2, 'no'"
    assert rows["odd line"]["detail"].endswith("(line 2): assert x == 2")


@pytest.mark.parametrize("line", [{"expected": "f("}, {"entry_point": "", "expected": "1"}])
def test_an_expected_value_that_cannot_be_is_named(tmp_path: Path, line: dict[str, str]) -> None:
    row = {"id": "odd", "code": "", "entry_point": "f", **line}
    programs = _write(tmp_path / "in.jsonl", [json.dumps(row)])
    with pytest.raises(UserError, match="odd"):
        main(programs=programs, verdicts=tmp_path / "out.jsonl")


def test_an_id_given_twice_is_named_before_anything_runs(tmp_path: Path) -> None:
    programs = _write(tmp_path / "in.jsonl", ['{"id": "a", "code": ""}', '{"id": "a", "code": "1"}'])
    with pytest.raises(UserError, match=r"in\.jsonl, line 2: a is the id of line 1 too"):
        main(programs=programs, verdicts=tmp_path / "out.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_killed_run_goes_on_and_runs_nothing_twice(tmp_path: Path) -> None:
    lines = [{"id": str(n), "code": f"import random\nprint({n}, random.random())"} for n in range(1500)]
    programs = _write(tmp_path / "in.jsonl", [json.dumps(line) for line in lines])
    out, partial = tmp_path / "out.jsonl", tmp_path / "out.jsonl.partial.jsonl"
    options = ["--programs", programs, "--verdicts", out, "--workers", "2"]
    command = [sys.executable, "-m", "semcoder.cli", "execution", "run", *map(str, options)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while process.poll() is None and (not partial.exists() or partial.read_bytes().count(b"\n") < 200):
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -9 and not out.exists()
    kept = partial.read_text().splitlines()[1:]
    with partial.open("a") as stream:
        stream.write('{"id":"torn')
    subprocess.run(command, check=True, capture_output=True)
    rows = out.read_text().splitlines()
    whole = len([line for line in kept if line.endswith("}")])
    assert rows[:whole] == kept[:whole] and whole >= 199  # a second run would have drawn other numbers
    assert [json.loads(row)["id"] for row in rows] == [line["id"] for line in lines]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", '{"id": "a"}', '{"id": 1, "code": ""}', '{"id": "a", "code": "", "more": 1}', "[" * 9999],
)
def test_a_bad_line_is_named_and_nothing_is_written(tmp_path: Path, line: str) -> None:
    programs = _write(tmp_path / "in.jsonl", [json.dumps(PROGRAMS[0]), line])
    with pytest.raises(UserError, match=r"in\.jsonl, line 2: (not a JSON object|.*write \{\"id\": \"a\")"):
        main(programs=programs, verdicts=tmp_path / "out.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"in\.jsonl: no such file"):
        main(programs=tmp_path / "in.jsonl", verdicts=tmp_path / "out.jsonl")
