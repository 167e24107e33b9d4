"""The graph under SLURM, every rule in its image: the same data to the byte as on one machine.

Needs Apptainer, a SLURM cluster with GPUs called a6000 and mmdebstrap, as tests/provision/debian.sh sets them up.
SEMCODER_CLUSTER=required makes their absence a failure. SEMCODER_TEST_IMAGES names a folder in which images are kept
between runs.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import DATA, Checkout, Clone

from semcoder.artifacts import sha256_of

pytestmark = [pytest.mark.timeout(1800), pytest.mark.slow]
LACKING = [each for each in ("apptainer", "sbatch", "mmdebstrap") if not shutil.which(each)]
if LACKING and os.environ.get("SEMCODER_CLUSTER") != "required":
    pytest.skip(f"no {', '.join(LACKING)}", allow_module_level=True)
GPU_RULES = ("train", "generate")


@pytest.fixture(scope="module")
def cluster(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A clone with its images, built by their rules."""
    checkout = clone("cluster")
    kept = os.environ.get("SEMCODER_TEST_IMAGES")
    images = Path(kept) if kept else checkout.folder / "images"
    checkout.settings["containers"] = {"directory": str(images)}
    checkout.run("containers")
    return checkout


def test_two_builds_of_an_image_are_one_file(cluster: Checkout, tmp_path: Path) -> None:
    images = Path(cluster.settings["containers"]["directory"])
    command = [sys.executable, "-m", "semcoder.cli", "containers", "build", "data"]
    command += ["--wheelhouse", images / "wheelhouse/data", "--base", images / "debian.tar"]
    subprocess.run([*command, "--out", tmp_path / "again.sif"], check=True)
    locked = json.loads((cluster.folder / "containers/images.lock").read_text())
    assert sha256_of(tmp_path / "again.sif") == locked["data"]["sha256"]


def test_the_graph_is_the_same_on_a_cluster(cluster: Checkout, finished: Checkout) -> None:
    asked = [f"{rule}:{resource}" for rule in GPU_RULES for resource in ("gpu=2",)]
    said = cluster.run("--set-resources", *asked, profile="slurm", cores=64)
    assert "100%" in said
    assert cluster.files(*DATA) == finished.files(*DATA)
    accounted = subprocess.run(
        ["sacct", "--noheader", "--parsable2", "--allocations", "--format=JobName,AllocTRES,Comment"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    print(accounted)
