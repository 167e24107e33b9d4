"""Artifacts appear whole or not at all."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from semcoder.artifacts import write_json, writing
from semcoder.errors import UserError


def test_an_error_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), writing(path) as stream:
        stream.write("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


def test_a_killed_writer_leaves_nothing_that_looks_finished(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    program = (
        "import sys, time; from pathlib import Path; from semcoder.artifacts import writing\n"
        "with writing(Path(sys.argv[1])) as s:\n"
        "    s.write('half'); s.flush(); print('ready', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE)
    assert child.stdout and child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not path.exists()
    write_json(path, 1)
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


def test_a_writer_that_is_about_to_end_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    program = (
        "import sys, time; from pathlib import Path; from semcoder.artifacts import writing\n"
        "with writing(Path(sys.argv[1])) as s:\n"
        "    s.write('first'); print('ready', flush=True); time.sleep(2)"
    )
    child = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE)
    assert child.stdout and child.stdout.readline()
    with writing(path) as stream:
        assert path.read_text() == "first"
        stream.write("second")
    assert child.wait() == 0 and path.read_text() == "second"


def test_two_writers_are_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semcoder.artifacts.PATIENCE_S", 0.3)
    with writing(tmp_path / "a.txt") as stream:
        stream.write("mine")
        with pytest.raises(UserError, match="another process is writing"), writing(tmp_path / "a.txt"):
            pass
    assert (tmp_path / "a.txt").read_text() == "mine"


def test_json_is_sorted_and_ends_in_a_newline(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": "ä"})
    assert (tmp_path / "a.json").read_text() == '{\n  "a": "ä",\n  "b": 1\n}\n'


def test_mode_does_not_keep_others_from_reading(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", 1)
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o644
