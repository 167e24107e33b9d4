"""The answer store: torn lines, other processes, import by copying."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semcoder.errors import UserError
from semcoder.teacher import exported
from semcoder.teacher.store import Answer, Question, Store

QUESTION = Question("m", (("user", "q"),), 0.5, 50)


def key(number: int) -> str:
    return f"{number:032x}"


def answer(text: str) -> Answer:
    return Answer(text, "stop", 10, 5)


def test_everything_that_determines_an_answer_is_in_its_key() -> None:
    others = [
        replace(QUESTION, model="n"),
        replace(QUESTION, messages=(("user", "r"),)),
        replace(QUESTION, messages=(("system", "q"),)),
        replace(QUESTION, temperature=0.6),
        replace(QUESTION, max_tokens=51),
        replace(QUESTION, stop=("x",)),
        replace(QUESTION, sample=1),
    ]
    assert len({each.key for each in [QUESTION, *others]}) == 8


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=8), st.integers(0, 400))
def test_a_torn_segment_loses_only_its_last_line(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("store")
    with Store(folder) as store:
        for number, text in enumerate(rows):
            store.put(key(number), answer(text))
    for segment in folder.glob("*.jsonl"):
        whole = segment.read_bytes()
        segment.write_bytes(whole[: max(0, len(whole) - cut)])
        kept = segment.read_bytes().count(b"\n")
        with Store(folder) as store:
            assert [store.get(key(n)) for n in range(kept)] == [answer(text) for text in rows[:kept]]
            assert len(store) == kept and store.get(key(kept)) is None
            store.put(key(99), answer("x"))
        with Store(folder) as store:
            assert len(store) == kept + 1 and store.tokens == 15 * (kept + 1)


def test_a_store_sees_what_others_add_and_takes_copied_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("semcoder.teacher.store.REFRESH_S", 0.0)
    with Store(tmp_path / "a") as one, Store(tmp_path / "a") as other:
        one.put(key(1), answer("1"))
        assert other.get(key(1)) == answer("1") and other.tokens == 15
        other.put(key(2), answer("2"))
        assert one.get(key(2)) == answer("2")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    (tmp_path / "b" / "odd.jsonl").write_text("not json\n{}\n")
    with Store(tmp_path / "b") as copy:
        assert copy.get(key(1)) == answer("1") and len(copy) == 2
    assert capsys.readouterr().err.count("passed over a line") == 2


def test_a_line_that_is_damaged_in_its_middle_is_told_and_asked_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store(tmp_path) as store:
        for number in (1, 2):
            store.put(key(number), answer("some text"))
    (segment,) = tmp_path.glob("*.jsonl")
    segment.write_bytes(segment.read_bytes().replace(b"some text", b"some\0text", 1))
    with Store(tmp_path) as store:
        assert store.get(key(1)) is None and key(1) not in store
        assert store.get(key(2)) == answer("some text")
        store.put(key(1), answer("again"))
        assert store.get(key(1)) == answer("again")
    assert capsys.readouterr().err.count("is damaged") == 1
    segment.rename(tmp_path / "0.jsonl")  # the first that is read
    with Store(tmp_path) as store:
        assert [store.get(key(n)) for n in (1, 2)] == [answer("again"), answer("some text")]
        exported.main(tmp_path, tmp_path / "answers")
    assert [json.loads(line)["text"] for line in (tmp_path / "answers").read_text().splitlines()] == [
        "again",
        "some text",
    ]


def test_lines_are_counted_alike_however_they_are_written(tmp_path: Path) -> None:
    answers = [
        answer('"text": "'),
        replace(answer("é\\"), model="mé", batch=True),
        replace(answer(""), model="n"),
    ]
    with Store(tmp_path / "a") as store:
        for number, each in enumerate(answers):
            store.put(key(number), each)
        spent = store.spent
    (tmp_path / "b").mkdir()
    for segment in (tmp_path / "a").iterdir():
        rows = [json.loads(line) for line in segment.read_text().splitlines()]
        lines = [json.dumps(dict(reversed(row.items())), ensure_ascii=False) + "\n" for row in rows]
        (tmp_path / "b" / segment.name).write_text("".join(lines))
    for folder in ("a", "b"):
        with Store(tmp_path / folder) as store:
            assert [store.get(name) for name in store] == answers and store.spent == spent


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(UserError, match="is no folder"), Store(tmp_path / "f"):
        pass
