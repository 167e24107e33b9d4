"""What Snakemake would do: `python tests/docs/dry.py` reads a JSON list of {files, targets, config} on stdin and prints
for each the edges between rules, or why there is no plan. The libraries are imported once."""

import contextlib
import json
import multiprocessing
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def planned(wanted: dict[str, Any]) -> dict[str, Any]:
    """{"edges": pairs of rules} or {"refused": why}."""
    from snakemake.api import SnakemakeApi
    from snakemake.settings.enums import Quietness
    from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings

    try:
        with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
            settings = ConfigSettings(
                config=wanted["config"], configfiles=[Path(each) for each in wanted["files"]]
            )
            workflow_api = api.workflow(ResourceSettings(cores=2), settings, snakefile=ROOT / "Snakefile")
            workflow_api.dag(DAGSettings(targets=set(wanted["targets"])))
            workflow = workflow_api._workflow
            workflow._prepare_dag(forceall=True, ignore_incomplete=True, lock_warn_only=True)
            workflow._build_dag()
            edges = {
                (before.rule.name, job.rule.name)
                for job in workflow.dag.jobs
                for before in workflow.dag.dependencies[job]
            }
            return {"edges": sorted(edges)}
    except (SystemExit, Exception) as refused:
        return {"refused": f"{type(refused).__name__}: {refused}"}


def main() -> None:
    """Plan all."""
    # Before the forks, which then need not: the libraries, and the package's code for its hashes.
    import snakemake.api  # noqa: F401

    from semcoder import codehash

    codehash.remember(ROOT / ".snakemake/semcoder.json")
    wanted = json.load(sys.stdin)
    fork = multiprocessing.get_context("fork")
    # A process for each: what one configuration sets stays in Snakemake's globals.
    with contextlib.redirect_stdout(sys.stderr), fork.Pool(2, maxtasksperchild=1) as pool:
        made = pool.map(planned, wanted, chunksize=1)
    print(json.dumps(made), flush=True)
    os._exit(0)  # Snakemake's loggers have threads that nobody waits for


if __name__ == "__main__":
    main()
