"""Progress never touches stdout, keeps the rows, and is quiet where nobody watches."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from semcoder import progress

PROGRAM = """
import sys, time
from semcoder import progress
if len(sys.argv) > 1:
    from pathlib import Path
    progress.log_to(Path(sys.argv[1]))
progress.TERMINAL_EVERY_S = progress.LOG_EVERY_S = 0.01
total = sum(1 for _ in progress.track(iter(range(5)), "stage", 5) if time.sleep(0.02) is None)
progress.tell("done")
print(total)
"""


def test_rows_pass_through_unchanged() -> None:
    assert list(progress.track([3, 1, 2], "x")) == [3, 1, 2]


def test_a_short_stage_says_nothing_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    list(progress.track(range(1000), "x"))
    assert capsys.readouterr() == ("", "")


def on_terminal(*arguments: str) -> tuple[str, str]:
    """(stdout, what the terminal showed) of PROGRAM with stderr on a terminal."""
    leader, follower = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=follower,
        text=True,
        check=True,
    )
    os.close(follower)
    shown = b""
    try:
        while chunk := os.read(leader, 4096):
            shown += chunk
    except OSError:
        pass  # the terminal is closed
    os.close(leader)
    return done.stdout, shown.decode()


def test_a_log_takes_messages_and_the_terminal_still_sees_progress(tmp_path: Path) -> None:
    stdout, shown = on_terminal(str(tmp_path / "logs" / "a.log"))
    assert stdout == "5\n"
    assert "stage: 2/5 rows" in shown and "s left" in shown and "done" in shown
    assert "done" in (tmp_path / "logs" / "a.log").read_text()


@pytest.mark.parametrize(("rank", "kept"), [("0", True), ("3", True), (None, False)])
def test_processes_launched_together_keep_what_another_wrote(
    tmp_path: Path, rank: str | None, kept: bool
) -> None:
    log = tmp_path / "a.log"
    log.write_text("another was first\n")
    there = {name: value for name, value in os.environ.items() if name != "RANK"}
    command = [sys.executable, "-c", PROGRAM, str(log)]
    subprocess.run(command, env=there | ({"RANK": rank} if rank else {}), check=True, capture_output=True)
    assert ("another was first" in log.read_text()) is kept and "done" in log.read_text()


def test_on_a_terminal_there_is_a_bar() -> None:
    stdout, shown = on_terminal()
    assert stdout == "5\n" and "5/5" in shown
