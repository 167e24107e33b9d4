"""How each item of a score file came out, for comparisons of two systems on the same items."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from semcoder.evaluation.statistics import Paired, mean, paired
from semcoder.records import ScoredItem, read


class Share(NamedTuple):
    """How an item came out."""

    passed: float
    """The share of its samples that did, 0 to 1."""
    group: str
    """What it hangs together with."""


def shares_of(path: Path) -> dict[str, Share]:
    """{item: its share} of the verdicts in a file."""
    found: dict[str, list[ScoredItem]] = {}
    for row in read(path, ScoredItem):
        found.setdefault(row.item, []).append(row)
    return {
        item: Share(mean([float(row.passed) for row in rows]), rows[0].group) for item, rows in found.items()
    }


def compared(first: Mapping[str, Share], second: Mapping[str, Share]) -> Paired | None:
    """The first less the second, paired by item; None unless both have verdicts on the same items."""
    if not first or first.keys() != second.keys():
        return None
    pairs = [(first[item], second[item]) for item in sorted(first)]
    return paired([a.passed for a, _ in pairs], [b.passed for _, b in pairs], [a.group for a, _ in pairs])
