"""Numbers of the paper's text beside what was measured here."""

from pathlib import Path
from typing import Annotated

import typer

from semcoder.artifacts import writing
from semcoder.errors import UserError
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.evaluation.scorefile import ScoreFile
from semcoder.evaluation.statistics import difference
from semcoder.reading import read_rows
from semcoder.report.table import percent, read_score

HEADER = "| claim | of | paper | here | items | made by |\n|---|---|---:|---:|---:|---|\n"


def main(
    *,
    paper: Annotated[Path, typer.Option(help="The claims, results/paper/claims.csv.")],
    score: Annotated[
        list[str] | None,
        typer.Option(help="claim|benchmark|score file, and one more score file if that is subtracted."),
    ] = None,
    markdown: Annotated[Path, typer.Option(help="Markdown to write.")],
) -> None:
    """Lay the paper's claims beside our scores; what has not been scored is called `not run`.

    Example: semcoder report claims --paper results/paper/claims.csv --score 'SemCoder-S|humaneval|s.json'
    --markdown claims.md
    """
    ours: dict[tuple[str, str], list[ScoreFile]] = {}
    for text in score or []:
        claim, benchmark, *paths = text.split("|")
        if benchmark not in BENCHMARKS or len(paths) not in (1, 2):
            raise UserError(f"--score {text}: write claim|benchmark|score file.")
        ours[claim, BENCHMARKS[benchmark].title] = [read_score(Path(path)) for path in paths]
    rows = read_rows(paper, ("row", "column", "value", "source", "status"))
    with writing(markdown) as out:
        out.write(HEADER)
        for line in rows:
            found = ours.get((line["row"], line["column"]))
            said = f"{line['value']} ({line['source']}, {line['status']})"
            out.write(f"| {line['row']} | {line['column']} | {said} | {_measured(found)} |\n")
        out.write("\nPercent of items solved, or points of difference, with the 95 % interval.\n")


def _measured(scores: list[ScoreFile] | None) -> str:
    if not scores:
        return "not run | | "
    first = scores[0]
    value, (low, high) = first.pass_at["1"], first.interval
    if len(scores) == 2:
        value -= scores[1].pass_at["1"]
        low, high = difference(*((each.pass_at["1"], *each.interval) for each in scores))
    how = "; ".join(f"{each.model}: {each.setup.words}" if each.setup else each.model for each in scores)
    return f"{percent(value)} [{percent(low)}, {percent(high)}] | {first.items} | {how}"
