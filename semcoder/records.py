"""The records that travel between stages: one JSON object a line, each with a content id and its parents.

`id` hashes what defines a record (`defined_by`), so equal content has equal ids in every run; `parents` are the
ids it was made from, so that `semcoder lineage` can follow any training example back to its seed.
"""

import hashlib
import json
import re
from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path
from typing import ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from semcoder.artifacts import writing
from semcoder.errors import UserError, first_fault
from semcoder.reading import read_lines

Direction = Literal["forward", "backward"]
Format = Literal["monologue", "scratchpad", "next", "concise", "direct"]
Task = Literal["nl2code", "forward", "backward", "refine"]
Verdict = Literal["ok", "raised", "timeout", "memory", "killed", "forbidden", "invalid"]


class Record(BaseModel):
    """A line of an artifact. Subclasses name their prefix and the fields that define them."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    prefix: ClassVar[str] = "record"
    defined_by: ClassVar[tuple[str, ...]] = ()

    id: str = ""
    """Prefix and 16 hex digits of the sha256 of what defines the record; worked out where it is left out."""
    parents: tuple[str, ...] = ()
    """Ids of the records that it was made from."""

    @model_validator(mode="after")
    def _identify(self) -> Self:
        defining = self.model_dump(mode="json", include=set(self.defined_by))
        text = json.dumps(defining, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        expected = f"{self.prefix}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        if self.id and self.id != expected:
            raise ValueError(f"id is {self.id} but the content says {expected}: the line was changed by hand")
        object.__setattr__(self, "id", expected)
        return self


class Seed(Record):
    """A piece of an existing program: one function, or neighbouring top-level statements."""

    prefix: ClassVar[str] = "seed"
    defined_by: ClassVar[tuple[str, ...]] = ("source", "first_line", "last_line", "code")

    kind: Literal["function", "statements"]
    """What was taken of the file."""
    code: str
    """Its source, moved to the left margin."""
    context: str = ""
    """The other top-level statements of the file that `code` needs (imports, constants, helpers), in file order."""
    calls: tuple[str, ...] = ()
    """Calls of the function with literal arguments found in the corpus, as source: `name(1, "a")`."""
    source: str
    """Corpus and file, with no machine's own folders: `stdlib-3.11/textwrap.py`."""
    first_line: int
    """Of `code` in the file, from 1."""
    last_line: int
    """The same, inclusive."""
    licence: str
    """SPDX id of the file, or `unknown`."""


class Problem(Record):
    """A natural-language instruction (`nl` in PyX)."""

    prefix: ClassVar[str] = "problem"
    defined_by: ClassVar[tuple[str, ...]] = ("instruction", "teacher")

    instruction: str
    """What is to be written."""
    teacher: str
    """`grounded`, or the model that wrote it."""


class Program(Record):
    """A self-contained solution. Parent: its problem."""

    prefix: ClassVar[str] = "program"
    defined_by: ClassVar[tuple[str, ...]] = ("code", "entry_point")

    code: str
    """The whole source."""
    entry_point: str
    """The function that inputs are for."""


class Candidate(Record):
    """An input proposed for a program, not yet run. Arguments are Python source. Parent: the program."""

    prefix: ClassVar[str] = "input"
    defined_by: ClassVar[tuple[str, ...]] = ("parents", "args", "kwargs")

    args: tuple[str, ...]
    """Positional arguments as source."""
    kwargs: dict[str, str] = {}
    """Named arguments as source."""
    origin: Literal["doctest", "call site", "type", "mutation", "teacher"]
    """Who proposed it."""


class TestCase(Record):
    """An input and what the program did with it. `output` is a literal (execution.literals). Parent: the program."""

    __test__: ClassVar[bool] = False
    prefix: ClassVar[str] = "test"
    defined_by: ClassVar[tuple[str, ...]] = ("parents", "args", "kwargs", "output")

    args: tuple[str, ...]
    """Positional arguments as source."""
    kwargs: dict[str, str] = {}
    """Named arguments as source."""
    output: str
    """What the call returned, as a literal."""
    origin: Literal["doctest", "call site", "type", "mutation", "teacher"]
    """Who proposed it."""

    @property
    def call_arguments(self) -> str:
        """The text between the parentheses of the call."""
        return ", ".join([*self.args, *(f"{name}={text}" for name, text in self.kwargs.items())])


class Event(BaseModel):
    """One step of an execution. Lines are 1-based in the program's code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["call", "line", "return", "exception"]
    """What happened."""
    line: int
    """call: the `def` line; line: the line that ran; return and exception: the line that left or raised."""
    scope: str = ""
    """Qualified name of the running function; `<listcomp>` and the like for comprehensions."""
    depth: int = 0
    """0 for the entry point, +1 for each call inside it."""
    count: int = 1
    """How many times this line has run so far in this activation of the function, this time included."""
    changes: dict[str, str] = {}
    """Variables that this step bound or changed, with the text of their new value; for a call, the arguments."""
    removed: tuple[str, ...] = ()
    """Variables that this step deleted."""
    value: str = ""
    """return: the returned value's text; exception: `Type: message`."""


class Trace(Record):
    """The ordered events of one call of the entry point. Parents: the test case, then the program."""

    prefix: ClassVar[str] = "trace"
    defined_by: ClassVar[tuple[str, ...]] = ("parents", "events")

    events: tuple[Event, ...]
    """In the order in which they happened."""


