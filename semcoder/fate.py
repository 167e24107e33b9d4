"""What became of a function, a file or a record: what was made of it, and where and why it was dropped."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from semcoder import records
from semcoder.errors import UserError
from semcoder.lineage import ID, KINDS, ORDER, files_below
from semcoder.records import Dropped, Program, Record, Seed

SHOWN = 20
"""Beginnings that are told of on a terminal; --json has all."""
PLACE = re.compile(r"(?P<file>[^:]*\.py)(?::(?P<line>\d+))?")


@dataclass
class Fate:
    """Something of the corpus, or made of it, and what came of it."""

    start: Record
    made: Counter[str] = field(default_factory=Counter)
    """How many records of each kind were made of it, in the order of the graph."""
    dropped: list[Dropped] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Where it stands, or which record it is."""
        if isinstance(self.start, Seed):
            seed = self.start
            return f"{seed.source}, lines {seed.first_line} to {seed.last_line} ({seed.id})"
        if isinstance(self.start, Dropped):
            return self.start.detail or self.start.id
        entry = f" {self.start.entry_point}" if isinstance(self.start, Program) else ""
        return f"{type(self.start).__name__}{entry} ({self.start.id})"


def fates(what: str, folder: Path) -> list[Fate]:
    """What became of everything that `what` names, in the order of the files.

    `what`: a function's name, a file with or without `:line` (`operator.py:75`, the end of its path), or a record's id.
    Raises UserError where `folder` holds nothing of it.
    """
    files = {file: kind for file in files_below(folder) if (kind := _kind(file))}
    if ID.fullmatch(what) and what.partition("-")[0] not in KINDS:
        raise UserError(f"{what}: ids begin with one of {', '.join(sorted(KINDS))}.")
    found = {each.id: Fate(each) for each in _starts(what, files)}
    if not found:
        raise UserError(
            f"{what}: no function, file or record of that name under {folder}; give a function's name, the end of a "
            f"file's path (operator.py), or an id."
        )
    _follow(found, files)
    of_others = {key for fate in found.values() for key in fate.made if key in found}
    for fate in found.values():
        kinds = sorted((key.partition("-")[0] for key in fate.made), key=ORDER.index, reverse=True)
        fate.made = Counter(KINDS[each].__name__ for each in kinds)
    return [fate for key, fate in found.items() if key not in of_others]


def _starts(what: str, files: dict[Path, type[Record]]) -> Iterator[Record]:
    """The seeds, the dropped functions of the corpus and the programs that are meant, or the record with that id."""
    place = PLACE.fullmatch(what)
    if ID.fullmatch(what):
        for file in [file for file, kind in files.items() if kind.prefix == what.partition("-")[0]]:
            yield from records.read(file, files[file], lambda key, _: key == what)
        return
    for file, kind in files.items():
        if kind in (Seed, Dropped) or (kind is Program and not place):
            for each in records.read(file, kind, _of_corpus if kind is Dropped else None):
                if _at(each, place) if place else _named(each, what):
                    yield each


def _of_corpus(_: str, parents: tuple[str, ...]) -> bool:
    """Wants what was dropped before it became a record."""
    return not parents


def _at(record: Record, place: re.Match[str]) -> bool:
    """Whether it stands there in the corpus."""
    if isinstance(record, Seed):
        lines = range(record.first_line, record.last_line + 1)
        source = record.source
    elif isinstance(record, Dropped) and (match := PLACE.match(record.detail)) and match["line"]:
        lines, source = range(int(match["line"]), int(match["line"]) + 1), match["file"]
    else:
        return False
    ends = source == place["file"] or source.endswith("/" + place["file"])
    return ends and (not place["line"] or int(place["line"]) in lines)


def _named(record: Record, name: str) -> bool:
    """Whether it is the function with that name."""
    if isinstance(record, Program):
        return record.entry_point == name
    if isinstance(record, Seed):
        return bool(re.search(rf"^(?:async )?(?:def|class) {re.escape(name)}\b", record.code, re.MULTILINE))
    return isinstance(record, Dropped) and record.detail.endswith(f": {name}")


def _follow(found: dict[str, Fate], files: dict[Path, type[Record]]) -> None:
    """Note in each fate the ids of what was made of it, and what was dropped."""
    of: dict[str, set[str]] = {key: {key} for key in found}
    """{record: the beginnings that it was made of}"""
    size = -1
    while size < (size := sum(map(len, of.values()))):  # a pass finds what is made of what it has passed
        for file in [file for file, kind in files.items() if kind is not Dropped]:
            for each in records.read(file, files[file], records.made_of(of)):
                of.setdefault(each.id, set()).update(*(of.get(parent, ()) for parent in each.parents))
    for key, starts in of.items():
        for start in starts - {key}:
            found[start].made[key] = 1
    seen: set[str] = set()
    for file in [file for file, kind in files.items() if kind is Dropped]:
        for drop in records.read(file, Dropped, records.made_of(of)):
            for start in of.get(drop.parents[0], ()) if drop.id not in seen else ():
                found[start].dropped.append(drop)
            seen.add(drop.id)


def _kind(file: Path) -> type[Record] | None:
    """What a file of records holds, by its first line; None for other files."""
    with file.open(encoding="utf-8", errors="replace") as stream:
        match = re.match(r'\{"id":"([a-z]+)-[0-9a-f]{16}"', stream.readline(60))
    return KINDS.get(match[1]) if match else None


def words(fate: Fate) -> Iterator[str]:
    """The same for a reader, a line each."""
    yield fate.name
    if isinstance(fate.start, Dropped):
        yield f"  dropped by {fate.start.stage}: {fate.start.reason}"
        return
    made = ", ".join(f"{count} {kind}" for kind, count in fate.made.items())
    yield f"  made of it: {made or 'nothing'}"
    reasons = Counter((each.stage, each.reason, each.detail, each.parents[0]) for each in fate.dropped)
    for stage, reason, detail, what in sorted(reasons):
        yield f"  dropped by {stage}: {reason}{f' ({detail})' if detail else ''} [{what}]"


def main(
    what: Annotated[
        str,
        typer.Argument(help="A function's name, a file (operator.py, or operator.py:75), or a record's id."),
    ],
    results: Annotated[Path, typer.Option(help="Folder whose JSONL files are searched.")],
    as_data: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Tell what became of a function of the corpus: what was made of it, and where and why it was dropped.

    Example: semcoder fate operator.py --results results/quickstart
    """
    found = fates(what.strip(), results)
    if as_data:
        rows = [
            {
                "start": fate.start.model_dump(mode="json"),
                "made": fate.made,
                "dropped": [each.model_dump(mode="json") for each in fate.dropped],
            }
            for fate in found
        ]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    console = Console()
    for fate in found[:SHOWN]:
        for line in words(fate):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    if len(found) > SHOWN:
        console.print(f"... and {len(found) - SHOWN} more; name a function or a line, or --json for all.")
