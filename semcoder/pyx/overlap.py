"""`semcoder pyx overlap`: which benchmark items occur in a training mixture, and how."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import typer
from pydantic import BaseModel, ConfigDict

from semcoder.artifacts import write_json
from semcoder.errors import UserError
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.benchmarks.evalplus import Differential
from semcoder.evaluation.benchmarks.humaneval import Checked
from semcoder.evaluation.benchmarks.livecodebench import Contest
from semcoder.evaluation.benchmarks.prediction import Question
from semcoder.evaluation.benchmarks.pyx import Described
from semcoder.evaluation.prompts import NL2CODE_PREFIX
from semcoder.progress import track
from semcoder.pyx.benchmarks import Item, call_pair, prose
from semcoder.pyx.decontamination import Decontaminator
from semcoder.pyx.similarity import grams, words
from semcoder.records import Example, read

Way = Literal["exact", "substring", "n-grams", "pair"]
WAYS: tuple[Way, ...] = ("exact", "substring", "n-grams", "pair")
LEAST = 10
"""Words that an item's text must have to be looked for as a substring: less is said by chance."""
_CODE = re.compile(r"```(?:python)?\n(.*?)(?:```|\Z)|\[PYTHON\]\n(.*?)\n?\[/PYTHON\]", re.DOTALL)
_ASSERTION = re.compile(r"^assert .*==.*$", re.MULTILINE)
_LABEL = re.compile(r"[ \t]*# \[L\d+\]$", re.MULTILINE)
"""Of a line (evaluation.prompts.label_lines)."""
_TAG = re.compile(r"\[/?[A-Z]+\]")


class Overlap(BaseModel):
    """What one mixture holds of one benchmark."""

    model_config = ConfigDict(extra="forbid")

    benchmark: str
    """Its name."""
    items: int
    """How many it has."""
    found: dict[str, int]
    """Items found in each way; `any`: in one at least, `pair` left out."""
    examples: dict[str, str]
    """Of each way the first: item, row, detail."""


class Report(BaseModel):
    """What one mixture holds."""

    model_config = ConfigDict(extra="forbid")

    mixture: str
    """The recipe."""
    rows: int
    """Rows of its mixture."""
    overlaps: list[Overlap]
    """One a benchmark."""


class Row(NamedTuple):
    """A training row taken apart. `pairs`: inputs and outputs that its assertions state."""

    id: str
    codes: list[str]
    said: str
    """What it says beside its code."""
    pairs: list[tuple[str, str]]


def main(
    *,
    mixture: Annotated[Path, typer.Option(help="Example records.")],
    name: Annotated[str, typer.Option(help="What the report calls the mixture.")],
    benchmark: Annotated[list[str], typer.Option(help="name|file|file ..., once a benchmark.")],
    out: Annotated[Path, typer.Option(help="JSON to write.")],
) -> None:
    """Look for every item of some benchmarks in a training mixture.

    exact: the same code but for names, layout and, in long code, constants. substring: the item's words, one behind
    the other, in a training row. n-grams: most of the item's code or words, or its name and description (the measures
    that decontaminate PyX). pair: the same input and output, whatever the program; short ones meet by chance.

    Example: semcoder pyx overlap --mixture mixtures/semcoder.jsonl --name semcoder
    --benchmark 'cruxeval_output|cruxeval.jsonl' --out semcoder.json
    """
    searches = [Search(*_benchmark(each)) for each in benchmark]
    rows = 0
    for example in track(read(mixture, Example), "training rows"):
        rows += 1
        row = taken_apart(example)
        for search in searches:
            search.look_at(row)
    report = Report(mixture=name, rows=rows, overlaps=[search.found() for search in searches])
    write_json(out, report.model_dump(mode="json"))


def _benchmark(text: str) -> tuple[str, list[Item]]:
    name, *paths = text.split("|")
    if name not in HARNESSES or not paths:
        raise UserError(f"--benchmark {text}: write name|file; known are {', '.join(HARNESSES)}.")
    harness = HARNESSES[name]
    return name, [item_of(each) for each in harness.read(harness.files(list(map(Path, paths))))]


