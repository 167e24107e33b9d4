"""Figure 5: how similar PyX is to benchmarks, sample by sample (paper App. F).

The paper takes `fuzz.partial_token_sort_ratio` of thefuzz, scaled to 0 to 1, and of each sample the largest over the
items of a benchmark. thefuzz has that ratio from rapidfuzz, which is asked here. The paper does not say which text of a
sample it took: here it is the instruction with its solution, against the prompt with its solution.
"""

import csv
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rapidfuzz import fuzz, process, utils

from semcoder.artifacts import writing
from semcoder.errors import UserError
from semcoder.progress import track
from semcoder.pyx import benchmarks
from semcoder.pyx.benchmarks import Item
from semcoder.pyx.samples import Sample, read_sets
from semcoder.pyx.similarity import words

BINS = 20
"""Of the histogram, from 0 to 1."""
BELOW = 0.4
"""Below this similarity lies the majority of the paper's samples, of PyX as of OSS-Instruct."""
CHUNK = 64
"""Samples compared between two lines of progress."""


class Similarity(NamedTuple):
    """The largest similarity of a sample to an item, from 0 to 1, and to which."""

    share: float
    sample: str
    item: str


def main(
    programs: Annotated[Path, typer.Option(help="PyX's programs.")],
    problems: Annotated[Path, typer.Option(help="Their problems.")],
    csv_file: Annotated[
        Path, typer.Option("--csv", help="CSV to write: the histogram of each set and benchmark.")
    ],
    markdown: Annotated[Path, typer.Option(help="Medians and shares as Markdown.")],
    data: Annotated[
        list[str] | None,
        typer.Option(help="NAME=PATH of another instruction set, JSON lines; once for each."),
    ] = None,
    benchmark: Annotated[
        list[str] | None, typer.Option(help="NAME=PATH of a benchmark; once for each.")
    ] = None,
    unchecked: Annotated[
        list[str] | None, typer.Option(help="NAME=WHY of a benchmark that cannot be had; once for each.")
    ] = None,
    sample: Annotated[int, typer.Option(min=0, help="Samples of each set, drawn by chance; 0 for all.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 42,
    workers: Annotated[int, typer.Option(min=1, help="Threads.")] = 2,
) -> None:
    """Compare PyX, and other instruction sets, with benchmarks by edit similarity.

    Example: semcoder pyx similarity --programs pyx/programs.jsonl --problems pyx/problems.jsonl
    --benchmark humaneval=HumanEval.jsonl.gz --csv figure5.csv --markdown figure5.md
    """
    against = dict(_named(benchmark or []))
    found: list[tuple[str, str, list[Similarity]]] = []
    for name, samples in read_sets(programs, problems, data or []):
        drawn = random.Random(seed).sample(samples, min(sample or len(samples), len(samples)))
        found += [
            (name, each, list(similarities(drawn, items, workers, f"{name}, {each}")))
            for each, items in against.items()
            if drawn
        ]
    with writing(csv_file) as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(["set", "benchmark", "low", "high", "samples", "percent"])
        for name, each, values in found:
            for number, count in enumerate(histogram([value.share for value in values])):
                edges = [f"{edge / BINS:.2f}" for edge in (number, number + 1)]
                out.writerow([name, each, *edges, count, f"{100 * count / len(values):.2f}"])
    with writing(markdown) as stream:
        stream.write(_markdown(found, dict(text.split("=", 1) for text in unchecked or [])))


def _named(options: Sequence[str]) -> Iterator[tuple[str, list[Item]]]:
    for text in options:
        name, _, path = text.partition("=")
        if not path:
            raise UserError(f"--benchmark {text}: write it as NAME=PATH, such as mbpp=mbpp.jsonl.gz.")
        yield name, list(benchmarks.read(name, Path(path)))


def similarities(
    samples: Sequence[Sample], items: Sequence[Item], workers: int, what: str
) -> Iterator[Similarity]:
    """The largest similarity of each sample, in their order."""
    theirs = [sorted_tokens(_text(item)) for item in items]
    starts = range(0, len(samples), CHUNK)
    for start in track(starts, what, len(starts)):
        some = samples[start : start + CHUNK]
        ours = [sorted_tokens(f"{each.instruction}\n{each.solution}") for each in some]
        # partial_token_sort_ratio is partial_ratio of sorted tokens: here each text is sorted once, not once a pair.
        ratios = process.cdist(ours, theirs, scorer=fuzz.partial_ratio, workers=workers)
        for each, row in zip(some, ratios, strict=True):
            nearest = int(row.argmax())
            yield Similarity(float(row[nearest]) / 100, each.name, items[nearest].name)


def _text(item: Item) -> str:
    """Prompt and solution; most benchmarks' solutions have the prompt in them."""
    known = set(words(item.prose)) <= set(words(item.code))
    return item.code if known and item.code else f"{item.prose}\n{item.code}"


def sorted_tokens(text: str) -> str:
    """The text as partial_token_sort_ratio sees it: lower case, without punctuation, its tokens in order."""
    return " ".join(sorted(utils.default_process(text).split()))


def histogram(shares: Sequence[float]) -> list[int]:
    """How many lie in each of the bins; 1 itself in the last."""
    counts = [0] * BINS
    for share in shares:
        counts[min(int(share * BINS + 1e-6), BINS - 1)] += 1
    return counts


def _markdown(found: Sequence[tuple[str, str, list[Similarity]]], unchecked: dict[str, str]) -> str:
    head = [
        "set",
        "benchmark",
        "samples",
        "median",
        "95th percentile",
        f"below {BELOW:g}",
        "the most similar",
    ]
    lines = [
        "## Edit similarity to benchmarks",
        "",
        f"| {' | '.join(head)} |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for name, benchmark, values in found:
        ranked = sorted(values)
        most, below = ranked[-1], sum(value.share < BELOW for value in values) / len(values)
        median, high = (ranked[int(part * len(ranked))].share for part in (0.5, 0.95))
        numbers = [f"{len(values):,}", f"{median:.2f}", f"{high:.2f}", f"{100 * below:.1f} %"]
        nearest = f"{most.share:.2f}: {most.sample} and {most.item}"
        lines.append(f"| {' | '.join([name, benchmark, *numbers, nearest])} |")
    lines += [
        "",
        "Of each sample the largest partial_token_sort_ratio to any item of the benchmark, from 0 to 1: the "
        "instruction with its solution against the prompt with its solution.",
        f"The paper says of its Figure 5 that the majority has less than {BELOW:g}, of PyX as of OSS-Instruct; which "
        "texts it compared, and which two benchmarks, its text does not say.",
        *[f"Not compared with {name}: {why}." for name, why in unchecked.items()],
    ]
    return "\n".join(lines) + "\n"
