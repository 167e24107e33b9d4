"""A monologue taken apart: sections, lines, and chunks with their labels, iteration marks and atoms.

An atom is what a claim can be made of: a code span, a literal, a name of the program, a number in words. What
stands between two atoms is glue, and is read by semcoder.monologue.verify.claims. Every step here is linear in
the text; nothing looks back further than a line.
"""

import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from semcoder.monologue.verify.prose import Atom, named, pieces, prose_of
from semcoder.monologue.verify.tone import Tone, tone
from semcoder.monologue.verify.values import ORDINALS

Section = Literal["code", "facts", "steps", "end"]
MASK = "\x01"

_HEADING = re.compile(r"\s{0,3}(#{1,6})\s+(.*)")
_BULLET = re.compile(r"\s*(?:(\d{1,3}[.)]|\(\d{1,3}\))|[-*•+]|>)\s+")
_SECTIONS: tuple[tuple[Section, re.Pattern[str]], ...] = (
    ("end", re.compile(r"conclu|answer|result|final|verdict")),
    ("facts", re.compile(r"propert|constraint|observ|precondition")),
    ("steps", re.compile(r"simulat|trac|execut|deduc|step|walk|run")),
    ("code", re.compile(r"understand|overview|purpose|what the (?:code|function)|intuition|goal")),
)
_MASKS = re.compile(MASK + "+")
_LEAD = re.compile(
    r"[\s*_>(–—:,-]*(?:(?:on|in|at|then|next|now|and|so|for|during|after|finally|executing|execute|back|to|the|"
    r"we|reach|go|control|moves|again|first|with|when|by|is|this|loop|python|runs|starting|start)[\s,*_:(–—-]+)*\Z"
)
_CODE = re.compile(
    r"(?:(?:async )?def \w+\(.*\).*:|class \w+(?:\(.*\))?:|raise [\w.]+\(.*\)(?: from \w+)?|"
    r"import [\w.]+|from [\w.]+ import .+)\Z"
)
"""A line of Python that no sentence looks like, in fences or without: models repeat code, and make up more of it."""
_PRIOR = re.compile(r"\b(?:before|until)(?: the)?[\s*]*\Z")
_MARK_NUMBERS = re.compile(r"\d+")


@dataclass(slots=True)
class Mark:
    """Iterations that a chunk speaks of. `relative` is `last`, `next` or `previous` where no number is given."""

    first: int
    last: int
    relative: str = ""
    selector: tuple[str, str] | None = None
    """The (name, value) of the loop's variable that says which iteration is meant."""


@dataclass(slots=True)
class Chunk:
    """A sentence, or the part of one that a label or iteration mark opens."""

    start: int
    end: int
    section: Section
    atoms: list[Atom]
    low: str
    """The line in lower case with its code spans masked; `base` is where the line begins."""
    base: int
    label: int | None = None
    labels: int = 0
    """How many labels stand in it, mentions included."""
    mark: Mark | None = None
    final: bool = False
    """Whether it stands in the text's last line."""
    carried: bool = False
    """Whether the mark stands in a sentence before."""
    leads: bool = False
    """Whether the mark opens the chunk, so that what follows belongs to the same iteration."""
    opens: bool = False
    """Whether the label stands in this chunk, and is not carried over from the one before."""
    cells: Sequence[tuple[str, Atom]] = ()
    """A table's row: column names and values."""
    words: str = field(init=False)
    """The chunk's own text, in lower case with its code spans masked."""
    tone: Tone = field(init=False)
    """What the chunk's words say of all its claims together."""

    def __post_init__(self) -> None:
        self.words = words = self.low[self.start - self.base : self.end - self.base]
        self.tone = tone(_MASKS.sub(MASK, words) if MASK in words else words)


@dataclass(slots=True)
class Line:
    """A line of the text and how deep it stands: a line belongs to the last one before it of lower rank."""

    rank: int
    chunks: list[Chunk]
    heading: bool = False


