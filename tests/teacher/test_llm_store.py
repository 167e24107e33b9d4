"""The answer store: torn lines, other processes, import by copying."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semcoder.errors import UserError
from semcoder.teacher.store import Answer, Question, Store

QUESTION = Question("m", (("user", "q"),), 0.5, 50)


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
            store.put(f"k{number}", answer(text))
    for segment in folder.glob("*.jsonl"):
        whole = segment.read_bytes()
        segment.write_bytes(whole[: max(0, len(whole) - cut)])
        kept = segment.read_bytes().count(b"\n")
        with Store(folder) as store:
            assert [store.get(f"k{n}") for n in range(kept)] == [answer(text) for text in rows[:kept]]
            assert len(store) == kept and store.get(f"k{kept}") is None
            store.put("more", answer("x"))
        with Store(folder) as store:
            assert len(store) == kept + 1 and store.tokens == 15 * (kept + 1)


def test_a_store_sees_what_others_add_and_takes_copied_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("semcoder.teacher.store.REFRESH_S", 0.0)
    with Store(tmp_path / "a") as one, Store(tmp_path / "a") as other:
        one.put("k", answer("1"))
        assert other.get("k") == answer("1") and other.tokens == 15
        other.put("l", answer("2"))
        assert one.get("l") == answer("2")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    (tmp_path / "b" / "odd.jsonl").write_text("not json\n{}\n")
    with Store(tmp_path / "b") as copy:
        assert copy.get("k") == answer("1") and len(copy) == 2
    assert capsys.readouterr().err.count("passed over a line") == 2


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(UserError, match="is no folder"), Store(tmp_path / "f"):
        pass
