"""How much of a score is left where the programs are renamed or restructured, paired by item."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from pydantic import BaseModel, ConfigDict, ValidationError

from semcoder.artifacts import writing
from semcoder.errors import UserError, first_fault
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.evaluation.statistics import Paired, mean, paired
from semcoder.reading import read_model
from semcoder.report.shares import shares_of
from semcoder.report.table import Cell, percent, read_score, setups

FIELDS = [
    *("row", "benchmark", "change", "items"),
    *("original", "changed", "difference", "low", "high", "p", "lost", "gained"),
]


class Pair(BaseModel):
    """A system's answers to a benchmark, and to the same items with changed programs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    row: str
    benchmark: str
    change: str
    original: Path
    original_items: Path
    changed: Path
    changed_items: Path
    summary: Path
    """How many there are, and what was dropped."""


class Counts(BaseModel):
    """What `semcoder evaluation variants` says of its work, as far as it is told here."""

    model_config = ConfigDict(populate_by_name=True)

    kept: int
    dropped: dict[str, int]


class Line(NamedTuple):
    """A line of the table. `lost` and `gained`: items whose share fell and rose."""

    pair: Pair
    items: int
    original: float
    changed: float
    compared: Paired
    lost: int
    gained: int


def main(
    *,
    title: Annotated[str, typer.Option(help="What the table shows.")],
    pair: Annotated[
        list[str],
        typer.Option(
            help="JSON, once a line: row, benchmark, change, and the paths original, original_items, changed, "
            "changed_items, summary."
        ),
    ],
    csv_file: Annotated[Path, typer.Option("--csv", help="CSV to write, one line a pair.")],
    markdown: Annotated[Path, typer.Option(help="Markdown to write.")],
) -> None:
    """Compare scores on changed programs with those on the original ones, item by item.

    Only items that both runs answered count, so a dropped variant changes no difference.

    Example: semcoder report robustness --title Robustness --pair '{"row": "base", "benchmark": "cruxeval_output",
    "change": "renamed", ...}' --csv robustness.csv --markdown robustness.md
    """
    lines = [_line(_pair(text)) for text in pair]
    with writing(csv_file) as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(FIELDS)
        rows.writerows(map(_row, lines))
    with writing(markdown) as stream:
        stream.write("\n".join(_markdown(title, lines)) + "\n")


def _pair(text: str) -> Pair:
    try:
        return Pair.model_validate_json(text)
    except ValidationError as error:
        raise UserError(f"--pair: {first_fault(error)}; see --help for what it holds.") from error


def _line(pair: Pair) -> Line:
    before, after = shares_of(pair.original_items), shares_of(pair.changed_items)
    items = [item for item in before if item in after]
    if not items:
        raise UserError(f"{pair.changed_items}: has no item of {pair.original_items}; score both anew.")
    first, second = [before[item].passed for item in items], [after[item].passed for item in items]
    return Line(
        pair,
        len(items),
        mean(first),
        mean(second),
        paired(second, first, [after[item].group for item in items]),
        sum(b < a for a, b in zip(first, second, strict=True)),
        sum(b > a for a, b in zip(first, second, strict=True)),
    )


def _row(line: Line) -> list[object]:
    difference, (low, high), p = line.compared
    shares = map(percent, (line.original, line.changed, difference, low, high))
    return [
        *(line.pair.row, line.pair.benchmark, line.pair.change, line.items),
        *(*shares, f"{p:.2g}", line.lost, line.gained),
    ]


def _markdown(title: str, lines: list[Line]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| | benchmark | programs | original | changed | difference | p | lost, gained | items |"
    yield "|---|---|---|---:|---:|---:|---:|---:|---:|"
    for line in lines:
        row = _row(line)
        title = BENCHMARKS[line.pair.benchmark].title
        difference = f"{line.compared.difference * 100:+.1f} [{row[7]}, {row[8]}]"
        yield (
            f"| {row[0]} | {title} | {row[2]} | {row[4]} | {row[5]} | {difference} | {row[9]} | {row[10]}, {row[11]} "
            f"| {row[3]} |"
        )
    yield (
        "\nPercent of items solved, pass@1, on the items that were asked both ways; the difference in points with its "
        "95 % bootstrap interval, which is too short where few items changed, and p of the exact sign test on those."
    )
    yield "\nEvery changed program was run: it gives the item's output on the item's input."
    for summary in dict.fromkeys(line.pair.summary for line in lines):
        counts = read_model(summary, Counts)
        reasons = ", ".join(f"{count} {reason}" for reason, count in counts.dropped.items())
        yield f"\n{summary.name.removesuffix('.summary.json')}: {counts.kept} programs, dropped: {reasons or 'none'}."
    scores = {
        (line.pair.row, f"{line.pair.benchmark}{suffix}"): path
        for line in lines
        for path, suffix in ((line.pair.original, ""), (line.pair.changed, f"_{line.pair.change}"))
    }
    yield from setups([Cell(*place, read_score(path, place[1])) for place, path in scores.items()])
