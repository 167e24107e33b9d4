"""DeepSpeed: its configuration, and the processes that it runs in."""

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semcoder.errors import UserError
from semcoder.training import forecast
from semcoder.training.recipe import Recipe

if TYPE_CHECKING:
    import torch
    from transformers import TrainingArguments

GRADIENT_CLIP = 1.0
"""The Trainer's default, which upstream's script leaves as it is."""


def world_size() -> int:
    """Processes of this run, as the launcher says."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this is; 0 writes files."""
    return int(os.environ.get("RANK", "0"))


def local_size() -> int:
    """Those of them on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", world_size()))


def require_gpus(wanted: int, nodes: int) -> None:
    """Raise UserError rather than train for weeks on the wrong device. One process a GPU, `wanted` on each node."""
    import torch

    if torch.cuda.device_count() < wanted or local_size() != wanted or world_size() != wanted * nodes:
        raise UserError(
            f"Training was to use {wanted} GPUs, one process each, on {nodes} nodes, but torch {torch.__version__} "
            f"sees {torch.cuda.device_count()} here and {local_size()} processes were started here, {world_size()} in "
            "all; install a CUDA build of torch, run on nodes that have the GPUs (torchrun starts the processes), or "
            "set training.gpus and training.nodes."
        )


def join_group() -> None:
    """Make this process one of its launcher's group, or a group of one: DeepSpeed would look for MPI."""
    import torch

    if "WORLD_SIZE" not in os.environ:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        os.environ.update(
            RANK="0", WORLD_SIZE="1", LOCAL_RANK="0", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port)
        )
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    else:
        _skip_shared_memory_kernel()
    import deepspeed

    # Before a ZeRO-3 model is loaded: until then DeepSpeed counts one process.
    deepspeed.init_distributed(verbose=False)


def _skip_shared_memory_kernel() -> None:
    """Spare a CPU run the compiler: DeepSpeed would build a kernel that only tensor-parallel inference uses.

    `deepspeed.comm.torch` asks this table whether it can be built here, and does without where it cannot.
    """
    import deepspeed.ops

    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False


def device() -> str:
    """What each process works on: `NVIDIA RTX A6000`, or `CPU process`."""
    import torch

    return str(torch.cuda.get_device_name()) if on_gpus() else "CPU process"


def on_gpus() -> bool:
    """Whether processes work on GPUs, with a memory of their own."""
    import torch

    return bool(torch.cuda.is_available())


def memory_gb() -> tuple[float, str]:
    """(GB that one process has, where): its GPU's memory, or its share of the machine's."""
    import torch

    if on_gpus():
        return torch.cuda.get_device_properties().total_memory / 1e9, device()
    return forecast.machine_memory_gb() / local_size(), "each process on this machine"


def hardware() -> str:
    """What the run has: `8 x NVIDIA RTX A6000`."""
    return f"{world_size()} x {device()}"


def dtype(recipe: Recipe) -> "torch.dtype":
    """Of weights and arithmetic."""
    import torch

    return {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[recipe.precision]


def configuration(recipe: Recipe, micro_batches: int, processes: int) -> dict[str, Any]:
    """The DeepSpeed configuration of a recipe.

    DeepSpeed counts what the Trainer hands it one at a time. That is a micro-batch, of however many examples:
    `micro_batches` of a step over all processes, as batches.schedule deals them.
    """
    zero: dict[str, Any] = {
        "stage": recipe.zero_stage,
        "contiguous_gradients": True,
        "overlap_comm": recipe.zero_stage == 3,
    }
    if recipe.zero_stage == 3:
        zero |= {
            "reduce_bucket_size": "auto",
            "stage3_prefetch_bucket_size": "auto",
            "stage3_param_persistence_threshold": "auto",
            # The checkpoint that others load is one set of whole tensors, not shards.
            "stage3_gather_16bit_weights_on_model_save": True,
        }
    config: dict[str, Any] = {
        "train_micro_batch_size_per_gpu": 1,
        "gradient_accumulation_steps": micro_batches // processes,
        "train_batch_size": micro_batches,
        "gradient_clipping": GRADIENT_CLIP,
        "zero_optimization": zero,
        "zero_allow_untested_optimizer": True,
        "bf16": {"enabled": recipe.precision == "bf16"},
        "fp16": {"enabled": recipe.precision == "fp16"},
        # Dozens of micro-batches add up in one step: bf16 would lose the small ones.
        "data_types": {"grad_accum_dtype": "fp32"},
        "steps_per_print": 2**31,
    }
    if recipe.offload:
        memory = {"device": "cpu", "pin_memory": True}
        zero["offload_optimizer"] = memory
        if recipe.zero_stage == 3:
            zero["offload_param"] = memory
        # On the CPU only DeepSpeed's own Adam is fast enough.
        config["optimizer"] = {
            "type": "AdamW",
            "params": {"lr": "auto", "betas": "auto", "eps": "auto", "weight_decay": "auto"},
        }
    return config


def arguments(recipe: Recipe, micro_batches: int, partial: Path) -> "TrainingArguments":
    """The Trainer's arguments. Checkpoints are made by checkpoints.Checkpoints, epochs by batches.schedule.

    `micro_batches`: of one step, over all processes. The Trainer divides each one's summed loss by the response
    tokens of the whole step, so it does not matter how examples are dealt into them.
    """
    import torch
    from transformers import TrainingArguments

    return TrainingArguments(
        output_dir=str(partial),
        use_cpu=not torch.cuda.is_available(),
        deepspeed=configuration(recipe, micro_batches, world_size()),
        per_device_train_batch_size=1,
        gradient_accumulation_steps=micro_batches // world_size(),
        average_tokens_across_devices=True,
        train_sampling_strategy="sequential",
        num_train_epochs=1,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="cosine_with_min_lr",
        # As a rate: the scheduler cannot read the peak from a DeepSpeed optimiser.
        lr_scheduler_kwargs={"min_lr_rate": recipe.min_learning_rate / recipe.learning_rate},
        warmup_steps=recipe.warmup_steps,
        max_grad_norm=GRADIENT_CLIP,
        bf16=recipe.precision == "bf16",
        fp16=recipe.precision == "fp16",
        activation_checkpointing=recipe.gradient_checkpointing,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        remove_unused_columns=False,
        disable_tqdm=True,
        report_to="none",
        log_level="error",
        seed=recipe.seed,
        data_seed=recipe.seed,
    )
