"""Records: ids follow from content, lines survive a round trip, bad lines are named."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semcoder import records
from semcoder.errors import UserError
from semcoder.records import Event, Example, Program, Seed, TestCase, Trace, read, to_line, write


def seed(code: str = "def f(x):\n    return x\n", **fields: object) -> Seed:
    values = {
        "kind": "function",
        "code": code,
        "source": "a/b.py",
        "first_line": 1,
        "last_line": 2,
        "licence": "MIT",
    }
    return Seed.model_validate(values | fields)


@given(st.text(), st.text())
def test_equal_content_has_equal_ids_and_other_content_other_ids(one: str, other: str) -> None:
    assert seed(one).id == seed(one).id
    assert (seed(one).id == seed(other).id) == (one == other)


def test_what_does_not_define_a_record_leaves_its_id_alone() -> None:
    assert seed(licence="MIT").id == seed(licence="BSD").id
    assert seed(first_line=1).id != seed(first_line=2).id


@given(st.lists(st.text(), max_size=5), st.dictionaries(st.text(), st.text(), max_size=3))
def test_a_line_reads_back_as_the_same_record(
    tmp_path_factory, args: list[str], changes: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("records") / "r.jsonl"
    event = Event(kind="line", line=3, changes=changes, removed=tuple(args))
    for record in (
        Trace(parents=("test-1", "program-1"), events=(event,)),
        TestCase(parents=("program-1",), args=tuple(args), kwargs=changes, output="1", origin="doctest"),
    ):
        write(path, [record])
        assert list(read(path, type(record))) == [record]


def test_lines_are_ascii_and_single(tmp_path: Path) -> None:
    line = to_line(Example(task="nl2code", prompt="ä\u2028\n", response="\x00"))
    assert line.isascii() and line.count("\n") == 1
    path = tmp_path / "e.jsonl"
    path.write_text(line)
    assert next(read(path, Example)).prompt == "ä\u2028\n"


def test_a_line_changed_by_hand_is_refused_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text(to_line(seed()) + to_line(seed()).replace("return x", "return y"))
    with pytest.raises(UserError, match=r"s\.jsonl, line 2: .*changed by hand"):
        list(read(path, Seed))


def test_a_torn_line_is_refused_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text(to_line(seed()) + to_line(seed())[:40])
    with pytest.raises(UserError, match="line 2: not a Seed record"):
        list(read(path, Seed))


def test_those_wanted_are_found_however_their_lines_begin(tmp_path: Path) -> None:
    programs = [Program(code=f"x = {n}\n", entry_point="f", parents=("a", "b")[: n % 3]) for n in range(6)]
    path = tmp_path / "programs.jsonl"
    records.write(path, programs)
    lines = path.read_text().splitlines(keepends=True)
    bare = [
        json.dumps({k: v for k, v in reversed(json.loads(line).items()) if k != "id"}) + "\n"
        for line in lines
    ]
    path.write_text("".join([*lines[:3], *bare[3:]]))
    wanted = {each.id for each in programs[::2]}
    assert list(records.read(path, Program, records.among(wanted))) == programs[::2]
    of_both = [each for each in programs if "b" in each.parents]
    assert list(records.read(path, Program, lambda _, parents: "b" in parents)) == of_both
    assert records.parents(path, Program) == {"a", "b"}


def test_a_torn_line_is_refused_though_another_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "programs.jsonl"
    records.write(path, [Program(code="x = 1\n", entry_point="f")])
    path.write_text(path.read_text()[:-2])
    with pytest.raises(UserError, match="line 1"):
        list(records.read(path, Program, records.among(())))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.jsonl: no such file"):
        list(read(tmp_path / "none.jsonl", Seed))
