"""What became of a function, told by its name, its place or an id."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from semcoder.errors import UserError
from semcoder.fate import fates, words
from semcoder.records import Dropped, Format, Monologue, Problem, Program, Seed, TestCase, write

CODE = "def {}(x):\n    return x * 2\n"


def made(name: str, line: int) -> tuple[Seed, Problem, Program]:
    seed = Seed(
        kind="function",
        code=CODE.format(name),
        source="own/pkg/a.py",
        first_line=line,
        last_line=line + 1,
        licence="MIT",
    )
    problem = Problem(instruction=name, teacher="grounded", parents=(seed.id,))
    return seed, problem, Program(code=CODE.format(name), entry_point=name, parents=(problem.id,))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """`double` is kept with two tests, `twice` dropped as a duplicate, `hidden` never a seed. What was made of a thing
    stands in files before it, too."""
    kept, lost = made("double", 3), made("twice", 9)
    for number, kind in enumerate((2, 1, 0)):
        write(tmp_path / f"{number}.jsonl", [kept[kind], lost[kind]])
    tests = [
        TestCase(args=(str(n),), output=str(2 * n), origin="doctest", parents=(kept[2].id,)) for n in (1, 2)
    ]
    write(tmp_path / "a" / "tests.jsonl", tests)
    reason = Dropped(
        stage="pyx select",
        reason="duplicate",
        detail="of double",
        parents=(lost[2].id, lost[1].id, lost[0].id),
    )
    write(tmp_path / "a" / "dropped.jsonl", [reason])
    write(tmp_path / "b.dropped.jsonl", [reason])
    early = Dropped(stage="seeds extract", reason="no docstring", detail="own/pkg/a.py:20: hidden")
    write(tmp_path / "seeds.dropped.jsonl", [early])
    (tmp_path / "foreign.jsonl").write_text('{"id": "sample_0"}\nnot json\n')
    (tmp_path / "empty.jsonl").touch()
    return tmp_path


def test_a_function_is_told_of_from_its_seed_on(results: Path) -> None:
    (fate,) = fates("double", results)  # its program is part of the seed's story
    assert isinstance(fate.start, Seed) and not fate.dropped
    assert list(fate.made.items()) == [("Problem", 1), ("Program", 1), ("TestCase", 2)]


@pytest.mark.parametrize("what", ["twice", "a.py:9", "pkg/a.py:twice", "pkg/a.py:10", "own/pkg/a.py:9"])
def test_a_drop_is_told_once_with_stage_and_reason(results: Path, what: str) -> None:
    (fate,) = fates(what, results)
    program = made("twice", 9)[2].id
    assert list(words(fate))[1] == "  not in PyX: duplicate at pyx select"
    assert list(words(fate))[-1] == f"  dropped by pyx select: duplicate (of double) [{program}]"
    assert len(fate.dropped) == 1 and fate.made["Program"] == 1


def test_what_never_became_a_seed_is_found(results: Path) -> None:
    for what in ("hidden", "a.py:20", "a.py:hidden"):
        (fate,) = fates(what, results)
        assert list(words(fate)) == ["own/pkg/a.py:20: hidden", "  not in PyX: no docstring at seeds extract"]


@pytest.mark.parametrize(
    ("file", "verdict"),
    [("train", "in PyX, training part"), ("heldout", "in PyX, held out"), ("soft", "in PyX-Soft")],
)
def test_what_is_in_the_data_set_is_told_first(results: Path, file: str, verdict: str) -> None:
    program = made("double", 3)[2]
    assert list(words(fates("double", results)[0]))[1].startswith("  not in PyX: no stage that has run")
    write(results / "pyx" / f"{file}.jsonl", [program])
    for what in ("double", program.id):
        assert list(words(fates(what, results)[0]))[1] == f"  {verdict} ({program.id})"


def test_drops_for_the_same_reason_and_renderings_are_counted(results: Path) -> None:
    program = made("double", 3)[2]
    test = TestCase(args=("1",), output="2", origin="doctest", parents=(program.id,))
    formats: tuple[Format, ...] = ("monologue", "scratchpad", "scratchpad")
    told = [
        Monologue(
            format=each,
            direction="forward",
            text=str(number),
            answer="2",
            writer="trace",
            parents=(test.id, program.id),
        )
        for number, each in enumerate(formats)
    ]
    write(results / "c" / "told.jsonl", told)
    long = [Dropped(stage="write", reason="too long", detail=each, parents=(test.id,)) for each in "abc"]
    write(results / "c" / "dropped.jsonl", long)
    (fate,) = fates("double", results)
    assert list(words(fate))[2:] == [
        "  made of it: 1 problem, 1 program, 2 tests, 1 monologue, 2 renderings (scratchpad)",
        "  dropped by write: too long, 3 times [1 test]",
    ]


def test_a_method_is_found_with_its_class_or_without(results: Path) -> None:
    lost = "own/pkg/b.py:4: Box.size: nowhere"
    whole = Dropped(stage="seeds extract", reason="generated file", detail="own/pkg/c.py")
    write(
        results / "more.jsonl",
        [Dropped(stage="seeds extract", reason="unresolved name", detail=lost), whole],
    )
    for what in ("size", "Box.size", "b.py:size", "b.py:Box.size", "b.py:4"):
        assert [fate.name for fate in fates(what, results)] == [lost]
    for what in ("c.py", "c.py:7", "c.py:anything"):
        assert [fate.verdict for fate in fates(what, results)] == [
            "not in PyX: generated file at seeds extract"
        ]
    with pytest.raises(UserError, match="Methods that use their instance or class are no seeds"):
        fates("b.py:other", results)


def test_a_file_has_all_its_functions(results: Path) -> None:
    assert len(fates("a.py", results)) == 3
    with pytest.raises(UserError, match="no function, file or record"):
        fates("pkg/b.py", results)
    with pytest.raises(UserError, match="no function, file or record"):
        fates("kg/a.py", results)  # the end of a name is no name


def test_an_id_begins_where_it_stands(results: Path) -> None:
    program = made("twice", 9)[2].id
    (fate,) = fates(program, results)
    assert not fate.made and [each.reason for each in fate.dropped] == ["duplicate"]
    with pytest.raises(UserError, match="ids begin with"):
        fates("sample-0123456789abcdef", results)


def test_the_command_prints_and_gives_json(results: Path) -> None:
    command = [sys.executable, "-m", "semcoder.cli", "fate", "twice", "--results", str(results)]
    plain = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "own/pkg/a.py, lines 9 to 10" in plain and "made of it: 1 problem, 1 program\n" in plain
    (row,) = json.loads(
        subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout
    )
    assert row["made"] == {"Problem": 1, "Program": 1} and row["dropped"][0]["detail"] == "of double"


def test_a_folder_without_artifacts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--results"):
        fates("double", tmp_path)
