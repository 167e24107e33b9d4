"""pass@k and its uncertainty. Everything is deterministic."""

import math
import random
from collections.abc import Sequence

LEVEL_Z = 1.959963984540054
"""Quantile of the normal distribution for two-sided 95 %."""
RESAMPLES = 2000


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


def interval(shares: Sequence[float], seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean of per-item shares, items taken as drawn from a larger set.

    Wilson's interval where each item either passed or not (it stays honest at 0 and at all); else the percentile
    bootstrap over items with a fixed seed.
    """
    if all(share in (0.0, 1.0) for share in shares):
        return wilson(round(math.fsum(shares)), len(shares))
    draw = random.Random(seed)
    means = sorted(math.fsum(draw.choices(shares, k=len(shares))) / len(shares) for _ in range(RESAMPLES))
    cut = int(0.025 * RESAMPLES)
    return means[cut], means[RESAMPLES - 1 - cut]


def wilson(passed: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, z2 = passed / total, LEVEL_Z**2
    centre = share + z2 / (2 * total)
    spread = LEVEL_Z * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    low, high = (centre - spread) / (1 + z2 / total), (centre + spread) / (1 + z2 / total)
    return (0.0 if passed == 0 else low), (1.0 if passed == total else high)
