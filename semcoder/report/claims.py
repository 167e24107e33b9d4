"""Claims of the paper as tests on score files: reproduced, not reproduced, or not run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import typer
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from semcoder.artifacts import writing
from semcoder.errors import UserError, first_fault
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.evaluation.scorefile import ScoreFile
from semcoder.evaluation.statistics import difference, mean, paired
from semcoder.reading import read_text
from semcoder.records import ScoredItem, read
from semcoder.report.table import percent, read_score

HEADER = "| claim | paper | here | outcome | made by |\n|---|---:|---:|---|---|\n"
Outcome = Literal["reproduced", "not reproduced", "not run"]


class Claim(BaseModel):
    """One sentence of the paper (claims.yaml)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    claim: str
    """In a few words."""
    source: str
    """Where the paper says it."""
    system: str
    """The row of a table that it is about."""
    benchmark: str
    """On what."""
    target: str
    """What `snakemake` is asked for to make the scores."""
    over: str = ""
    """The system that it is compared with, on the same items."""
    value: float | None = None
    """The paper's percent, or points of difference; None where a direction alone is claimed."""


class Score(NamedTuple):
    """A score file, with the share solved of each item where its verdicts are there."""

    file: ScoreFile
    shares: Mapping[str, float]


def main(
    *,
    claims: Annotated[Path, typer.Option(help="The claims, claims.yaml.")],
    score: Annotated[
        list[str] | None,
        typer.Option(
            help="system|benchmark|score file|its verdicts (items.jsonl), as far as they are there."
        ),
    ] = None,
    markdown: Annotated[Path, typer.Option(help="Markdown to write; the outcomes are printed as well.")],
) -> None:
    """Say of each claim whether the scores reproduce it; what has not been scored is `not run`.

    A number of the paper is reproduced if it lies within the 95 % interval of ours. A claim that one system beats
    another is, if the interval of the difference lies above 0: paired by item, as both answered the same ones.

    Example: semcoder report claims --claims claims.yaml --score 'semcoder_s|humaneval|s.json|s.items.jsonl'
    --markdown claims.md
    """
    known = read_claims(claims)
    scores = dict(map(_score, score or []))
    with writing(markdown) as out:
        out.write(HEADER)
        for each in known:
            outcome, figures = judged(each, scores)
            said = "" if each.value is None else f"{each.value:g}"
            line = f"| {each.claim} ({each.source}) | {said} | {figures} | {outcome} | `snakemake {each.target}` |"
            out.write(f"{line}\n")
            shown = [f"paper {said}"] * bool(said) + [f"here {figures}"] * bool(figures)
            print(f"{outcome:<15} {', '.join([each.claim, *shown])}")
        out.write(
            "\nPercent of items solved, or points of difference, with the 95 % interval; p is that of the exact "
            "sign test on the items that one of two systems solves more often.\n"
        )


def read_claims(path: Path) -> list[Claim]:
    """The claims of a file. Raises UserError for what is none."""
    try:
        rows = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML ({error}).") from error
    if not isinstance(rows, list):
        raise UserError(f"{path}: not a list of claims.")
    found = []
    for number, row in enumerate(rows, 1):
        try:
            found.append(Claim.model_validate(row))
        except ValidationError as error:
            raise UserError(f"{path}, claim {number}: {first_fault(error, 'the claim')}.") from error
        if found[-1].benchmark not in BENCHMARKS:
            raise UserError(f"{path}, claim {number}: {found[-1].benchmark} is no benchmark.")
    return found


def _score(text: str) -> tuple[tuple[str, str], Score]:
    system, benchmark, *paths = text.split("|")
    if benchmark not in BENCHMARKS or len(paths) not in (1, 2):
        raise UserError(f"--score {text}: write system|benchmark|score file|its verdicts.")
    shares: dict[str, list[bool]] = {}
    if len(paths) == 2:
        for row in read(Path(paths[1]), ScoredItem):
            shares.setdefault(row.item, []).append(row.passed)
    file = read_score(Path(paths[0]))
    return (system, benchmark), Score(
        file, {item: mean([float(p) for p in row]) for item, row in shares.items()}
    )


def judged(claim: Claim, scores: Mapping[tuple[str, str], Score]) -> tuple[Outcome, str]:
    """What came of a claim, with the figures."""
    wanted = [scores.get((system, claim.benchmark)) for system in (claim.system, claim.over) if system]
    found = [each for each in wanted if each is not None]
    if len(found) < len(wanted):
        return "not run", ""
    if len(found) == 1:
        file = found[0].file
        value, interval, more = file.pass_at["1"], file.interval, f", n={file.items}"
    else:
        value, interval, more = _difference(found[0], found[1])
    low, high = interval
    holds = low > 0 if claim.value is None else low <= claim.value / 100 <= high
    figures = f"{percent(value)} [{percent(low)}, {percent(high)}]{more}"
    return ("reproduced" if holds else "not reproduced"), figures


def _difference(first: Score, second: Score) -> tuple[float, tuple[float, float], str]:
    """(difference, its interval, words on it): paired where both have verdicts on the same items."""
    if first.shares and first.shares.keys() == second.shares.keys():
        items = sorted(first.shares)
        same = paired([first.shares[item] for item in items], [second.shares[item] for item in items])
        return same.difference, same.interval, f", paired n={len(items)}, p={same.p:.2g}"
    files = (first.file, second.file)
    value = files[0].pass_at["1"] - files[1].pass_at["1"]
    return value, difference(*((each.pass_at["1"], *each.interval) for each in files)), ", not paired"
