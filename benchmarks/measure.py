"""Two ways to do one thing, in turns, so that what else the machine does falls on both."""

import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Rate:
    """Median over the rounds of things done a second, and of processor seconds a thing (0 where not known)."""

    per_second: float
    cpu_ms: float


def in_turns(ways: Sequence[Callable[[], int]], rounds: int) -> list[list[tuple[float, float]]]:
    """For each way its (things a second, processor ms a thing) of each round; a way returns how many it did."""
    found: list[list[tuple[float, float]]] = [[] for _ in ways]
    for _ in range(rounds):
        for place, way in enumerate(ways):
            cpu, started = cpu_seconds(), time.perf_counter()
            done = way()
            wall = time.perf_counter() - started
            found[place].append((done / wall, (cpu_seconds() - cpu) / done * 1e3))
    return found


def rate(rounds: Sequence[tuple[float, float]]) -> Rate:
    """The medians."""
    return Rate(statistics.median(r[0] for r in rounds), statistics.median(r[1] for r in rounds))


def ratio(ours: Sequence[tuple[float, float]], theirs: Sequence[tuple[float, float]]) -> float:
    """Median over rounds of our rate by theirs: neighbours in time are compared with each other."""
    return statistics.median(a[0] / b[0] for a, b in zip(ours, theirs, strict=True))


def cpu_seconds() -> float:
    """Of this process, of its children that have ended and of all that live below it."""
    own = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own + sum(map(cpu_of, below(os.getpid())))


def memory_mb() -> float:
    """Resident memory of this process and all below it, shared pages counted each time."""
    return sum(map(resident_mb, [os.getpid(), *below(os.getpid())]))


def below(pid: int) -> list[int]:
    """All processes below one."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in task.read_text().split()]
        except OSError:  # it ended
            continue
        for child in children:
            found += [child, *below(child)]
    return found


def cpu_of(pid: int) -> float:
    """Processor seconds of one process and its children that have ended; 0 when it has ended itself."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Resident memory of one process; 0 when it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6
    except OSError:
        return 0.0


def share_mb(pid: int) -> float:
    """Memory of one process, each shared page divided among those that hold it (PSS); where the kernel does not say
    it of another's process, what is its own alone. 0 when it has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(text.partition("\nPss:")[2].split(maxsplit=1)[0]) * 1024 / 1e6
    except (OSError, IndexError):
        pass
    try:
        resident, shared = map(int, Path(f"/proc/{pid}/statm").read_text().split()[1:3])
        return (resident - shared) * PAGE / 1e6
    except (OSError, ValueError):
        return 0.0
