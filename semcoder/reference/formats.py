"""`semcoder formats`: every file of a run, and the fields of what stands in it."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from semcoder import records
from semcoder.artifacts import writing
from semcoder.containers.images import Locked
from semcoder.contests.tasks import Case, Task
from semcoder.evaluation.scorefile import ScoreFile, Setup
from semcoder.execution.lines import CallLine, JudgedLine
from semcoder.monologue.quality import Line as QualityLine
from semcoder.monologue.verify.command import MonologueLine, TraceLine
from semcoder.pins import External
from semcoder.pyx.overlap import Overlap, Report
from semcoder.reference import columns
from semcoder.reference.artifacts import ARTIFACTS, Artifact
from semcoder.reference.words import REQUIRED, about, anchor, code, fields, table
from semcoder.report.claims import Claim
from semcoder.report.contamination import FIELDS as CONTAMINATION
from semcoder.report.counts import Summary
from semcoder.report.robustness import FIELDS as ROBUSTNESS
from semcoder.report.table import FIELDS
from semcoder.teacher.bill import Post
from semcoder.teacher.costs import COLUMNS
from semcoder.training.setup import TrainingSetup

START = """\
# Files and records

Written from the code by `semcoder formats --reference docs/formats.md`; change `semcoder/records.py`, the models named
here, or `semcoder/reference/` instead.

Paths are relative to the configuration's `results`. In them `{scatteritem}` is a shard, such as `3-of-64`; the other
names in braces are those of the configuration. Text is UTF-8. A `.jsonl` file has one JSON object a line; fields at
their default are left out.

- **Ids.** Each record has an `id`, a prefix and 16 hex digits of the sha256 of the fields that define it, and
  `parents`, the ids that it was made from. Equal content has an equal id in every run; a line changed by hand is
  refused. `semcoder lineage ID --results DIR` follows the parents up to the seed.
- **Whole or not at all.** A file is written as `.NAME.part` and renamed. Beside each file of a rule stands `.NAME.sum`,
  its sha256; a later job refuses a file that no longer matches.
- **Literals.** Outputs and values are Python literals, in the spelling of `semcoder.execution.literals`, which has one
  for `nan`, `inf`, sets and the like too.

## Files of a run

"""
ALONE = """\
## Files of commands that work alone

These commands also take and give plain JSONL, without ids and parents.

