"""What a second `snakemake` does, by the program itself: what it refuses, and what it makes again."""

import fcntl
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SNAKEMAKE = [
    str(Path(sys.executable).with_name("snakemake")),
    "--profile",
    "profiles/quickstart",
    "--cores",
    "1",
]
HUMANEVAL = "data/external/humaneval/HumanEval.jsonl.gz"
CONTENT = b"not HumanEval, but pinned"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with nothing made, in which `humaneval` is pinned to other bytes, in a mirror."""
    folder = tmp_path_factory.mktemp("reruns")
    for name in ("Snakefile", "config.yaml", "rules", "envs", "profiles", "results/paper", "report"):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).symlink_to(ROOT / name)
    (folder / "data").mkdir()
    rows = (ROOT / "data/versions.csv").read_text()
    pinned = hashlib.sha256(CONTENT).hexdigest()
    (folder / "data/versions.csv").write_text(re.sub("b796127e[0-9a-f]{56}", pinned, rows))
    (folder / "mirror/humaneval").mkdir(parents=True)
    (folder / "mirror/humaneval/HumanEval.jsonl.gz").write_bytes(CONTENT)
    (folder / "empty").mkdir()
    return folder


def run(folder: Path, *words: str, **config: Any) -> subprocess.CompletedProcess[str]:
    settings = (
        ["--config", *(f"{key}={json.dumps(value)}" for key, value in config.items())] if config else []
    )
    return subprocess.run(
        [*SNAKEMAKE, *words, *settings], cwd=folder, capture_output=True, text=True, check=False
    )


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence that a refusal is, after what Snakemake says of itself."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr and " in file " not in done.stderr
    found = [line for line in done.stderr.splitlines() if line.startswith("semcoder: ")]
    assert len(found) == 1, done.stderr
    return found[0]


def test_where_a_file_was_fetched_from_does_not_matter_and_what_it_holds_does(clone: Path) -> None:
    (clone / HUMANEVAL).unlink(missing_ok=True)
    first = run(clone, HUMANEVAL, data={"mirror": "mirror"})
    assert first.returncode == 0, first.stderr
    assert (clone / HUMANEVAL).read_bytes() == CONTENT
    for mirror in ("empty", None):
        assert "Nothing to be done" in run(clone, "-n", HUMANEVAL, data={"mirror": mirror}).stdout
    (clone / HUMANEVAL).write_bytes(CONTENT.upper())
    assert hashlib.sha256(CONTENT.upper()).hexdigest() in sentence(run(clone, "-n", HUMANEVAL))


def test_a_setting_that_leads_nowhere_is_refused_before_the_plan(clone: Path) -> None:
    source = {"kind": "directory", "path": "/nowhere/src", "name": "mine"}
    done = run(clone, "-n", seeds={"sources": [source]})
    assert "seeds.sources.0.path is /nowhere/src" in sentence(done)


def test_a_key_that_stands_twice_in_a_file_is_refused(clone: Path) -> None:
    (clone / "twice.yaml").write_text("pyx: {shards: 2}\npyx: {shards: 3}\n")
    done = run(clone, "-n", "--configfile", "twice.yaml")
    assert "key pyx stands there twice" in sentence(done)


def test_two_workflows_in_one_folder_are_one_too_many(clone: Path) -> None:
    (clone / HUMANEVAL).unlink(missing_ok=True)
    (clone / "results/quickstart").mkdir(exist_ok=True)
    with (clone / "results/quickstart/.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run(clone, HUMANEVAL, data={"mirror": "mirror"})
    assert "another workflow works there" in sentence(done)
