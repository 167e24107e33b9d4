"""The record of a real run."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import Checkout

pytestmark = pytest.mark.timeout(1800)


def semcoder(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "semcoder.cli", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_every_file_of_the_record_is_there_with_its_hash(finished: Checkout, tmp_path: Path) -> None:
    results = str(finished.results.relative_to(finished.folder))
    words = ["crate", "--results", results, "--out", str(tmp_path / "c"), "--bundle", str(tmp_path / "c.zip")]
    done = semcoder(finished.folder, *words)
    assert done.returncode == 0, done.stderr
    checked = semcoder(finished.folder, "crate", "--check", str(tmp_path / "c"))
    assert checked.returncode == 0 and "each with its hash" in checked.stdout
    with zipfile.ZipFile(tmp_path / "c.zip") as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "unpacked")
    assert f"{results}/tables/scores.md" in names and not any("data/external" in each for each in names)
    assert semcoder(finished.folder, "crate", "--check", str(tmp_path / "unpacked")).returncode == 0
    graph = json.loads((tmp_path / "c/ro-crate-metadata.json").read_text())["@graph"]
    trained = next(each for each in graph if each.get("instrument") == {"@id": "#tool-train"})
    assert trained["startTime"] < trained["endTime"] and "training train" in trained["description"]
    (tmp_path / f"c/{results}/tables/scores.md").unlink()
    damaged = semcoder(finished.folder, "crate", "--check", str(tmp_path / "c"))
    assert damaged.returncode == 2 and "tables/scores.md: is not there" in damaged.stderr


def test_a_run_that_has_not_ended_has_no_record(finished: Checkout, tmp_path: Path) -> None:
    results = str(finished.results.relative_to(finished.folder))
    table = finished.results / "tables/scores.csv"
    content = table.read_bytes()
    table.unlink()
    done = semcoder(finished.folder, "crate", "--results", results, "--out", str(tmp_path / "c"))
    table.write_bytes(content)
    assert done.returncode == 2 and "has not ended" in done.stderr and not (tmp_path / "c").exists()