"""
RECORDS: tuple[type[BaseModel], ...] = (
    records.Seed,
    records.Problem,
    records.Program,
    records.Candidate,
    records.TestCase,
    records.Trace,
    records.Event,
    records.Monologue,
    records.Example,
    records.Generation,
    records.ScoredItem,
    records.Dropped,
)
SINGLE = (Summary, Post, Task, Case, TrainingSetup, Setup, ScoreFile, Report, Overlap)
PINNED: dict[str, type[BaseModel]] = {
    "data/versions.csv": External,
    "claims.yaml": Claim,
    "containers/images.lock": Locked,
}
PLAIN: dict[str, tuple[str, type[BaseModel]]] = {
    "Programs to run": ("`semcoder execution run --programs`", JudgedLine),
    "Calls to trace": ("`semcoder tracing trace --programs`, where no `--tests` are given", CallLine),
    "Monologues to verify": ("`semcoder monologue verify --monologues`", MonologueLine),
    "Traces to verify them against": ("`semcoder monologue verify --traces`", TraceLine),
}
WRITTEN: dict[str, tuple[str, Mapping[str, str]]] = {
    "Verdicts on programs": ("`semcoder execution run --verdicts`, a line a program", columns.VERDICT),
    "Traces of calls": ("`semcoder tracing trace --traces`, a line a call", columns.TRACED),
    "Verdicts on monologues": ("`semcoder monologue verify --verdicts`, a line a monologue", columns.CHECKED),
    "Scores of others' files": ("`semcoder evaluation score --scores`, one JSON object", columns.FOREIGN),
}
TABLES: dict[str, tuple[list[str], Mapping[str, str]]] = {
    "tables/{table}.csv": (FIELDS, columns.SCORES),
    "tables/teacher.csv": (COLUMNS, columns.BILL),
    "tables/monologues.csv": (list(QualityLine._fields), columns.QUALITY),
    "tables/yields.csv": (list(columns.YIELDS), columns.YIELDS),
    "tables/table7.csv": (list(columns.EXECUTABILITY), columns.EXECUTABILITY),
    "tables/robustness.csv": (ROBUSTNESS, columns.ROBUSTNESS),
    "tables/contamination.csv": (CONTAMINATION, columns.CONTAMINATION),
    "tables/figure5.csv": (list(columns.SIMILARITY), columns.SIMILARITY),
    "tables/figure6.csv": (list(columns.CATEGORIES), columns.CATEGORIES),
    "results/paper/*.csv, committed": (list(columns.PAPER), columns.PAPER),
}


def main(
    reference: Annotated[
        Path | None, typer.Option(help="Markdown to write; the terminal where none is named.")
    ] = None,
) -> None:
    """Tell of every file that a run makes: its path, its rule, its records and their fields.

    Example: semcoder formats --reference docs/formats.md
    """
    if reference is None:
        sys.stdout.write(page())
        return
    with writing(reference) as stream:
        stream.write(page())


def page() -> str:
    """The page."""
    parts = [START]
    for chapter, files in ARTIFACTS.items():
        parts += [f"### {chapter}\n\n", _files(files)]
    parts += ["## Records\n\n", *[_model(each) for each in RECORDS]]
    parts += [
        "## Counts, setups and scores\n\nOne JSON object a file.\n\n",
        *[_model(each) for each in SINGLE],
    ]
    parts += [_counts()]
    parts += ["## Tables\n\n", *(_rows(f"`{path}`", *each) for path, each in TABLES.items())]
    parts += [
        "## Checkpoints\n\n",
        _named("file", columns.CHECKPOINT),
        "### training_log.jsonl\n\n",
        _named("field", columns.LOG),
    ]
    parts += ["## Files that come with the checkout\n\n"]
    parts += [f"### {path}\n\n{about(model)}\n\n{_fields(model)}" for path, model in PINNED.items()]
    parts += [ALONE]
    parts += [f"### {name}\n\n{where}.\n\n{_fields(model)}" for name, (where, model) in PLAIN.items()]
    parts += [f"### {name}\n\n{where}.\n\n{_named('field', each)}" for name, (where, each) in WRITTEN.items()]
    return "".join(parts).rstrip("\n") + "\n"


def _files(files: list[Artifact]) -> str:
    rows = [[f"`{each.path}`", f"`{each.rule}`", _content(each), each.about] for each in files]
    return table(["file", "rule", "holds", "what"], rows)


def _content(artifact: Artifact) -> str:
    if isinstance(artifact.content, str):
        return artifact.content
    name = artifact.content.__name__
    return f"[{name}](#{anchor(name)})"


def _model(model: type[BaseModel]) -> str:
    defined = getattr(model, "defined_by", ())
    words = (
        f" Id: `{model.prefix}-...`, over {', '.join(defined)}." if issubclass(model, records.Record) else ""
    )
    return f"### {model.__name__}\n\n{about(model)}{words}\n\n{_fields(model)}"


def _fields(model: type[BaseModel]) -> str:
    rows = [
        [f"`{each.name}`", each.type, "" if each.default is REQUIRED else code(each.default), each.meaning]
        for each in fields(model)
        if not (issubclass(model, records.Record) and each.name in records.Record.model_fields)
    ]
    return table(["field", "type", "left out", "meaning"], rows)


def _counts() -> str:
    rows = [
        [f"`{key}`", ", ".join(f"`{each}`" for each in rules.split(", ")), meaning]
        for rules, (_, counts) in columns.COUNTS.items()
        for key, meaning in counts.items()
    ]
    return f"What stages count besides:\n\n{table(['key', 'rule', 'meaning'], rows)}"


def _rows(title: str, names: list[str], meanings: Mapping[str, str]) -> str:
    return f"### {title}\n\n{_named('column', {name: meanings[name] for name in names})}"


def _named(head: str, meanings: Mapping[str, str]) -> str:
    return table(
        [head, "meaning"],
        [[", ".join(f"`{each}`" for each in name.split(", ")), text] for name, text in meanings.items()],
    )
