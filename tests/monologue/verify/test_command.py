"""The command: plain lines and records in, one verdict a monologue out, and errors that name the line."""

import json
from pathlib import Path
from typing import Any

import pytest
from freeform import PROGRAMS, traced
from typer.testing import CliRunner

from semcoder import records
from semcoder.cli import application
from semcoder.errors import UserError
from semcoder.records import Monologue, Program, TestCase, Trace

CODE, ARGS = PROGRAMS["total"]
TEXTS = ["`t` starts at `0` and the function returns `10`.", "At the end `t` is `9`.", "Nothing to see."]


def command(*words: str) -> None:
    result = CliRunner().invoke(application(words), words, catch_exceptions=False)
    assert result.exit_code == 0, result.output


def verdicts(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def plain(folder: Path, texts: list[str] = TEXTS, trace_id: str = "one") -> list[str]:
    """Options of the command for plain lines, traced by `tracing trace`."""
    programs = lines(
        folder / "p.jsonl", [{"id": "one", "code": CODE, "entry_point": "f", "args": list(ARGS)}]
    )
    command("tracing", "trace", f"--programs={programs}", f"--traces={folder / 't.jsonl'}")
    rows = [
        {"id": f"m{at}", "trace_id": trace_id, "direction": "forward", "text": text}
        for at, text in enumerate(texts)
    ]
    said = lines(folder / "m.jsonl", rows)
    return [f"--monologues={said}", f"--traces={folder / 't.jsonl'}", f"--verdicts={folder / 'v.jsonl'}"]


def test_a_monologue_of_an_untraced_run_is_unchecked_and_stops_nothing(tmp_path: Path) -> None:
    [_, traces, out] = plain(tmp_path)
    own = Monologue(
        parents=("test-1", "program-1"),
        format="monologue",
        direction="backward",
        text="One such input is `[9]`.",
        answer="[9]",
        writer="m",
    )
    other = {"id": "m", "trace_id": "one", "direction": "forward", "text": TEXTS[1]}
    said = lines(tmp_path / "m.jsonl", [json.loads(records.to_line(own)), other])
    command("monologue", "verify", f"--monologues={said}", traces, out)
    [first, second] = verdicts(tmp_path / "v.jsonl")
    assert (first["id"], first["verdict"], first["claims"], first["coverage"]) == (
        own.id,
        "unchecked",
        [],
        None,
    )
    assert "not traced" in first["reason"] and second["verdict"] == "rejected"


def test_tracing_then_verifying_needs_nothing_else(tmp_path: Path) -> None:
    options = plain(tmp_path)
    [trace] = verdicts(tmp_path / "t.jsonl")
    assert (trace["code"], trace["entry_point"], trace["args"], trace["kwargs"]) == (
        CODE,
        "f",
        list(ARGS),
        {},
    )
    command("monologue", "verify", *options)
    found = verdicts(tmp_path / "v.jsonl")
    assert [(row["id"], row["verdict"]) for row in found] == [
        ("m0", "accepted"),
        ("m1", "rejected"),
        ("m2", "accepted"),
    ]
    assert found[0]["score"] == 1.0 and found[0]["supported"] == 2 and found[0]["reason"] == ""
    assert found[1]["reason"] == "state: '`t` is `9`' is false: t is only ever 0, 3, 8, 10"
    [claim] = found[1]["claims"]
    assert TEXTS[1][slice(*claim["span"])] == claim["text"] == "`t` is `9`"
    assert (claim["kind"], claim["status"]) == ("state", "contradicted")
    assert found[2]["score"] is None and found[2]["claims"] == [] and found[2]["coverage"] == 0


def test_records_take_their_code_from_the_programs(tmp_path: Path) -> None:
    program = Program(code=CODE, entry_point="f")
    test = TestCase(parents=(program.id,), args=ARGS, output="10", origin="type")
    trace = Trace(parents=(test.id, program.id), events=traced(CODE, *ARGS))
    text = "[L8]: Loop over `xs`.\n- Iteration 4: `x = 1`."
    said = Monologue(
        parents=(trace.id, test.id, program.id),
        format="monologue",
        direction="forward",
        text=text,
        answer="10",
        writer="someone",
    )
    for name, row in (("programs", program), ("traces", trace), ("monologues", said)):
        records.write(tmp_path / f"{name}.jsonl", [row])
    paths = [f"--{name}={tmp_path / f'{name}.jsonl'}" for name in ("traces", "monologues")]
    command("monologue", "verify", *paths, f"--verdicts={tmp_path / 'bare'}")
    command(
        *("monologue", "verify", *paths, f"--verdicts={tmp_path / 'coded'}"),
        *(f"--programs={tmp_path / 'programs.jsonl'}", "--label-offset=5"),
    )
    [bare], [coded] = verdicts(tmp_path / "bare"), verdicts(tmp_path / "coded")
    assert (bare["id"], coded["id"]) == (said.id, said.id)
    assert not any(claim["kind"] == "iteration" for claim in bare["claims"])
    assert "the loop has 3 iterations" in coded["reason"]


def test_workers_change_nothing(tmp_path: Path) -> None:
    options = plain(tmp_path, TEXTS * 50)
    command("monologue", "verify", *options)
    alone = (tmp_path / "v.jsonl").read_bytes()
    command("monologue", "verify", *options, "--workers=2")
    assert (tmp_path / "v.jsonl").read_bytes() == alone and len(verdicts(tmp_path / "v.jsonl")) == 150


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"id": "x", "trace_id": "two", "direction": "forward", "text": ""}, "line 2: .*holds no trace two"),
        (
            {"id": "x", "trace_id": "one", "direction": "sideways", "text": ""},
            "line 2: not a monologue .direction",
        ),
        ({"id": "x", "trace_id": "one", "direction": "forward"}, "line 2: not a monologue .text"),
        ([1], "line 2: not a JSON object"),
    ],
)
def test_bad_lines_are_named_and_nothing_is_written(tmp_path: Path, line: Any, words: str) -> None:
    options = plain(tmp_path, TEXTS[:1])
    with (tmp_path / "m.jsonl").open("a") as stream:
        stream.write(json.dumps(line) + "\n")
    with pytest.raises(UserError, match=rf"m\.jsonl, {words}"):
        command("monologue", "verify", *options)
    assert not (tmp_path / "v.jsonl").exists()


def test_bad_traces_are_named(tmp_path: Path) -> None:
    options = plain(tmp_path)
    (tmp_path / "t.jsonl").write_text('{"id": "one"}\n')
    with pytest.raises(UserError, match=r"t\.jsonl, line 1: not a line of `semcoder tracing trace` \(events"):
        command("monologue", "verify", *options)
    (tmp_path / "t.jsonl").write_text("no\n")
    with pytest.raises(UserError, match=r"t\.jsonl, line 1: not JSON"):
        command("monologue", "verify", *options)


def test_a_file_without_monologues_is_refused(tmp_path: Path) -> None:
    options = plain(tmp_path, [])
    with pytest.raises(UserError, match="no monologues"):
        command("monologue", "verify", *options)
    assert not (tmp_path / "v.jsonl").exists()
