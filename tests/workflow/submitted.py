"""What a training job on two nodes submits with profiles/slurm: `python tests/workflow/submitted.py`.

Prints sbatch's options as the SLURM plugin makes them, a line that is left out where the plugin is not installed, and
the command that the job's shell runs on the first of the nodes.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml
from snakemake.api import SnakemakeApi
from snakemake.resources import Resources
from snakemake.settings.enums import Quietness
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    ExecutionSettings,
    OutputSettings,
    ResourceSettings,
)
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

ROOT = Path(__file__).parents[2]
PLUGIN = "snakemake_executor_plugin_slurm"


def main() -> None:
    """Plan with two nodes, submit nothing."""
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
    defaults = Resources.parse(profile["default-resources"], allow_expressions=True)
    overrides = {rule: Resources.from_mapping(each) for rule, each in profile["set-resources"].items()}
    settings = ResourceSettings(cores=32, default_resources=defaults, overwrite_resources=overrides)
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        two = ConfigSettings(config={"training": {"nodes": 2}})
        graph = api.workflow(settings, two, snakefile=ROOT / "Snakefile")
        graph.dag(DAGSettings(targets={"results/semcoder/checkpoints/semcoder"}))
        workflow = graph._workflow
        workflow.execution_settings = ExecutionSettings()
        workflow._executor_plugin = ExecutorPluginRegistry().get_plugin("dryrun")
        workflow._prepare_dag(forceall=True, ignore_incomplete=True, lock_warn_only=True)
        workflow._build_dag()
        (job,) = (each for each in workflow.dag.jobs if each.rule.name == "train")
        if find_spec(PLUGIN):
            print(_submission(job))
        print(job.shellcmd)


def _submission(job: Any) -> str:
    from snakemake_executor_plugin_slurm.submit_string import get_submit_command
    from snakemake_executor_plugin_slurm.utils import set_gres_string

    said = {
        "run_uuid": "RUN",
        "slurm_logfile": "LOG",
        "comment_str": "rule_train",
        "account": "",
        "workdir": "",
    }
    partition = f"-p {job.resources.slurm_partition}"
    return f"{get_submit_command(job, {**said, 'partition': partition})}{set_gres_string(job)}"


if __name__ == "__main__":
    main()
