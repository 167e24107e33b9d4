"""The counts of every stage, read from its summary, its shards added up."""

from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from semcoder.reading import read_model


class Summary(BaseModel):
    """A stage's own count, as it stands in its --summary file."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    stage: str
    """Whose counts these are; shards of a stage are added up."""
    taken: int = Field(alias="in")
    """What went in."""
    kept: int
    """What came out."""
    dropped: dict[str, int]
    """How many were dropped for which reason."""
    benchmarks: dict[str, int] = {}
    """Benchmarks whose items were looked for, with how many they have."""
    unchecked: dict[str, str] = {}
    """Those that were not, with the reason."""
    soft: int = 0
    """How many of those kept are PyX-Soft."""


class Yield(NamedTuple):
    """The counts of one stage, its shards added up."""

    stage: str
    taken: int
    kept: int
    reasons: dict[str, int]
    checked: str = ""
    """Which benchmarks were looked for, and what else was kept, in a sentence or two."""


def add_up(files: list[Path]) -> list[Yield]:
    """Yields in the order in which the stages first come up."""
    stages: dict[str, Yield] = {}
    for path in files:
        one = read_model(path, Summary)
        before = stages.get(one.stage, Yield(one.stage, 0, 0, {}))
        reasons = dict(before.reasons)
        for reason, count in one.dropped.items():
            reasons[reason] = reasons.get(reason, 0) + count
        taken, kept = before.taken + one.taken, before.kept + one.kept
        stages[one.stage] = Yield(one.stage, taken, kept, reasons, _checked(one))
    return list(stages.values())


def _checked(one: Summary) -> str:
    if not (one.benchmarks or one.unchecked):
        return ""
    found = ", ".join(f"{name} ({count:,} items)" for name, count in one.benchmarks.items()) or "no benchmark"
    missed = "; ".join(f"not {name}: {why}" for name, why in one.unchecked.items())
    soft = f" PyX-Soft is {one.soft:,} of those kept: they parse, and do not run." if one.soft else ""
    return f"{one.stage}: checked against {found}{'; ' if missed else ''}{missed}.{soft}"


def by_count(reasons: dict[str, int]) -> list[tuple[str, int]]:
    """Reasons, the most frequent first."""
    return sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
