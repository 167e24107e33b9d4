"""`semcoder training plan`: what a training run would take, and its DeepSpeed configuration, without training."""

import json
from pathlib import Path
from typing import Annotated

import typer

from semcoder import libraries
from semcoder.errors import UserError
from semcoder.training import forecast, zero
from semcoder.training.recipe import parse_recipe

RESPONSE_SHARE = 0.6
"""Of an example's tokens, where no mixture says it: instruction and code against monologue or solution, roughly."""


def main(
    recipe: Annotated[
        str, typer.Option(help="JSON of the recipe; keys left out are as `semcoder config --schema` says.")
    ],
    base: Annotated[
        Path,
        typer.Option(help="Folder of the model to start from; with --examples its config.json is enough."),
    ],
    mixture: Annotated[Path | None, typer.Option(help="Example records.")] = None,
    examples: Annotated[int, typer.Option(min=0, help="How many, where there is no mixture yet.")] = 0,
    mean_tokens: Annotated[int, typer.Option(min=1, help="Of an example, where there is no mixture.")] = 512,
    gpus: Annotated[int, typer.Option(min=1, help="One process each.")] = 8,
    card: Annotated[str, typer.Option(help=f"Which: {', '.join(forecast.CARDS)}.")] = "RTX A6000",
) -> None:
    """Say how many steps, tokens, hours, and how much memory and disk a training run would take.

    Fails, with the settings to change, where the run would not fit on the card. The DeepSpeed configuration
    follows as JSON. Hours and memory are estimates: semcoder/training/forecast.py says from which measurements.

    Example: semcoder training plan --recipe '{"base": "deepseek-6.7b"}' --base models/deepseek-coder-6.7b-base
    --examples 93400 --gpus 8
    """
    wanted = parse_recipe(recipe)
    if card not in forecast.CARDS:
        raise UserError(f"--card {card}: not known; one of {', '.join(forecast.CARDS)}.")
    shape = forecast.shape_of(base)
    weights = forecast.weights_of(base, shape)
    if not weights:
        raise UserError(
            f"--base {base}: neither weights nor a config.json that tells how many; fetch the model."
        )
    libraries.prepare()
    from semcoder.training import batches

    share = RESPONSE_SHARE
    if mixture is not None:
        _, _, known = batches.read_examples(mixture, base, wanted.max_tokens)
        lengths, share = known.lengths, known.response_share
    elif examples:
        lengths = [min(mean_tokens, wanted.max_tokens)] * examples
    else:
        raise UserError("--mixture or --examples: give one of them.")
    plan = batches.schedule(lengths, wanted, gpus)
    coming = forecast.forecast(weights, shape, plan, wanted, gpus, share)
    typer.echo(forecast.told(coming, gpus, (card, forecast.CARDS[card])))
    typer.echo(json.dumps(zero.configuration(wanted, plan.micro_batches, gpus), indent=2))
    forecast.require_memory(coming, wanted, forecast.CARDS[card].memory_gb, card)
