"""What every job of a configuration would be given, asked of Snakemake itself: all that it compares with the last run.

`python tests/workflow/plan.py` reads a JSON list of overlays on stdin and prints a list of plans; all in two
processes, which import the libraries once.
"""

import gc
import json
import multiprocessing
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Plan = dict[str, tuple[str, str]]
"""{output: (rule, everything that is compared)}."""


def planned(overlay: dict[str, Any]) -> Plan | str:
    """The plan of config.yaml with `overlay` laid over it, or why there is none."""
    try:
        return _planned(overlay)
    except SystemExit as refused:
        return f"{refused}"


def _planned(overlay: dict[str, Any]) -> Plan:
    from snakemake.api import SnakemakeApi
    from snakemake.settings.enums import Quietness
    from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings

    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        workflow_api = api.workflow(
            ResourceSettings(cores=2), ConfigSettings(config=overlay), snakefile=ROOT / "Snakefile"
        )
        workflow_api.dag(DAGSettings())
        workflow = workflow_api._workflow
        workflow._prepare_dag(forceall=True, ignore_incomplete=True, lock_warn_only=True)
        workflow._build_dag()
        return {
            str(output): (
                job.rule.name,
                json.dumps(
                    [
                        sorted(map(repr, job.non_derived_params)),
                        sorted(map(str, job.input)),
                        job.rule.shellcmd,
                    ]
                ),
            )
            for job in workflow.dag.jobs
            for output in job.output
        }


def main() -> None:
    """Plan each overlay of stdin."""
    planned({})  # so that all libraries are there before the forks
    gc.disable()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(json.dumps(pool.map(planned, json.load(sys.stdin))))


if __name__ == "__main__":
    main()
