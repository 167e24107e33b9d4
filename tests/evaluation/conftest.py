"""Benchmark files (skipped where they are not), a sandbox for a whole module."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from semcoder.evaluation.checking import Runner

DATA = Path(os.environ.get("SEMCODER_DATA", Path(__file__).parents[2].parent / "shared" / "data"))


@pytest.fixture(scope="session")
def benchmark_file() -> Callable[[str], Path]:
    """The path of a real benchmark file; skips the test where there is none."""

    def find(name: str) -> Path:
        path = DATA / name
        if not path.exists():
            pytest.skip(f"{name} is not in {DATA}; set SEMCODER_DATA to a folder that has it")
        return path

    return find


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    """Real sandboxes."""
    with Runner(workers=2, cpu_s=2, patient_cpu_s=20) as open_runner:
        yield open_runner
