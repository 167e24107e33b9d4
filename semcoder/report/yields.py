"""What each stage kept and what it dropped, with the reasons."""

import csv
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from pydantic import BaseModel, ConfigDict, Field

from semcoder.artifacts import writing
from semcoder.reading import read_model
from semcoder.report.figure import INK, MUTED, new_figure, save


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


class Yield(NamedTuple):
    """The counts of one stage, its shards added up."""

    stage: str
    taken: int
    kept: int
    reasons: dict[str, int]
    checked: str = ""
    """Which benchmarks were looked for, in a sentence."""


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
    return f"{one.stage}: checked against {found}{'; ' if missed else ''}{missed}."


def main(
    summary: Annotated[list[Path], typer.Option(help="A stage's summary; give one for each shard.")],
    table: Annotated[Path, typer.Option(help="CSV to write: stage, in, kept, reason, dropped.")],
    markdown: Annotated[Path, typer.Option(help="The same as Markdown.")],
    plot: Annotated[Path, typer.Option(help="Bars of what each stage kept, as SVG.")],
) -> None:
    """Count what each stage kept and dropped, and why; say which benchmarks decontamination looked into.

    Example: semcoder report yields --summary results/quickstart/pyx/summary.json --table y.csv --markdown y.md
    --plot y.svg
    """
    yields = add_up(summary)
    with writing(table) as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(["stage", "in", "kept", "reason", "dropped"])
        for each in yields:
            rows.writerow([each.stage, each.taken, each.kept, "", ""])
            rows.writerows([each.stage, "", "", reason, count] for reason, count in _by_count(each.reasons))
    with writing(markdown) as stream:
        stream.write("| stage | in | kept | dropped, by reason |\n|---|---:|---:|---|\n")
        for each in yields:
            reasons = ", ".join(f"{reason} {count:,}" for reason, count in _by_count(each.reasons))
            stream.write(f"| {each.stage} | {each.taken:,} | {each.kept:,} | {reasons} |\n")
        stream.writelines(f"\n{each.checked}\n" for each in yields if each.checked)
    _draw(yields, plot)


def _by_count(reasons: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))


def _draw(yields: list[Yield], path: Path) -> None:
    figure, axes = new_figure(7.5, 0.6 + 0.35 * len(yields))
    names = [each.stage for each in yields][::-1]
    axes.barh(names, [each.taken for each in yields][::-1], color=MUTED, label="in")
    axes.barh(names, [each.kept for each in yields][::-1], color=INK, height=0.5, label="kept")
    axes.set_xscale("symlog")
    axes.set_xlabel("records (logarithmic)")
    axes.legend(frameon=False)
    save(figure, path)
