"""One run, interrupted in stage after stage and started again: it completes, as if nothing had been."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import DATA, Checkout, Clone

pytestmark = pytest.mark.timeout(1800)

STAGES = ("seeds", "pyx", "traces", "formats", "monologues", "mixtures", "models", "training")
STAGES += ("generations", "scores", "tables", "report")
"""Folders of the logs."""
MISSED = 4
"""Stages that may be over before they could be interrupted."""
LINGER_S = {"models": 3.0, "training": 8.0, "generations": 4.0}
"""How long a stage is let work before it is interrupted; the others do their work in a second or two."""
MODELS = ("generations/**/*.jsonl", "scores/**/*.json*", "tables/*")


def _ctrl_c(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGINT)


def _hear_ctrl_c() -> None:
    """A shell starts what runs in its background deaf to it, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)


def _kill_alone(process: subprocess.Popen[bytes]) -> None:
    process.kill()


WAYS: tuple[Callable[[subprocess.Popen[bytes]], None], ...] = (_ctrl_c, _kill_alone, _kill_group)


def test_interrupted_in_its_stages_it_completes_with_the_same_results(
    finished: Checkout, clone: Clone
) -> None:
    other = clone("interrupted")
    waiting = set(STAGES)
    for number in range(3 * len(STAGES)):
        process = subprocess.Popen(
            other.command(cores=2),
            cwd=other.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_hear_ctrl_c,
        )
        stage = _entered(waiting, other.results / "logs", process)
        if stage is None:
            assert process.returncode == 0
            break
        waiting.remove(stage)
        time.sleep(LINGER_S.get(stage, 0.3))
        if process.poll() is None:
            WAYS[number % len(WAYS)](process)
            process.wait()
    # A stage of a second or two may be over while another one, in the same run, is let work before it is interrupted.
    assert len(waiting) <= MISSED, f"never interrupted: {waiting}"
    assert "Nothing to be done" in other.run()
    ours, theirs = other.files(*DATA, *MODELS), finished.files(*DATA, *MODELS)
    assert ours.keys() == theirs.keys()
    assert [name for name in theirs if ours[name] != theirs[name]] == []
    assert _losses(other) == _losses(finished)


def _entered(waiting: set[str], logs: Path, process: subprocess.Popen[bytes]) -> str | None:
    """The first stage among those waited for in which a job works; None where the run ends before."""
    started = time.time()
    while process.poll() is None:
        for stage in sorted(waiting):
            if any(path.stat().st_mtime >= started for path in (logs / stage).glob("*.log")):
                return stage
        time.sleep(0.05)
    return None


def _losses(checkout: Checkout) -> list[tuple[int, float]]:
    log = checkout.results / "checkpoints/quickstart/training_log.jsonl"
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    return [(row["step"], row["loss"]) for row in rows]
