"""What each stage kept and what it dropped, with the reasons."""

import csv
from pathlib import Path
from typing import Annotated

import typer

from semcoder.artifacts import writing
from semcoder.report.counts import Yield, add_up, by_count
from semcoder.report.figure import INK, MUTED, new_figure, save


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
            rows.writerows([each.stage, "", "", reason, count] for reason, count in by_count(each.reasons))
    with writing(markdown) as stream:
        stream.write("| stage | in | kept | dropped, by reason |\n|---|---:|---:|---|\n")
        for each in yields:
            reasons = ", ".join(f"{reason} {count:,}" for reason, count in by_count(each.reasons))
            stream.write(f"| {each.stage} | {each.taken:,} | {each.kept:,} | {reasons} |\n")
        stream.writelines(f"\n{each.checked}\n" for each in yields if each.checked)
    _draw(yields, plot)


def _draw(yields: list[Yield], path: Path) -> None:
    figure, axes = new_figure(7.5, 0.6 + 0.35 * len(yields))
    names = [each.stage for each in yields][::-1]
    axes.barh(names, [each.taken for each in yields][::-1], color=MUTED, label="in")
    axes.barh(names, [each.kept for each in yields][::-1], color=INK, height=0.5, label="kept")
    axes.set_xscale("symlog")
    axes.set_xlabel("records (logarithmic)")
    axes.legend(frameon=False)
    save(figure, path)
