"""Snakemake's own plan of the real graph: the jobs that `snakemake -n` would list, as plain values."""

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from semcoder.errors import UserError
from semcoder.planning.unmade import remedy


@contextmanager
def planned(
    targets: Sequence[str], profile: Path | None, configfiles: Sequence[Path], triggers: Sequence[str] = ()
) -> Iterator[Any]:
    """Snakemake's workflow with the jobs that `snakemake -n TARGET...` would list; no target: the whole run.

    `triggers`: the changes that make a job due (--rerun-triggers), where it is not for all of them.
    Raises UserError in Snakemake's own words where there is no plan.
    """
    try:
        from snakemake.api import SnakemakeApi
        from snakemake.cli import parse_args
        from snakemake.exceptions import MissingRuleException, WorkflowError
        from snakemake.settings.enums import Quietness
        from snakemake.settings.types import (
            ConfigSettings,
            DAGSettings,
            DeploymentSettings,
            OutputSettings,
            ResourceSettings,
        )
        from snakemake_interface_common.exceptions import ApiError
    except ImportError as error:
        raise UserError("snakemake is not installed here; use the semcoder of its environment.") from error
    words = ["--profile", str(profile)] if profile else []
    words += ["--configfile", *map(str, configfiles)] if configfiles else []
    words += ["--rerun-triggers", *triggers] if triggers else []
    told = io.StringIO()
    workflow = None
    try:
        with contextlib.redirect_stderr(told):
            _, given = parse_args([*words, "--cores", "1"])
            settings = OutputSettings(quiet={Quietness.ALL}, enable_file_logging=False)
            with SnakemakeApi(settings) as api:
                from_snakefile = api.workflow(
                    ResourceSettings(cores=1, overwrite_scatter=given.set_scatter),
                    ConfigSettings(configfiles=given.configfile),
                    deployment_settings=DeploymentSettings(given.software_deployment_method),
                    snakefile=given.snakefile,
                    workdir=given.directory,
                )
                from_snakefile.dag(
                    DAGSettings(
                        targets=set(targets),
                        force_incomplete=True,
                        rerun_triggers=given.rerun_triggers,
                        max_checksum_file_size=given.max_checksum_file_size,
                    )
                )
                workflow = from_snakefile._workflow
                for each in targets:
                    if workflow.is_rule(each) and workflow.get_rule(each).has_wildcards():
                        raise UserError(f"{each}: is a rule that makes many artifacts; give one of them.")
                workflow._prepare_dag(forceall=False, ignore_incomplete=False, lock_warn_only=True)
                workflow._build_dag()
                yield workflow
    except MissingRuleException as error:
        unmade = next((each for each in targets if each in str(error)), targets[0])
        raise UserError(f"{unmade}: no rule makes it{remedy(unmade, workflow)}.") from error
    except (ApiError, WorkflowError) as error:
        raise UserError(" ".join(str(error).split()).rstrip(".") + ".") from error
    except SystemExit as error:  # the Snakefile's refusal, or Snakemake's of an option
        lines = [*told.getvalue().splitlines(), error.code if isinstance(error.code, str) else ""]
        last = next(filter(None, reversed(lines)), "snakemake ended.")
        raise UserError(last.removeprefix("semcoder: ").removeprefix("Error: ")) from error


class Step(NamedTuple):
    """One job that would run."""

    rule: str
    wildcards: Mapping[str, str]
    gpus: int
    asks: bool
    """Whether its command asks the teacher, where that is a model."""
    benchmark: str
    """Where its run time goes; empty for none."""
    output: tuple[str, ...]
    after: tuple[int, ...]
    """The jobs, by their place in the list, that it waits for."""

    @property
    def shards(self) -> int:
        """How many pieces the work of its kind comes in."""
        return int(self.wildcards.get("scatteritem", "1-of-1").rpartition("-")[2])


def asks_teacher(job: Any) -> bool:
    """Whether a job of Snakemake's asks the teacher (Graph.teacher stands in its parameters)."""
    return any(str(each).startswith("teacher=") for each in job.params)


class Asking(NamedTuple):
    """One job that asks the teacher, whether it would run or not."""

    due: bool
    summary: Path
    """Where it says what it asked."""


def asking(workflow: Any) -> dict[str, list[Asking]]:
    """{rule: its jobs} of those that ask the teacher, in the order in which the graph comes to them."""
    due = set(workflow.dag.needrun_jobs())
    found: dict[str, list[Asking]] = {}
    for job in (each for level in workflow.dag.toposorted() for each in level):
        if asks_teacher(job):
            found.setdefault(job.rule.name, []).append(Asking(job in due, Path(job.output.summary)))
    return found


def steps(workflow: Any, teacher_is_asked: bool) -> list[Step]:
    """The jobs that would run, each after those it waits for; targets that only name others are left out."""
    due = {job for job in workflow.dag.needrun_jobs() if not job.rule.norun}
    ordered = [
        job
        for level in workflow.dag.toposorted()
        for job in sorted(level, key=lambda each: (each.rule.name, list(each.output)))
        if job in due
    ]
    places = {job: place for place, job in enumerate(ordered)}
    return [
        Step(
            rule=job.rule.name,
            wildcards=dict(job.wildcards_dict or {}),
            gpus=int(job.resources.get("gpu", 0)),
            asks=teacher_is_asked and asks_teacher(job),
            benchmark=str(job.benchmark or ""),
            output=tuple(map(str, job.output)),
            after=tuple(sorted(places[each] for each in workflow.dag.dependencies[job] if each in places)),
        )
        for job in ordered
    ]
