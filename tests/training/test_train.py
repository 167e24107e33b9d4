"""Real runs of the Trainer under DeepSpeed, on a tiny model, in processes of their own."""

import json
import os
import random
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from semcoder.artifacts import sha256_of
from semcoder.errors import UserError
from semcoder.graph.training import launcher
from semcoder.records import Example, write
from semcoder.training.setup import TrainingSetup
from semcoder.training.train import main

STEPS = 12
RECIPE = {
    "base": "tiny",
    "zero_stage": 2,
    "epochs": 3,
    "examples_per_step": 8,
    "max_tokens": 256,
    "pack_tokens": 256,
    "learning_rate": 2e-3,
    "min_learning_rate": 1e-4,
    "warmup_steps": 2,
    "gradient_checkpointing": False,
    "precision": "fp32",
}


class Run:
    """One `training train` command, started in the background."""

    def __init__(self, model: Path, mixture: Path, out: Path, *options: str, **recipe: Any) -> None:
        self.out = out
        self.kernels = out.parent / "kernels"
        self.errors = out.parent / f"{out.name}.stderr"
        self.log = out.parent / f"{out.name}.log"
        self.before = self._checkpoints()
        processes, nodes = recipe.pop("processes", 1), recipe.pop("nodes", 1)
        words = ["training", "train", "--base", str(model), "--threads", str(processes)]
        words += ["--mixture", str(mixture), "--out", str(out), *options]
        words += ["--recipe", json.dumps(RECIPE | recipe)]
        if processes * nodes > 1:
            words = ["--log", str(self.log), *words]
        # As the rule starts it.
        shell = f"exec {launcher(processes, nodes)} {shlex.join(words)}"
        path = os.pathsep.join([str(out.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = os.environ | {"TORCH_EXTENSIONS_DIR": str(self.kernels), "PATH": path}
        with self.errors.open("ab") as stream:
            self.process = subprocess.Popen(
                ["bash", "-c", shell],
                stderr=stream,
                stdout=stream,
                env=environment | {"SLURM_JOB_ID": str(os.getpid())},
            )

    def _checkpoints(self) -> set[str]:
        """Names of the whole ones."""
        marks = self.out.parent.glob(f"{self.out.name}.*.partial/checkpoint-*/complete.json")
        return {mark.parent.name for mark in marks}

    def said(self) -> str:
        """What all commands so far printed, and the last one's log."""
        return self.errors.read_text() + (self.log.read_text() if self.log.exists() else "")

    def end(self, code: int = 0) -> list[dict[str, Any]]:
        """Wait, and return the training log."""
        assert self.process.wait(200) == code, self.said()
        log = self.out / "training_log.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if code == 0 else []

    def after_checkpoint(self, step: int, number: signal.Signals) -> None:
        """Send a signal as soon as this command has made the checkpoint of `step` or a later one."""
        deadline = time.monotonic() + 90
        while self.process.poll() is None and time.monotonic() < deadline:
            for made in self._checkpoints() - self.before:
                if int(made.rpartition("-")[2]) >= step:
                    self.process.send_signal(number)
                    return
            time.sleep(0.01)
        raise AssertionError(f"no checkpoint {step}: {self.said()}")


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mixture") / "mixture.jsonl"
    write(
        path,
        [
            Example(
                parents=(f"program-{n}",),
                task="nl2code",
                prompt=f"def f{n}(x):\n" * (1 + n % 4),
                response=f"    return x + {n}\n" * (1 + n % 5),
            )
            for n in range(30)
        ],
    )
    return path


SRUN = """#!/bin/bash
# SLURM's, with all nodes on this machine: srun --nodes N --ntasks N --OPTION VALUE ... COMMAND
nodes=$2
while [[ $1 == --* ]]; do shift 2; done
for ((node = 0; node < nodes; node++)); do "$@" & done
trap 'kill -TERM $(jobs -p)' TERM
status=0
for job in $(jobs -p); do wait $job || status=$?; done
exit $status
"""


@pytest.fixture(scope="module")
def runs(
    tiny_model: Path, mixture: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Run, Run, Run]]:
    """An undisturbed run on one process with ZeRO-2; on two processes one with ZeRO-3, and one with ZeRO-2 and
    padded batches."""
    folder = tmp_path_factory.mktemp("runs")
    one = Run(tiny_model, mixture, folder / "one")
    two = Run(tiny_model, mixture, folder / "two", processes=2, zero_stage=3)
    padded = Run(tiny_model, mixture, folder / "padded", processes=2, pack_tokens=None, micro_batch=2)
    yield one, two, padded
    for run in (one, two, padded):
        run.process.kill()


def test_killed_and_ended_runs_go_on_to_the_same_losses(
    tiny_model: Path, mixture: Path, tmp_path: Path
) -> None:
    """Stopped after three steps drawn anew each time: by a kill, by a warning, by SLURM's warning."""

    def start() -> Run:
        return Run(tiny_model, mixture, tmp_path / "out", "--save-minutes", "0", precision="bf16")

    steps = sorted(random.SystemRandom().sample(range(1, STEPS - 3), 3))
    undisturbed = Run(tiny_model, mixture, tmp_path / "undisturbed", precision="bf16")
    killed = start()
    killed.after_checkpoint(steps[0], signal.SIGKILL)
    killed.end(-signal.SIGKILL)
    (partial,) = tmp_path.glob("out.*.partial")
    torn = partial / "checkpoint-11"  # cut off before its mark was written
    torn.mkdir(exist_ok=True)
    (torn / "complete.json").unlink(missing_ok=True)

    for step, number in zip(steps[1:], (signal.SIGTERM, signal.SIGUSR1), strict=True):
        ended = start()
        ended.after_checkpoint(step, number)
        ended.end(143)
        assert not (tmp_path / "out").exists()

    log = start().end()
    assert [entry["loss"] for entry in log] == [entry["loss"] for entry in undisturbed.end()], steps
    assert [entry["step"] for entry in log] == list(range(1, STEPS + 1))
    messages = killed.errors.read_text()
    assert "checkpoint-11 was cut off" in messages
    assert messages.count("going on from checkpoint-") == 3
    assert not list(tmp_path.glob("out.*.partial"))


def test_a_second_run_waits_for_the_first_and_takes_it_up(
    tiny_model: Path, mixture: Path, runs: tuple[Run, Run, Run], tmp_path: Path
) -> None:
    """Both with ZeRO-3, on one process: it loses what ZeRO-2 does."""
    first = Run(tiny_model, mixture, tmp_path / "out", "--save-minutes", "0", zero_stage=3)
    first.after_checkpoint(1, signal.SIGSTOP)
    second = Run(tiny_model, mixture, tmp_path / "out", zero_stage=3)
    deadline = time.monotonic() + 90
    while "waiting up to" not in second.said():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    first.process.send_signal(signal.SIGTERM)
    first.process.send_signal(signal.SIGCONT)
    first.end(143)
    assert [entry["loss"] for entry in second.end()] == pytest.approx(
        [entry["loss"] for entry in runs[0].end()], rel=1e-5
    )
    assert "going on from checkpoint-" in second.said()


def test_result_is_a_model_that_learnt(tiny_model: Path, mixture: Path, runs: tuple[Run, Run, Run]) -> None:
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM, AutoTokenizer

    log = runs[0].end()
    out = runs[0].out
    assert log[-1]["loss"] < log[0]["loss"] - 0.5
    assert [entry["tokens"] > 0 and entry["tokens_per_second"] > 0 for entry in log] == [True] * STEPS
    rates = [entry["learning_rate"] for entry in log]
    assert rates[:3] == [0, RECIPE["learning_rate"] / 2, RECIPE["learning_rate"]]
    assert rates[-1] < rates[2] / 5

    before = AutoModelForCausalLM.from_pretrained(tiny_model)
    model = AutoModelForCausalLM.from_pretrained(out)
    assert model.config.use_cache
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert "lm_head.weight" not in load_file(out / "model.safetensors")
    assert not model.model.norm.weight.equal(before.model.norm.weight)
    assert (
        AutoTokenizer.from_pretrained(out)("def").input_ids
        == AutoTokenizer.from_pretrained(tiny_model)("def").input_ids
    )
    assert sorted(path.name for path in out.iterdir()) == [
        "README.md",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "recipe.json",
        "setup.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "training_log.jsonl",
    ]
    assert json.loads((out / "recipe.json").read_text())["warmup_steps"] == 2
    setup = TrainingSetup.model_validate_json((out / "setup.json").read_text())
    assert (setup.recipe.warmup_steps, setup.steps, setup.processes) == (2, STEPS, 1)
    assert setup.sha256 == {"mixture": sha256_of(mixture), "base": sha256_of(tiny_model)}
    assert setup.deepspeed["zero_optimization"]["stage"] == 2 and "auto" not in json.dumps(setup.deepspeed)
    assert setup.versions["torch"] == version("torch") and setup.versions["deepspeed"] == version("deepspeed")
    card = (out / "README.md").read_text()
    assert "# one\n" in card
    assert "30 examples (30 nl2code) in 12 steps" in card


def test_cpu_run_needs_no_compiler(runs: tuple[Run, Run, Run]) -> None:
    runs[0].end()
    assert not list(runs[0].kernels.rglob("*.o"))


@pytest.mark.parametrize("other", [1, 2])
def test_two_processes_with_zero_3_or_padded_batches_lose_the_same(
    tiny_model: Path, runs: tuple[Run, Run, Run], other: int
) -> None:
    """30 examples x 3 end in a step of 2, where some micro-batches are empty."""
    from safetensors.torch import load_file

    one, two = runs[0].end(), runs[other].end()
    assert "2 x CPU process" in runs[other].log.read_text()
    assert '"auto"' not in (runs[other].out / "setup.json").read_text()
    for what in ("loss", "grad_norm"):
        assert [entry[what] for entry in one] == pytest.approx([entry[what] for entry in two], rel=1e-5)
    for log in (one, two):
        assert [entry["examples"] for entry in log] == [8] * 11 + [2]
    base, alone, gathered = (
        load_file(folder / "model.safetensors") for folder in (tiny_model, runs[0].out, runs[other].out)
    )
    assert base.keys() == alone.keys() == gathered.keys()
    for name, tensor in alone.items():
        learnt = (tensor.float() - base[name]).abs().mean().item()
        apart = (tensor.float() - gathered[name].float()).abs().mean().item()
        assert apart < learnt / 1000


def test_two_nodes_meet_and_lose_the_same(
    tiny_model: Path, mixture: Path, runs: tuple[Run, Run, Run], tmp_path: Path
) -> None:
    """With torchrun twice on this machine for two nodes of SLURM's: their meeting and their shared checkpoints."""
    srun = tmp_path / "srun"
    srun.write_text(SRUN)
    srun.chmod(0o755)
    ended = Run(tiny_model, mixture, tmp_path / "out", "--save-minutes", "0", nodes=2, zero_stage=3)
    ended.after_checkpoint(2, signal.SIGTERM)
    assert ended.process.wait(200) != 0 and not (tmp_path / "out").exists(), ended.said()
    assert "run the same command to go on" in ended.log.read_text()
    log = Run(tiny_model, mixture, tmp_path / "out", nodes=2, zero_stage=3).end()
    assert [entry["loss"] for entry in log] == pytest.approx(
        [entry["loss"] for entry in runs[0].end()], rel=1e-5
    )
    said = ended.log.read_text()
    assert said.count("going on from checkpoint-") == 1 and "2 x CPU process" in said


def test_packs_are_fuller_than_padded_batches(runs: tuple[Run, Run, Run]) -> None:
    packed, _, padded = (run.end() for run in runs)
    assert all(entry["real_share"] > 0.97 for entry in packed)
    assert sum(entry["real_share"] for entry in padded) < 0.97 * STEPS
    assert [entry["tokens"] for entry in packed] == [entry["tokens"] for entry in padded]


def test_gpus_that_are_not_there_are_missed(tiny_model: Path, mixture: Path, tmp_path: Path) -> None:
    missed = Run(tiny_model, mixture, tmp_path / "out", "--gpus", "64")
    missed.end(2)
    assert "was to use 64 GPUs" in missed.said() and "training.gpus" in missed.said()
    assert not list(tmp_path.glob("out*partial"))


def test_mixture_with_other_length_is_refused(tiny_model: Path, mixture: Path, tmp_path: Path) -> None:
    recipe = json.dumps({**RECIPE, "max_tokens": 20})
    with pytest.raises(UserError, match=r"longer than max_tokens \(20\)"):
        main(base=tiny_model, mixture=mixture, recipe=recipe, out=tmp_path / "out")
    assert not list(tmp_path.iterdir())
