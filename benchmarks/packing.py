"""Real tokens a second of training on packs, beside padded batches of the same examples and the same steps.

`python -m benchmarks.packing` has options: another model shape, or the lengths of a mixture.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.measure import in_turns, rate, ratio
from semcoder import libraries
from semcoder.records import Example, read
from semcoder.training.encoding import Encoded, encode, load_tokenizer
from semcoder.training.recipe import Recipe

SHAPES: dict[str, dict[str, int]] = {
    "nano": {"layers": 4, "hidden": 256, "inner": 683, "heads": 4, "vocabulary": 4096},
    "smollm2-135m": {"layers": 30, "hidden": 576, "inner": 1536, "heads": 9, "vocabulary": 49152},
    "deepseek-coder-1.3b": {"layers": 24, "hidden": 2048, "inner": 5504, "heads": 16, "vocabulary": 32256},
    "deepseek-coder-6.7b": {"layers": 32, "hidden": 4096, "inner": 11008, "heads": 32, "vocabulary": 32256},
}
"""Llama models by their published shapes, with random weights; "nano" is quick on two CPU cores."""
PROMPT = 0.4
"""Share of an example that is its prompt: instruction and code against monologue or solution, roughly."""
CPU_PACK = 2048
GPU_PACK = 8192
MASKED = "masked"
"""The same packs with transformers' own packing: a mask of all positions by all positions."""


def pyx_like(count: int, seed: int = 0) -> list[int]:
    """Token lengths as measured on PyX: lognormal, 16 to 1,024, mean about 242, median 176."""
    draw = random.Random(seed)
    return [min(1024, max(16, round(draw.lognormvariate(5.17, 0.81)))) for _ in range(count)]


@dataclass
class Way:
    """One way to make micro-batches, with a model of its own that it trains step by step."""

    steps: list[list[list[int]]]
    positions: int
    collator: Any
    model: Any
    optimiser: Any
    rows: Sequence[Encoded]
    losses: list[float] = field(default_factory=list)
    memory: float = 0.0
    """GB that a step took above what all models and optimisers held, on a GPU."""

    def __call__(self) -> int:
        """Do one optimiser step; returns its real tokens."""
        import torch

        step = self.steps[len(self.losses)]
        cuda = self.model.device.type == "cuda"
        if cuda:
            torch.cuda.reset_peak_memory_stats()
            held = torch.cuda.memory_allocated()
        batches = [self.collator([[self.rows[index] for index in one]]) for one in step]
        counted = sum(int(batch["shift_labels"].ne(-100).sum()) for batch in batches)
        total = torch.zeros((), device=self.model.device)
        for batch in batches:
            there = {
                name: value.to(self.model.device) if torch.is_tensor(value) else value
                for name, value in batch.items()
            }
            loss = self.model(**there, num_items_in_batch=counted).loss
            loss.backward()
            total += loss.detach()
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.losses.append(total.item())  # waits for the GPU
        if cuda:
            self.memory = max(self.memory, (torch.cuda.max_memory_allocated() - held) / 1e9)
        return sum(len(self.rows[index].ids) for one in step for index in one)


def main(mirror: Path, workers: int) -> dict[str, Any]:
    """The files of `mirror` are not needed: lengths are drawn."""
    libraries.prepare(workers)
    import torch

    if torch.cuda.is_available():
        return compare(pyx_like(64 * 4), "smollm2-135m", GPU_PACK, 16, 64, 3)
    return compare(pyx_like(32 * 6), "nano", CPU_PACK, 4, 32, 5)


