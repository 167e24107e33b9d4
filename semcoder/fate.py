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
from semcoder.records import Dropped, Monologue, Problem, Program, Record, Seed

SHOWN = 20
"""Beginnings that are told of on a terminal; --json has all."""
PLACE = re.compile(r"(?P<file>[^:]*\.py)(?::(?:(?P<line>\d+)|(?P<function>[^:\s]+)))?")
"""As it is asked for."""
DROPPED = re.compile(r"(?P<file>[^:]*\.py)(?::(?P<line>\d+))?(?:: (?P<function>[^:\s]+))?")
"""How the detail of what was no seed begins; a whole file has no line."""
PARTS = {
    "train.jsonl": "in PyX, training part",
    "heldout.jsonl": "in PyX, held out",
    "soft.jsonl": "in PyX-Soft",
}
"""What it means to stand in a file of the folder pyx (rule select)."""
NOUNS = {"Candidate": "input", "TestCase": "test", "ScoredItem": "score"}
"""Names for a reader, where they are not the record's own."""


@dataclass
class Fate:
    """Something of the corpus, or made of it, and what came of it."""

    start: Record
    made: Counter[str] = field(default_factory=Counter)
    """How many records of each kind were made of it, in the order of the graph; monologues by their format:
    `Monologue (scratchpad)`."""
    dropped: list[Dropped] = field(default_factory=list)
    selected: dict[str, str] = field(default_factory=dict)
    """{program: what of PARTS it is}, of the programs made of it or itself."""

    @property
    def verdict(self) -> str:
        """Whether it is in PyX, or why not; empty for what is made of programs."""
        if isinstance(self.start, Dropped) and not self.start.parents:
            return f"not in PyX: {self.start.reason} at {self.start.stage}"
        if not isinstance(self.start, Seed | Problem | Program):
            return ""
        if self.selected:
            return "; ".join(f"{part} ({program})" for program, part in sorted(self.selected.items()))
        whole = (Seed.prefix, Problem.prefix, Program.prefix)
        reasons = [
            f"{drop.reason} at {drop.stage}"
            for drop in self.dropped
            if drop.parents[0].partition("-")[0] in whole
        ]
        return f"not in PyX: {'; '.join(dict.fromkeys(reasons)) or 'no stage that has run says why'}"

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

    `what`: a function's name, a file (the end of its path) with or without `:line` or `:name` (`operator.py:75`,
    `statistics.py:mean`), or a record's id.
    Raises UserError where `folder` holds nothing of it.
    """
    files = {file: kind for file in files_below(folder) if (kind := _kind(file))}
    if ID.fullmatch(what) and what.partition("-")[0] not in KINDS:
        raise UserError(f"{what}: ids begin with one of {', '.join(sorted(KINDS))}.")
    found = {each.id: Fate(each) for each in _starts(what, files)}
    if not found:
        raise UserError(
            f"{what}: no function, file or record of that name under {folder}; give a function's name, the end of a "
            f"file's path (operator.py), or an id. Methods that use their instance or class are no seeds, and leave no "
            f"record."
        )
    formats = _follow(found, files)
    of_others = {key for fate in found.values() for key in fate.made if key in found}
    for fate in found.values():
        made = sorted(fate.made, key=lambda key: ORDER.index(key.partition("-")[0]), reverse=True)
        fate.made = Counter(formats.get(key) or KINDS[key.partition("-")[0]].__name__ for key in made)
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
    """Whether it stands there in the corpus; a file that was dropped whole stands at all its lines."""
    if isinstance(record, Seed):
        source, lines = record.source, range(record.first_line, record.last_line + 1)
    elif match := DROPPED.match(record.detail) if isinstance(record, Dropped) else None:
        source = match["file"]
        if not match["line"]:
            return _ends(source, place["file"])
        lines = range(int(match["line"]), int(match["line"]) + 1)
    else:
        return False
    there = not place["line"] or int(place["line"]) in lines
    return (
        _ends(source, place["file"])
        and there
        and (not place["function"] or _named(record, place["function"]))
    )


def _ends(source: str, file: str) -> bool:
    return source == file or source.endswith("/" + file)


def _named(record: Record, name: str) -> bool:
    """Whether it is the function with that name, with its class or without."""
    if isinstance(record, Program):
        return record.entry_point == name
    if isinstance(record, Seed):
        own = re.escape(name.rpartition(".")[2])  # a seed has left its class
        return bool(re.search(rf"^(?:async )?(?:def|class) {own}\b", record.code, re.MULTILINE))
    match = DROPPED.match(record.detail) if isinstance(record, Dropped) else None
    qualified = match["function"] if match and match["line"] else None
    return qualified is not None and f".{qualified}".endswith(f".{name}")


def _follow(found: dict[str, Fate], files: dict[Path, type[Record]]) -> dict[str, str]:
    """Note in each fate the ids of what was made of it, what of that is in PyX, and what was dropped.

    Returns {monologue: `Monologue (its format)`}.
    """
    formats: dict[str, str] = {}
    of: dict[str, set[str]] = {key: {key} for key in found}
    """{record: the beginnings that it was made of}"""
    size = -1
    while size < (size := sum(map(len, of.values()))):  # a pass finds what is made of what it has passed
        for file in [file for file, kind in files.items() if kind is not Dropped]:
            for each in records.read(file, files[file], records.made_of(of)):
                of.setdefault(each.id, set()).update(*(of.get(parent, ()) for parent in each.parents))
                if isinstance(each, Monologue):
                    formats[each.id] = f"Monologue ({each.format})"
    for key, starts in of.items():
        for start in starts - {key}:
            found[start].made[key] = 1
    for file in [file for file, kind in files.items() if kind is Program and file.parent.name == "pyx"]:
        for each in records.read(file, Program, records.among(of)) if file.name in PARTS else ():
            for start in of[each.id]:
                found[start].selected[each.id] = PARTS[file.name]
    seen: set[str] = set()
    for file in [file for file, kind in files.items() if kind is Dropped]:
        for drop in records.read(file, Dropped, records.made_of(of)):
            for start in of.get(drop.parents[0], ()) if drop.id not in seen else ():
                found[start].dropped.append(drop)
            seen.add(drop.id)
    return formats


def _kind(file: Path) -> type[Record] | None:
    """What a file of records holds, by its first line; None for other files."""
    with file.open(encoding="utf-8", errors="replace") as stream:
        match = re.match(r'\{"id":"([a-z]+)-[0-9a-f]{16}"', stream.readline(60))
    return KINDS.get(match[1]) if match else None


def words(fate: Fate) -> Iterator[str]:
    """The same for a reader, a line each; drops for the same reason are counted."""
    yield fate.name
    if fate.verdict:
        yield f"  {fate.verdict}"
    if isinstance(fate.start, Dropped):
        if fate.start.parents:
            yield f"  dropped by {fate.start.stage}: {fate.start.reason}"
        return
    made = ", ".join(counted(count, kind) for kind, count in fate.made.items())
    yield f"  made of it: {made or 'nothing'}"
    alike: dict[tuple[str, str], list[Dropped]] = {}
    for each in fate.dropped:
        alike.setdefault((each.stage, each.reason), []).append(each)
    for (stage, reason), drops in sorted(alike.items()):
        if len(drops) == 1:
            detail = f" ({drops[0].detail})" if drops[0].detail else ""
            yield f"  dropped by {stage}: {reason}{detail} [{drops[0].parents[0]}]"
            continue
        of = Counter(KINDS[each.partition("-")[0]].__name__ for each in {drop.parents[0] for drop in drops})
        what = ", ".join(counted(count, kind) for kind, count in sorted(of.items()))
        yield f"  dropped by {stage}: {reason}, {len(drops)} times [{what}]"


def counted(count: int, kind: str) -> str:
    """`1 test`, `2 monologues`, `4 renderings (scratchpad)`: so many records of a kind, for a reader."""
    record, _, format = kind.partition(" (")
    if format and format != "monologue)":
        return f"{count} rendering{'' if count == 1 else 's'} ({format}"
    return f"{count} {NOUNS.get(record, record.lower())}{'' if count == 1 else 's'}"


def main(
    what: Annotated[
        str,
        typer.Argument(
            help="A function's name, a file (operator.py, operator.py:75, statistics.py:mean), or a record's id."
        ),
    ],
    results: Annotated[Path, typer.Option(help="Folder whose JSONL files are searched.")],
    as_data: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Tell what became of a function of the corpus: whether it is in PyX, what was made of it, where and why it was
    dropped. Drops for the same reason are counted; --json has each.

    Example: semcoder fate operator.py --results results/quickstart
    """
    found = fates(what.strip(), results)
    if as_data:
        rows = [
            {
                "start": fate.start.model_dump(mode="json"),
                "verdict": fate.verdict,
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
