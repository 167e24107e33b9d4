"""The command: programs in, verdicts out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from semcoder.errors import UserError
from semcoder.execution.run import main

PROGRAMS = [
    {"id": "a", "code": "print('é', '\\U0001f600')"},
    {"id": "b", "code": "1 / 0"},
    {"id": "c", "code": "import sys\nprint(x := 1, file=sys.stderr)\nwhile True: pass"},
    {"id": "a", "code": "x ="},
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
        ("a", "ok"),
        ("b", "raised"),
        ("c", "timeout"),
        ("a", "invalid"),
    ]
    assert lines[0]["stdout"] == "é \U0001f600\n"
    assert lines[2]["stderr"] == "1\n"
    assert set(lines[0]) == {"id", "verdict", "detail", "stdout", "stderr"}


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", '{"id": "a"}', '{"id": 1, "code": ""}', '{"id": "a", "code": "", "more": 1}', "[" * 9999],
)
def test_a_bad_line_is_named_and_nothing_is_written(tmp_path: Path, line: str) -> None:
    programs = _write(tmp_path / "in.jsonl", [json.dumps(PROGRAMS[0]), line])
    with pytest.raises(UserError, match=r"in\.jsonl, line 2: not a JSON object"):
        main(programs=programs, verdicts=tmp_path / "out.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"in\.jsonl: cannot be read"):
        main(programs=tmp_path / "in.jsonl", verdicts=tmp_path / "out.jsonl")
