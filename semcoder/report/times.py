"""What the stages of a run took: from the benchmark files that Snakemake leaves, one a job."""

import csv
from pathlib import Path
from typing import NamedTuple

from semcoder.reading import read_text


class Spent(NamedTuple):
    """What the jobs of one stage took."""

    stage: str
    """The folder of their benchmark files."""
    jobs: int
    seconds: float
    """Of all, one after the other."""
    longest: float
    """Seconds of the longest."""
    memory_mb: float
    """Most resident memory of one, in MiB; 0 where Snakemake was too late to look."""


def spent(folder: Path) -> list[Spent]:
    """By stage, the longest first; files of killed jobs are left out."""
    rows: dict[str, list[tuple[float, float]]] = {}
    for path in sorted(folder.rglob("*.tsv")):
        stage = path.relative_to(folder).parts[0].removesuffix(".tsv")
        for row in csv.DictReader(read_text(path).splitlines(), delimiter="\t"):
            try:
                found = float(row["s"]), _number(row.get("max_rss"))
            except (KeyError, TypeError, ValueError):
                continue
            rows.setdefault(stage, []).append(found)
    stages = [
        Spent(stage, len(some), sum(s for s, _ in some), max(s for s, _ in some), max(m for _, m in some))
        for stage, some in rows.items()
    ]
    return sorted(stages, key=lambda each: -each.seconds)


def _number(text: str | None) -> float:
    """Snakemake writes `-` or `NA` for what it did not measure."""
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
