"""A table of scores with the paper's numbers beside them."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from semcoder.artifacts import writing
from semcoder.errors import UserError
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.evaluation.scorefile import ScoreFile
from semcoder.reading import read_model, read_rows
from semcoder.report.shares import compared, shares_of


class Cell(NamedTuple):
    """One of our scores: percent, with the ends of its 95 % interval."""

    row: str
    column: str
    score: ScoreFile


class PaperValue(NamedTuple):
    """A number of the paper as results/paper/*.csv has it; `status` tells how sure it is, `table` where it stands."""

    row: str
    column: str
    value: float
    status: str
    table: str


FIELDS = [
    "row",
    "benchmark",
    "items",
    "groups",
    "samples",
    "pass_at_1",
    "low",
    "high",
    "pass_at_5",
    "copying",
    "paper",
    "paper_status",
    "difference",
    "paper_within",
    "setup",
    "revision",
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
    pair: Annotated[
        list[str] | None,
        typer.Option(help="row|other row|benchmark|verdicts|the other's: to be compared item by item."),
    ] = None,
) -> None:
    """Lay scores out as a table, the paper's numbers beside ours, with the difference of each pair.

    `paper_within` of the CSV says whether the paper's number lies within the 95 % interval of ours.

    Example: semcoder report table --title Scores --cell 'base|humaneval|base.json' --csv t.csv --markdown t.md
    """
    cells = [_read_cell(text) for text in cell]
    published = _read_paper(paper or [])
    names = dict(text.split("=", 1) for text in paper_row or [])
    pairs = [(each, _theirs(each.row, each.column, cells, published, names)) for each in cells]
    with writing(csv_file) as stream:
        rows = csv.DictWriter(stream, FIELDS, lineterminator="\n")
        rows.writeheader()
        rows.writerows(_csv_row(each, theirs) for each, theirs in pairs)
    with writing(markdown) as stream:
        beside = [*_compared(pairs), *_paired(pair or [])]
        stream.write(_markdown(title, cells, published, beside, note or []))


def _read_cell(text: str) -> Cell:
    row, column, path = [*text.split("|", 2), "", ""][:3]
    if not path or column.partition(" ")[0] not in BENCHMARKS:
        raise UserError(
            f"--cell {text}: write it as 'ROW|BENCHMARK|FILE'; known are {', '.join(BENCHMARKS)}."
        )
    return Cell(row, column, read_score(Path(path), column.partition(" ")[0]))


def read_score(path: Path, benchmark: str) -> ScoreFile:
    """The score file of a benchmark; raises UserError for what is none, or one of another benchmark."""
    found = read_model(path, ScoreFile)
    if found.benchmark != benchmark:
        raise UserError(f"{path}: a score on {found.benchmark}, not on {benchmark}; put each at its place.")
    return found


def _read_paper(paths: Sequence[Path]) -> dict[tuple[str, str], PaperValue]:
    found: dict[tuple[str, str], PaperValue] = {}
    for path in paths:
        for line in read_rows(path, ("row", "column", "value", "status")):
            if line["value"]:
                number, table = float(line["value"]), line.get("table", "")
                value = PaperValue(line["row"], line["column"], number, line["status"], table)
                found.setdefault((value.row, value.column), value)
    return found


def _heading(column: str) -> str:
    """`cruxeval_output` is CRUXEval-O; `humaneval_plus round 2` is HumanEval+ round 2."""
    name, _, rest = column.partition(" ")
    return f"{BENCHMARKS[name].title} {rest}".strip()


def _theirs(
    row: str,
    column: str,
    cells: Sequence[Cell],
    published: dict[tuple[str, str], PaperValue],
    names: dict[str, str],
) -> PaperValue | None:
    """The paper's number for a cell. Of rounds it calls the last by the benchmark alone, or each `round 3`.

    Leaderboards write `CRUXEval-I pass@1`.
    """
    benchmark, _, rest = column.partition(" ")
    rounds = [cell.column for cell in cells if cell.column.partition(" ")[0] == benchmark]
    title = BENCHMARKS[benchmark].title
    wanted = [
        _heading(column),
        f"{_heading(column)} pass@1",
        rest,
        *([title] if column == rounds[-1] else []),
    ]
    return next(
        (published[names.get(row, row), name] for name in wanted if (names.get(row, row), name) in published),
        None,
    )


def _csv_row(cell: Cell, theirs: PaperValue | None) -> dict[str, object]:
    score = cell.score
    return {
        "row": cell.row,
        "benchmark": cell.column,
        "items": score.items,
        "groups": score.groups,
        "samples": score.samples,
        "pass_at_1": percent(score.pass_at["1"]),
        "pass_at_5": percent(score.pass_at["5"]) if "5" in score.pass_at else "",
        "low": percent(score.interval[0]),
        "high": percent(score.interval[1]),
        "copying": "" if score.copied is None else percent(score.copied),
        "paper": theirs.value if theirs else "",
        "paper_status": theirs.status if theirs else "",
        "difference": _difference(score, theirs) if theirs else "",
        "paper_within": _within(score, theirs) if theirs else "",
        "setup": score.setup.words if score.setup else "",
        "revision": score.setup.revision if score.setup else "",
    }


def percent(share: float) -> str:
    """A share as percent, with one digit."""
    return f"{100 * share:.1f}"


def _difference(score: ScoreFile, theirs: PaperValue) -> str:
    """Ours less the paper's, in points."""
    return f"{100 * score.pass_at['1'] - theirs.value:+.1f}"


def _within(score: ScoreFile, theirs: PaperValue) -> str:
    """Whether the paper's number lies within the 95 % interval of ours."""
    low, high = score.interval
    return "yes" if low <= theirs.value / 100 <= high else "no"


def _compared(pairs: Sequence[tuple[Cell, PaperValue | None]]) -> list[str]:
    """Ours and the paper's, one line for each score that the paper has a number for."""
    lines = [
        _line(
            [
                *(cell.row, _heading(cell.column), _interval(cell.score.pass_at["1"], cell.score.interval)),
                *(_published(theirs), _difference(cell.score, theirs), _within(cell.score, theirs)),
            ]
        )
        for cell, theirs in pairs
        if theirs
    ]
    if not lines:
        return []
    head = ["", "benchmark", "ours", "paper", "difference", "paper within our interval"]
    return ["", "Beside the paper:", "", _line(head), "|---|---|---:|---:|---:|---|", *lines]


def _paired(pairs: Sequence[str]) -> list[str]:
    """Two rows on the same items, a line for each benchmark."""
    lines = []
    for text in pairs:
        row, other, benchmark, *paths = text.split("|")
        if benchmark not in BENCHMARKS or len(paths) != 2:
            raise UserError(f"--pair {text}: write row|other row|benchmark|verdicts|the other's verdicts.")
        first, second = (shares_of(Path(path)) for path in paths)
        same = compared(first, second)
        if same is None:
            raise UserError(f"{paths[0]} and {paths[1]} have other items; make both anew.")
        figures = [_interval(same.difference, same.interval), f"{same.p:.2g}", str(len(first))]
        lines.append(_line([row, other, _heading(benchmark), *figures]))
    if not lines:
        return []
    head = ["", "less", "benchmark", "difference", "p", "items"]
    said = "Paired by item, in points, with the 95 % interval; p of the exact sign test:"
    return ["", said, "", _line(head), "|---|---|---|---:|---:|---:|", *lines]


def _markdown(
    title: str,
    cells: list[Cell],
    published: dict[tuple[str, str], PaperValue],
    compared: Sequence[str],
    notes: Sequence[str],
) -> str:
    columns = list(dict.fromkeys(cell.column for cell in cells))
    headings = [_heading(column) for column in columns]
    at = {(cell.row, cell.column): cell.score for cell in cells}
    lines = [f"## {title}", "", _line(["", *headings]), _line(["---", *["---:" for _ in headings]])]
    ours = dict.fromkeys(cell.row for cell in cells)
    lines += [_line([row, *[_score(at.get((row, column))) for column in columns]]) for row in ours]
    copied = [next((cell.score for cell in cells if cell.column == column), None) for column in columns]
    if any(score and score.copied is not None for score in copied):
        lines.append(_line(["*copying the question*", *map(_copied, copied)]))
    shown = False
    for row in dict.fromkeys(name for name, _ in published):
        values = [_theirs(row, column, cells, published, {}) for column in columns]
        if told := [each for each in values if each]:
            shown = True
            where = told[0].table if told[0].table.endswith("leaderboard") else "paper"
            lines.append(_line([f"*{row} ({where})*", *map(_published, values)]))
    lines += [
        "",
        "Percent of items solved, pass@1, with the 95 % interval and the number of items (and of the programs or "
        "contest problems that they are about, where several are about one).",
    ]
    if any(score and score.copied is not None for score in copied):
        lines.append(
            "*Copying the question* answers with the given arguments, the given output or the line below: no model, "
            "the same items."
        )
    if shown:
        lines.append(
            "Rows of the paper, or of a leaderboard, are its own; ° marks a number that was inferred or only reported."
        )
    return "\n".join([*lines, *compared, *setups(cells), *[f"\n{note}" for note in notes]]) + "\n"


def setups(cells: Sequence[Cell]) -> list[str]:
    """How the answers were made: a line for each way, with the cells that were made so."""
    ways: dict[tuple[str, str], dict[str, list[str]]] = {}
    for cell in cells:
        if cell.score.setup:
            way = (cell.score.setup.words, f"{cell.score.model} at {cell.score.setup.revision[:12]}")
            ways.setdefault(way, {}).setdefault(cell.row, []).append(_heading(cell.column))
    if not ways:
        return []
    lines = [
        f"- {model}, {words}: " + "; ".join(f"{row} ({', '.join(columns)})" for row, columns in rows.items())
        for (words, model), rows in ways.items()
    ]
    return ["", "How the answers were made:", "", *lines]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _score(score: ScoreFile | None) -> str:
    if score is None:
        return ""
    at_5 = f", @5 {percent(score.pass_at['5'])}" if "5" in score.pass_at else ""
    return _share(score.pass_at["1"], score.interval, score) + at_5


def _copied(score: ScoreFile | None) -> str:
    if score is None or score.copied is None or score.copied_interval is None:
        return ""
    return _share(score.copied, score.copied_interval, score)


def _share(share: float, interval: tuple[float, float], score: ScoreFile) -> str:
    count = f"n={score.items}" + (f" in {score.groups}" if score.groups < score.items else "")
    return f"{_interval(share, interval)} {count}"


def _interval(share: float, interval: tuple[float, float]) -> str:
    return f"{percent(share)} [{percent(interval[0])}, {percent(interval[1])}]"


def _published(value: PaperValue | None) -> str:
    if value is None:
        return ""
    return f"{value.value:g}" + ("" if value.status == "stated" else "°")
