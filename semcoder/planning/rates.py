"""How long a job takes: from run times that Snakemake's `benchmark` files hold, of this run or of others here."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from semcoder.planning.dryrun import Step
from semcoder.planning.sizes import Figure, lines
from semcoder.reading import read_text

WILDCARD = re.compile(r"\\?\{(\w+)(?:,[^{}]*)?\\?\}")
DRIVERS = {"extract_seeds": "seeds", "synthesize": "seeds"} | dict.fromkeys(
    (
        *("expand_inputs", "select", "trace", "render", "write_monologues", "sample_monologues"),
        *("translate_monologues", "questions", "mix", "similarity", "categories", "monologue_quality"),
        *("plot_lengths", "score_buggy", "build_pyx_r"),
    ),
    "programs",
)
"""{rule: what its work grows with}; that of others does not."""
ALIKE = ("model", "recipe", "benchmark", "format", "rationale")
"""Wildcards in which jobs of a rule that take equally long agree."""
START = 2.0
"""Seconds in which Snakemake starts a job and sees its end, on one machine; a cluster's queue is not in it."""
TYPICAL = {
    # rule: (seconds of a job whatever it holds, seconds for each seed or program in it)
    "extract_seeds": (1.0, 0.04),
    "synthesize": (1.0, 0.008),
    "expand_inputs": (1.0, 0.19),
    "select": (1.0, 0.065),
    "trace": (1.0, 0.015),
    "render": (0.8, 0.004),
    "write_monologues": (0.8, 0.011),
    "questions": (0.8, 0.01),
    "mix": (8.0, 0.01),
    "similarity": (1.0, 0.03),
    "categories": (0.5, 0.001),
    "monologue_quality": (1.0, 0.022),
    "plot_lengths": (2.0, 0.003),
    "convert_base": (20.0, 0.0),
    "score": (2.0, 0.0),
    "score_round": (2.0, 0.0),
    "score_buggy": (2.0, 0.05),
    "executability": (1500.0, 0.0),
    "clean_extra": (500.0, 0.0),
}
"""From the quickstart's benchmark files on 2 shared cores under other load (November 2026), where this machine has none
of its own; `executability`: 43,100 programs at 30 a second, a guess; `clean_extra`: 110,000 rows at the 219 a second
of benchmarks/README.md (`contamination`)."""
UNTIMED = (
    *("fetch_snapshot", "read_contests", "solve_contests", "variants", "overlap"),
    *("state_questions", "release", "build_pyx_r"),
)
"""Rules that take long at the paper's scale and never ran there: fetching is as fast as the network, solutions of
contests run up to 10 s a test, the others read or run whole data sets. Until they are timed they count as OTHERS do."""
OTHERS = 2.0
"""Seconds of a rule that is not named there: tables, plots, pages."""


class Rate(NamedTuple):
    """Seconds of a job for each seed or program in it (`by` it), or of the job."""

    seconds: float
    by: bool


class Rates:
    """Run times by rule, and by what of ALIKE its jobs have. `rules`: Snakemake's."""

    def __init__(self, rules: Sequence[Any], results: Path) -> None:
        self._patterns = sorted(_patterns(rules, results), key=lambda each: -each[2])
        self._results = results
        self._own = self._read([results])
        self._others = self._read(sorted(_siblings(results)))

    def of(self, step: Step, drivers: Mapping[str, float]) -> Figure | None:
        """Seconds of a job as measured, here first: this very job, then its rule; None where nothing was.

        Other results say nothing of a job of a model, which may be asked other questions there, of a teacher, or
        where nobody knows what the work grows with.
        """
        if (seconds := read_seconds(Path(step.benchmark)) if step.benchmark else None) is not None:
            return Figure(seconds, "measured")
        key = _key(step.rule, step.wildcards)
        alike = step.rule in DRIVERS and not step.asks and not {"model", "recipe"} & step.wildcards.keys()
        for source in [self._own, self._others] if alike else [self._own]:
            if rate := source.get(key):
                amount = drivers[DRIVERS[step.rule]] / step.shards if rate.by else 1.0
                return Figure(rate.seconds * amount, "measured")
        return None

    def typical(self, step: Step, drivers: Mapping[str, float]) -> Figure:
        """The same where nothing was measured."""
        fixed, each = TYPICAL.get(step.rule, (OTHERS, 0.0))
        amount = drivers[DRIVERS[step.rule]] / step.shards if step.rule in DRIVERS else 0.0
        return Figure(fixed + each * amount, "estimated")

    def _read(self, folders: Sequence[Path]) -> dict[tuple[str, ...], Rate]:
        found: dict[tuple[str, ...], list[tuple[float, float]]] = defaultdict(list)
        for folder in folders:
            counts = {
                "seeds": lines(
                    each for each in sorted(folder.glob("seeds/*.jsonl")) if "dropped" not in each.name
                ),
                "programs": lines(each for each in [folder / "pyx/programs.jsonl"] if each.exists()),
            }
            for path in sorted(folder.glob("benchmarks/**/*.tsv")):
                name = str(path.relative_to(folder))
                rule, wildcards = self._rule_of(name)
                seconds = read_seconds(path)
                if not rule or seconds is None:
                    continue
                shards = int(wildcards.get("scatteritem", "1-of-1").rpartition("-")[2])
                amount = counts[DRIVERS[rule]] / shards if rule in DRIVERS else 1.0
                if amount:
                    found[_key(rule, wildcards)].append((seconds, amount))
        return {
            key: Rate(sum(s for s, _ in all_) / sum(a for _, a in all_), key[0] in DRIVERS)
            for key, all_ in found.items()
        }

    def _rule_of(self, name: str) -> tuple[str, dict[str, str]]:
        """(rule, wildcards) of a benchmark file; of several that could be, the rule that says most of the name."""
        for rule, pattern, _ in self._patterns:
            if match := pattern.fullmatch(name):
                return rule, match.groupdict()
        return "", {}


def read_seconds(path: Path) -> float | None:
    """The seconds in a benchmark file; None where there is no such file, or one of a killed job."""
    if not path.is_file():
        return None
    rows = list(csv.DictReader(read_text(path).splitlines(), delimiter="\t"))
    try:
        return sum(float(row["s"]) for row in rows) / len(rows)
    except (KeyError, ValueError, ZeroDivisionError):
        return None


def _key(rule: str, wildcards: Mapping[str, str]) -> tuple[str, ...]:
    """What jobs that take equally long have in common."""
    return rule, *(wildcards.get(each, "") for each in ALIKE)


def _siblings(results: Path) -> Iterator[Path]:
    """Results of other configurations beside these."""
    for each in results.parent.iterdir() if results.parent.is_dir() else ():
        if each != results and (each / "benchmarks").is_dir():
            yield each


def _patterns(rules: Sequence[Any], results: Path) -> Iterator[tuple[str, re.Pattern[str], int]]:
    """(rule, what its benchmark files below results are called, how many letters of that are fixed)."""
    for rule in rules:
        name = str(rule.benchmark or "")
        if not name.startswith(f"{results}/"):
            continue
        parts = WILDCARD.split(name.removeprefix(f"{results}/"))
        seen: set[str] = set()
        text = ""
        for place, part in enumerate(parts):
            if place % 2 == 0:
                text += re.escape(part)
            else:
                text += f"(?P={part})" if part in seen else f"(?P<{part}>[^/]+?)"
                seen.add(part)
        yield rule.name, re.compile(text), sum(map(len, parts[::2]))
