"""The same programs get the same verdicts however many workers there are and whatever else the machine does."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.endurance import HOSTILE, SLOW
from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.pool import Sandbox

LIMITS = Limits(cpu_s=0.5, wall_s=20.0, memory_mb=256, output_kb=16, result_kb=64)
"""Wall time as wide as a loaded machine needs: processor time decides."""
HONEST = [
    "def f(x):\n    return [x] * {n}",
    "def f(x):\n    assert x != {n} % 7, 'no'\n    return x",
    "def f(x):\n    return sum(i * i for i in range({n} * 100))",
    "def f(x):\n    print('{n}')\n    return {{'a': {{x, {n}}}}}",
    "def f(x):\n    return x / ({n} % 3)",
    "def f(x)\n    return {n}",
]


def jobs() -> list[Job]:
    codes = [HONEST[n % len(HONEST)].format(n=n) for n in range(120)]
    quick = [code for name, (code, *_) in HOSTILE.items() if name not in SLOW]
    for place, code in enumerate(quick * 2):
        codes.insert(place * 5, code)
    codes += [HOSTILE[name][0] for name in sorted(SLOW - {"takes all memory"})]
    return [Job(str(n), code, "f", (Call(("3",)), Call(("0",)))) for n, code in enumerate(codes)]


@contextlib.contextmanager
def load(processes: int) -> Iterator[None]:
    """So many processes that do nothing but work."""
    burning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in burning:
            process.kill()
            process.wait()


def verdicts(workers: int) -> list[tuple[object, ...]]:
    with Sandbox(workers, LIMITS) as sandbox:
        return [(o.id, o.verdict, o.detail, o.results, o.stdout) for o in sandbox.run(jobs())]


def test_one_worker_or_eight_idle_or_loaded() -> None:
    one = verdicts(1)
    with load(3):
        eight = verdicts(8)
    assert one == eight
    assert {verdict for _, verdict, *_ in one} >= {"ok", "killed", "forbidden", "timeout", "invalid"}


def test_as_completed_are_the_same_outcomes() -> None:
    with Sandbox(2, LIMITS) as sandbox:
        given = [Job("slow", "while True: pass"), *(Job(str(n), f"x = {n}") for n in range(20))]
        ordered = [o.id for o in sandbox.run(given)]
        completed = [o.id for o in sandbox.run(given, in_order=False)]
    assert ordered[0] == "slow" and completed[0] != "slow" and sorted(ordered) == sorted(completed)
