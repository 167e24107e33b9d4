"""The graph under SLURM, every rule in its image: the same data to the byte as on one machine.

Needs Apptainer, a SLURM cluster with GPUs called a6000 and mmdebstrap, as tests/provision/debian.sh sets them up.
SEMCODER_CLUSTER=required makes their absence a failure. SEMCODER_TEST_IMAGES names a folder in which images are kept
between runs, or are being built while it holds a file `.building`.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import DATA, ROOT, SCALES, Checkout, Clone

from semcoder.artifacts import sha256_of

pytestmark = [pytest.mark.timeout(1800), pytest.mark.slow]
LACKING = [each for each in ("apptainer", "sbatch", "mmdebstrap") if not shutil.which(each)]
if LACKING and os.environ.get("SEMCODER_CLUSTER") != "required":
    pytest.skip(f"no {', '.join(LACKING)}", allow_module_level=True)
ON_TWO_CORES = ("--jobs", "4", "--slurm-init-seconds-before-status-checks", "3")


@pytest.fixture(scope="module")
def cluster(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A clone with its images, built by their rules."""
    checkout = clone("cluster")
    checkout.scales = [*SCALES, "tests/e2e/cluster.yaml"]
    kept = os.environ.get("SEMCODER_TEST_IMAGES")
    images = Path(kept) if kept else checkout.folder / "images"
    checkout.settings["containers"] = {"directory": str(images)}
    while (images / ".building").exists():  # by another process, as in .ci/run
        time.sleep(1)
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
    said = cluster.run(*ON_TWO_CORES, "--set-resources", "train:gpu=2", "generate:gpu=1", profile="slurm")
    assert "100%" in said
    assert cluster.files(*DATA) == finished.files(*DATA)
    accounted = subprocess.run(
        ["sacct", "--noheader", "--parsable2", "--allocations", "--format=Comment%100,AllocTRES%100,State"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    granted = [line for line in accounted.splitlines() if "COMPLETED" in line and "gres/gpu:a6000=" in line]
    assert any("rule_train" in line and "gres/gpu:a6000=2" in line for line in granted), accounted
    assert any("rule_generate" in line and "gres/gpu:a6000=1" in line for line in granted), accounted
    assert "Nothing to be done" in cluster.run("-n", profile="slurm")


def test_another_image_makes_exactly_its_rules_results_again(cluster: Checkout) -> None:
    path = cluster.folder / "containers/images.lock"
    locked = json.loads(path.read_text())
    images = Path(cluster.settings["containers"]["directory"])
    old = images / f"train-cpu-{locked['train-cpu']['sha256'][:12]}.sif"
    other = images / "other.sif"
    shutil.copyfile(old, other)
    with other.open("ab") as stream:
        stream.write(b"another")
    locked["train-cpu"]["sha256"] = sha256_of(other)
    new = other.rename(images / f"train-cpu-{locked['train-cpu']['sha256'][:12]}.sif")
    before = path.read_text()
    try:
        path.write_text(json.dumps(locked))
        said = cluster.run("-n", profile="slurm")
        new.write_bytes(b"not that image")
        refused = subprocess.run(
            cluster.command("-n", profile="slurm"),
            cwd=cluster.folder,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        path.write_text(before)
        new.unlink()
    due = set(re.findall(r"^(\w+) +\d+$", said, re.MULTILINE)) - {"all", "total"}
    inside = {"convert_base", "mix", "train", "generate", "plot_loss", "plot_lengths", "yields"}
    assert due == inside | {"score", "table"}, said  # the last two follow
    assert refused.returncode == 1 and locked["train-cpu"]["sha256"] in refused.stderr
    assert hashlib.sha256(b"not that image").hexdigest() in refused.stderr


AS_NOBODY = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]


def test_an_ordinary_user_runs_it_from_a_read_only_checkout_without_a_network(
    cluster: Checkout, finished: Checkout
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    seen = subprocess.run(
        [*AS_NOBODY, sys.executable, "-c", "import semcoder, snakemake"], check=False, cwd="/"
    )
    if seen.returncode:
        pytest.skip("other users cannot read this environment")
    place = Path("/var/tmp") / f"semcoder-{os.getpid()}"
    for name in ("checkout", "images", "work"):
        (place / name).mkdir(parents=True)
    shutil.chown(place / "work", "nobody")
    cluster.folder.chmod(0o755)
    settings = {
        "containers": {
            "directory": str(place / "images"),
            "lock": str(place / "checkout/containers/images.lock"),
        },
        "data": {"mirror": str(ROOT / "data/external")},
        "seeds": {
            "sources": [{"kind": "directory", "path": str(place / "checkout/corpus"), "licence": "PSF-2.0"}]
        },
    }
    words = ["--profile", "profiles/ci", "--directory", str(place / "work"), "--cores", "2"]
    words += [
        "--configfile",
        *SCALES,
        "--config",
        *(f"{key}={json.dumps(each)}" for key, each in settings.items()),
    ]
    target = "results/quickstart/pyx/train.jsonl"
    script = (
        "set -e; ip link set lo up; cd /\n"
        f"mount --bind {cluster.folder} {place}/checkout; mount -o remount,ro,bind {place}/checkout\n"
        f"mount --bind {cluster.settings['containers']['directory']} {place}/images\n"
        f'cd {place}/checkout; exec env HOME={place}/work XDG_CACHE_HOME={place}/work/.cache "$@"'
    )
    command = [*AS_NOBODY, cluster.command()[0], *words, "--", target]
    try:
        done = subprocess.run(
            ["unshare", "--net", "--mount", "bash", "-c", script, "nobody", *command],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        made = (place / "work" / target).read_bytes()
    finally:
        shutil.rmtree(place)
    assert made.count(b"\n") == (finished.results / "pyx/train.jsonl").read_bytes().count(b"\n") > 0
