"""A finished run as Snakemake knows it: its jobs, the files they read and made, and the configuration."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import RootModel

from semcoder.containers.images import ROOT
from semcoder.errors import UserError
from semcoder.graph import Graph
from semcoder.planning.dryrun import planned, steps
from semcoder.reading import read_model

CONFIGURATION, SOFTWARE = "configuration.json", "software.json"
"""What the Snakefile writes into the results when a run starts (Graph.note)."""
TRIGGERS = ("mtime", "params", "input", "code")
"""What tells that files are another run's. Not the software environment: a record is asked for outside of images."""
EMPTY_STACK = "d41d8cd98f00b204e9800998ecf8427e"
"""Snakemake's hash of no software environment: md5 of nothing."""
WORKFLOW = (
    *("Snakefile", "config.yaml", "claims.yaml", "pyproject.toml", "LICENSE", "CITATION.cff", "rules/*.smk"),
    *(
        "profiles/*.yaml",
        "profiles/*/*.yaml",
        "envs/*.in",
        "envs/*.lock",
        "containers/*",
        "data/versions.csv",
    ),
    *("report/*.rst", "report/captions/*.rst", "results/paper/*.csv", "semcoder/**/*.py"),
)
"""What of the checkout the workflow is."""


class Software(RootModel[dict[str, str]]):
    """{what: its version} in the environment that started the run (software.json); `git` is the checkout's commit."""


class File(NamedTuple):
    """A file of the record: where it lies, and its path in the crate."""

    path: Path
    id: str


class Job(NamedTuple):
    """A job that ran."""

    rule: str
    command: str
    inputs: tuple[str, ...]
    """Ids of files."""
    outputs: tuple[str, ...]
    started: str
    ended: str
    """In ISO 8601; empty where Snakemake did not note it."""
    image: str


class Run(NamedTuple):
    """All of it. `external`: {id of a file: its entry in data/versions.csv}."""

    software: dict[str, str]
    graph: Graph
    jobs: list[Job]
    workflow: list[File]
    files: dict[str, File]
    external: dict[str, str]
    results: list[str]
    """Ids of what no job reads: what the run was for."""


def finished(results: Path, targets: Sequence[str], profile: Path | None = None) -> Run:
    """The run that made `targets` (none: everything) in `results`, started with `profile`.

    Raises UserError where it has not ended, or where its settings, code or inputs are not those that made the files.
    """
    configuration = results / CONFIGURATION
    if not configuration.exists():
        raise UserError(
            f"{results}: holds no {CONFIGURATION}, which every run writes; give the results of a run."
        )
    software = read_model(results / SOFTWARE, Software).root
    with planned(targets, profile, [configuration], TRIGGERS) as workflow:
        graph: Graph = workflow.globals["GRAPH"]
        jobs = [job for job in workflow.dag.jobs if not job.rule.norun]
        made = [str(path) for job in jobs for path in job.output]
        unfinished = workflow.persistence._filter_incomplete_keys(made)
        if lacking := sorted(each for each in made if not Path(each).exists() or each in unfinished):
            raise UserError(
                f"{results}: the run has not ended: {lacking[0]} (and {len(lacking) - 1} more) is not there or not "
                "whole; let snakemake finish it, or name the targets that are."
            )
        for due in steps(workflow, teacher_is_asked=False):
            raise UserError(
                f"{results}: the settings, code or inputs are not those that made {due.output[0]} (rule {due.rule}; "
                f"`semcoder why {due.output[0]} --configfile {configuration}` tells more); let snakemake finish the "
                "run, or name the targets and the profile that it had."
            )
        return _read(workflow, graph, software, jobs)


def _read(workflow: Any, graph: Graph, software: dict[str, str], jobs: Sequence[Any]) -> Run:
    files: dict[str, File] = {}
    external: dict[str, str] = {}
    place = graph.config.data.directory
    names = {str(Path(graph.data.path(name))): name for name in graph.entries}

    def ids(paths: Sequence[Any]) -> tuple[str, ...]:
        found = []
        for path in map(Path, paths):
            entry = next((name for at, name in names.items() if path.is_relative_to(at)), "")
            for file in _within(path):
                id_ = f"data/external/{file.relative_to(place)}" if entry else id_of(file)
                files.setdefault(id_, File(file, id_))
                if entry:
                    external[id_] = entry
                found.append(id_)
        return tuple(dict.fromkeys(found))

    done = []
    for job in sorted(jobs, key=lambda each: (each.rule.name, list(each.output))):
        facts = workflow.persistence.metadata(job.output[0])
        done.append(
            Job(
                rule=job.rule.name,
                command=(facts and facts.shellcmd) or "",
                inputs=ids(job.input),
                outputs=ids(
                    [*job.output, *(each for each in (job.benchmark,) if each and Path(each).exists())]
                ),
                started=_time(facts and facts.starttime),
                ended=_time(facts and facts.endtime),
                image=_image(facts),
            )
        )
    read = {each for job in done for each in job.inputs}
    last = [each for job in done for each in job.outputs if each not in read and "/benchmarks/" not in each]
    shipped = [File(path, str(path.relative_to(ROOT))) for path in _checkout()]
    for each in shipped:
        files.pop(each.id, None)
    return Run(software, graph, done, shipped, files, external, last)


def _checkout() -> Iterator[Path]:
    for pattern in WORKFLOW:
        yield from (path for path in sorted(ROOT.glob(pattern)) if path.is_file())


def _within(path: Path) -> list[Path]:
    """The file, or those in the folder; what Snakemake leaves in folders is not of the run."""
    if not path.is_dir():
        return [path]
    return sorted(each for each in path.rglob("*") if each.is_file() and each.name != ".snakemake_timestamp")


def id_of(path: Path) -> str:
    """A path in the crate: from the working directory, or from the checkout."""
    for root in (Path.cwd(), ROOT):
        if path.absolute().is_relative_to(root):
            return path.absolute().relative_to(root).as_posix()
    raise UserError(f"{path}: lies neither in the working directory nor in the checkout; move the results.")


def _image(facts: Any) -> str:
    """The name of the image that a job ran in; rules name one also where images are not used."""
    used = facts and facts.container_img_url and facts.software_stack_hash != EMPTY_STACK
    return Path(facts.container_img_url).name if used else ""


def _time(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
