"""pass@k and its uncertainty. Everything is deterministic."""

import math
import random
from collections.abc import Sequence
from typing import NamedTuple

LEVEL_Z = 1.959963984540054
"""Quantile of the normal distribution for two-sided 95 %."""


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """The chance that one of `k` samples passes, estimated without bias from `samples` of which `passed` did.

    1 - C(n-c, k) / C(n, k) (Chen et al. 2021, section 2.1). Raises ValueError unless 1 <= k <= samples.
    """
    if not 1 <= k <= samples or not 0 <= passed <= samples:
        raise ValueError(f"pass@{k} of {passed} in {samples} samples is not defined")
    return 1.0 - math.comb(samples - passed, k) / math.comb(samples, k)


def mean(shares: Sequence[float]) -> float:
    """The average over items."""
    return math.fsum(shares) / len(shares)


def interval(shares: Sequence[float], groups: Sequence[str] = (), samples: int = 1) -> tuple[float, float]:
    """95 % interval of the mean of per-item shares, groups of items taken as drawn from a larger set.

    `groups`: what each item belongs to (the tests of one program hang together); empty where each stands alone.
    `samples`: generations that a share is made of. Wilson's interval, with the number of items that as many
    independent ones would have to be to vary as the groups do (Dean and Pagano 2015), and Student's quantile, as
    that number is itself estimated. Where all groups agree, each counts once. Items that stand alone and either
    passed or not have the plain interval.
    """
    alone = len(set(groups)) in (0, len(shares))
    if alone and all(share in (0.0, 1.0) for share in shares):
        return wilson(math.fsum(shares), len(shares))
    together = _grouped(shares, groups)
    average, count = mean(shares), len(together)
    if count == 1:
        return 0.0, 1.0  # one group says nothing of others
    spread = math.fsum((math.fsum(each) - len(each) * average) ** 2 for each in together)
    variance = count / (count - 1) * spread / len(shares) ** 2
    most = len(shares) * samples
    independent = min(average * (1 - average) / variance, most) if variance > 1e-12 else count
    return wilson(average * independent, independent, student(count - 1))


def student(freedom: int) -> float:
    """Student's quantile for two-sided 95 % (Abramowitz and Stegun 26.7.5; 10 % too small at two degrees)."""
    z = LEVEL_Z
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def wilson(passed: float, total: float, z: float = LEVEL_Z) -> tuple[float, float]:
    """Wilson's interval of a share."""
    share, z2 = passed / total, z**2
    centre = share + z2 / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    low, high = (centre - spread) / (1 + z2 / total), (centre + spread) / (1 + z2 / total)
    return (0.0 if passed == 0 else low), (1.0 if passed == total else high)


def difference(first: tuple[float, float, float], second: tuple[float, float, float]) -> tuple[float, float]:
    """Interval of the difference of two means out of theirs, each (mean, low, high) (Newcombe 1998, method 10).

    As if the two were of different items: on the same items it is wider than need be.
    """
    (a, a_low, a_high), (b, b_low, b_high) = first, second
    return a - b - math.hypot(a - a_low, b_high - b), a - b + math.hypot(a_high - a, b - b_low)


RESAMPLES = 2000


def bootstrap(shares: Sequence[float], groups: Sequence[str] = ()) -> tuple[float, float]:
    """95 % percentile interval of the mean of per-item shares, from 2,000 resamples of whole groups, always the same.

    It needs no assumption, and is too short for few groups or shares near 0 and 1: there `interval` is to be trusted.
    """
    return _resampled(_grouped(shares, groups))


def _grouped(values: Sequence[float], groups: Sequence[str]) -> list[list[float]]:
    """The values of each group; every one by itself where no groups are given."""
    found: dict[str, list[float]] = {}
    for group, value in zip(groups or map(str, range(len(values))), values, strict=True):
        found.setdefault(group, []).append(value)
    return list(found.values())


def _resampled(groups: Sequence[Sequence[float]]) -> tuple[float, float]:
    drawn, draw = [(math.fsum(each), len(each)) for each in groups], random.Random(0)
    means = []
    for _ in range(RESAMPLES):
        some = draw.choices(drawn, k=len(drawn))
        means.append(math.fsum(each for each, _ in some) / sum(count for _, count in some))
    means.sort()
    cut = round(0.025 * RESAMPLES)
    return means[cut], means[-cut - 1]


class Paired(NamedTuple):
    """Two systems on the same items. `p`: two-sided exact sign test on the groups where their shares differ."""

    difference: float
    interval: tuple[float, float]
    p: float


def paired(first: Sequence[float], second: Sequence[float], groups: Sequence[str] = ()) -> Paired:
    """The mean difference of per-item shares with its bootstrap interval; p as McNemar's exact test for one sample.

    Two groups more, one to each side, are resampled with the others, so that few items on which both agree are not
    taken for certainty (as Bonett and Price 2012 add one to each count of items that only one solves).
    """
    apart = [a - b for a, b in zip(first, second, strict=True)]
    together = _grouped(apart, groups)
    size = round(len(apart) / len(together))
    drawn = _resampled([*together, [1.0] * size, [-1.0] * size])
    totals = [math.fsum(group) for group in together]
    more, less = sum(each > 1e-9 for each in totals), sum(each < -1e-9 for each in totals)
    tail = sum(math.comb(more + less, k) for k in range(min(more, less) + 1)) / 2 ** (more + less)
    return Paired(mean(apart), drawn, min(1.0, 2 * tail))
