"""Follow any record back to the source lines that it came from.

Every record names its parents, so the chain Example, Monologue, Trace, TestCase, Program, Problem, Seed can
be walked through whatever JSONL artifacts lie under a folder, without knowing which rule wrote which file.
"""

import json
import mmap
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import nlargest
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.syntax import Syntax

from semcoder.errors import UserError
from semcoder.records import Event, Record, Seed, Trace

ID = re.compile(r"[a-z]+-[0-9a-f]{16}")
KINDS: dict[str, type[Record]] = {kind.prefix: kind for kind in Record.__subclasses__()}
ORDER = ("dropped", "score", "gen", "example", "mono", "trace", "test", "input", "program", "problem", "seed")
"""From what is made last to what is there first."""
CODE_FIELDS = frozenset({"code", "context"})
EVENTS_SHOWN = 60


@dataclass
class Found:
    """A record, the files that hold it, and its parents: all that any of the files names."""

    record: Record
    files: list[str] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """`Program` and so on."""
        return type(self.record).__name__


@dataclass
class Chain:
    """Records from the last made to the seed, and the parents that no file holds."""

    found: dict[str, Found]
    missing: list[str]


def trace_back(start: str, folder: Path, kind: type[Record] = Record) -> Chain:
    """The record `start` and everything it was made from, found in the JSONL files under `folder`.

    Raises UserError where `start` is in none of them, naming the ids that are most like it; those of a `kind`
    alone where only such a record is asked for.
    """
    files = files_below(folder)
    found: dict[str, Found] = {}
    wanted, asked = [start], {start}
    while wanted:
        for identity, file, line in _lines_with(wanted, files):
            record = _parse(identity, file, line)
            entry = found.setdefault(identity, Found(record))
            name = file.relative_to(folder).as_posix()
            entry.files += [name] if name not in entry.files else []
            entry.parents += [parent for parent in _parents(record) if parent not in entry.parents]
        if start not in found:
            like = ", ".join(_most_like(start, files, kind))
            raise UserError(
                f"{start}: no record with this id under {folder}; most like it are {like or 'none'}."
            )
        wanted = sorted({p for entry in found.values() for p in entry.parents} - asked)
        asked.update(wanted)
    ordered = sorted(found, key=lambda identity: (_rank(identity), identity != start))
    return Chain({identity: found[identity] for identity in ordered}, sorted(asked - found.keys()))


def files_below(folder: Path) -> list[Path]:
    """The JSONL files of a results folder, in order. Raises UserError where there is none."""
    files = sorted(file for file in folder.rglob("*.jsonl") if file.is_file())
    if not files:
        raise UserError(
            f"--results {folder}: no JSONL file there; give a folder that the workflow has filled."
        )
    return files


def _lines_with(ids: Iterable[str], files: Iterable[Path]) -> Iterator[tuple[str, Path, bytes]]:
    """(id, file, line) of each line that holds a record with one of the ids; other lines are not parsed."""
    needles = [(identity, f'"id":"{identity}"'.encode()) for identity in ids]
    for file in files:
        if file.stat().st_size == 0:
            continue
        with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for identity, needle in needles:
                at = content.find(needle)
                while at >= 0:
                    end = content.find(b"\n", at)
                    end = end if end >= 0 else len(content)
                    yield identity, file, content[content.rfind(b"\n", 0, at) + 1 : end]
                    at = content.find(needle, end)


def _parse(identity: str, file: Path, line: bytes) -> Record:
    kind = KINDS.get(identity.partition("-")[0])
    if kind is None:
        raise UserError(f"{identity}: ids begin with one of {', '.join(sorted(KINDS))}.")
    try:
        return kind.model_validate_json(line)
    except ValueError as error:
        raise UserError(
            f"{file}: the line of {identity} is not a {kind.__name__} record; remake it."
        ) from error


def _parents(record: Record) -> list[str]:
    """Its parents, and the record that an item of a benchmark made here is named after."""
    item = getattr(record, "item", "")
    return [*record.parents, *([item] if ID.fullmatch(item) else [])]


def _rank(identity: str) -> int:
    prefix = identity.partition("-")[0]
    return ORDER.index(prefix) if prefix in ORDER else len(ORDER)


