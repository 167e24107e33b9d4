"""Plots of a run: the loss while training, lengths of traces and monologues, and what tables/figure*.csv hold."""

import json
import re
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Annotated, Literal

import typer

from semcoder.errors import UserError
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.reading import read_lines, read_rows
from semcoder.records import Monologue, Trace, read_all
from semcoder.report.figure import ACCENT, INK, SERIES, new_figure, save


def main(
    kind: Annotated[
        Literal["loss", "traces", "monologues", "rounds", "similarity", "categories"],
        typer.Argument(help="What to draw."),
    ],
    source: Annotated[
        list[Path],
        typer.Option(
            help="training_log.jsonl, files of traces or monologues, or the CSV of a table of rounds, of "
            "`pyx similarity` or of `pyx categories`."
        ),
    ],
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
    elif kind == "rounds":
        _rounds(source, out)
    elif kind == "similarity":
        _similarity(source, out)
    elif kind == "categories":
        _categories(source, out)
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
    steps = [row["step"] for row in rows]
    figure, (axes, speed) = new_figure(9.0, 3.2, panels=2)
    axes.plot(steps, [row["loss"] for row in rows], color=INK, marker=".")
    axes.set_xlabel("step")
    axes.set_ylabel("loss a response token", color=INK)
    axes.set_ylim(bottom=0)
    right = axes.twinx()
    right.plot(steps, [row["learning_rate"] for row in rows], color=ACCENT, linestyle="--")
    right.set_ylabel("learning rate", color=ACCENT)
    right.set_ylim(bottom=0)
    timed = [row for row in rows if "tokens_per_second" in row]
    speed.plot(
        [row["step"] for row in timed], [row["tokens_per_second"] for row in timed], color=INK, marker="."
    )
    speed.set_xlabel("step")
    speed.set_ylabel("tokens a second")
    speed.set_ylim(bottom=0)
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


def _table(paths: list[Path], *columns: str) -> list[dict[str, str]]:
    return [row for path in paths for row in read_rows(path, columns)]


def _rounds(paths: list[Path], out: Path) -> None:
    """Figure 3: each model's score over rounds with its 95 % interval; hollow points are the paper's."""
    rows = _table(paths, "row", "benchmark", "pass_at_1", "low", "high", "paper")
    if not rows or not all(re.fullmatch(r"\w+ round \d+", row["benchmark"]) for row in rows):
        raise UserError(f"--source {', '.join(map(str, paths))}: not a table of rounds of refinement.")
    panels = list(dict.fromkeys(row["benchmark"].partition(" ")[0] for row in rows))
    names = list(dict.fromkeys(row["row"] for row in rows))
    figure, found = new_figure(4.6 * len(panels), 3.8, len(panels))
    for benchmark, axes in zip(panels, [found] if len(panels) == 1 else found, strict=True):
        for place, (name, colour) in enumerate(zip(names, cycle(SERIES), strict=False)):
            points = [
                row for row in rows if row["row"] == name and row["benchmark"].split(" ")[0] == benchmark
            ]
            # Side by side, so that intervals do not hide each other.
            at = [int(row["benchmark"].rpartition(" ")[2]) + 0.06 * place for row in points]
            shares, low, high = ([float(row[key]) for row in points] for key in ("pass_at_1", "low", "high"))
            ends = [[a - b for a, b in zip(*pair, strict=True)] for pair in ((shares, low), (high, shares))]
            axes.errorbar(
                at, shares, yerr=ends, color=colour, marker="o", markersize=4, capsize=2, label=name
            )
            theirs = [(x, float(row["paper"])) for x, row in zip(at, points, strict=True) if row["paper"]]
            if theirs:
                x, y = zip(*theirs, strict=True)
                axes.plot(
                    x, y, "o", color=colour, markerfacecolor="none", markersize=8, label=f"{name}, the paper"
                )
        axes.set_title(BENCHMARKS[benchmark].title)
        axes.set_xlabel("round of refinement")
        axes.set_ylabel("pass@1, percent")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", frameon=False)
    save(figure, out)


def _similarity(paths: list[Path], out: Path) -> None:
    """Figure 5: a histogram for each benchmark, a line for each set."""
    rows = _table(paths, "set", "benchmark", "low", "high", "percent")
    panels = list(dict.fromkeys(row["benchmark"] for row in rows)) or ["no benchmark at hand"]
    figure, found = new_figure(3.8 * len(panels), 3.0, len(panels))
    for benchmark, axes in zip(panels, [found] if len(panels) == 1 else found, strict=True):
        for name, colour in zip(dict.fromkeys(row["set"] for row in rows), cycle(SERIES), strict=False):
            bins = [row for row in rows if (row["set"], row["benchmark"]) == (name, benchmark)]
            edges = [float(row["low"]) for row in bins] + [float(bins[-1]["high"])]
            shares = [float(row["percent"]) for row in bins]
            axes.stairs(shares, edges, color=colour, fill=name == next(iter(rows))["set"], label=name)
        axes.set_title(benchmark)
        axes.set_xlim(0, 1)
        axes.set_xlabel("edit similarity to the nearest item")
        axes.set_ylabel("percent of samples")
        if rows:
            axes.legend(frameon=False)
    save(figure, out)


def _categories(paths: list[Path], out: Path) -> None:
    """Figure 6: a bar for each category and set."""
    rows = _table(paths, "set", "category", "percent")
    sets = list(dict.fromkeys(row["set"] for row in rows))
    names = list(dict.fromkeys(row["category"] for row in rows))[::-1]
    figure, axes = new_figure(7.5, 0.8 + 0.3 * len(names) * max(len(sets), 1))
    height = 0.8 / max(len(sets), 1)
    for place, (name, colour) in enumerate(zip(sets, cycle(SERIES), strict=False)):
        shares = {row["category"]: float(row["percent"]) for row in rows if row["set"] == name}
        at = [number - place * height for number in range(len(names))]
        axes.barh(at, [shares[each] for each in names], height=height, color=colour, label=name)
    axes.set_yticks([number - 0.4 + height / 2 for number in range(len(names))], names)
    axes.set_xlabel("percent of samples, by words of ours (not the paper's classifier)")
    axes.legend(frameon=False)
    save(figure, out)
