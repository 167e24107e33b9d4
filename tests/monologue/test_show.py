"""The look at a monologue: steps and passages laid beside each other, an inert page, the terminal."""

import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.pool import Sandbox
from semcoder.monologue.evidence import Told
from semcoder.monologue.page import page
from semcoder.monologue.show import show
from semcoder.monologue.view import View, view
from semcoder.monologue.write import monologue
from semcoder.records import Direction, Monologue, Program, TestCase, Trace, write

CODE = """\
def tag(words):
    out = ''
    for word in words:
        if word:
            out = out + word
    return out + '</script><b>'
"""
PROGRAM = Program(code=CODE, entry_point="tag")
TEST = TestCase(
    args=("['a', '', '<b>&']",), output="'a<b>&</script><b>'", origin="teacher", parents=(PROGRAM.id,)
)
LIE = """\
### Execution Simulation
1. [L1]: The call begins with `words = ['a', '', '<b>&']`.
2. [L2]: `out = ''`.
3. [L3]: The loop visits three elements.
   - **Iteration 1**: `word = 'a'`. [L4]: It is true. [L5]: `out = 'x'`.
   - **Iteration 2**: `word = ''`. [L4]: It is false.
   - **Iteration 3**: `word = '<b>&'`. [L4]: It is true. [L5]: `out = 'a<b>&'`.
4. [L6]: The function returns `'a<b>&</script><b>'`."""


@pytest.fixture(scope="module")
def trace() -> Trace:
    with Sandbox(1, Limits(cpu_s=2)) as sandbox:
        job = Job("j", PROGRAM.code, PROGRAM.entry_point, (Call(TEST.args),), trace=True)
        (outcome,) = sandbox.run([job])
    return Trace(parents=(TEST.id, PROGRAM.id), events=outcome.results[0].events)


def seen(trace: Trace, text: str = LIE, direction: Direction = "forward", label_offset: int = 0) -> View:
    call = TEST.call_arguments
    return view(Told("mono-x", direction, text, PROGRAM, call, trace.events, False, label_offset))