class Monologue(Record):
    """A rationale in one of the formats, for one direction.

    Parents: the trace that it tells or was checked against, if it is among the records; the test case; the program;
    and the monologue that it rewrites, if there is one.
    """

    prefix: ClassVar[str] = "mono"
    defined_by: ClassVar[tuple[str, ...]] = ("parents", "format", "direction", "text", "answer")

    format: Format
    """How it reasons."""
    direction: Direction
    """forward: from the input to the output; backward: from the output to an input."""
    text: str
    """What stands before the answer; empty for direct prediction."""
    answer: str
    """forward: the output's literal; backward: the text between the parentheses of a call that gives the output."""
    writer: str
    """`trace` for what is written from the trace alone, else the teacher's name."""
    revised: bool = False
    """Whether its writer had to be told of a fault first. Like the writer, no part of what it says: not in the id."""


class Example(Record):
    """A row of a training mixture. Parent: the monologue, or the program for nl2code."""

    prefix: ClassVar[str] = "example"
    defined_by: ClassVar[tuple[str, ...]] = ("task", "prompt", "response")

    task: Task
    """What is asked for."""
    prompt: str
    """What the model is given; no loss is taken on it."""
    response: str
    """What it learns to write."""


class Generation(Record):
    """What a model wrote for one item of a benchmark."""

    prefix: ClassVar[str] = "gen"
    defined_by: ClassVar[tuple[str, ...]] = (
        "model",
        "benchmark",
        "format",
        "item",
        "sample",
        "prompt",
        "text",
    )

    model: str
    """The name that --name gave it."""
    benchmark: str
    """One of semcoder.evaluation.registry."""
    format: str
    """A reasoning format, or `code`."""
    item: str
    """The benchmark's own id of the question."""
    sample: int
    """Which of several answers, from 0."""
    prompt: str
    """The question as it was put."""
    text: str
    """What was written, without the text that ended it."""
    finish: Literal["stop", "length"]
    """Whether it came to its end, or to the token limit."""


class ScoredItem(Record):
    """One generation judged. Parent: the generation."""

    prefix: ClassVar[str] = "score"
    defined_by: ClassVar[tuple[str, ...]] = ("parents", "answer", "passed", "reason")

    item: str
    """The benchmark's own id of the question."""
    group: str
    """What the item hangs together with: questions on one program are of one group; else the item itself."""
    sample: int
    """Which of several answers, from 0."""
    answer: str
    """What was found in the text, as source; empty where there is none."""
    passed: bool
    """The verdict."""
    reason: str
    """A short fixed phrase that says why."""


class Dropped(Record):
    """What a stage did not keep, and why. Parents: what was dropped, then what that was made from."""

    prefix: ClassVar[str] = "dropped"
    defined_by: ClassVar[tuple[str, ...]] = ("parents", "stage", "reason", "detail")

    stage: str
    """The command that dropped it."""
    reason: str
    """A short fixed phrase, so that reasons can be counted."""
    detail: str = ""
    """What exactly, where that varies."""


R = TypeVar("R", bound=Record)
Where = Callable[[str, tuple[str, ...]], bool]
"""Whether a record with this id and these parents is wanted."""
_HEAD = re.compile(r'\{"id":"([^"\\]+)"(?:,"parents":\[((?:"[^"\\]+",?)*)\])?[,}]')
"""How `to_line` begins."""


def read(path: Path, kind: type[R], where: Where | None = None) -> Iterator[R]:
    """The records of a JSONL file. Raises UserError naming file and line for what is not one.

    With `where`, those that it wants: a line of another is passed over by its first words, a hundred times faster
    than it is read, so that a shard may look for its own in the files of all.
    """
    for number, line in read_lines(path):
        if where and (head := _HEAD.match(line)) and line.endswith("}\n"):
            parents = tuple(head[2].replace('"', "").split(",")) if head[2] else ()
            if not where(head[1], parents):
                continue
        try:
            row = kind.model_validate_json(line)
        except ValidationError as error:
            raise UserError(
                f"{path}, line {number}: not a {kind.__name__} record ({first_fault(error, 'the line')}); "
                f"remake the file with its rule."
            ) from error
        if where is None or where(row.id, row.parents):
            yield row


def read_all(paths: Iterable[Path], kind: type[R], where: Where | None = None) -> Iterator[R]:
    """The records of several files, in the order given; `where` as in `read`."""
    for path in paths:
        yield from read(path, kind, where)


def parents(path: Path, kind: type[Record]) -> set[str]:
    """The ids of what the records of a file were made from."""
    found: set[str] = set()

    def noted(_: str, parents: tuple[str, ...]) -> bool:
        found.update(parents)
        return False

    for _ in read(path, kind, noted):
        pass  # none is wanted
    return found


def among(ids: Container[str]) -> Where:
    """Wants the records with these ids."""
    return lambda key, _: key in ids


def made_of(ids: Container[str]) -> Where:
    """Wants the records with one of these among their parents."""
    return lambda _, parents: any(each in ids for each in parents)


def write(path: Path, records: Iterable[Record]) -> int:
    """Write records as JSONL, whole or not at all; returns how many."""
    count = 0
    with writing(path) as stream:
        for record in records:
            stream.write(to_line(record))
            count += 1
    return count


def to_line(record: Record) -> str:
    """One line of JSON, ending in a newline; fields at their default are left out."""
    body = record.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")) + "\n"
