"""Fine-tuning: the transformers Trainer under DeepSpeed, on one CPU process or on many GPUs."""

import hashlib
import json
import os
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from semcoder import libraries
from semcoder.artifacts import open_alone, replace_directory, sha256_of, write_json
from semcoder.progress import tell
from semcoder.training import forecast, zero
from semcoder.training.card import write_card
from semcoder.training.recipe import Recipe, parse_recipe
from semcoder.training.setup import TrainingSetup

INTERRUPTED = 143
"""Exit code after SIGTERM: the same command goes on from the checkpoint that was saved."""
LAST_STEP_S = 1800.0
"""How long the run before, told to end, may take for its step and its checkpoint."""


def train(base: Path, mixture: Path, recipe: Recipe, out: Path, save_minutes: float) -> None:
    """Train `base` on `mixture`; `out` gets model, tokenizer, README.md, recipe.json, setup.json and the log.

    Runs in each process of the group. An unfinished run lives in
    `OUT.<digest of its inputs>.partial` and goes on from its newest whole checkpoint; `out` appears when all
    is done. Raises UserError for inputs that do not fit together and for a disk that is too small.
    """
    # Here, so that the command's --help need not load the libraries.
    from transformers import AutoModelForCausalLM, PrinterCallback, Trainer

    from semcoder.training import attention, batches, checkpoints, engine, log

    processes = zero.world_size()
    rows, tokenizer, examples = batches.read_examples(mixture, base, recipe.max_tokens)
    plan = batches.schedule(examples.lengths, recipe, processes)
    hashes = {"mixture": sha256_of(mixture), "base": sha256_of(base)}
    partial = _partial(out, recipe, hashes, processes)
    if zero.rank() == 0:
        alone = open_alone(partial / checkpoints.LOCK, LAST_STEP_S)
    shape = forecast.shape_of(base)
    weights = forecast.weights_of(base, shape)
    coming = forecast.forecast(
        weights, shape, plan, recipe, processes, examples.response_share, zero.on_gpus()
    )
    forecast.require_space(coming, partial)
    forecast.require_memory(coming, recipe, *zero.memory_gb())

    zero.join_group()  # waits for rank 0
    # In this order: with ZeRO-3 the arguments make loading shard the weights.
    arguments = zero.arguments(recipe, plan.micro_batches, partial)
    packed = recipe.pack_tokens is not None
    model = AutoModelForCausalLM.from_pretrained(
        base,
        dtype=zero.dtype(recipe),
        local_files_only=True,
        attn_implementation=attention.register() if packed else None,
    )
    card = forecast.card_of(zero.device())
    peak = coming.peak(card[1], processes) if card else None
    keeper = checkpoints.Checkpoints(partial, 60 * save_minutes)
    collator = batches.PackCollator if packed else batches.Collator
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=batches.MicroBatches(examples, plan),
        data_collator=collator(tokenizer.eos_token_id),
        processing_class=tokenizer,
        callbacks=[keeper, log.Log(plan, peak)],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(engine.Checked(trainer, recipe, processes))
    start = checkpoints.agreed(partial)
    if zero.rank() == 0:
        tell(f"{forecast.told(coming, processes, card)}; {zero.hardware()}")
        if start:
            tell(f"going on from {start.name}")
    trainer.train(resume_from_checkpoint=str(start) if start else None)
    if keeper.told_to_end and trainer.state.global_step < trainer.state.max_steps:
        tell(f"stopped after step {trainer.state.global_step}; run the same command to go on")
        sys.exit(INTERRUPTED)

    weights = trainer.accelerator.get_state_dict(trainer.deepspeed)  # all processes take part
    if zero.rank() == 0:
        final = partial / "final"
        for tied in model.all_tied_weights_keys:
            weights.pop(tied, None)
        model.config.use_cache = True  # the Trainer turned it off
        model.save_pretrained(final, state_dict=weights)
        tokenizer.save_pretrained(final)
        write_json(final / "recipe.json", recipe.model_dump(mode="json"))
        steps = log.write_log(final / "training_log.jsonl", trainer.state.log_history)
        tasks = Counter[str](row.task for row in rows)
        resolved = trainer.args.hf_deepspeed_config.config
        setup = TrainingSetup.of(recipe, hashes, resolved, coming, processes, zero.hardware())
        write_json(final / "setup.json", setup.model_dump(mode="json"))
        write_card(final / "README.md", out.name, setup, tasks, steps)
        replace_directory(final, out)
        for leftover in out.parent.glob(f"{out.name}.*.partial"):
            shutil.rmtree(leftover)
        alone.close()
    engine.leave(processes)


def _partial(out: Path, recipe: Recipe, hashes: dict[str, str], processes: int) -> Path:
    """Where the unfinished run lives: other inputs, or another number of processes, are another run."""
    definition = json.dumps([recipe.model_dump(mode="json"), hashes, processes], sort_keys=True)
    partial = out.parent / f"{out.name}.{hashlib.sha256(definition.encode()).hexdigest()[:8]}.partial"
    if zero.rank() == 0:
        for other in sorted(out.parent.glob(f"{out.name}.*.partial")):
            if other != partial:
                tell(f"{other} is of a run with other inputs or processes: not used")
    partial.mkdir(parents=True, exist_ok=True)
    return partial


def main(
    base: Annotated[Path, typer.Option(help="Directory of the model to start from.")],
    mixture: Annotated[Path, typer.Option(help="Example records.")],
    recipe: Annotated[
        str, typer.Option(help="JSON of the recipe; keys left out are as `semcoder config --schema` says.")
    ],
    out: Annotated[Path, typer.Option(help="Directory to make.")],
    threads: Annotated[int, typer.Option(min=0, help="CPU threads of a node, 0 for one a core.")] = 0,
    gpus: Annotated[
        int | None,
        typer.Option(min=0, help="GPUs of each node, 0 for the CPU; whatever there is if left out."),
    ] = None,
    nodes: Annotated[int, typer.Option(min=1, help="Nodes, each with as many GPUs.")] = 1,
    save_minutes: Annotated[float, typer.Option(min=0, help="Work that a kill may cost.")] = 15,
) -> None:
    """Fine-tune a model with DeepSpeed.

    After a kill the same command goes on where it was. For all GPUs of a machine, put torchrun before it:
    torchrun --standalone --nproc_per_node 8 -m -- semcoder.cli training train ...

    Example: semcoder training train --base models/smollm2 --mixture mixture.jsonl --out models/tuned
    --recipe '{"base": "smollm2", "zero_stage": 2, "examples_per_step": 32}'
    """
    wanted = parse_recipe(recipe)
    if gpus == 0:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    libraries.prepare(threads // zero.local_size())
    if gpus:
        zero.require_gpus(gpus, nodes)
    train(base, mixture, wanted, out, save_minutes)
