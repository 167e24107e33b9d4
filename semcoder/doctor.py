"""Whether a run would get through: looked at before it begins, so that it fails in seconds and not after a night."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import typer

from semcoder.configfiles import Configfiles, Profile, laid_over, read
from semcoder.errors import UserError
from semcoder.execution.bwrap import REMEDY
from semcoder.graph import Graph
from semcoder.planning.dryrun import asks_teacher
from semcoder.tables import ANALYSES, BEYOND

Verdict = Literal["ok", "warning", "fault"]
MIN_FREE_GB = 10
"""Below it a warning; what a training run takes is counted by itself (`semcoder training plan`)."""
MIN_APPTAINER = (1, 2)
"""The first whose options are all read from the environment."""
MARKS: dict[Verdict, str] = {"ok": "ok     ", "warning": "warning", "fault": "FAULT  "}


class Finding(NamedTuple):
    """One line: what was looked at, what was found, and the remedy where it is needed."""

    verdict: Verdict
    text: str


@dataclass(frozen=True)
class Site:
    """What a profile says of where jobs run."""

    images: bool = False
    slurm: bool = False
    partitions: frozenset[str] = frozenset()
    gpu_models: frozenset[str] = frozenset()
    asks: bool = True
    """Whether a teacher is asked."""
    trains: bool = True
    """Whether a model is to be trained."""
    tables: frozenset[str] | None = None
    """The tables to be made; None: those that the configuration names."""
    pyx: bool = True
    """Whether PyX is to be made."""
    fetched: frozenset[str] | None = None
    """External files that the run fetches; None: those of what is asked for."""
    files: tuple[Path, ...] = ()
    """Configuration files that the profile lays over config.yaml."""

    @classmethod
    def of(cls, profile: Path) -> "Site":
        """The site of a profile: its folder, or one of that name in the working directory."""
        values = read(profile / "config.yaml")
        words = values.get("default-resources") or []
        named = dict(str(each).split("=", 1) for each in words if "=" in str(each))
        overrides: dict[str, dict[str, Any]] = values.get("set-resources") or {}
        every = [named, *overrides.values()]
        return cls(
            images="apptainer" in (values.get("software-deployment-method") or []),
            slurm=values.get("executor") == "slurm",
            partitions=_told(each.get("slurm_partition") for each in every),
            gpu_models=_told(each.get("gpu_model") for each in overrides.values()),
            files=tuple(Path(each) for each in values.get("configfile") or []),
        )

    @classmethod
    def of_run(cls, workflow: Any) -> "Site":
        """The site of a running workflow (snakemake.workflow.Workflow), whatever profile it came from."""
        settings = workflow.resource_settings
        named = _written(settings.default_resources)
        overrides = [_written(each) for each in settings.overwrite_resources.values()]
        jobs = list(workflow.dag.jobs)
        tables = {job.wildcards.table for job in jobs if job.rule.name == "table"}
        rules = {job.rule.name for job in jobs}
        return cls(
            images="apptainer" in map(str, workflow.deployment_settings.deployment_method),
            slurm=workflow.executor_plugin.name == "slurm",
            partitions=_told(each.get("slurm_partition") for each in (named, *overrides)),
            gpu_models=_told(each.get("gpu_model") for each in overrides),
            asks=any(map(asks_teacher, workflow.dag.needrun_jobs())),
            trains=any(job.rule.name == "train" for job in workflow.dag.needrun_jobs()),
            tables=frozenset(
                tables
                | ({each.removesuffix("_table") for each in rules} & set(BEYOND))
                | {name for name, rule in ANALYSES.items() if rule in rules}
            ),
            pyx="extract_seeds" in rules,
            fetched=frozenset(
                job.wildcards.name
                for job in workflow.dag.needrun_jobs()
                if job.rule.name in ("fetch_file", "fetch_snapshot")
            ),
        )


def _written(resources: Mapping[str, Any] | None) -> dict[str, Any]:
    """Resources as they are written: Snakemake keeps its defaults as objects."""
    return {name: getattr(each, "raw", each) for name, each in (resources or {}).items()}


def _told(values: Iterable[Any]) -> frozenset[str]:
    return frozenset(str(value).strip("'\"") for value in values if value is not None)


def main(
    profile: Profile = None,
    configfile: Configfiles = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: a list of verdict and text.")] = False,
) -> None:
    """Look at the machine before a run: one line for each thing, with the remedy; exit code 2 at a fault.

    Every workflow begins with the same look.

    Example: semcoder doctor --profile slurm
    """
    site = Site.of(profile) if profile else Site()
    files = [Path("config.yaml"), *(configfile or site.files)]
    values: dict[str, Any] = {}
    for file in files:
        values = laid_over(values, read(file))
    graph = Graph.of(values, map(str, files))
    if site.images:
        graph.images.enter()
    found = list(look(graph, site))
    if as_json:
        typer.echo(json.dumps([each._asdict() for each in found], indent=2, ensure_ascii=False))
    for each in [] if as_json else found:
        typer.echo(f"{MARKS[each.verdict]}  {each.text}")
    if any(each.verdict == "fault" for each in found):
        raise UserError("the run would fail; see the lines marked FAULT.")


def require(graph: Graph, site: Site) -> None:
    """Raise UserError with the faults, if there are any."""
    if faults := [each.text for each in look(graph, site) if each.verdict == "fault"]:
        raise UserError("; ".join(faults))


def look(graph: Graph, site: Site) -> Iterator[Finding]:
    """Everything that a run needs, in the order in which it would fail."""
    if site.images:
        yield _apptainer()
        yield from _images(graph)
    if not site.images or not graph.images.fault("data"):
        yield from _sandbox(graph, site)
    if site.slurm:
        yield from _slurm(graph, site)
    elif graph.config.training.nodes > 1 and site.trains:
        yield Finding(
            "fault",
            f"training: {graph.config.training.nodes} nodes are SLURM's to give; run with --profile slurm, or set "
            f"training.nodes to 1",
        )
    yield from _data(graph, site)
    if site.asks:
        yield from _key(graph)
    yield _disk(graph)


def _sandbox(graph: Graph, site: Site) -> Iterator[Finding]:
    """In the image, where jobs run in images; on this machine, whatever the nodes are like."""
    words = ["-m", "semcoder.execution.probe", graph.config.execution.isolation]
    if site.images:
        inside = ["apptainer", "--quiet", "exec", "--home", str(Path.cwd()), graph.images.path("data")]
        said, where = _output(*inside, "python", *words), "in the image, here"
    else:
        said, where = _output(sys.executable, *words), "here"
    fault = json.loads(said) if said else {"sandbox": f"cannot be looked at {where}", "network": ""}
    if fault["sandbox"]:
        yield Finding("warning" if site.slurm else "fault", f"sandbox: {fault['sandbox']}")
        return
    yield Finding("ok", f"sandbox: programs run {where}, apart from the machine")
    if fault["network"]:
        yield Finding(
            "warning",
            f"network: programs have none, but the stages that run them keep the machine's ({fault['network']}); "
            f"{REMEDY}",
        )
    else:
        yield Finding("ok", "network: stages that run programs and ask nobody have none")


def _output(*command: str) -> str | None:
    """What a command prints; None where it is not there or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _apptainer() -> Finding:
    said = _output("apptainer", "--version")
    if said is None:
        return Finding("fault", "apptainer: is not there; install it, or leave --sdm apptainer out")
    version = said.split()[-1].split("-")[0]
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < MIN_APPTAINER:
        return Finding(
            "fault", f"apptainer: {version} is too old; install {'.'.join(map(str, MIN_APPTAINER))} or newer"
        )
    return Finding("ok", f"apptainer: {version}")


