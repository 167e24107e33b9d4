"""A table of scores with the paper's numbers beside them."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from pydantic import ValidationError

from semcoder.artifacts import writing
from semcoder.errors import UserError
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.evaluation.scorefile import ScoreFile


class Cell(NamedTuple):
    """One of our scores: percent, with the ends of its 95 % interval."""

    row: str
    column: str
    score: ScoreFile
    path: Path


class PaperValue(NamedTuple):
    """A number of the paper as results/paper/*.csv has it; `status` tells how sure it is."""

    row: str
    column: str
    value: float
    status: str


FIELDS = [
    "row",
    "benchmark",
    "items",
    "samples",
    "pass_at_1",
    "low",
    "high",
    "paper",
    "paper_status",
    "difference",
]


def main(
    title: Annotated[str, typer.Option(help="What the table shows.")],
    cell: Annotated[list[str], typer.Option(help="row|benchmark|score file, once a cell.")],
    csv_file: Annotated[Path, typer.Option("--csv", help="CSV to write, one line a cell.")],
    markdown: Annotated[Path, typer.Option(help="Markdown to write.")],
    paper: Annotated[
        list[Path] | None, typer.Option(help="The paper's own numbers, results/paper/*.csv.")
    ] = None,
    paper_row: Annotated[
        list[str] | None, typer.Option(help="ROW=NAME: what the paper calls our row.")
    ] = None,
    note: Annotated[list[str] | None, typer.Option(help="A line under the table.")] = None,
) -> None:
    """Lay scores out as a table, the paper's numbers beside ours.

    Example: semcoder report table --title Scores --cell 'base|humaneval|base.json' --csv t.csv --markdown t.md
    """
    cells = [_read_cell(text) for text in cell]
    published = _read_paper(paper or [])
    names = dict(text.split("=", 1) for text in paper_row or [])
    with writing(csv_file) as stream:
        rows = csv.DictWriter(stream, FIELDS, lineterminator="\n")
        rows.writeheader()
        rows.writerows(_csv_row(each, published, names) for each in cells)
    with writing(markdown) as stream:
        stream.write(_markdown(title, cells, published, note or []))


def _read_cell(text: str) -> Cell:
    row, column, path = text.split("|", 2)
    try:
        return Cell(
            row, column, ScoreFile.model_validate_json(Path(path).read_text(encoding="utf-8")), Path(path)
        )
    except (OSError, ValidationError) as error:
        raise UserError(
            f"{path}: not a score file ({error}); remake it with `semcoder evaluation score`."
        ) from error


def _read_paper(paths: Sequence[Path]) -> dict[tuple[str, str], PaperValue]:
    found: dict[tuple[str, str], PaperValue] = {}
    for path in paths:
        with path.open(encoding="utf-8", newline="") as stream:
            for line in csv.DictReader(stream):
                if line["value"]:
                    value = PaperValue(line["row"], line["column"], float(line["value"]), line["status"])
                    found.setdefault((value.row, value.column), value)
    return found


def _heading(column: str) -> str:
    """`cruxeval_output` is CRUXEval-O; `humaneval_plus round 2` is HumanEval+ round 2."""
    name, _, rest = column.partition(" ")
    return f"{BENCHMARKS[name].title} {rest}".strip()


def _csv_row(
    cell: Cell, published: dict[tuple[str, str], PaperValue], names: dict[str, str]
) -> dict[str, object]:
    score = cell.score
    theirs = published.get((names.get(cell.row, cell.row), _heading(cell.column)))
    return {
        "row": cell.row,
        "benchmark": cell.column,
        "items": score.items,
        "samples": score.samples,
        "pass_at_1": _percent(score.pass_at["1"]),
        "low": _percent(score.interval[0]),
        "high": _percent(score.interval[1]),
        "paper": theirs.value if theirs else "",
        "paper_status": theirs.status if theirs else "",
        "difference": f"{100 * score.pass_at['1'] - theirs.value:+.1f}" if theirs else "",
    }


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _markdown(
    title: str, cells: list[Cell], published: dict[tuple[str, str], PaperValue], notes: Sequence[str]
) -> str:
    columns = list(dict.fromkeys(cell.column for cell in cells))
    headings = [_heading(column) for column in columns]
    at = {(cell.row, cell.column): cell.score for cell in cells}
    lines = [f"## {title}", "", _line(["", *headings]), _line(["---", *["---:" for _ in headings]])]
    ours = dict.fromkeys(cell.row for cell in cells)
    lines += [_line([row, *[_score(at.get((row, column))) for column in columns]]) for row in ours]
    for row in dict.fromkeys(name for name, column in published if column in headings):
        values = [published.get((row, heading)) for heading in headings]
        lines.append(_line([f"*{row} (paper)*", *[_published(value) for value in values]]))
    lines += ["", "Percent of items solved, pass@1, with the 95 % interval and the number of items."]
    if published:
        lines.append(
            "Rows in italics are the paper's own; ° marks a number that was inferred or only reported of it."
        )
    return "\n".join([*lines, *[f"\n{note}" for note in notes]]) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _score(score: ScoreFile | None) -> str:
    if score is None:
        return ""
    low, high = score.interval
    return f"{_percent(score.pass_at['1'])} [{_percent(low)}, {_percent(high)}] n={score.items}"


def _published(value: PaperValue | None) -> str:
    if value is None:
        return ""
    return f"{value.value:g}" + ("" if value.status == "stated" else "°")
