"""Which benchmarks' items occur in which training mixtures, as a table."""

import csv
from pathlib import Path
from typing import Annotated

import typer

from semcoder.artifacts import writing
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.pyx.overlap import WAYS, Overlap, Report
from semcoder.reading import read_model
from semcoder.report.table import percent

LEGEND = (
    "Found: items whose code or text is there, in one way at least. exact: the same code but for names, layout and, in "
    "long code, constants. substring: all words of the item's text or code, one behind the other, in a training row. "
    "n-grams: most of its code or words, or its name and description. pair, not counted as found: the same input and "
    "output whatever the program, where short ones meet by chance. Benchmarks that share a file stand there once; what "
    "could not be had is not there."
)
FIELDS = ["mixture", "rows", "benchmark", "items", "any", "share", *WAYS, "example"]


def main(
    *,
    overlap: Annotated[list[Path], typer.Option(help="What `semcoder pyx overlap` wrote, once a mixture.")],
    csv_file: Annotated[Path, typer.Option("--csv", help="CSV to write, a line a mixture and benchmark.")],
    markdown: Annotated[Path, typer.Option(help="Markdown to write.")],
) -> None:
    """Lay the overlaps of mixtures and benchmarks out as a table.

    Example: semcoder report contamination --overlap contamination/semcoder.json --csv c.csv --markdown c.md
    """
    reports = [read_model(path, Report) for path in overlap]
    with writing(csv_file) as stream:
        rows = csv.DictWriter(stream, FIELDS, lineterminator="\n")
        rows.writeheader()
        rows.writerows(_row(report, each) for report in reports for each in report.overlaps)
    with writing(markdown) as stream:
        stream.write(_markdown(reports))


def _row(report: Report, each: Overlap) -> dict[str, object]:
    return {
        "mixture": report.mixture,
        "rows": report.rows,
        "benchmark": each.benchmark,
        "items": each.items,
        **each.found,
        "share": percent(each.found["any"] / each.items) if each.items else "",
        "example": next(iter(each.examples.values()), ""),
    }


def _markdown(reports: list[Report]) -> str:
    lines = [
        "## Benchmark items in training mixtures",
        "",
        f"| mixture | benchmark | items | found | {' | '.join(WAYS)} | example |",
        f"|---|---|---:|---:|{'---:|' * len(WAYS)}---|",
    ]
    for report in reports:
        for each in report.overlaps:
            row = _row(report, each)
            ways = " | ".join(str(each.found[way]) for way in WAYS)
            found = f"{row['any']}" + (f" ({row['share']} %)" if each.items else "")
            example = str(row["example"]).replace("|", "\\|").replace("\n", " ")
            title = BENCHMARKS[each.benchmark].title
            lines.append(
                f"| {report.mixture} ({report.rows} rows) | {title} | {each.items} | {found} | {ways} | {example} |"
            )
    lines += ["", LEGEND]
    return "\n".join(lines) + "\n"
