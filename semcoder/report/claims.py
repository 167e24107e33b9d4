"""Claims of the paper as tests on score files: reproduced, not reproduced, or not run."""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

import typer
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from semcoder.artifacts import writing
from semcoder.errors import UserError, first_fault
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.evaluation.scorefile import ScoreFile
from semcoder.evaluation.statistics import difference
from semcoder.reading import read_text
from semcoder.report.shares import Share, compared, shares_of
from semcoder.report.table import percent, read_score

HEADER = "| claim | paper | here | outcome | made by |\n|---|---:|---:|---|---|\n"
LEVEL = 0.05
WIDEST = 0.1
"""Half of an interval: in a wider one nearly any number of the paper would lie (our choice)."""
Outcome = Literal["reproduced", "not reproduced", "not run"]


class Claim(BaseModel):
    """One sentence of the paper (claims.yaml)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    claim: str
    """In a few words."""
    source: str
    """Where the paper says it."""
    system: str
    """A row of tables (`systems` in config.yaml), or a round of refinement as `TABLE/ROW/ROUND`, such as
    `table3/semcoder_s (monologue)/5`; round 0 is the first answers."""
    benchmark: str
    """On what."""
    target: str
    """What `snakemake` is asked for to make the scores."""
    over: str = ""
    """The system that it is compared with, on the same items."""
    value: float | None = None
    """The paper's percent, or points of difference; None where a direction alone is claimed."""
    at_least: float | None = None
    """What has to be reached within `margin`, in its place: another's percent in the paper, or points of difference."""
    margin: float | None = Field(default=None, gt=0)
    """Points within which two are taken for equal, where that is what is claimed (ours)."""
    better_than: str = ""
    """What `system` has to beat for this to mean anything: two that mend nothing do equally well."""

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if self.value is not None and self.at_least is not None:
            raise ValueError("at_least: it stands in the place of `value`")
        if self.at_least is not None and self.margin is None:
            raise ValueError("margin: `at_least` needs it")
        if self.margin is not None and (self.value is not None or (not self.over and self.at_least is None)):
            raise ValueError("margin: it goes with `over` or `at_least`, and not with `value`")
        if self.better_than and (self.margin is None or self.at_least is not None):
            raise ValueError("better_than: it goes with `over` and `margin`")
        if self.value is None and self.at_least is None and not self.over:
            raise ValueError("value: the paper's number is missing, or in its place `over`")
        return self

    @property
    def said(self) -> str:
        """What has to come out: the paper's number, or our margin for equal."""
        if self.at_least is not None:
            return f"at least {self.at_least:g} -{self.margin:g}"
        if self.margin is not None:
            return f"equal ±{self.margin:g}"
        return "" if self.value is None else f"{self.value:g}"


class Score(NamedTuple):
    """A score file, with the share solved of each item where its verdicts are there."""

    file: ScoreFile
    shares: Mapping[str, Share]


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
    as_json: Annotated[bool, typer.Option("--json", help="Print them as a JSON list.")] = False,
) -> None:
    """Say of each claim whether the scores reproduce it; what has not been scored is `not run`.

    A number of the paper is reproduced if it lies within the 95 % interval of ours, and that reaches over no more than
    20 points: with so few items as to be wider, the claim counts as not run. A claim that one system beats
    another is, if the interval of the difference lies above 0: paired by item, as both answered the same ones, and then
    with p below 0.05 in the sign test. A claim that two do equally well is, if the interval lies within its margin, and
    the first beats what the claim names, such as its first answers; a claim that something is reached, if the interval
    lies above that less its margin. Each counts as not run where the interval is wider than 20 points and speaks
    neither way, and where the two were scored on other items or other data.

    Example: semcoder report claims --claims claims.yaml --score 'semcoder_s|humaneval|s.json|s.items.jsonl'
    --markdown claims.md
    """
    known = read_claims(claims)
    scores = scores_of(score or [])
    rows = []
    with writing(markdown) as out:
        out.write(HEADER)
        for each in known:
            outcome, figures = judged(each, scores)
            made = f"`snakemake {each.target}`"
            out.write(f"| {each.claim} ({each.source}) | {each.said} | {figures} | {outcome} | {made} |\n")
            shown = [f"paper {each.said}"] * bool(each.said) + [f"here {figures}"] * bool(figures)
            rows.append(each.model_dump() | {"outcome": outcome, "here": figures})
            if not as_json:
                print(f"{outcome:<15} {', '.join([each.claim, *shown])}")
        out.write(
            "\nPercent of items solved, or points of difference, with the 95 % interval; p is that of the exact "
            "sign test on the items (groups of items that hang together) that one of two systems solves more often. "
            "Equal is within so many points (ours).\n"
        )
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))


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


