"""Throughput of the sandbox against workers and against program length, as numbers and a plot."""

from pathlib import Path
from typing import Any

from benchmarks.measure import in_turns, rate
from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.pool import Sandbox
from semcoder.report.figure import INK, new_figure, save

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
    figure, panels = new_figure(7, 3, panels=2)
    for axes, rates, what in (
        (panels[0], by_workers, "workers (10 statements a program)"),
        (panels[1], by_length, f"statements a program ({workers} workers)"),
    ):
        axes.plot(list(rates), list(rates.values()), marker="o", color=INK)
        axes.set(xlabel=what, ylabel="programs a second", xscale="log", ylim=(0, None))
        axes.set_xticks(list(rates), labels=[f"{count:,}" for count in rates])
        axes.minorticks_off()
    save(figure, PLOT)