def compare(
    lengths: Sequence[int],
    shape: str,
    pack_tokens: int,
    micro_batch: int,
    examples_per_step: int,
    rounds: int,
    checkpointing: bool = False,
    optimiser: str = "AdamW",
    masked: bool = True,
) -> dict[str, Any]:
    """Train each way in turns on the same examples; the first step of each warms up and is not counted."""
    from semcoder.training import batches

    most = max(lengths)
    base = {"base": shape, "epochs": 1, "examples_per_step": examples_per_step, "max_tokens": max(16, most)}
    packed = Recipe.model_validate({**base, "pack_tokens": pack_tokens})
    padded = Recipe.model_validate({**base, "pack_tokens": None, "micro_batch": micro_batch})
    rows = _rows(lengths, SHAPES[shape]["vocabulary"])

    plan = batches.schedule(lengths, packed)
    in_order = batches.schedule(lengths, padded)
    drawn = _unsorted(in_order.steps, micro_batch)

    def way(steps: list[list[list[int]]], positions: list[int], kind: str) -> Way:
        model, made = _model(shape, kind, checkpointing, optimiser)
        collator = (batches.Collator if kind == "padded" else batches.PackCollator)(0)
        return Way(steps, sum(positions[: rounds + 1]), collator, model, made, rows)

    ways = {
        "padded, random order": way(
            drawn, [sum(len(one) * max(lengths[i] for i in one) for one in step) for step in drawn], "padded"
        ),
        "padded, sorted by length": way(in_order.steps, in_order.positions, "padded"),
        "packed": way(plan.steps, plan.positions, "packed"),
    }
    if masked:
        ways["packed, transformers' mask"] = way(plan.steps, plan.positions, MASKED)
    for each in ways.values():
        each()
    found = dict(zip(ways, in_turns(list(ways.values()), rounds), strict=True))
    tokens = sum(plan.tokens[: rounds + 1])
    done = [lengths[i] for step in plan.steps[: rounds + 1] for one in step for i in one]
    packs = found["packed"]
    figures: dict[str, Any] = {
        "model": f"{shape}, {optimiser}",
        "device": _device(),
        "lengths": f"{len(lengths)}, mean {sum(lengths) / len(lengths):.0f}, longest {most}",
        "steps": f"{rounds + 1} of {examples_per_step} examples each way",
        "micro-batches a step": {
            "padded": f"{in_order.micro_batches} of {micro_batch} examples",
            "packed": f"{plan.micro_batches} of at most {pack_tokens} tokens",
        },
    }
    for name, each in ways.items():
        figures[name] = {
            "real tokens a second": round(rate(found[name]).per_second, 1),
            "CPU ms a token": round(rate(found[name]).cpu_ms, 3),
            "real share": round(tokens / each.positions, 4),
            "losses": [round(loss, 5) for loss in each.losses],
        }
        if each.memory:
            figures[name]["GB a step"] = round(each.memory, 1)
            figures[name]["share of an H100's peak"] = round(
                model_flops(shape, done) / tokens * rate(found[name]).per_second / H100_PEAK, 3
            )
    for name, each in ways.items():
        if name != "packed":
            figures[f"packed against {name}"] = ratio(packs, found[name])
            if not each.memory:
                figures[f"packed against {name}, by processor time"] = ratio(
                    [(1 / cpu, 0) for _, cpu in packs], [(1 / cpu, 0) for _, cpu in found[name]]
                )
    figures["furthest losses of a step"] = max(
        max(losses) - min(losses) for losses in zip(*(each.losses for each in ways.values()), strict=True)
    )
    return figures


def _rows(lengths: Sequence[int], vocabulary: int) -> list[Encoded]:
    draw = random.Random(1)
    return [
        Encoded([draw.randrange(1, vocabulary) for _ in range(length)], max(1, int(PROMPT * length)))
        for length in lengths
    ]


def _unsorted(steps: list[list[list[int]]], size: int) -> list[list[list[int]]]:
    """The same steps as upstream makes batches: examples as they are drawn, padded to the batch's longest."""
    drawn = []
    for place, step in enumerate(steps):
        order = [index for one in step for index in one]
        random.Random(place).shuffle(order)
        drawn.append([order[start : start + size] for start in range(0, len(order), size)])
    return drawn


