"""The rows of PyX and PyX-R: the released columns, and beside them where each row comes from.

Released are `id, nl, fwd_mnl, bwd_mnl, response`, exactly one of the three questions not empty and none of them null,
which upstream's src/dataset.py asserts; of PyX-R `fault, response` are known from there, its other columns are not. A
question column holds a prompt without its task's prefix, which is put around it at training (training.extra).
"""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from semcoder.errors import UserError
from semcoder.evaluation.prompts import Style
from semcoder.records import (
    Example,
    Generation,
    Monologue,
    Problem,
    Program,
    Record,
    Seed,
    Task,
    TestCase,
    Trace,
)
from semcoder.training.extra import prompt_of

Split = Literal["train", "heldout"]
QUESTIONS: dict[Task, str] = {"nl2code": "nl", "forward": "fwd_mnl", "backward": "bwd_mnl", "refine": "fault"}
"""{task: the column of its question}"""


class Provenance(BaseModel):
    """Where a row comes from: ids of records (`semcoder lineage`), and the piece of source at the end of the chain."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    program: str
    """Id of the program."""
    problem: str
    """Id of the problem that the program solves."""
    seed: str
    """Id of the piece of source behind the problem."""
    test: str = ""
    """Id of the input and output that the row is about; empty for nl2code."""
    trace: str = ""
    """Id of the trace that the monologue tells or was checked against, if there is one."""
    monologue: str = ""
    """Id of the monologue."""
    generation: str = ""
    """Id of the model's answer that holds the fault (PyX-R)."""
    source: str
    """Corpus and file of the seed."""
    first_line: int
    """First line of the seed in that file."""
    last_line: int
    """Last line of the seed in that file."""
    licence: str
    """SPDX id of that file's licence, or `unknown`."""
    problem_writer: str
    """Who wrote the problem: `grounded` stands for the source's own words, else a model."""
    writer: str
    """Who wrote the response: a model; `trace` for text made from the trace alone; `source` for code of the corpus."""


class PyxRow(Provenance):
    """A row of PyX."""

    id: str
    """Id of the row: a hash of its task, prompt and response."""
    nl: str = ""
    """A problem, to be answered with a program."""
    fwd_mnl: str = ""
    """A program and an input; the output is asked for."""
    bwd_mnl: str = ""
    """A program and an output; an input is asked for."""
    response: str
    """The answer, with the monologue before it."""


class PyxRRow(Provenance):
    """A row of PyX-R."""

    id: str
    """Id of the row: a hash of its prompt and response."""
    fault: str
    """A problem, a program that is wrong, and a test that it fails."""
    response: str
    """Why it fails, and the program mended."""


Row = PyxRow | PyxRRow
COLUMNS: dict[type[Row], tuple[str, ...]] = {
    PyxRow: ("id", "nl", "fwd_mnl", "bwd_mnl", "response"),
    PyxRRow: ("id", "fault", "response"),
}
"""The columns that hold the data; those of Provenance come after them."""


class Writers(NamedTuple):
    """Who writes what its record does not say."""

    program: str
    repair: str


def columns(kind: type[Row]) -> dict[str, FieldInfo]:
    """The columns by name, in order; `annotation` is str or int, `description` says what is in it."""
    return {name: kind.model_fields[name] for name in (*COLUMNS[kind], *Provenance.model_fields)}


def as_line(row: Row) -> dict[str, str | int]:
    """The row with its columns in order; every column is there, empty strings too."""
    values = row.model_dump()
    return {name: values[name] for name in columns(type(row))}


def question_of(example: Example, style: Style) -> str:
    """What stands in the question column: `prompt_of` gives the example's prompt back."""
    before, _, after = prompt_of(example.task, "\0", style).partition("\0")
    question = example.prompt.removeprefix(before).removesuffix(after)
    if prompt_of(example.task, question, style) != example.prompt:
        raise UserError(
            f"{example.id}: its prompt is in another style than {style}; remake it, or give the right --style."
        )
    return question


def row_of(example: Example, known: Mapping[str, Record], style: Style, writers: Writers) -> Row:
    """The row of an example. `known` holds, by id, what it was made from; raises UserError where that lacks one."""
    chain = _chain(example, known)
    program, problem, seed = (_first(chain, kind, example) for kind in (Program, Problem, Seed))
    assert isinstance(problem, Problem) and isinstance(seed, Seed)
    told = next((each for each in chain if isinstance(each, Monologue)), None)
    writer = {"nl2code": writers.program, "refine": writers.repair}.get(example.task) or (
        told.writer if told else ""
    )
    named = [*example.parents, *(told.parents if told else ())]
    ids = {
        kind.__name__.lower(): next((each for each in named if each.startswith(kind.prefix + "-")), "")
        for kind in (TestCase, Trace, Generation)
    }
    shared = {
        "id": example.id,
        "response": example.response,
        QUESTIONS[example.task]: question_of(example, style),
        "program": program.id,
        "problem": problem.id,
        "seed": seed.id,
        "test": ids["testcase"],
        "trace": ids["trace"],
        "monologue": told.id if told else "",
        "generation": ids["generation"],
        "source": seed.source,
        "first_line": seed.first_line,
        "last_line": seed.last_line,
        "licence": seed.licence,
        "problem_writer": problem.teacher,
        "writer": writer,
    }
    return (PyxRRow if example.task == "refine" else PyxRow).model_validate(shared)


def interleaved(rows: Iterable[Row]) -> list[Row]:
    """Rows in the order of their ids, which are hashes: tasks and sources come mixed, as in the released files."""
    return sorted(rows, key=lambda row: row.id)


def _chain(start: Record, known: Mapping[str, Record]) -> list[Record]:
    """What a record was made from, nearest first, as far as it is known."""
    found: dict[str, Record] = {}
    waiting = list(start.parents)
    while waiting:
        name = waiting.pop(0)
        if name in known and name not in found:
            found[name] = known[name]
            waiting += known[name].parents
    return list(found.values())


def _first(chain: Iterable[Record], kind: type[Record], example: Example) -> Record:
    for each in chain:
        if isinstance(each, kind):
            return each
    raise UserError(
        f"{example.id}: no {kind.__name__.lower()} of it is among the files given ({', '.join(example.parents)}); "
        f"give those that it was made from."
    )
