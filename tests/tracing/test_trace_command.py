"""`semcoder tracing trace` and `render`, in the real sandbox."""

import json
from pathlib import Path
from typing import Any

import pytest

from semcoder.errors import UserError
from semcoder.records import Dropped, Monologue, Program, TestCase, Trace, read, write
from semcoder.tracing import render, trace
from semcoder.tracing.formats import concise, next_scratchpad, scratchpad

COUNT = "def count(n):\n    total = 0\n    for i in range(n):\n        total += i\n    return total\n"
SPIN = "def spin(n):\n    while n:\n        n += 1\n    return n\n"
PAIR = "def pair(s):\n    t = (s, {s: 1})\n    return t\n"
LONG = "def long(n):\n    s = 'x' * n\n    return len(s)\n"


def _cases(*programs: tuple[str, list[tuple[str, str]]]) -> tuple[list[Program], list[TestCase]]:
    """Program and test records of (code, [(argument, output)])."""
    made, tests = [], []
    for code, cases in programs:
        name = code.removeprefix("def ").partition("(")[0]
        program = Program(code=code, entry_point=name, parents=("problem-1",))
        made.append(program)
        tests += [TestCase(parents=(program.id,), args=(a,), output=o, origin="type") for a, o in cases]
    return made, tests


MIXED = _cases(
    (COUNT, [("3", "3"), ("0", "0"), ("4", "7"), ("50", "1225"), ("'a'", "0")]),
    (SPIN, [("0", "0"), ("1", "0"), ("False", "False")]),
    (PAIR, [('"it\'s"', '("it\'s", {"it\'s": 1})')]),
    (LONG, [("500", "500"), ("5", "5")]),
)


def _trace(folder: Path, name: str, **options: Any) -> tuple[list[Trace], list[Dropped], dict[str, Any]]:
    out = {kind: folder / f"{name}.{kind}" for kind in ("traces", "dropped", "summary")}
    settings = {"cpu_s": 0.5, "max_events": 40, "max_value_chars": 100, **options}
    trace.main(programs=folder / "programs", tests=folder / "tests", **out, **settings)
    summary = json.loads(out["summary"].read_text())
    return list(read(out["traces"], Trace)), list(read(out["dropped"], Dropped)), summary


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("traces")
    write(path / "programs", MIXED[0])
    write(path / "tests", MIXED[1])
    _trace(path, "whole")
    return path


def test_what_is_kept_and_why_the_rest_is_not(folder: Path) -> None:
    tests = {test.id: test for test in MIXED[1]}
    kept = [tests[each.parents[0]] for each in read(folder / "whole.traces", Trace)]
    assert [(each.args[0], each.output) for each in kept] == [
        ("3", "3"),
        ("0", "0"),
        *[("0", "0"), ("False", "False")],
        ('"it\'s"', '("it\'s", {"it\'s": 1})'),
        ("5", "5"),
    ]
    assert [
        (tests[each.parents[0]].args[0], each.reason) for each in read(folder / "whole.dropped", Dropped)
    ] == [
        ("4", "another output"),
        ("50", "truncated: events"),
        ("'a'", "raised"),
        ("1", "timeout"),
        ("500", "truncated: value size"),
    ]
    assert json.loads((folder / "whole.summary").read_text()) == {
        "stage": "tracing.trace",
        "in": 11,
        "kept": 6,
        "dropped": {
            **{"another output": 1, "truncated: events": 1, "raised": 1},
            **{"timeout": 1, "truncated: value size": 1},
        },
    }


def test_traces_say_what_happened(folder: Path) -> None:
    first = next(read(folder / "whole.traces", Trace))
    assert first.parents == (MIXED[1][0].id, MIXED[0][0].id)
    assert [(e.kind, e.line, e.count, e.changes, e.value) for e in first.events] == [
        ("call", 1, 1, {"n": "3"}, ""),
        ("line", 2, 1, {"total": "0"}, ""),
        ("line", 3, 1, {"i": "0"}, ""),
        ("line", 4, 1, {}, ""),
        ("line", 3, 2, {"i": "1"}, ""),
        ("line", 4, 2, {"total": "1"}, ""),
        ("line", 3, 3, {"i": "2"}, ""),
        ("line", 4, 3, {"total": "3"}, ""),
        ("line", 3, 4, {}, ""),
        ("line", 5, 1, {}, ""),
        ("return", 5, 1, {}, "3"),
    ]


