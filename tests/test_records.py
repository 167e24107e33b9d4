"""Records: ids follow from content, lines survive a round trip, bad lines are named."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semcoder.errors import UserError
from semcoder.records import Event, Example, Seed, TestCase, Trace, read, to_line, write


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


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.jsonl: no such file"):
        list(read(tmp_path / "none.jsonl", Seed))