def item_of(each: Any) -> Item:
    """What is looked for of a benchmark's item."""
    match each:
        case Question():
            return Item(each.id, code=each.code, pair=call_pair(each.arguments, each.output))
        case Differential():
            return Item(each.id, prose(each.prompt), each.reference, each.entry_point)
        case Checked():
            return Item(each.id, prose(each.prompt), each.check.reference, each.defines)
        case Contest():
            return Item(each.id, prose(each.question))
        case Described():
            return Item(each.id, prose(each.problem), "", each.entry_point)
    raise TypeError(f"no item of a benchmark: {type(each).__name__}")


class Search:
    """The items of one benchmark, and where they were found."""

    def __init__(self, benchmark: str, items: Sequence[Item]) -> None:
        self._benchmark, self._count = benchmark, len(items)
        self._decontaminator = Decontaminator(items)
        self._texts: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for item in items:
            for said in (words(item.prose), words(item.code)):
                if len(said) >= LEAST:
                    self._texts[" ".join(said[:LEAST])].append((item.name, f" {' '.join(said)} "))
        self._where: dict[Way, dict[str, str]] = {way: {} for way in WAYS}
        self._seen: set[tuple[str, str]] = set()

    def look_at(self, row: Row) -> None:
        """Note what the row holds."""
        for code in row.codes or [""]:
            name = next(iter(re.findall(r"^\s*def (\w+)", code, re.MULTILINE)), "")
            if (code, row.said) not in self._seen:
                self._seen.add((code, row.said))
                for match in self._decontaminator.matches(code, name, row.said):
                    self._note(match.way, match.item.name, row, match.detail)
        for text in dict.fromkeys([row.said, *row.codes]):
            said = words(text)
            whole = f" {' '.join(said)} "
            for gram in sorted(grams(said, LEAST) & self._texts.keys()):
                for item, wanted in self._texts[gram]:
                    if wanted in whole:
                        self._note("substring", item, row, "all of its words")
        for pair in row.pairs:
            if same := self._decontaminator.pair(pair):
                self._note("pair", same, row, " -> ".join(pair))

    def _note(self, way: Way, item: str, row: Row, detail: str) -> None:
        self._where[way].setdefault(item, f"{item} in {row.id}: {detail}")

    def found(self) -> Overlap:
        """The counts."""
        counts = {way: len(self._where[way]) for way in WAYS}
        every = {item for way, found in self._where.items() if way != "pair" for item in found}
        return Overlap(
            benchmark=self._benchmark,
            items=self._count,
            found={**counts, "any": len(every)},
            examples={way: next(iter(self._where[way].values())) for way in WAYS if self._where[way]},
        )


def taken_apart(example: Example) -> Row:
    """The code of a training row, what it says beside it, and the assertions that it states."""
    text = f"{example.prompt.removeprefix(NL2CODE_PREFIX)}\n{example.response}"
    blocks = ["".join(found) for found in _CODE.findall(text)]
    codes = [_LABEL.sub("", _ASSERTION.sub("", block)).strip() for block in blocks]
    said = example.prompt.removeprefix(NL2CODE_PREFIX) if example.task in ("nl2code", "refine") else ""
    said = _TAG.sub("", _CODE.sub(" ", said)).strip()
    return Row(
        example.id, [code for code in dict.fromkeys(codes) if code], said, list(_pairs(example.response))
    )


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in _ASSERTION.findall(text):
        try:
            statement = ast.parse(line).body[0]
        except (SyntaxError, ValueError, RecursionError):
            continue
        match statement:
            case ast.Assert(test=ast.Compare(left=ast.Call() as call, ops=[ast.Eq()], comparators=[output])):
                given: Iterable[ast.AST] = [*call.args, *call.keywords]
                yield call_pair(", ".join(map(ast.unparse, given)), ast.unparse(output))