def test_shards_are_the_whole_and_workers_do_not_matter(folder: Path) -> None:
    parts = [_trace(folder, f"part{i}", shard=f"{i}-of-3", workers=i) for i in (1, 2, 3)]
    whole = list(read(folder / "whole.traces", Trace))
    order = {each.id: place for place, each in enumerate(MIXED[0])}
    together = sorted(
        (each for kept, _, _ in parts for each in kept), key=lambda each: order[each.parents[1]]
    )
    assert together == whole
    assert all(kept != whole for kept, _, _ in parts)
    assert sum(summary["in"] for _, _, summary in parts) == 11


def test_only_the_first_inputs_of_a_program(folder: Path) -> None:
    kept, dropped, summary = _trace(folder, "first", per_program=1)
    assert [len(kept), len(dropped), summary["in"]] == [3, 1, 4]


def test_a_test_of_an_unknown_program_is_the_users_error(folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "programs", MIXED[0][1:])
    write(tmp_path / "tests", MIXED[1])
    with pytest.raises(
        UserError, match=r"tests: test-\w+ belongs to program-\w+, which .*programs does not hold"
    ):
        _trace(tmp_path, "none")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["programs", "tests"]


def _render(
    folder: Path, format: render.Format, direction: Any = "forward", **options: Any
) -> list[Monologue]:
    out = {kind: folder / f"rendered.{kind}" for kind in ("out", "dropped", "summary")}
    records = {"programs": folder / "programs", "tests": folder / "tests"}
    traces = options.pop("traces", folder / "whole.traces")
    render.main(format=format, direction=direction, **records, traces=traces, **out, **options)
    return list(read(out["out"], Monologue))


def test_each_format_renders_each_trace(folder: Path) -> None:
    traces = list(read(folder / "whole.traces", Trace))
    programs = {each.id: each for each in MIXED[0]}
    tests = {each.id: each for each in MIXED[1]}
    expected = {
        "scratchpad": [scratchpad(programs[each.parents[1]].code, each) for each in traces],
        "next": [next_scratchpad(programs[each.parents[1]].code, each) for each in traces],
        "concise": [concise(each) for each in traces],
        "direct": ["" for _ in traces],
    }
    for format, texts in expected.items():
        for direction in ("forward", "backward"):
            rows = _render(folder, format, direction)  # type: ignore[arg-type]
            assert [row.text for row in rows] == texts
            assert [row.parents for row in rows] == [(each.id, *each.parents) for each in traces]
            assert {(row.format, row.direction, row.writer) for row in rows} == {(format, direction, "trace")}
            cases = [tests[each.parents[0]] for each in traces]
            answers = [c.output if direction == "forward" else c.args[0] for c in cases]
            assert [row.answer for row in rows] == answers


def test_labels_of_concise_traces_take_the_offset(folder: Path) -> None:
    assert _render(folder, "concise", label_offset=4)[0].text.startswith(
        '[L5] [INPUT] {"n": 3} [/INPUT] [/L5]\n[L6] '
    )


def test_long_rows_are_dropped_and_counted(folder: Path) -> None:
    lengths = sorted(len(row.text) + len(row.answer) for row in _render(folder, "scratchpad"))
    assert len(_render(folder, "scratchpad", max_chars=lengths[-1])) == 6
    assert len(_render(folder, "scratchpad", max_chars=lengths[-1] - 1)) == 5
    dropped = list(read(folder / "rendered.dropped", Dropped))
    assert [(each.reason, each.detail, len(each.parents)) for each in dropped] == [
        ("too long", f"{lengths[-1]} characters", 3)
    ]
    summary = json.loads((folder / "rendered.summary").read_text())
    assert summary["dropped"] == {"too long": 1}


def test_traces_of_other_programs_are_the_users_error(folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "other", [Trace(parents=("test-1", "program-1"), events=())])
    with pytest.raises(UserError, match="do not hold what trace-"):
        _render(folder, "next", traces=tmp_path / "other")


def test_plain_lines_are_traced_without_records(tmp_path: Path) -> None:
    lines = [
        {
            "id": "sum",
            "code": "def f(n, *, k):\n    s = n + k\n    return s\n",
            "entry_point": "f",
            "args": ["2"],
        }
        | {"kwargs": {"k": "3"}},
        {"id": "bad", "code": "def f(n):\n    return 1 / n\n", "entry_point": "f", "args": ["0"]},
        {"id": "odd", "code": "def f(", "entry_point": "f"},
    ]
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    trace.main(programs=source, traces=out)
    first, bad, odd = map(json.loads, out.read_text().splitlines())
    assert first["value"] == "5" and [event["kind"] for event in first["events"]] == [
        "call",
        "line",
        "line",
        "return",
    ]
    assert first["events"][0]["changes"] == {"n": "2", "k": "3"}
    assert bad["verdict"] == "ok" and bad["raised"][0] == "ZeroDivisionError" and bad["events"]
    assert odd["verdict"] == "invalid" and odd["value"] is None