class Reader(HTMLParser):
    """The tags of a page, and the text of its script elements."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.scripts and self.tags[-1] == "script":
            self.scripts[-1] += data


def read(text: str) -> tuple[Reader, Any]:
    reader = Reader()
    reader.feed(text)
    return reader, json.loads(reader.scripts[0])


def test_every_step_has_the_state_after_it(trace: Trace) -> None:
    steps = seen(trace).steps
    assert len(steps) == len(trace.events)
    states = [{each.name: each.text for each in step.variables} for step in steps]
    assert states[0] == {"words": "['a', '', '<b>&']"}
    assert states[-1] == {"words": "['a', '', '<b>&']", "out": "'a<b>&'", "word": "'<b>&'"}
    assert steps[0].what == "tag is called" and steps[-1].what.startswith("tag returns 'a<b>&")
    changed = [[each.name for each in step.variables if each.changed] for step in steps[:3]]
    assert changed == [["words"], ["out"], ["word"]]


def test_the_state_of_a_caller_comes_back(trace: Trace) -> None:
    with Sandbox(1, Limits(cpu_s=2)) as sandbox:
        code = "def f(n):\n    if n == 0:\n        return 0\n    m = f(n - 1)\n    return m + n\n"
        (outcome,) = sandbox.run([Job("j", code, "f", (Call(("1",)),), trace=True)])
    told = Told(
        "m", "forward", "", Program(code=code, entry_point="f"), "1", outcome.results[0].events, False, 0
    )
    states = [(step.depth, {v.name: v.text for v in step.variables}) for step in view(told).steps]
    assert (1, {"n": "0"}) in states and states[-1] == (0, {"n": "1", "m": "0"})


@pytest.mark.parametrize("label_offset", [0, 4])
def test_passages_belong_to_the_steps_that_they_tell(trace: Trace, label_offset: int) -> None:
    text = re.sub(r"\[L(\d)\]", lambda m: f"[L{int(m[1]) + label_offset}]", LIE)
    found = seen(trace, text, label_offset=label_offset)
    told = [(text[each.start : each.end], trace.events[each.step].line) for each in found.passages]
    assert [line for _, line in told] == [1, 2, 3, 4, 5, 3, 4, 3, 4, 5, 6]
    steps = [each.step for each in found.passages]
    assert steps == sorted(set(steps))
    assert "`word = ''`" in told[5][0]


def test_what_is_told_after_its_time_still_has_its_step(trace: Trace) -> None:
    late = LIE + "\n   - Also: [L5]: `out = 'a'`."
    found = seen(trace, late)
    assert [trace.events[each.step].changes for each in found.passages][-1] == {"out": "'a'"}


def test_backward_passages_go_back_through_the_run(trace: Trace) -> None:
    row = monologue(PROGRAM, TEST, trace, "backward", max_chars=4000)
    assert isinstance(row, Monologue)
    steps = [each.step for each in seen(trace, row.text, "backward").passages]
    assert steps and steps == sorted(steps, reverse=True) and trace.events[steps[0]].line == 6


def test_the_page_holds_every_step_and_marks_what_is_false(trace: Trace) -> None:
    _, (data,) = read(page([seen(trace)]))
    assert [step["line"] for step in data["steps"]] == [event.line for event in trace.events]
    assert data["code"] == CODE.rstrip("\n").split("\n")
    assert [each["said"] for each in data["false"]] == ["out = 'x'"] and "'a'" in data["false"][0]["truth"]
    parts = [part for line in data["told"] for part in line["parts"]]
    assert [part["text"] for part in parts if "false" in part] == ["out = 'x'"]
    assert any(part.get("true") for part in parts)
    shown = "\n".join("".join(part["text"] for part in line["parts"]) for line in data["told"])
    assert "Iteration 1: word = 'a'. [L4]: It is true." in shown and "`" not in shown and "**" not in shown
    name, text, changed = data["steps"][1]["vars"][1]
    assert (name, data["texts"][text], changed) == ("out", "''", 1)


def test_nothing_of_a_program_is_markup(trace: Trace) -> None:
    hostile = seen(trace, LIE + "\n</script><img src=x onerror=alert(1)> <!-- ]]> &lt;")
    plain, _ = read(page([seen(trace, "text")]))
    reader, (data,) = read(page([hostile]))
    assert reader.tags == plain.tags and len(reader.scripts) == 2
    assert not any(value and value.startswith(("http", "//")) for _, value in reader.attributes)
    assert "</script><b>" in data["code"][-1]
    assert "innerHTML" not in reader.scripts[1] and "default-src 'none'" in page([hostile])


def test_equal_views_are_equal_bytes_and_none_is_a_page_too(trace: Trace) -> None:
    assert page([seen(trace)]) == page([seen(trace)])
    assert read(page([]))[1] == []


@pytest.mark.parametrize("width", [80, 200])
def test_the_terminal_shows_code_run_and_what_is_false(trace: Trace, width: int) -> None:
    out = io.StringIO()
    show(seen(trace), Console(file=out, width=width, force_terminal=False))
    text = out.getvalue()
    assert "1 false" in text and "[FALSE:" in text and "def tag(words):" in text
    assert "word = '<b>&'" in text


def command(*words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "semcoder.cli", "monologue", "show", *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_the_command_finds_a_monologue_in_results_and_picks_from_files(tmp_path: Path, trace: Trace) -> None:
    row = monologue(PROGRAM, TEST, trace, "forward", max_chars=4000)
    assert isinstance(row, Monologue)
    own = row.model_dump() | {"id": "", "direction": "backward", "answer": "['c']", "text": "It was `['c']`."}
    other = Monologue.model_validate(own | {"parents": (TEST.id, PROGRAM.id)})
    files = {"programs": [PROGRAM], "tests": [TEST], "traces": [trace], "monologues": [row, other]}
    for name, rows in files.items():
        write(tmp_path / f"{name}.jsonl", rows)  # type: ignore[arg-type]
    done = command(row.id, "--results", str(tmp_path))
    assert done.returncode == 0 and "0 false" in done.stdout and row.id in done.stdout
    words = [word for name in files for word in (f"--{name}", str(tmp_path / f"{name}.jsonl"))]
    done = command(*words, "--pick", "2", "--html", str(tmp_path / "p.html"))
    assert done.returncode == 0 and done.stdout == ""
    _, data = read((tmp_path / "p.html").read_text())
    assert [each["call"] for each in data] == [f"tag({TEST.call_arguments})", "tag(['c'])"]
    assert data[1]["steps"][0]["vars"][0][0] == "words" and data[1]["texts"][0] == "['c']"
    for wrong in ([TEST.id, "--results", str(tmp_path)], ["mono-0"], [row.id, "--pick", "1"]):
        done = command(*wrong)
        assert done.returncode == 2 and done.stderr.count("\n") == 1


def test_plain_lines_are_shown_too(tmp_path: Path, trace: Trace) -> None:
    events = [event.model_dump(exclude_defaults=True) for event in trace.events]
    (tmp_path / "t.jsonl").write_text(json.dumps({"id": "t", "code": CODE, "events": events}) + "\n")
    told = {"id": "m", "trace_id": "t", "direction": "forward", "text": LIE}
    (tmp_path / "m.jsonl").write_text(json.dumps(told) + "\n")
    done = command("m", "--monologues", str(tmp_path / "m.jsonl"), "--traces", str(tmp_path / "t.jsonl"))
    assert done.returncode == 0 and "[FALSE:" in done.stdout
