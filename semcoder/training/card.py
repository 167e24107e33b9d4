"""The model card that a trained model is published with."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from semcoder.artifacts import writing
from semcoder.training.recipe import Recipe

LIBRARIES = ("torch", "transformers", "accelerate", "deepspeed", "tokenizers", "safetensors")


def write_card(
    path: Path,
    name: str,
    recipe: Recipe,
    hashes: dict[str, str],
    examples: dict[str, int],
    steps: list[dict[str, Any]],
    hardware: str,
) -> None:
    """Write README.md. `hashes`: sha256 of mixture and base; `examples`: how many of each task."""
    lines = [
        "---",
        "library_name: transformers",
        "pipeline_tag: text-generation",
        "tags: [semcoder, code]",
        "---",
        "",
        f"# {name}",
        "",
        f"`{recipe.base}` fine-tuned on {sum(examples.values())} examples ("
        + ", ".join(f"{count} {task}" for task, count in sorted(examples.items()))
        + f") in {len(steps)} steps, with the loss on responses alone.",
        "",
        "| | |",
        "| --- | --- |",
        *(f"| {what} sha256 | `{digest}` |" for what, digest in hashes.items()),
        f"| tokens seen | {sum(step['tokens'] for step in steps)} |",
        f"| loss, first step | {steps[0]['loss']:.4f} |",
        f"| loss, last step | {steps[-1]['loss']:.4f} |",
        f"| hardware | {hardware} |",
        f"| libraries | {', '.join(f'{each} {version(each)}' for each in LIBRARIES)} |",
        "",
        "Recipe:",
        "",
        "```json",
        json.dumps(recipe.model_dump(mode="json"), indent=2, sort_keys=True),
        "```",
        "",
        "Loss of each step: `training_log.jsonl`.",
    ]
    with writing(path) as stream:
        stream.write("\n".join(lines) + "\n")
