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
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import DATA, ROOT, SCALES, Checkout, Clone

from semcoder.artifacts import sha256_of

pytestmark = [pytest.mark.timeout(1800), pytest.mark.slow]
LACKING = [each for each in ("apptainer", "sbatch", "mmdebstrap") if not shutil.which(each)]
if LACKING and os.environ.get("SEMCODER_CLUSTER") != "required":
    pytest.skip(f"no {', '.join(LACKING)}", allow_module_level=True)
ANOTHER_SMMAP = (
    "smmap==5.0.2 --hash=sha256:b30115f0def7d7531d22a0fb6502488d879e75b260a9db4d0819cfb25403af5e\n"
)
"""A package that Snakemake's own packages use, at another version than in envs/data.lock."""
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


@contextmanager
def another_version(checkout: Checkout) -> Iterator[dict[str, str]]:
    """Another version of a package in the lock of a clone; the environment in which that lock is the package's."""
    lock = checkout.folder / "envs/data.lock"
    before = lock.read_text()
    after = re.sub(r"smmap==.*\n(?: +--hash.*\n)+", ANOTHER_SMMAP, before)
    assert after != before
    lock.write_text(after)
    try:
        yield {**os.environ, "PYTHONPATH": str(checkout.folder)}
    finally:
        lock.write_text(before)


def semcoder(environment: Mapping[str, str], *words: str | Path) -> None:
    """Run a command of the environment's package, which must succeed."""
    command = [sys.executable, "-m", "semcoder.cli", "containers", *words]
    # Python looks into the working directory first: none with a package.
    done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def builds(cluster: Checkout, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The image of data stages once more, and with another version of a package: two builds, side by side."""
    images = Path(cluster.settings["containers"]["directory"])

    def built(environment: Mapping[str, str], folder: Path, wheelhouse: Path) -> Path:
        words = ["--wheelhouse", wheelhouse, "--base", images / "debian.tar", "--out", folder / "data.sif"]
        semcoder(environment, "build", "data", *words)
        return folder / "data.sif"

    def changed(environment: Mapping[str, str], folder: Path) -> Path:
        semcoder(environment, "wheelhouse", "data", "--out", folder / "wheelhouse")
        return built(environment, folder, folder / "wheelhouse")

    folders = [tmp_path_factory.mktemp(name) for name in ("again", "changed")]
    with another_version(cluster) as environment, ThreadPoolExecutor(2) as pool:
        again = pool.submit(built, os.environ, folders[0], images / "wheelhouse/data")
        other = pool.submit(changed, environment, folders[1])
        return again.result(), other.result()


def due(said: str) -> set[str]:
    """The rules of a dry run."""
    return set(re.findall(r"^(\w+) +\d+$", said, re.MULTILINE)) - {"all", "total"}


def test_two_builds_of_an_image_are_one_file(cluster: Checkout, builds: tuple[Path, Path]) -> None:
    again, _ = builds
    locked = json.loads((cluster.folder / "containers/images.lock").read_text())
    assert sha256_of(again) == locked["data"]["sha256"]


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


def test_another_version_of_a_package_makes_exactly_its_images_results_again(
    cluster: Checkout, builds: tuple[Path, Path]
) -> None:
    images, lock = (
        Path(cluster.settings["containers"]["directory"]),
        cluster.folder / "containers/images.lock",
    )
    before, (_, other) = lock.read_text(), builds
    named = images / f"data-{sha256_of(other)[:12]}.sif"
    try:
        with another_version(cluster) as cluster.environment:
            refused = cluster.run("-n", profile="slurm", status=1)
            semcoder(cluster.environment, "lock", other, "--lock", lock)
            shutil.copyfile(other, named)
            said, after = cluster.run("-n", profile="slurm"), lock.read_text()
    finally:
        cluster.environment = dict(os.environ)
        lock.write_text(before)
        named.unlink(missing_ok=True)
    assert "image data was built from other files" in refused
    assert sha256_of(other) == json.loads(after)["data"]["sha256"] != json.loads(before)["data"]["sha256"]
    inside = {
        "extract_seeds",
        "synthesize",
        "expand_inputs",
        "select",
        "questions",
        "trace",
        "render",
        "score",
    }
    inside |= {
        "write_monologues",
        "monologue_quality",
        "monologue_pages",
        "overview",
        "table",
        "similarity",
        "categories",
    }
    followed = {"mix", "train", "generate", "yields", "plot_lengths", "plot_loss", "draw"}
    assert due(said) == inside | followed, said  # and not what was fetched, nor the base model made of it


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
        refused = cluster.run("-n", profile="slurm", status=1)
    finally:
        path.write_text(before)
        new.unlink()
    inside = {"convert_base", "mix", "train", "generate", "plot_loss", "plot_lengths", "yields", "draw"}
    assert due(said) == inside | {"score", "table", "overview"}, said  # the last three follow
    assert locked["train-cpu"]["sha256"] in refused
    assert hashlib.sha256(b"not that image").hexdigest() in refused


COUNTED = ("pyx/train.jsonl", "mixtures/quickstart.jsonl")
"""Files whose rows name the corpus' folder, which is another one there."""
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
        *cluster.scales,
        "--config",
        *(f"{key}={json.dumps(each)}" for key, each in settings.items()),
    ]
    script = (
        "set -e; ip link set lo up; cd /\n"
        f"mount --bind {cluster.folder} {place}/checkout; mount -o remount,ro,bind {place}/checkout\n"
        f"mount --bind {cluster.settings['containers']['directory']} {place}/images\n"
        f'cd {place}/checkout; exec env HOME={place}/work XDG_CACHE_HOME={place}/work/.cache "$@"'
    )
    command = [*AS_NOBODY, cluster.command()[0], *words]
    try:
        done = subprocess.run(
            ["unshare", "--net", "--mount", "bash", "-c", script, "nobody", *command],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        results = place / "work/results/quickstart"
        lines = {name: (results / name).read_bytes().count(b"\n") for name in COUNTED}
        scores = (results / "tables/scores.csv").read_text()
    finally:
        shutil.rmtree(place)
    assert lines == {name: (finished.results / name).read_bytes().count(b"\n") for name in COUNTED}
    assert all(lines.values()) and "quickstart_monologue,pyx_output" in scores
