"""The page that the report opens with: claims and their status, tables, yields, time and cost, environment."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Annotated

import typer

from semcoder.artifacts import writing
from semcoder.containers.images import read_lock
from semcoder.errors import UserError
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.reading import read_model, read_rows, read_text
from semcoder.report import page
from semcoder.report.claims import judged, read_claims, scores_of
from semcoder.report.counts import Summary, add_up, by_count
from semcoder.report.times import spent
from semcoder.software import of_jobs

SECTIONS = (
    ("claims", "Claims"),
    ("tables", "Tables"),
    ("stages", "What each stage kept"),
    ("time", "Time and cost"),
    ("environment", "Environment"),
)
SCORES = ("row", "benchmark", "items", "pass_at_1", "low", "high", "paper", "paper_within")


def main(
    *,
    name: Annotated[str, typer.Option(help="What the page calls the run.")],
    claims: Annotated[Path, typer.Option(help="The claims, claims.yaml.")],
    score: Annotated[
        list[str] | None, typer.Option(help="system|benchmark|score file|its verdicts, as `report claims`.")
    ] = None,
    table: Annotated[list[str] | None, typer.Option(help="NAME=CSV of a table of scores.")] = None,
    summary: Annotated[list[Path] | None, typer.Option(help="A stage's summary; one for each shard.")] = None,
    teacher: Annotated[Path | None, typer.Option(help="CSV of `teacher usage`.")] = None,
    benchmarks: Annotated[Path | None, typer.Option(help="Folder of Snakemake's benchmark files.")] = None,
    software: Annotated[Path | None, typer.Option(help="JSON {what: version}, as a run writes it.")] = None,
    results: Annotated[
        Path | None, typer.Option(help="Folder of the run, whose setup.json files tell the versions of jobs.")
    ] = None,
    lock: Annotated[Path | None, typer.Option(help="containers/images.lock.")] = None,
    html: Annotated[Path, typer.Option(help="Page to write.")],
) -> None:
    """Write the page that a report opens with: claims, tables beside the paper's, yields, time, cost, environment.

    Example: semcoder report overview --name quickstart --claims claims.yaml --summary s.json --html overview.html
    """
    parts = [
        page.section("claims", "Claims", *_claims(claims, score or [])),
        page.section("tables", "Tables", *_tables(table or [])),
        page.section("stages", "What each stage kept", *_stages(summary or [])),
        page.section("time", "Time and cost", *_time(benchmarks, teacher)),
        page.section("environment", "Environment", *_environment(software, results, lock)),
    ]
    with writing(html) as out:
        out.write(page.head(f"SemCoder-Repro: {name}", SECTIONS) + "".join(parts) + page.END)


def _claims(path: Path, score: Sequence[str]) -> Iterator[str]:
    scores = scores_of(score)
    rows = []
    for each in read_claims(path):
        outcome, figures = judged(each, scores)
        rows.append([outcome, each.claim, each.source, each.said, figures, each.target])
    counts = Counter(row[0] for row in rows)
    told = ", ".join(f"{counts[each]} {each}" for each in ("reproduced", "not reproduced", "not run"))
    yield page.paragraph(
        f"{told}. A number is reproduced where it lies within the 95 % interval of ours, a direction where the "
        "interval of the difference lies above 0; what has no score in this run is not run."
    )
    yield page.table(["status", "claim", "in the paper", "paper#", "here", "target"], rows)


def _tables(named: Sequence[str]) -> Iterator[str]:
    for each in named:
        name, _, path = each.partition("=")
        if not path:
            raise UserError(f"--table {each}: write NAME=CSV.")
        yield f"<h3>{escape(name)}</h3>\n"
        rows = read_rows(Path(path), SCORES)
        yield page.table(
            ["system", "benchmark", "items#", "ours, 95 % interval#", "paper#", "within"],
            [
                [
                    row["row"],
                    _title(row["benchmark"]),
                    row["items"],
                    f"{row['pass_at_1']} [{row['low']}, {row['high']}]" if row["pass_at_1"] else "not run",
                    row["paper"],
                    row["paper_within"],
                ]
                for row in rows
            ],
        )
    if not named:
        yield page.paragraph("This run makes no table of scores.")


def _title(benchmark: str) -> str:
    """Of a column: a benchmark, with its round where it has one."""
    name, blank, rest = benchmark.partition(" ")
    return f"{BENCHMARKS[name].title}{blank}{rest}" if name in BENCHMARKS else benchmark


def _stages(files: Sequence[Path]) -> Iterator[str]:
    rows = [
        [
            each.stage,
            f"{each.taken:,}",
            f"{each.kept:,}",
            ", ".join(f"{reason} {count:,}" for reason, count in by_count(each.reasons)),
        ]
        for each in add_up(list(files))
    ]
    yield page.table(["stage", "in#", "kept#", "dropped, by reason"], rows)
    covered = [(each, one.kept) for each in files if (one := read_model(each, Summary)).stage == "pyx expand"]
    programs = sum(kept for _, kept in covered)
    if programs:
        shares = [
            sum(json.loads(read_text(path))[f"{kind}_coverage"] * kept for path, kept in covered) / programs
            for kind in ("line", "branch")
        ]
        yield page.paragraph(
            f"Inputs reach {shares[0]:.1%} of the lines and {shares[1]:.1%} of the branches of a program on average "
            "(paper, App. F: 96 % and 93 %)."
        )


def _time(benchmarks: Path | None, teacher: Path | None) -> Iterator[str]:
    if benchmarks and benchmarks.is_dir():
        stages = spent(benchmarks)
        rows = [
            [
                each.stage,
                f"{each.jobs:,}",
                f"{each.seconds:,.0f}",
                f"{each.longest:,.0f}",
                f"{each.memory_mb:,.0f}",
            ]
            for each in stages
        ]
        jobs, seconds = sum(each.jobs for each in stages), sum(each.seconds for each in stages)
        rows.append(["all", f"{jobs:,}", f"{seconds:,.0f}", "", ""])
        yield page.table(["stage", "jobs#", "seconds#", "longest job, s#", "most memory, MiB#"], rows)
        yield page.paragraph("Seconds of all jobs of a stage, one after the other, each as it last ran.")
    if teacher:
        rows = [
            [row["stage"], row["purpose"], row["model"], row["answers"], row["dollars"] or "no price"]
            for row in read_rows(teacher, ("stage", "purpose", "model", "answers", "dollars"))
        ]
        yield page.table(["stage", "purpose", "model", "answers#", "dollars#"], rows)
    else:
        yield page.paragraph("No language model was asked as a teacher.")


def _environment(software: Path | None, results: Path | None, lock: Path | None) -> Iterator[str]:
    if software and software.exists():
        found = json.loads(read_text(software))
        yield page.table(
            ["in the environment that started the run", "version"], [[name, found[name]] for name in found]
        )
    for kind, versions in of_jobs(sorted(results.rglob("*setup.json")) if results else []).items():
        yield page.table([f"in {kind}, as its jobs noted", "version"], [[*each] for each in versions.items()])
    images = read_lock(lock) if lock else {}
    if images:
        yield page.table(
            ["image", "sha256", "base"], [[name, row.sha256, row.base] for name, row in images.items()]
        )
        yield page.paragraph(
            "Images as they are locked; they are used where the workflow runs with Apptainer."
        )