def lines(text: str, names: Collection[str], code_lines: Collection[str]) -> Iterator[Line]:
    """The lines that say something. `names` are the program's; `code_lines` its stripped lines of code."""
    section: Section = "steps"
    fenced = False
    last = len(text.rstrip())
    columns: list[str] = []
    base = 0
    for raw in text.split("\n"):
        start, base = base, base + len(raw) + 1
        stripped = raw.strip()
        if stripped.startswith("```"):
            fenced = not fenced
            continue
        if not stripped:
            continue
        if stripped.startswith("|") and stripped.count("|") > 2 and not fenced:
            cells = _cells(raw, start)
            if not columns:
                columns = [each.text.strip("`* ").lower() for each in cells]
            elif set(stripped) - set("|-: "):
                yield _row(raw, start, cells, columns, section)
            continue
        columns = []
        if _CODE.match(stripped):
            continue
        heading = _HEADING.match(raw) if not fenced else None
        title = heading[2] if heading else _title(stripped)
        if title:
            named = _section(title)
            section = named or section
            rank = -100 + len(heading[1]) if heading else -90
            mark = _line(raw, start, 0, "steps", names)
            if any(chunk.mark or chunk.label for chunk in mark) or (not named and not heading):
                yield Line(rank, mark, True)
            else:
                yield Line(rank, [], True)
            continue
        if fenced and stripped.partition("  #")[0].strip() in code_lines:
            comment = raw.find("#")
            if comment >= 0:
                yield Line(len(raw) - len(raw.lstrip()) + 2, _line(raw, start, comment + 1, section, names))
            continue
        bullet = _BULLET.match(raw)
        indent = len(raw) - len(raw.lstrip(" \t"))
        rank = 4 * indent + (0 if bullet is None else 1 if bullet[1] else 2)
        chunks = _line(raw, start, bullet.end() if bullet else indent, section, names)
        if base > last:
            for chunk in chunks:
                chunk.final = True
        if bullet is None and (
            stripped.endswith(":") or (len(stripped) < 60 and any(each.leads for each in chunks))
        ):
            rank -= 1
        yield Line(rank, chunks)


@lru_cache(maxsize=256)
def _section(title: str) -> Section | None:
    low = title.lower()
    return next((name for name, words in _SECTIONS if words.search(low)), None)


def _title(stripped: str) -> str:
    """The words of a bold line or of a short one that ends in a colon and names a section; else nothing."""
    if len(stripped) > 60:
        return ""
    if stripped.startswith("**") and stripped.rstrip(":").endswith("**") and stripped.count("**") == 2:
        return stripped.strip("*: ")
    if stripped.endswith(":") and len(stripped.split()) <= 4 and _section(stripped) and "`" not in stripped:
        return stripped
    return ""


def _line(raw: str, base: int, begin: int, section: Section, names: Collection[str]) -> list[Chunk]:
    """The chunks of one line, from the place `begin` in it."""
    atoms: list[Atom] = []
    ends: list[int] = []
    low = [" " * begin]
    for start, end, content in pieces(raw, begin):
        if content is not None:
            atoms.append(Atom("code", base + start, base + end, content))
            low.append(MASK * (end - start))
            continue
        prose = raw[start:end]
        found = prose_of(prose)
        low.append(found.low)
        at = base + start
        own = [Atom(kind, at + one, at + other, text) for kind, one, other, text in found.tokens]
        if found.words and not found.words.isdisjoint(names):
            own += named(prose, at, names, own)
            own.sort(key=_place)
        atoms += own
        if found.ends:
            ends += [start + each for each in found.ends]
    return _chunks(raw, "".join(low), base, begin, section, atoms, ends)


def _place(atom: Atom) -> int:
    return atom.start


