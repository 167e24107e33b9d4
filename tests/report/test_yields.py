"""Yields add shards up and keep every reason; plots are the same file each time."""

import csv
from pathlib import Path

import pytest

from semcoder.artifacts import write_json
from semcoder.cli import application
from semcoder.errors import UserError
from semcoder.records import Event, Monologue, Trace, write
from semcoder.report.counts import add_up


def summary(path: Path, stage: str, taken: int, dropped: dict[str, int]) -> Path:
    kept = taken - sum(dropped.values())
    write_json(path, {"stage": stage, "in": taken, "kept": kept, "dropped": dropped, "tests": 7})
    return path


def test_shards_of_a_stage_are_added_up_in_the_order_of_stages(tmp_path: Path) -> None:
    files = [
        summary(tmp_path / "1", "seeds", 10, {"too long": 2}),
        summary(tmp_path / "2", "seeds", 20, {"too long": 1, "no body": 4}),
        summary(tmp_path / "3", "pyx", 23, {}),
    ]
    seeds, pyx = add_up(files)
    assert (seeds.taken, seeds.kept, seeds.reasons) == (30, 23, {"too long": 3, "no body": 4})
    assert (pyx.stage, pyx.taken, pyx.kept) == ("pyx", 23, 23)


def test_the_command_writes_table_text_and_plot(tmp_path: Path) -> None:
    one = summary(tmp_path / "1", "seeds", 10, {"too long": 2, "no body": 3})
    outputs = [tmp_path / name for name in ("y.csv", "y.md", "y.svg")]
    words = [
        "--summary",
        str(one),
        "--table",
        str(outputs[0]),
        "--markdown",
        str(outputs[1]),
        "--plot",
        str(outputs[2]),
    ]
    for _ in range(2):
        application(["report", "yields"])(["report", "yields", *words], standalone_mode=False)
    with outputs[0].open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(r["reason"], r["dropped"]) for r in rows] == [("", ""), ("no body", "3"), ("too long", "2")]
    assert "| seeds | 10 | 5 | no body 3, too long 2 |" in outputs[1].read_text()
    assert "<svg" in outputs[2].read_text()


def test_the_table_says_which_benchmarks_were_looked_into(tmp_path: Path) -> None:
    one = tmp_path / "1"
    counts = {"stage": "pyx select", "in": 3, "kept": 3, "soft": 2, "dropped": {}}
    write_json(one, counts | {"benchmarks": {"humaneval": 164}, "unchecked": {"mbpp": "no data.mirror"}})
    words = ["report", "yields", "--summary", str(one)]
    for name in ("table", "markdown", "plot"):
        words += [f"--{name}", str(tmp_path / name)]
    application(["report", "yields"])(words, standalone_mode=False)
    assert (
        (tmp_path / "markdown")
        .read_text()
        .endswith(
            "|\n\npyx select: checked against humaneval (164 items); not mbpp: no data.mirror. "
            "PyX-Soft is 2 of those kept: they parse, and do not run.\n"
        )
    )


def test_what_is_no_summary_is_named(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"stage": "x"}')
    with pytest.raises(UserError, match=r"s\.json: not a Summary"):
        add_up([tmp_path / "s.json"])


def plot(kind: str, source: Path, out: Path) -> bytes:
    words = ["report", "plot", kind, "--source", str(source), "--out", str(out)]
    application(["report", "plot"])(words, standalone_mode=False)
    return out.read_bytes()


def test_plots_of_lengths_are_reproducible(tmp_path: Path) -> None:
    traces, monologues = tmp_path / "t.jsonl", tmp_path / "m.jsonl"
    write(traces, [Trace(parents=(str(n),), events=(Event(kind="line", line=1),) * n) for n in range(1, 5)])
    one = {"format": "monologue", "direction": "forward", "answer": "1", "writer": "trace"}
    write(monologues, [Monologue.model_validate(one | {"text": "x" * n}) for n in range(1, 5)])
    for kind, source in (("traces", traces), ("monologues", monologues)):
        assert plot(kind, source, tmp_path / "a.svg") == plot(kind, source, tmp_path / "b.svg")
        assert b"median 3" in (tmp_path / "a.svg").read_bytes()


def test_a_log_without_a_loss_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"step": 1}\n')
    with pytest.raises(UserError, match="no line with a loss"):
        plot("loss", log, tmp_path / "a.svg")
    log.write_text('{"step": 1, "loss": 2.0, "learning_rate": 0.1}\n')
    assert b"<svg" in plot("loss", log, tmp_path / "a.svg")
