"""Throughput of the sandbox against workers and against program length, as numbers and a plot."""

from pathlib import Path
from typing import Any

from benchmarks.measure import in_turns, rate
from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.pool import Sandbox
from semcoder.report.figure import ACCENT, INK, new_figure, save

PROGRAMS = 400
WORKERS = (1, 2, 4, 8)
STATEMENTS = (1, 10, 100, 1000)
ROUNDS = 3
PLOT = Path("results/benchmarks/scaling.svg")


def main(mirror: Path, workers: int) -> dict[str, Any]:
    """Programs a second. The files of `mirror` are not needed: the programs are made here."""
    by_workers = {count: _rate(_program(10), count) for count in WORKERS}
    by_length = {count: _rate(_program(count), workers) for count in STATEMENTS}
    _plot(by_workers, by_length, workers)
    return {
        "programs a second by workers": by_workers,
        "programs a second by statements": by_length,
        "plot": str(PLOT),
    }


def _program(statements: int) -> Job:
    body = "".join(f"    x = (x * {n + 3} + {n}) % 1000003\n" for n in range(statements))
    return Job("a", f"def f(x):\n{body}    return x\n", "f", (Call(("7",)),))


def _rate(job: Job, workers: int) -> float:
    with Sandbox(workers, Limits()) as sandbox:

        def run() -> int:
            return sum(outcome.verdict == "ok" for outcome in sandbox.run([job] * PROGRAMS))

        run()
        (rounds,) = in_turns([run], ROUNDS)
    return round(rate(rounds).per_second, 1)


def _plot(by_workers: dict[int, float], by_length: dict[int, float], workers: int) -> None:
    figure, axes = new_figure(5, 3.2)
    axes.plot(
        list(by_workers), list(by_workers.values()), marker="o", color=INK, label="10 statements, by workers"
    )
    axes.plot(
        list(by_length),
        list(by_length.values()),
        marker="s",
        color=ACCENT,
        label=f"{workers} workers, by statements",
    )
    axes.set(
        xlabel="workers, or statements a program", ylabel="programs a second", xscale="log", ylim=(0, None)
    )
    axes.legend(frameon=False)
    save(figure, PLOT)
