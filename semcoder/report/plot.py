"""Plots of a run: the loss while training, the lengths of traces and monologues."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer

from semcoder.errors import UserError
from semcoder.reading import read_lines
from semcoder.records import Monologue, Trace, read_all
from semcoder.report.figure import ACCENT, INK, new_figure, save


def main(
    kind: Annotated[Literal["loss", "traces", "monologues"], typer.Argument(help="What to draw.")],
    source: Annotated[list[Path], typer.Option(help="training_log.jsonl, or files of traces or monologues.")],
    out: Annotated[Path, typer.Option(help="SVG to write.")],
) -> None:
    """Draw one plot of a run.

    Example: semcoder report plot loss --source results/quickstart/checkpoints/quickstart/training_log.jsonl
    --out loss.svg
    """
    if kind == "loss":
        _loss(source, out)
    elif kind == "traces":
        _histogram([len(each.events) for each in read_all(source, Trace)], "steps of a trace", out)
    else:
        lengths = [len(each.text) for each in read_all(source, Monologue)]
        _histogram(lengths, "characters of a monologue", out)


def _log_rows(path: Path) -> Iterator[dict[str, float]]:
    for number, line in read_lines(path):
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise TypeError
        except (ValueError, TypeError) as error:
            raise UserError(
                f"{path}, line {number}: not a JSON object; give a training_log.jsonl."
            ) from error
        yield row


def _loss(logs: list[Path], out: Path) -> None:
    rows = [row for path in logs for row in _log_rows(path) if "loss" in row]
    if not rows:
        raise UserError(f"--source {', '.join(map(str, logs))}: no line with a loss; was the model trained?")
    figure, axes = new_figure(6.5, 3.2)
    axes.plot([row["step"] for row in rows], [row["loss"] for row in rows], color=INK, marker=".")
    axes.set_xlabel("step")
    axes.set_ylabel("loss a response token", color=INK)
    axes.set_ylim(bottom=0)
    right = axes.twinx()
    right.plot(
        [row["step"] for row in rows], [row["learning_rate"] for row in rows], color=ACCENT, linestyle="--"
    )
    right.set_ylabel("learning rate", color=ACCENT)
    right.set_ylim(bottom=0)
    save(figure, out)


def _histogram(values: list[int], what: str, out: Path) -> None:
    figure, axes = new_figure(6.5, 3.0)
    axes.hist(values, bins=40, color=INK)
    axes.set_xlabel(what)
    axes.set_ylabel("count")
    if values:
        middle = sorted(values)[len(values) // 2]
        axes.axvline(middle, color=ACCENT, linestyle="--", label=f"median {middle:,}")
        axes.legend(frameon=False)
    save(figure, out)
