"""An engine that is not the one asked for is refused, and processes agree on where they go on from."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from semcoder.artifacts import write_json
from semcoder.training.checkpoints import MARK

REFUSED = """
from semcoder import libraries
libraries.prepare(1)
import torch
from semcoder.errors import UserError
from semcoder.training import engine, zero
from semcoder.training.recipe import Recipe

zero.join_group()
import deepspeed

two, three = (Recipe(base="b", zero_stage=stage, precision="fp32") for stage in (2, 3))
model = torch.nn.Linear(2, 2)
optimizer = torch.optim.AdamW(model.parameters())
made, *_ = deepspeed.initialize(model=model, optimizer=optimizer, config=zero.configuration(two, 1, 1))
engine.require(made, two, 1)
for asked in ((model, two, 1), (made, three, 1), (made, two, 2)):
    try:
        engine.require(*asked)
    except UserError as error:
        print(error)
"""
AGREED = """
import sys
from pathlib import Path
from semcoder import libraries
libraries.prepare(1)
from semcoder.errors import UserError
from semcoder.training import checkpoints, zero

zero.join_group()
for folder in sys.argv[1:]:
    try:
        print(checkpoints.agreed(Path(folder)).name)
    except UserError as error:
        print(error)
"""


def test_another_engine_stage_or_number_of_processes_is_refused() -> None:
    done = subprocess.run([sys.executable, "-c", REFUSED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    engine, stage, processes = done.stdout.splitlines()
    assert "would run in Linear and not in DeepSpeed's engine" in engine
    assert "has ZeRO stage 2, the recipe's zero_stage is 3" in stage
    assert "1 processes train together, but 2 were launched" in processes


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_first_process_decides_where_all_go_on_from(tmp_path: Path) -> None:
    """The second sees a newer checkpoint that the first does not; then it does not see the first's either."""
    views = {"first": [3, 5], "second": [5, 8], "other": [3, 8]}
    for name, steps in views.items():
        for step in steps:
            write_json(tmp_path / name / f"checkpoint-{step}" / MARK, {"step": step})
    group = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_port())}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", AGREED, *(tmp_path / name for name in names)],
            env={**os.environ, **group, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank, names in enumerate([("first", "first"), ("second", "other")])
    ]
    for process in processes:
        agreed, refused = process.communicate(timeout=120)[0].splitlines()
        assert agreed == "checkpoint-5"
        assert (
            "process 1 on " in refused and "put the results on a file system that all nodes share" in refused
        )
