"""Progress of a long stage: rows, rate and time left on a terminal, now and then in a log, nothing on stdout.

A command started with `--log FILE` (as every rule does) writes its stderr to FILE; then progress goes to the
terminal as plain lines, since several jobs share it, and only if there is a terminal.
"""

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sized
from pathlib import Path
from typing import TextIO, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from semcoder.errors import UserError

T = TypeVar("T")
LOG_EVERY_S = 60.0
TERMINAL_EVERY_S = 5.0

_terminal: TextIO | None = None
"""The terminal that stderr was before it went to a log."""


def log_to(path: Path) -> None:
    """Send stderr, that of libraries and child processes included, to `path`; keep the terminal for progress.

    The file is begun anew, but by processes that a launcher started together (torchrun's RANK): they only append.
    """
    global _terminal
    begin = 0 if "RANK" in os.environ else os.O_TRUNC
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | begin, 0o644)
    except OSError as error:
        raise UserError(f"--log {path}: cannot be written ({error.strerror}); give a file.") from error
    sys.stderr.flush()
    original = os.dup(2)
    os.dup2(handle, 2)
    os.close(handle)
    stream = os.fdopen(original, "w", encoding="utf-8")
    if stream.isatty():
        _terminal = stream
    else:
        stream.close()


def tell(line: str) -> None:
    """A line for whoever watches: to the log, and to the terminal where there is one."""
    print(line, file=sys.stderr, flush=True)
    if _terminal:
        print(line, file=_terminal, flush=True)


def track(rows: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Yield `rows` and show how far they have come. `total` is asked of `rows` where it has a length."""
    if total is None and isinstance(rows, Sized):
        total = len(rows)
    if sys.stderr.isatty():
        yield from _with_bar(rows, what, total)
    else:
        yield from _with_lines(rows, what, total)


def _with_bar(rows: Iterable[T], what: str, total: int | None) -> Iterator[T]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    started = time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total, rate="")
        for done, row in enumerate(rows, 1):
            yield row
            bar.update(task, advance=1, rate=f"{done / max(time.monotonic() - started, 1e-9):.1f}/s")


def _with_lines(rows: Iterable[T], what: str, total: int | None) -> Iterator[T]:
    started = logged = shown = time.monotonic()
    for done, row in enumerate(rows, 1):
        yield row
        now = time.monotonic()
        if now - logged < LOG_EVERY_S and (not _terminal or now - shown < TERMINAL_EVERY_S):
            continue
        rate = done / (now - started)
        left = f", {(total - done) / rate:.0f} s left" if total else ""
        line = f"{what}: {done}{f'/{total}' if total else ''} rows, {rate:.1f}/s{left}"
        if now - logged >= LOG_EVERY_S:
            logged = now
            print(line, file=sys.stderr, flush=True)
        if _terminal:
            shown = now
            print(line, file=_terminal, flush=True)