def _images(graph: Graph) -> Iterator[Finding]:
    for name in graph.images.names:
        fault = graph.images.fault(name)
        yield Finding("fault", fault) if fault else Finding("ok", f"image: {name} is the one in the lock")


def _slurm(graph: Graph, site: Site) -> Iterator[Finding]:
    said = _output("sinfo", "--noheader", "--format", "%R %G")
    if said is None:
        yield Finding("fault", "slurm: sinfo does not answer; run on a machine that submits jobs")
        return
    has: dict[str, list[str]] = {}
    for line in said.splitlines():
        partition, _, resources = line.partition(" ")
        has.setdefault(partition, []).append(resources)
    for name in sorted(site.partitions):
        if name in has:
            yield Finding("ok", f"slurm: partition {name}")
        else:
            known = ", ".join(sorted(has))
            yield Finding(
                "fault",
                f"slurm: there is no partition {name} (known: {known}); mend slurm_partition in the profile",
            )
    counts = {
        part.split(":")[1]: int(part.split(":")[2].split("(")[0])
        for resources in has.values()
        for node in resources
        for part in node.split(",")
        if part.count(":") >= 2
    }
    most = max(graph.config.training.gpus, graph.config.evaluation.gpus)
    for model in sorted(site.gpu_models) if most else ():
        if model not in counts:
            known = ", ".join(sorted(counts)) or "none"
            yield Finding(
                "fault",
                f"slurm: no node has a GPU called {model} (known: {known}); mend gpu_model in the profile",
            )
        elif counts[model] < most:
            yield Finding(
                "fault",
                f"slurm: a node has {counts[model]} GPUs {model}, one job asks for {most}; set training.gpus",
            )
        else:
            yield Finding("ok", f"slurm: {counts[model]} GPUs {model} a node")


def _data(graph: Graph, site: Site) -> Iterator[Finding]:
    tables = graph.config.wanted if site.tables is None else site.tables
    needed = graph.data.needed(tables, site.pyx)
    fetched = set(needed) if site.fetched is None else site.fetched
    unpinned = [name for name in needed if name in fetched and not graph.data.is_pinned(name)]
    lacking = [name for name in needed if name not in unpinned and not graph.data.has(name)]
    if unpinned:
        yield Finding(
            "fault",
            f"data: {', '.join(unpinned)} cannot be fetched without a full revision in {graph.config.data.versions}; "
            "look it up and fill it in",
        )
    if lacking:
        yield Finding(
            "warning",
            f"data: no source may be asked for {', '.join(lacking)}; what needs them is left out or fails; put them "
            f"into data.mirror, or widen data.reach",
        )
    if not unpinned and not lacking:
        yield Finding("ok", "data: what is asked for is here, in the mirror, or may be fetched")


def _key(graph: Graph) -> Iterator[Finding]:
    teacher = graph.config.teacher
    if teacher.kind == "openai" and teacher.key_variable:
        if os.environ.get(teacher.key_variable):
            yield Finding("ok", f"teacher: {teacher.key_variable} is set")
        else:
            yield Finding(
                "fault",
                f"teacher: {teacher.key_variable} is not set; export the key, or set teacher.kind: grounded",
            )


def _disk(graph: Graph) -> Finding:
    place = graph.config.results.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 1e9
    verdict: Verdict = "ok" if free >= MIN_FREE_GB else "warning"
    if not os.access(place, os.W_OK | os.X_OK):
        return Finding("fault", f"disk: {place} cannot be written; set results, or run with --directory")
    return Finding(verdict, f"disk: {free:.0f} GB free in {place}")
