"""Checkpoints of an unfinished run: which are whole, which is the newest, and when to make one."""

import shutil
import signal
import socket
import time
from pathlib import Path
from types import FrameType
from typing import Any

import torch.distributed
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from semcoder.artifacts import write_json
from semcoder.errors import UserError
from semcoder.progress import tell
from semcoder.training import zero

MARK = "complete.json"
"""Written last. A checkpoint without it was cut off while being written and is never resumed from."""

LOCK = "lock"
"""In the folder of an unfinished run: held by the first process, so that no other run writes there."""


def agreed(partial: Path) -> Path | None:
    """The newest whole checkpoint as the first process sees it, in all processes; None when there is none.

    Processes may see the disk differently: a file system shared by nodes shows a file to some of them later. Raises
    UserError, in all of them, where one does not see what the first one sees.
    """
    found = newest(partial) if zero.rank() == 0 else None
    said = [found.name if found else None]
    torch.distributed.broadcast_object_list(said)
    start = partial / said[0] if said[0] else None
    seen = (start / MARK if start else partial / LOCK).exists()
    views: list[Any] = [None] * zero.world_size()
    torch.distributed.all_gather_object(
        views, None if seen else f"process {zero.rank()} on {socket.gethostname()}"
    )
    if lacking := [view for view in views if view]:
        raise UserError(
            f"{start or partial}: {', '.join(lacking)} cannot see it; put the results on a file system that all "
            "nodes share."
        )
    return start


def newest(partial: Path) -> Path | None:
    """The newest whole checkpoint of an unfinished run; None when there is none."""
    whole: list[Path] = []
    for checkpoint in partial.glob("checkpoint-*"):
        if (checkpoint / MARK).exists():
            whole.append(checkpoint)
        else:
            tell(f"{checkpoint.name} was cut off while being written: not used")
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


class Checkpoints(TrainerCallback):
    """Saves when `every_s` seconds have passed since the last time, and before ending on SIGTERM or SIGUSR1."""

    def __init__(self, partial: Path, every_s: float) -> None:
        self.partial = partial
        self.every_s = every_s
        self.saved = time.monotonic()
        self.told_to_end = False
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, self._remember)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.told_to_end = True

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: Any
    ) -> None:
        """Decide alike in all processes: clocks differ, and each may have had the signal at another moment."""
        due = time.monotonic() - self.saved >= self.every_s
        votes = torch.tensor([self.told_to_end, due], dtype=torch.int32, device=args.device)
        torch.distributed.all_reduce(votes, op=torch.distributed.ReduceOp.MAX)
        self.told_to_end, due = votes.bool().tolist()
        if state.global_step < state.max_steps:
            control.should_save = self.told_to_end or due
            control.should_training_stop = self.told_to_end

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: Any
    ) -> None:
        """Mark the checkpoint whole when every process has written its part, then drop older ones."""
        torch.distributed.barrier()
        self.saved = time.monotonic()
        if args.process_index == 0:
            made = self.partial / f"checkpoint-{state.global_step}"
            write_json(made / MARK, {"step": state.global_step})
            for other in self.partial.glob("checkpoint-*"):
                if other != made:
                    shutil.rmtree(other)
