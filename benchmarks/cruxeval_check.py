"""CRUXEval's own verdicts, made as its harness makes them: one assertion a fresh process, three seconds of wall time.

A counterpart of evaluation/utils_general.py and utils_execute.py of facebookresearch/cruxeval at c7c7873, which is no
package. What decides there and here: an input answer without the text `f(` and an output answer with the text of the
call are refused unread; every other answer is written behind `assert OUTPUT ==`, below the program, and whatever runs
to its end within the time is right. The answer shares its process with the program, the expected value and the verdict.
"""

import builtins
import contextlib
import faulthandler
import importlib
import io
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

TIMEOUT_S = 3.0
DISABLED = {
    "builtins": "exit quit help",
    "os": "kill system putenv remove removedirs rmdir fchdir setuid fork forkpty killpg rename renames truncate "
    "replace unlink fchmod fchown chmod chown chroot lchflags lchmod lchown getcwd chdir",
    "shutil": "rmtree move chown",
    "subprocess": "Popen",
}
"""What its guard sets to None before the assertion runs."""
HIDDEN = ("ipdb", "joblib", "resource", "psutil", "tkinter")
"""Modules that its guard makes impossible to import."""


class Asked(NamedTuple):
    """One answer to one question; `arguments` and `output` as the benchmark's file has them."""

    code: str
    arguments: str
    output: str
    answer: str
    inputs: bool


def verdicts(asked: Sequence[Asked], workers: int) -> list[bool]:
    """CRUXEval's verdict on each."""
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as processes:
        return list(processes.map(verdict, asked, chunksize=32))


def verdict(asked: Asked) -> bool:
    """CRUXEval's verdict on one answer."""
    if asked.inputs and "f(" not in asked.answer:
        return False
    if not asked.inputs and f"f({asked.arguments})" in asked.answer:
        return False
    return runs(f"{asked.code}\nassert {asked.output} == {asked.answer}")


def runs(program: str) -> bool:
    """Whether the program comes to its end in a process of its own."""
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(program, theirs))
    process.start()
    theirs.close()
    process.join(TIMEOUT_S + 1)
    if process.is_alive():
        process.kill()
        process.join()
    try:
        return bool(mine.poll() and mine.recv())
    except (EOFError, OSError):
        return False
    finally:
        mine.close()


class _Closed(io.StringIO):
    """Takes what is written and refuses to be read."""

    def read(self, *_: Any) -> str:
        raise OSError

    readline = readlines = read  # type: ignore[assignment]

    def readable(self) -> bool:
        return False


def _run(program: str, told: Connection) -> None:
    rmtree, rmdir, chdir, unlink = shutil.rmtree, os.rmdir, os.chdir, os.unlink
    with tempfile.TemporaryDirectory() as folder:
        chdir(folder)
        _guard()
        try:
            with _silent(), _alarm():
                exec(program, {})
            told.send(True)
        except BaseException:
            told.send(False)
        shutil.rmtree, os.rmdir, os.chdir, os.unlink = rmtree, rmdir, chdir, unlink
        chdir("/")


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    stream, kept = _Closed(), sys.stdin
    sys.stdin = stream
    try:
        with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
            yield
    finally:
        sys.stdin = kept


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    def over(*_: object) -> None:
        raise TimeoutError

    signal.setitimer(signal.ITIMER_REAL, TIMEOUT_S)
    signal.signal(signal.SIGALRM, over)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _guard() -> None:
    faulthandler.disable()
    os.environ["OMP_NUM_THREADS"] = "1"
    for module, names in DISABLED.items():
        for name in names.split():
            setattr(builtins if module == "builtins" else importlib.import_module(module), name, None)
    for name in HIDDEN:
        sys.modules[name] = None  # type: ignore[assignment]
