"""The table of quality, and the released rows that it can read."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from semcoder.evaluation.prompts import label_lines
from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.pool import Sandbox
from semcoder.monologue.quality import distinct_pairs, rough_tokens
from semcoder.monologue.released import Released, read_released
from semcoder.monologue.write import monologue
from semcoder.records import Monologue, Program, TestCase, Trace, write

CODE = "def total(xs):\n    best = 0\n    for x in xs:\n        best = best + x\n    return best\n"
PROGRAM = Program(code=CODE, entry_point="total")
TEST = TestCase(args=("[4, 7]",), output="11", origin="teacher", parents=(PROGRAM.id,))


@pytest.fixture(scope="module")
def trace() -> Trace:
    with Sandbox(1, Limits(cpu_s=2)) as sandbox:
        (outcome,) = sandbox.run([Job("j", CODE, "total", (Call(TEST.args),), trace=True)])
    return Trace(parents=(TEST.id, PROGRAM.id), events=outcome.results[0].events)


def quality(folder: Path, *words: str) -> list[dict[str, str]]:
    argv = [sys.executable, "-m", "semcoder.cli", "monologue", "quality", *words]
    argv += ["--csv-file", str(folder / "q.csv"), "--markdown", str(folder / "q.md")]
    subprocess.run(argv, check=True, stderr=subprocess.DEVNULL)
    return list(csv.DictReader((folder / "q.csv").read_text().splitlines()))


def test_sources_are_measured_side_by_side(tmp_path: Path, trace: Trace) -> None:
    good = monologue(PROGRAM, TEST, trace, "forward", max_chars=4000)
    assert isinstance(good, Monologue)
    lie = Monologue.model_validate(
        good.model_dump() | {"id": "", "text": good.text.replace("best = 4`", "best = 5`"), "writer": "m"}
    )
    own = {"id": "", "direction": "backward", "text": "It was `xs = [11]`.", "answer": "[11]", "writer": "m"}
    back = Monologue.model_validate(good.model_dump() | own | {"parents": (TEST.id, PROGRAM.id)})
    files = {"programs": [PROGRAM], "tests": [TEST], "traces": [trace], "good": [good], "told": [lie, back]}
    for name, rows in files.items():
        write(tmp_path / f"{name}.jsonl", rows)  # type: ignore[arg-type]
    counts = {
        "stage": "s",
        "direction": "forward",
        "in": 4,
        "kept": 1,
        "dropped": {},
        "teacher": [{"purpose": "monologue", "model": "m", "completion_tokens": 600}],
        "revised": 1,
    }
    (tmp_path / "told.json").write_text(json.dumps(counts))
    words = [
        word for name in ("programs", "tests", "traces") for word in (f"--{name}", f"{tmp_path}/{name}.jsonl")
    ]
    words += [
        "--monologues",
        f"trace={tmp_path}/good.jsonl",
        "--monologues",
        f"teacher={tmp_path}/told.jsonl",
    ]
    trace_row, forward, backward = quality(tmp_path, *words, "--summary", f"teacher={tmp_path}/told.json")
    assert (trace_row["free_of_false"], trace_row["contradicted"], trace_row["coverage"]) == (
        "1",
        "0.0000",
        "1.0000",
    )
    assert int(trace_row["looked_at"]) == 1 and float(trace_row["supported"]) > 5
    assert (forward["accepted"], forward["asked"], forward["revised"]) == ("0.2500", "4", "1")
    assert (forward["free_of_false"], forward["cost_tokens"]) == ("0", "600.0000")
    assert float(forward["contradicted"]) >= 1
    assert backward["free_of_false"] == "1" and backward["asked"] == ""  # held against its own run
    text = (tmp_path / "q.md").read_text()
    assert "| teacher | forward | 1 of 4 | 25.0 % | 0.0 % |" in text and "no tokenizer at hand" in text


def test_a_source_that_kept_nothing_still_has_a_line(tmp_path: Path) -> None:
    for name in ("programs", "tests", "none"):
        write(tmp_path / f"{name}.jsonl", [])
    counts = {
        "stage": "s",
        "direction": "forward",
        "in": 3,
        "kept": 0,
        "dropped": {"cut off": 3},
        "teacher": [{"purpose": "monologue", "model": "m", "completion_tokens": 9}],
    }
    (tmp_path / "s.json").write_text(json.dumps(counts))
    words = [word for name in ("programs", "tests") for word in (f"--{name}", f"{tmp_path}/{name}.jsonl")]
    (row,) = quality(
        tmp_path, *words, "--monologues", f"m={tmp_path}/none.jsonl", "--summary", f"m={tmp_path}/s.json"
    )
    assert (row["asked"], row["kept"], row["accepted"], row["coverage"]) == ("3", "0", "0.0000", "")


def test_lengths_and_diversity() -> None:
    assert rough_tokens("1. [L2]: `x = 'a b'`.") == 15
    assert distinct_pairs(["a b a b a"]) == 0.5 and distinct_pairs(["`x = 1` a `y`"]) == 0.0


def released(direction: str, assertion: str, told: str, answer: str, offset: int = 4) -> dict[str, object]:
    code = label_lines(CODE.rstrip("\n"), offset, "upstream") if direction == "forward" else CODE.rstrip("\n")
    column = {"forward": "fwd_mnl", "backward": "bwd_mnl"}[direction]
    row: dict[str, object] = {"id": f"{column}_1_ipt0", "nl": None, "fwd_mnl": None, "bwd_mnl": None}
    row[column] = f"Complete the assertion.\n[PYTHON]\n{code}\n{assertion}\n[/PYTHON]\n"
    row["response"] = f"[MONOLOGUE]\n{told}\n[/MONOLOGUE]\n[ANSWER]\nassert {answer}\n[/ANSWER]"
    return row


ROWS = [
    released(
        "forward",
        "assert total([4, 7]) == ??",
        "[L6]: `best = 0`. [L9]: It returns 11.",
        "total([4, 7]) == 11",
    ),
    released("forward", "assert total([1]) == ??", "[L6]: `best = 3`.", "total([1]) == 2"),
    released("backward", "assert total(??) == 11", "`xs = [5, 6]` will do.", "total([5, 6]) == 11"),
    {"id": "nl_1", "nl": "Write a program.", "fwd_mnl": None, "bwd_mnl": None, "response": "x"},
    {"id": "bad", "fwd_mnl": "no program here", "response": "x"},
]


def test_released_rows_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "pyx.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    first, _, third, fault = read_released(path)
    assert isinstance(first, Released) and isinstance(third, Released)
    assert first.program == PROGRAM and (first.given, first.answer, first.label_offset) == ("[4, 7]", "11", 4)
    assert (third.direction, third.given, third.answer) == ("backward", "11", "[5, 6]")
    assert fault == "no program in the prompt"


def test_released_rows_are_held_against_runs_of_their_programs(tmp_path: Path) -> None:
    path = tmp_path / "pyx.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    forward, backward = quality(tmp_path, "--released", str(path))
    assert (forward["source"], forward["kept"], forward["accepted"]) == ("released PyX", "2", "0.5000")
    assert forward["free_of_false"] == "0.5000" and forward["cost_tokens"] == ""
    assert (backward["accepted"], backward["free_of_false"]) == ("1", "1")
