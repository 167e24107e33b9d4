"""How long jobs take together where so many run at a time: each starts as soon as what it needs is there."""

import heapq
from collections.abc import Sequence

from semcoder.planning.dryrun import Step


def wall(steps: Sequence[Step], seconds: Sequence[float], at_once: int) -> float:
    """Seconds from the first start to the last end with `at_once` jobs without a GPU and as many GPUs.

    Of jobs that could start, the one with the longest way behind it does. A job that asks for more GPUs than there are
    gets all, and takes longer in proportion.
    """
    tails = _tails(steps, seconds)
    waits = [len(step.after) for step in steps]
    behind: list[list[int]] = [[] for _ in steps]
    for place, step in enumerate(steps):
        for before in step.after:
            behind[before].append(place)
    ready: dict[bool, list[tuple[float, int]]] = {False: [], True: []}
    for place, count in enumerate(waits):
        if not count:
            heapq.heappush(ready[steps[place].gpus > 0], (-tails[place], place))
    free = {False: at_once, True: at_once}
    running: list[tuple[float, int, int]] = []
    now = 0.0
    while running or ready[False] or ready[True]:
        for on_gpu in (False, True):
            while ready[on_gpu]:
                _, place = ready[on_gpu][0]
                asked = steps[place].gpus if on_gpu else 1
                taken = min(asked, at_once)
                if taken > free[on_gpu]:
                    break
                heapq.heappop(ready[on_gpu])
                free[on_gpu] -= taken
                heapq.heappush(running, (now + seconds[place] * asked / taken, place, taken))
        now, place, taken = heapq.heappop(running)
        free[steps[place].gpus > 0] += taken
        for after in behind[place]:
            waits[after] -= 1
            if not waits[after]:
                heapq.heappush(ready[steps[after].gpus > 0], (-tails[after], after))
    return now


def _tails(steps: Sequence[Step], seconds: Sequence[float]) -> list[float]:
    """Of each job, the longest way from its start to an end."""
    found = list(seconds)
    longest = [0.0] * len(steps)
    for place in range(len(steps) - 1, -1, -1):
        found[place] = seconds[place] + longest[place]
        for before in steps[place].after:
            longest[before] = max(longest[before], found[place])
    return found
