"""The model card that a trained model is published with."""

import json
from pathlib import Path
from typing import Any

from semcoder.artifacts import writing
from semcoder.training.setup import TrainingSetup


def write_card(
    path: Path,
    name: str,
    setup: TrainingSetup,
    examples: dict[str, int],
    steps: list[dict[str, Any]],
) -> None:
    """Write README.md. `examples`: how many of each task; `steps`: the training log."""
    recipe = setup.recipe
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
        *(f"| {what} sha256 | `{digest}` |" for what, digest in setup.sha256.items()),
        f"| tokens seen | {sum(step['tokens'] for step in steps)} |",
        f"| loss, first step | {steps[0]['loss']:.4f} |",
        f"| loss, last step | {steps[-1]['loss']:.4f} |",
        f"| hardware | {setup.hardware} |",
        f"| libraries | {', '.join(f'{name} {each}' for name, each in setup.versions.items() if each)} |",
        "",
        "Recipe:",
        "",
        "```json",
        json.dumps(recipe.model_dump(mode="json"), indent=2, sort_keys=True),
        "```",
        "",
        "Loss of each step: `training_log.jsonl`. All settings, DeepSpeed's too: `setup.json`.",
    ]
    with writing(path) as stream:
        stream.write("\n".join(lines) + "\n")
