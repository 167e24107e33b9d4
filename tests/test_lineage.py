"""From any record back to its source lines, through files whose names say nothing."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from semcoder.errors import UserError
from semcoder.lineage import trace_back
from semcoder.records import (
    Dropped,
    Event,
    Example,
    Monologue,
    Problem,
    Program,
    Record,
    Seed,
    TestCase,
    Trace,
    write,
)

CODE = "def double(x):\n    return [x][0] * 2\n"


def seed(source: str = "stdlib-3.11/textwrap.py") -> Seed:
    return Seed(kind="function", code=CODE, source=source, first_line=12, last_line=13, licence="PSF-2.0")


def chain() -> list[Record]:
    first = seed()
    problem = Problem(instruction="Double a number.", teacher="grounded", parents=(first.id,))
    program = Program(code=CODE, entry_point="double", parents=(problem.id,))
    test = TestCase(args=("2",), output="4", origin="doctest", parents=(program.id,))
    events = (
        Event(kind="call", line=1, scope="double", changes={"x": "2"}),
        Event(kind="line", line=2, scope="double"),
        Event(kind="return", line=2, scope="double", value="4"),
    )
    trace = Trace(events=events, parents=(test.id, program.id))
    mono = Monologue(
        format="monologue",
        direction="forward",
        text="### Conclusion\n[link](x) doubles 2.",
        answer="4",
        writer="trace",
        parents=(trace.id, test.id, program.id),
    )
    example = Example(task="forward", prompt="Simulate", response="4", parents=(mono.id,))
    return [first, problem, program, test, trace, mono, example]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    for number, record in enumerate(chain()):
        write(tmp_path / "deep" / f"{number}" / "part.jsonl", [record])
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "foreign.jsonl").write_text('{"id": "sample_0", "code": "x"}\nnot json\n')
    return tmp_path


def run(results: Path, identity: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "semcoder.cli", "lineage", identity, "--results", str(results), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_record_leads_to_the_seed(results: Path) -> None:
    everything = chain()
    for number, start in enumerate(everything):
        found = trace_back(start.id, results)
        assert not found.missing
        assert list(found.found) == [record.id for record in reversed(everything[: number + 1])]


def test_the_printed_chain_ends_in_source_lines_and_licence(results: Path) -> None:
    done = run(results, chain()[-1].id)
    assert done.returncode == 0, done.stderr
    kinds = [line.split()[0] for line in done.stdout.splitlines() if line[:1].isalpha()]
    assert kinds == ["Example", "Monologue", "Trace", "TestCase", "Program", "Problem", "Seed"]
    last = done.stdout.partition("Seed seed-")[2]
    assert "stdlib-3.11/textwrap.py, lines 12 to 13" in last
    assert "PSF-2.0" in last and "    def double(x):\n        return [x][0] * 2" in last
    assert "[link](x) doubles 2." in done.stdout and "[L2] return 4" in done.stdout


def test_json_holds_the_whole_records(results: Path) -> None:
    printed = json.loads(run(results, chain()[-1].id, "--json").stdout)
    assert [entry["record"]["id"] for entry in printed["chain"]] == [r.id for r in reversed(chain())]
    assert printed["chain"][-1]["files"] == ["deep/0/part.jsonl"] and printed["missing"] == []


def test_one_program_of_two_seeds_leads_to_both(results: Path) -> None:
    other = seed("own/doubling.py")
    problem = Problem(instruction="Twice.", teacher="grounded", parents=(other.id,))
    again = Program(code=CODE, entry_point="double", parents=(problem.id,))
    write(results / "more.jsonl", [other, problem, again])
    found = trace_back(chain()[-1].id, results).found
    assert found[again.id].files == ["deep/2/part.jsonl", "more.jsonl"]
    assert {seed().id, other.id} <= found.keys()


def test_a_parent_that_is_nowhere_is_named(results: Path) -> None:
    (results / "deep" / "0" / "part.jsonl").unlink()
    assert trace_back(chain()[-1].id, results).missing == [seed().id]
    assert "no file holds it" in run(results, chain()[-1].id).stdout


def test_what_was_dropped_leads_back_too(results: Path) -> None:
    dropped = Dropped(stage="pyx select", reason="duplicate", parents=(chain()[2].id,))
    write(results / "dropped.jsonl", [dropped])
    assert list(trace_back(dropped.id, results).found)[-1] == seed().id


def test_an_unknown_id_names_its_nearest(results: Path) -> None:
    known = chain()[1].id
    swapped = "0" if known[-1] != "0" else "1"
    done = run(results, known[:-1] + swapped)
    assert done.returncode == 2 and f"most like it are {known}," in done.stderr
    assert run(results, "nonsense").returncode == 2
    told = next(record.id for record in chain() if isinstance(record, Monologue))
    with pytest.raises(UserError, match=f"most like it are {told}\\."):
        trace_back("nonsense", results, Monologue)


def test_a_folder_without_artifacts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--results"):
        trace_back("seed-0", tmp_path)


def test_a_line_changed_by_hand_is_refused(results: Path) -> None:
    path = results / "deep" / "0" / "part.jsonl"
    path.write_text(path.read_text().replace("textwrap", "wrapping"))
    with pytest.raises(UserError, match=r"part\.jsonl"):
        trace_back(chain()[-1].id, results)


def test_unwanted_lines_are_not_parsed(results: Path) -> None:
    with (results / "big.jsonl").open("w") as stream:
        stream.writelines(f'{{"id":"seed-{n:016x}","code":"{"x" * 1000}"}}\n' for n in range(60_000))
    started = time.monotonic()
    assert len(trace_back(chain()[-1].id, results).found) == 7
    assert time.monotonic() - started < 5  # 60 MB; parsing each line would take far longer than searching
