"""How many jobs of SLURM's the paper-scale graph is, by the rules in them: `python tests/workflow/grouped.py`.

Prints a JSON object, asked of Snakemake itself with the groups of profiles/slurm.
"""

import json
from collections import Counter
from pathlib import Path

import yaml
from snakemake.api import SnakemakeApi
from snakemake.settings.enums import Quietness
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    ExecutionSettings,
    GroupSettings,
    OutputSettings,
    ResourceSettings,
)
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Plan, group, count."""
    groups = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())["groups"]
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        graph = api.workflow(ResourceSettings(cores=32), ConfigSettings(), snakefile=ROOT / "Snakefile")
        graph.dag(DAGSettings())
        workflow = graph._workflow
        workflow.execution_settings = ExecutionSettings()
        workflow.group_settings = GroupSettings(overwrite_groups=groups)
        workflow._executor_plugin = ExecutorPluginRegistry().get_plugin("dryrun")
        workflow._prepare_dag(forceall=True, ignore_incomplete=True, lock_warn_only=True)
        workflow._build_dag()
        workflow.dag.update_groups()
        jobs = [job for job in workflow.dag.needrun_jobs() if not job.rule.norun]
        submitted = {workflow.dag.get_job_group(job) or job for job in jobs}
        rules = (
            sorted({job.rule.name for job in (each if each.is_group() else [each])}) for each in submitted
        )
        print(json.dumps(Counter(map(" ".join, rules))))


if __name__ == "__main__":
    main()
