"""Artifacts appear whole or not at all."""

import errno
import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from semcoder.artifacts import output_file, write_json, writing, writing_directory
from semcoder.errors import UserError
from semcoder.reading import read_lines, read_text


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


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    real, link = tmp_path / "elsewhere/real.txt", tmp_path / "link.txt"
    link.symlink_to(real)  # it leads nowhere yet
    for text in ("first", "second"):
        with writing(link) as stream:
            stream.write(text)
        assert link.is_symlink() and real.read_text() == text
    assert [each.name for each in real.parent.iterdir()] == ["real.txt"]


@pytest.mark.parametrize("kind", ["directory", "pipe", "below a file", "loop", "too long"])
def test_what_cannot_be_an_output_is_refused_and_untouched(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "below a file":
        path.write_text("")
        path = path / "b" / "c"
    else:
        path = tmp_path / ("x" * 252)  # with the ending of the temporary name, too long
    before = [each.lstat() for each in tmp_path.iterdir()]
    with pytest.raises(UserError, match="a") as caught, writing(path):
        raise AssertionError("work began")
    assert str(path) in str(caught.value).replace("/.", "/")
    assert [each.lstat() for each in tmp_path.iterdir()] == before


def test_a_pipe_behind_a_link_of_the_system_is_refused(tmp_path: Path) -> None:
    reading, writing_end = os.pipe()
    try:
        with pytest.raises(UserError, match="device or pipe"):
            output_file(Path(f"/proc/self/fd/{writing_end}"))
    finally:
        os.close(reading)
        os.close(writing_end)


def test_a_directory_is_not_made_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("keep")
    with pytest.raises(UserError, match="is a file"), writing_directory(tmp_path / "a"):
        pass
    assert (tmp_path / "a").read_text() == "keep"


def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(UserError, match=r"a\.txt: cannot be written \(No space left"),
        writing(tmp_path / "a.txt"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


def test_another_error_of_the_work_is_not_called_a_write_error(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError), writing(tmp_path / "a.txt"):
        raise ConnectionError(errno.ECONNRESET, "reset")


def test_what_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes("ä\r\n\u2028b\n".encode() + b"\xff\n")
    lines = read_lines(path)
    assert [next(lines), next(lines)] == [(1, "ä\r\n"), (2, "\u2028b\n")]
    with pytest.raises(UserError, match=r"a\.jsonl, line 3: not UTF-8"):
        next(lines)
    torn = tmp_path / "torn.gz"
    torn.write_bytes(gzip.compress(b"text")[:-9])
    for wrong in (tmp_path, tmp_path / "none", torn):
        with pytest.raises(UserError, match=str(wrong)):
            read_text(wrong)
