"""The command: what it keeps, drops and counts."""

import json
from pathlib import Path

import pytest
from monologue_cases import Case, case
from typer.testing import CliRunner

from semcoder import records
from semcoder.cli import application
from semcoder.errors import UserError
from semcoder.monologue.write import monologue
from semcoder.records import Dropped, Monologue

CASES = [
    case("def f(x):\n    return x + 1", "1"),
    case("def f(x):\n    return x + 1", "2"),
    case("def f(s):\n    return s + 'x'", repr("y" * 1900)),
    case("def f(xs):\n    for x in xs:\n        print(x)\n    return len(xs)", "['a', 'b']"),
]


def run(folder: Path, *options: str, traces: str = "traces.jsonl", cases: list[Case] = CASES) -> None:
    folder.mkdir(exist_ok=True)
    programs = {each.program.id: each.program for each in cases}
    records.write(folder / "programs.jsonl", programs.values())
    records.write(folder / "tests.jsonl", [each.test for each in cases])
    if not (folder / traces).exists():
        records.write(folder / traces, [each.trace for each in cases])
    inputs = [f"--{name}={folder / f'{name}.jsonl'}" for name in ("programs", "tests")]
    outputs = [f"--{name}={folder / f'{name}.out'}" for name in ("monologues", "dropped", "summary")]
    words = ["monologue", "write", *inputs, f"--traces={folder / traces}", *outputs, *options]
    result = CliRunner().invoke(application(words), words, catch_exceptions=False)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_rows_follow_the_traces_and_sums_add_up(tmp_path: Path, direction: str) -> None:
    run(tmp_path, f"--direction={direction}", "--max-chars=1500")
    kept = list(records.read(tmp_path / "monologues.out", Monologue))
    lost = list(records.read(tmp_path / "dropped.out", Dropped))
    told = [each for each in CASES if len(each.test.output) < 1000]
    assert [row.parents for row in kept] == [(c.trace.id, c.test.id, c.program.id) for c in told]
    assert {row.format for row in kept} == {"monologue"} and {row.writer for row in kept} == {"trace"}
    for row, each in zip(kept, told, strict=True):
        assert row.answer == (each.test.output if direction == "forward" else each.test.call_arguments)
    assert [row.reason for row in lost] == ["too long"] and lost[0].parents[0] == CASES[2].trace.id
    summary = json.loads((tmp_path / "summary.out").read_text())
    assert (summary["in"], summary["kept"], summary["dropped"]) == (4, 3, {"too long": 1})


def test_per_program_takes_the_first_traces(tmp_path: Path) -> None:
    run(tmp_path, "--direction=forward", "--per-program=1", "--max-chars=1500")
    kept = list(records.read(tmp_path / "monologues.out", Monologue))
    assert [row.parents[0] for row in kept] == [CASES[0].trace.id, CASES[3].trace.id]


def test_per_program_counts_what_is_kept(tmp_path: Path) -> None:
    code = "def f(s):\n    return s + 'x'"
    cases = [case(code, repr("y" * 1900)), case(code, "'a'"), case(code, "'b'")]
    run(tmp_path, "--direction=forward", "--per-program=1", "--max-chars=1500", cases=cases)
    (kept,) = records.read(tmp_path / "monologues.out", Monologue)
    (lost,) = records.read(tmp_path / "dropped.out", Dropped)
    assert (kept.parents[0], lost.parents[0]) == (cases[1].trace.id, cases[0].trace.id)
    summary = json.loads((tmp_path / "summary.out").read_text())
    assert (summary["in"], summary["kept"], summary["dropped"]) == (2, 1, {"too long": 1})


def test_backward_asks_each_output_of_a_program_once(tmp_path: Path) -> None:
    half, same = "def f(n):\n    return n // 2", "def f(n):\n    return n"
    cases = [case(half, "6"), case(half, "7"), case(half, "9"), case(same, "3")]
    run(tmp_path, "--direction=backward", cases=cases)
    assert [row.answer for row in records.read(tmp_path / "monologues.out", Monologue)] == ["6", "9", "3"]
    run(tmp_path, "--direction=forward", cases=cases)
    assert len(list(records.read(tmp_path / "monologues.out", Monologue))) == 4


def test_same_options_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(tmp_path / name, "--direction=forward", "--seed=7")
    for name in ("monologues.out", "dropped.out", "summary.out"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_traces_of_other_tests_are_refused(tmp_path: Path) -> None:
    stranger = case("def f():\n    return 3")
    records.write(tmp_path / "strange.jsonl", [stranger.trace])
    with pytest.raises(UserError, match=r"strange\.jsonl.*do not hold what trace-"):
        run(tmp_path, "--direction=forward", traces="strange.jsonl")
    assert not (tmp_path / "monologues.out").exists()


def test_an_output_that_the_trace_does_not_give_is_dropped() -> None:
    each = CASES[0]
    changed = each.test.model_copy(update={"output": "3"})
    row = monologue(each.program, changed, each.trace, "forward", max_chars=2400)
    assert isinstance(row, Dropped) and row.reason == "not tellable"