def _most_like(wanted: str, files: Iterable[Path], kind: type[Record], count: int = 3) -> list[str]:
    """The ids that share the longest beginning and end with `wanted`."""
    prefix = "[a-z]+" if kind is Record else kind.prefix
    pattern = re.compile(rf'"id":"({prefix}-[0-9a-f]{{16}})"'.encode())
    ids: set[str] = set()
    for file in files:
        with file.open("rb") as stream:
            for line in stream:
                match = pattern.search(line)
                if match:
                    ids.add(match[1].decode())
    return nlargest(
        count, sorted(ids), key=lambda other: _alike(wanted, other) + _alike(wanted[::-1], other[::-1])
    )


def _alike(left: str, right: str) -> int:
    for number, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return number
    return min(len(left), len(right))


def show(chain: Chain, console: Console) -> None:
    """Print the chain, one section a record: coloured on a terminal, plain text otherwise."""
    for identity, entry in chain.found.items():
        console.print(f"{entry.kind} {identity}", style="bold", markup=False, highlight=False, soft_wrap=True)
        _show_line(console, "in", ", ".join(entry.files))
        _show_line(console, "made from", ", ".join(entry.parents) or "nothing earlier")
        if isinstance(entry.record, Seed):
            seed = entry.record
            _show_line(console, "source", f"{seed.source}, lines {seed.first_line} to {seed.last_line}")
        for name, text in _fields(entry.record):
            if "\n" not in text and len(text) <= 90 and name not in CODE_FIELDS:
                _show_line(console, name, text)
                continue
            _show_line(console, name, "")
            if name in CODE_FIELDS and console.is_terminal:
                console.print(Syntax(text, "python", background_color="default", word_wrap=True), width=110)
            else:
                block = textwrap.indent(text.rstrip("\n"), "    ")
                console.print(block, markup=False, highlight=False, soft_wrap=True)
        console.print()
    for identity in chain.missing:
        console.print(f"{identity}: named as a parent, but no file holds it.", markup=False, soft_wrap=True)


def _show_line(console: Console, name: str, text: str) -> None:
    console.print(f"  {name}: {text}".rstrip(), markup=False, highlight=False, soft_wrap=True)


def _fields(record: Record) -> Iterator[tuple[str, str]]:
    """The record's own fields as text, in the order of the model."""
    if isinstance(record, Trace):
        events = [_event(each) for each in record.events[:EVENTS_SHOWN]]
        more = len(record.events) - EVENTS_SHOWN
        yield "events", "\n".join([*events, *([f"... {more} more; --json has all"] if more > 0 else [])])
        return
    hidden = {"id", "parents"} | (
        {"source", "first_line", "last_line"} if isinstance(record, Seed) else set()
    )
    for name, value in record.model_dump(mode="json").items():
        if name in hidden or value in ("", [], {}):
            continue
        if isinstance(value, dict):
            yield name, ", ".join(f"{key}={text}" for key, text in value.items())
        else:
            yield name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _event(event: Event) -> str:
    changes = ", ".join(f"{name} = {text}" for name, text in event.changes.items())
    what = {"call": f"call {event.scope}({changes})", "line": changes, "return": f"return {event.value}"}
    return f"{'  ' * event.depth}[L{event.line}] {what.get(event.kind, event.value)}".rstrip()


def as_json(chain: Chain) -> dict[str, object]:
    """The chain as plain data: `chain`, from the last made to the seed, and `missing` parents."""
    return {
        "chain": [
            {"kind": e.kind, "files": e.files, "record": e.record.model_dump(mode="json")}
            for e in chain.found.values()
        ],
        "missing": chain.missing,
    }


def main(
    record: Annotated[str, typer.Argument(help="Id of any record, such as example-0123456789abcdef.")],
    results: Annotated[Path, typer.Option(help="Folder whose JSONL files are searched.")],
    as_data: Annotated[bool, typer.Option("--json", help="Print the records as JSON.")] = False,
) -> None:
    """Follow a record back to its seed: each record on the way, and the source lines at its end.

    Example: semcoder lineage example-0123456789abcdef --results results/quickstart
    """
    chain = trace_back(record.strip(), results)
    if as_data:
        print(json.dumps(as_json(chain), indent=2, ensure_ascii=False))
    else:
        show(chain, Console())