def _model(shape: str, kind: str, checkpointing: bool, optimiser: str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig

    from semcoder.training import attention

    cuda = torch.cuda.is_available()
    size = SHAPES[shape]
    config = LlamaConfig(
        num_hidden_layers=size["layers"],
        hidden_size=size["hidden"],
        intermediate_size=size["inner"],
        num_attention_heads=size["heads"],
        vocab_size=size["vocabulary"],
        tie_word_embeddings=not cuda,
        use_cache=False,
        dtype=torch.bfloat16 if cuda else torch.float32,
    )
    name = attention.register() if kind == "packed" else "sdpa"
    torch.manual_seed(0)
    with torch.device("cuda" if cuda else "cpu"):
        model: Any = AutoModelForCausalLM.from_config(config, attn_implementation=name)  # type: ignore[no-untyped-call]
    model.train()
    if checkpointing:
        model.activation_checkpointing_enable({"use_reentrant": False})
    made = getattr(torch.optim, optimiser)(model.parameters(), lr=1e-4, foreach=not cuda)
    return model, made


def _device() -> str:
    import torch

    name = (
        torch.cuda.get_device_name()
        if torch.cuda.is_available()
        else f"CPU, {torch.get_num_threads()} threads"
    )
    return f"{name}, torch {torch.__version__}"


H100_PEAK = 989e12
"""FLOP/s of an H100 SXM in bf16 without sparsity, by its data sheet."""


def model_flops(shape: str, lengths: Sequence[int]) -> float:
    """Of training on examples of these lengths, forward and backward; what is computed again is not counted.

    Two operations a weight and token forward, four backward; the output layer at positions with loss alone;
    causal attention, 6 x layers x hidden x length^2. (PaLM, appendix B, counts alike.)
    """
    size = SHAPES[shape]
    layer = 4 * size["hidden"] ** 2 + 3 * size["hidden"] * size["inner"]
    tokens = sum(lengths)
    learnt = sum(length - max(1, int(PROMPT * length)) for length in lengths)
    attended = sum(length**2 for length in lengths)
    dense = 6 * (size["layers"] * layer * tokens + size["hidden"] * size["vocabulary"] * learnt)
    return dense + 6 * size["layers"] * size["hidden"] * attended


def of_mixture(mixture: Path, tokenizer: Path) -> list[int]:
    """Token lengths of a mixture's examples."""
    return [len(row.ids) for row in encode(load_tokenizer(tokenizer), read(mixture, Example))]


def command(
    shape: Annotated[str, typer.Option(help=f"One of {', '.join(SHAPES)}.")] = "nano",
    pack_tokens: Annotated[int, typer.Option(help="Most tokens of a pack.")] = CPU_PACK,
    micro_batch: Annotated[int, typer.Option(help="Examples of a padded batch.")] = 4,
    examples_per_step: Annotated[int, typer.Option(help="Examples behind an optimiser step.")] = 32,
    rounds: Annotated[int, typer.Option(help="Steps that are measured.")] = 5,
    checkpointing: Annotated[bool, typer.Option(help="Compute activations again.")] = False,
    optimiser: Annotated[str, typer.Option(help="AdamW, or SGD where memory is short.")] = "AdamW",
    mixture: Annotated[Path | None, typer.Option(help="Take the lengths of these examples.")] = None,
    tokenizer: Annotated[Path, typer.Option(help="Directory of its tokenizer.")] = Path(),
    threads: Annotated[int, typer.Option(help="CPU threads.")] = 2,
    masked: Annotated[bool, typer.Option(help="Also measure transformers' own packing.")] = True,
) -> None:
    """Compare packed with padded training on one device."""
    libraries.prepare(threads)
    lengths = of_mixture(mixture, tokenizer) if mixture else pyx_like(examples_per_step * (rounds + 1))
    Console().print(
        compare(
            lengths,
            shape,
            pack_tokens,
            micro_batch,
            examples_per_step,
            rounds,
            checkpointing=checkpointing,
            optimiser=optimiser,
            masked=masked,
        )
    )


if __name__ == "__main__":
    typer.run(command)
