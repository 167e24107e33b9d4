"""A job ends with the workflow that started it, even when that was killed with no chance to say so.

Otherwise `kill -9` of the workflow leaves the job running, and the next run of the workflow would start a second
one beside it, writing the same files.
"""

import os
import signal
import threading
import time
from pathlib import Path

EVERY_S = 1.0
GENERATIONS = 2
"""The workflow starts a shell, the shell starts the command."""
LAUNCHED = "TORCHELASTIC_RUN_ID"
"""Where torchrun stands between the shell and the command, this variable is set."""


def end_with_workflow() -> None:
    """Watch what started this process from a thread; when any of it is gone, end this process by SIGTERM."""
    line = _ancestors()
    threading.Thread(target=_watch, args=(line,), daemon=True).start()


def _watch(line: list[int]) -> None:
    while _ancestors() == line:
        time.sleep(EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)


def _ancestors() -> list[int]:
    """Process ids of parent, grandparent ...; only the parent's where there is no /proc."""
    line = [os.getppid()]
    generations = GENERATIONS + (LAUNCHED in os.environ)
    try:
        while len(line) < generations and line[-1] > 1:
            # The name, in parentheses, may hold blanks; state and parent follow it.
            line.append(int(Path(f"/proc/{line[-1]}/stat").read_text().rpartition(")")[2].split()[1]))
    except OSError:
        pass  # no /proc, or the parent ended just now: then the next look finds another one
    return line
