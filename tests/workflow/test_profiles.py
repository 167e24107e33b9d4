"""Profiles: read by Snakemake as they stand, and one for every kind of machine."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROFILES = sorted(path.parent.name for path in (ROOT / "profiles").glob("*/config.yaml"))
CONTAINED = ("ci", "local", "slurm")


def test_there_is_a_profile_for_every_kind_of_machine_and_none_that_is_always_on() -> None:
    assert PROFILES == ["ci", "local", "quickstart", "slurm"]
    assert (ROOT / "slurm").resolve() == ROOT / "profiles/slurm"


@pytest.mark.parametrize("name", CONTAINED)
def test_a_profile_with_images_refuses_a_run_without_them_before_the_plan(name: str, tmp_path: Path) -> None:
    if name == "slurm":
        pytest.importorskip("snakemake_executor_plugin_slurm")
    lock = f'containers={{"lock": "{tmp_path / "images.lock"}"}}'
    done = subprocess.run(
        [
            Path(sys.executable).with_name("snakemake"),
            *("-n", "--profile", f"profiles/{name}", "--cores", "2", "--config", lock),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "has no image data; run `snakemake containers" in done.stderr


def test_names_of_the_site_stand_in_the_profile_and_numbers_of_gpus_in_the_rules() -> None:
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
    named = {rule for rule, asked in profile["set-resources"].items() if "gpu_model" in asked}
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    asking = {block.split(":")[0].split()[0] for block in rules.split("\nrule ")[1:] if "gpu=CONFIG" in block}
    assert asking <= named  # sample_buggy takes generate's
    assert "gpu_model" not in rules and "slurm" not in rules
