"""Progress of a long stage: rows, rate and time left on a terminal; a line a minute in a log; nothing on stdout."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")
LOG_EVERY_S = 60.0


def track(rows: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Yield `rows` and show how far they have come. `total` is asked of `rows` where it has a length."""
    if total is None and hasattr(rows, "__len__"):
        total = len(rows)
    if sys.stderr.isatty():
        yield from _on_terminal(rows, what, total)
    else:
        yield from _in_log(rows, what, total)


def _on_terminal(rows: Iterable[T], what: str, total: int | None) -> Iterator[T]:
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


def _in_log(rows: Iterable[T], what: str, total: int | None) -> Iterator[T]:
    started = said = time.monotonic()
    for done, row in enumerate(rows, 1):
        yield row
        now = time.monotonic()
        if now - said >= LOG_EVERY_S:
            said = now
            rate = done / (now - started)
            left = f", {(total - done) / rate:.0f} s left" if total else ""
            print(f"{what}: {done}{f'/{total}' if total else ''} rows, {rate:.1f}/s{left}", file=sys.stderr, flush=True)