def scores_of(options: Iterable[str]) -> dict[tuple[str, str], Score]:
    """{(system, benchmark): its score} of options `system|benchmark|score file|its verdicts`. Raises UserError."""
    return dict(map(_score, options))


def _score(text: str) -> tuple[tuple[str, str], Score]:
    system, benchmark, *paths = text.split("|")
    if benchmark not in BENCHMARKS or len(paths) not in (1, 2):
        raise UserError(f"--score {text}: write system|benchmark|score file|its verdicts.")
    path, *verdicts = map(Path, paths)
    file, shares = read_score(path, benchmark), shares_of(verdicts[0]) if verdicts else {}
    solved = math.fsum(share.passed for share in shares.values())
    if verdicts and (len(shares) != file.items or abs(solved - file.pass_at["1"] * file.items) > 0.01):
        raise UserError(f"{verdicts[0]}: not the verdicts that {path} sums up; make or copy both anew.")
    return (system, benchmark), Score(file, shares)


def judged(claim: Claim, scores: Mapping[tuple[str, str], Score]) -> tuple[Outcome, str]:
    """What came of a claim, with the figures."""
    wanted = [scores.get((system, claim.benchmark)) for system in (claim.system, claim.over) if system]
    found = [each for each in wanted if each is not None]
    if len(found) < len(wanted):
        return "not run", ""
    if len(found) == 1:
        file = found[0].file
        value, interval, p = file.pass_at["1"], file.interval, None
        more = f", n={file.items}"
    elif unlike := _unlike(found[0], found[1]):
        return "not run", unlike
    else:
        value, interval, p, more = _difference(found[0], found[1])
    leaks = any(each.file.setup and each.file.setup.feedback == "plus" for each in found)
    more += ", hidden tests were shown" * leaks
    figures = f"{percent(value)} [{percent(interval[0])}, {percent(interval[1])}]{more}"
    holds = _holds(claim, interval, p)
    if holds is None:
        return "not run", f"{figures}: too few items to say"
    if holds and claim.better_than:
        first = {"over": claim.better_than, "margin": None, "better_than": ""}
        outcome, gained = judged(claim.model_copy(update=first), scores)
        return outcome, f"{figures}; over {claim.better_than}: {gained or outcome}"
    return ("reproduced" if holds else "not reproduced"), figures


def _holds(claim: Claim, interval: tuple[float, float], p: float | None) -> bool | None:
    """Whether a claim does; None where the interval is too wide to say so or otherwise."""
    low, high = interval
    wide = high - low > 2 * WIDEST + 1e-9
    if claim.value is not None:
        within = low <= claim.value / 100 <= high
        return None if within and wide else within
    margin = (claim.margin or 0) / 100
    if claim.at_least is not None:
        least = claim.at_least / 100 - margin
        holds, contradicted = low >= least, high < least
    elif claim.margin is not None:
        holds, contradicted = -margin <= low and high <= margin, low > margin or high < -margin
    else:
        # A few items, all solved by the same one, lift the bootstrap's interval above 0 before they say anything.
        holds, contradicted = low > 0 and (p is None or p < LEVEL), high <= 0
    return None if wide and not holds and not contradicted else holds


def _unlike(first: Score, second: Score) -> str:
    """Why two scores cannot be compared; empty where they can."""
    a, b = first.file, second.file
    if sorted(a.data_sha256.values()) != sorted(b.data_sha256.values()):
        return "scored on other data than each other; make both anew"
    if a.items != b.items or (first.shares and second.shares and first.shares.keys() != second.shares.keys()):
        return f"scored on other items than each other ({a.items} and {b.items}); make both anew"
    if a.model == b.model and a.setup and b.setup and a.setup.revision != b.setup.revision:
        return f"of two revisions of {a.model}; make both anew"
    return ""


def _difference(first: Score, second: Score) -> tuple[float, tuple[float, float], float | None, str]:
    """(difference, its interval, p, words on it): paired where both have verdicts, else without p."""
    if same := compared(first.shares, second.shares):
        return same.difference, same.interval, same.p, f", paired n={len(first.shares)}, p={same.p:.2g}"
    files = (first.file, second.file)
    value = files[0].pass_at["1"] - files[1].pass_at["1"]
    intervals = ((each.pass_at["1"], *each.interval) for each in files)
    return value, difference(*intervals), None, f", not paired n={first.file.items}"