def _chunks(
    raw: str, low: str, base: int, begin: int, section: Section, atoms: list[Atom], ends: list[int]
) -> list[Chunk]:
    """Cut a line at sentence ends, leading labels and leading marks."""
    hints = [atom for atom in atoms if atom.kind == "label" or atom.kind == "mark"]
    if not hints and (not ends or ends[0] + 2 >= len(low)):
        return [Chunk(base + begin, base + len(raw), section, atoms, low, base)]
    cuts = {begin, *[end + 1 for end in ends if end + 1 < len(low)]}
    leading: dict[int, Atom] = {}
    since, stop = begin, 0
    for atom in hints:
        at = atom.start - base
        while stop < len(ends) and ends[stop] < at:
            since = max(since, ends[stop] + 1)
            stop += 1
        prefix = low[since:at] if at - since < 60 else low[at - 60 : at]
        colon = low[atom.end - base : atom.end - base + 3].lstrip("*")[:1] == ":"
        if colon or _LEAD.match(prefix.rpartition(", ")[2]) or prefix.rstrip(" *")[-1:] in (";", ":", "—"):
            if atom.kind == "mark" and _PRIOR.search(prefix):
                continue
            leading[at] = atom
            cuts.add(at)
            since = at
    places = [*sorted(cuts), len(raw)]
    chunks: list[Chunk] = []
    at = 0
    label: int | None = None
    mark: Mark | None = None
    for start, end in itertools.pairwise(places):
        own: list[Atom] = []
        while at < len(atoms) and atoms[at].start - base < end:
            own.append(atoms[at])
            at += 1
        chunk = Chunk(base + start, base + end, section, [], low, base)
        opener = leading.get(start)
        if opener is not None and opener.kind == "label":
            label = int("".join(filter(str.isdigit, opener.text)))
            chunk.opens = True
        elif opener is not None:
            mark, label = _mark(opener.text), None
            chunk.leads = True
        chunk.label, chunk.mark = label, mark
        chunk.carried = mark is not None and not chunk.leads
        inside = [each for each in own if each.kind == "label" or each.kind == "mark"] if hints else []
        if inside and inside != [opener]:
            mentioned = [each for each in inside if each.kind == "mark" and each is not opener]
            if len(mentioned) == 1 and not chunk.leads:
                chunk.mark, chunk.carried = _mark(mentioned[0].text), False
            named = [each for each in inside if each.kind == "label"]
            chunk.labels = len(named)
            if len(named) == 1 and label is None and mark is None:
                chunk.label = int("".join(filter(str.isdigit, named[0].text)))
        elif inside:
            chunk.labels = int(inside[0].kind == "label")
        chunk.atoms = own
        chunks.append(chunk)
    return chunks


def _mark(text: str) -> Mark:
    low = text.lower()
    numbers = [int(each) for each in _MARK_NUMBERS.findall(low)]
    if numbers:
        return Mark(numbers[0], numbers[-1])
    word = low.removeprefix("in the ").split()[0]
    if word in ORDINALS:
        return Mark(ORDINALS[word], ORDINALS[word])
    return Mark(0, 0, "last" if word == "final" else word)


def _cells(raw: str, base: int) -> list[Atom]:
    """The cells of a table's row, bars in code spans left alone."""
    bars: list[int] = []
    inside = False
    for at, char in enumerate(raw):
        if char == "`":
            inside = not inside
        elif char == "|" and not inside and raw[at - 1 : at] != "\\":
            bars.append(at)
    found = []
    for start, end in itertools.pairwise(bars):
        text = raw[start + 1 : end]
        left = start + 1 + len(text) - len(text.lstrip())
        found.append(
            Atom("literal", base + left, base + max(left, start + 1 + len(text.rstrip())), text.strip())
        )
    return found


_ITERATION_COLUMN = re.compile(r"iter(?:ation)?(?: ?#| no\.?| number)?|pass|#|turn|round")


def _row(raw: str, base: int, cells: list[Atom], columns: list[str], section: Section) -> Line:
    chunk = Chunk(base, base + len(raw), section, [], MASK * len(raw), base)
    found: list[tuple[str, Atom]] = []
    for name, cell in zip(columns, cells, strict=False):
        value = cell.text.strip("*` ")
        if _ITERATION_COLUMN.fullmatch(name) and value.isdigit():
            chunk.mark = Mark(int(value), int(value))
        elif name in ("line", "label") and value.strip("[]Ll").isdigit():
            chunk.label = int(value.strip("[]Ll"))
        else:
            found.append((name, Atom(cell.kind, cell.start, cell.end, value)))
    chunk.cells = found
    return Line(10_000, [chunk])
