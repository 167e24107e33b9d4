"""A monologue laid beside its run: for each step the state after it, for each passage the step that it tells.

Passages are placed by what they show themselves: forward by line labels, the cursor moving on through the run (what is
told after its time is looked for from the start);
backward by the statements that they quote, the cursor moving back. Where a line ran several times, the run whose new
values stand in the passage is meant. What shows neither belongs to no step.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from semcoder.monologue.accept import LABEL
from semcoder.monologue.evidence import Told
from semcoder.monologue.verify import Claim, Verified
from semcoder.records import Event
from semcoder.tracing.structure import source_lines

_QUOTED = re.compile(r"`([^`\n]+)`")
_NUMBERED = re.compile(r"\s*\d+\.")


class Variable(NamedTuple):
    """A variable of the running function after a step."""

    name: str
    text: str
    changed: bool


@dataclass(frozen=True)
class Step:
    """One event of the run and what the function's variables are after it."""

    line: int
    what: str
    """In words where the event is more than a line: a call, a return, an exception."""
    scope: str
    depth: int
    variables: tuple[Variable, ...]


class Passage(NamedTuple):
    """`text[start:end]`, which tells step number `step` (0-based)."""

    start: int
    end: int
    step: int


@dataclass(frozen=True)
class View:
    """All that is shown of one monologue."""

    told: Told
    found: Verified
    steps: tuple[Step, ...]
    passages: tuple[Passage, ...]

    @property
    def marks(self) -> tuple[Claim, ...]:
        """Checked claims that do not overlap."""
        return apart(each for each in self.found.claims if each.status != "not_checkable")


_FIRST = ("contradicted", "supported", "not_checkable")


def apart(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Claims that do not overlap, in text order: false ones first, then true ones, of those the shorter."""
    ranked = sorted(
        (each for each in claims if each.start < each.end),
        key=lambda each: (_FIRST.index(each.status), each.end - each.start, each.start),
    )
    taken: list[Claim] = []
    for claim in ranked:
        if all(claim.end <= other.start or other.end <= claim.start for other in taken):
            taken.append(claim)
    return tuple(sorted(taken, key=lambda each: each.start))


def view(told: Told) -> View:
    """Lay a monologue beside its run."""
    place = _backward if told.direction == "backward" else _forward
    return View(told, told.verified(), tuple(_steps(told.events)), tuple(place(told)))


def _steps(events: Sequence[Event]) -> Iterator[Step]:
    frames: list[dict[str, str]] = []
    for event in events:
        keep = event.depth if event.kind == "call" else event.depth + 1
        del frames[keep:]
        while len(frames) < event.depth + 1:
            frames.append({})
        now = frames[event.depth]
        now.update(event.changes)
        for name in event.removed:
            now.pop(name, None)
        what = {
            "call": f"{event.scope} is called",
            "return": f"{event.scope} returns {event.value}",
            "exception": f"raises {event.value}",
        }.get(event.kind, "")
        variables = tuple(Variable(name, text, name in event.changes) for name, text in now.items())
        yield Step(event.line, what, event.scope, event.depth, variables)


def _forward(told: Told) -> Iterator[Passage]:
    """From each label to the next one or the end of its line; a line under a labelled one begins with its step."""
    cursor, at = 0, 0
    above: list[tuple[int, int]] = []
    """(indent, label) of the lines that the current one stands under."""
    for text in told.text.splitlines(keepends=True):
        body = text.rstrip("\n")
        indent = len(body) - len(body.lstrip(" "))
        above = [each for each in above if each[0] < indent]
        labels = list(LABEL.finditer(body))
        begins = [(label.start(), int(label[1]), True) for label in labels]
        if above and (not labels or labels[0].start() > indent + 2):
            begins.insert(0, (indent, above[-1][1], False))
        for number, (start, label, certain) in enumerate(begins):
            end = begins[number + 1][0] if number + 1 < len(begins) else len(body)
            line = label - told.label_offset
            there = [k for k, event in enumerate(told.events) if event.line == line]
            ahead = [k for k in there if k >= cursor]
            step = _meant(body[start:end], ahead or there, told.events, certain)
            if step is not None:
                yield Passage(at + start, at + end, step)
                cursor = max(cursor, step + 1)
        if labels:
            above.append((indent, int(labels[-1][1])))
        at += len(text)


def _meant(text: str, ahead: Sequence[int], events: Sequence[Event], certain: bool) -> int | None:
    """Of the steps that are left, the one whose new values stand in a passage; if `certain`, else the next one."""
    showing = next((at for at in ahead if _shows(text, events[at])), None)
    next_one = ahead[0] if ahead and certain else None
    still = next_one is not None and not events[next_one].changes and not events[next_one].value
    return next_one if still or showing is None else showing


def _shows(text: str, event: Event) -> bool:
    """Whether a step has new values and they stand in a passage."""
    values = [*event.changes.values(), *([event.value] if event.value else [])]
    return bool(values) and all(value in text for value in values)


def _backward(told: Told) -> Iterator[Passage]:
    """Each line of the text that quotes a statement of the program, or the right side of one."""
    source = {number: line.strip() for number, line in enumerate(source_lines(told.program.code), 1)}
    cursor, at = len(told.events) - 1, 0
    for text in told.text.splitlines(keepends=True):
        quotes = [each for each in _QUOTED.findall(text) if len(each) > 3 and not each.isidentifier()]
        behind = [
            step
            for step in range(cursor, -1, -1)
            if any(quote in source.get(told.events[step].line, "") for quote in quotes)
        ]
        step = _meant(text, behind, told.events, certain=True)
        if step is not None and _NUMBERED.match(text):
            yield Passage(at, at + len(text.rstrip("\n")), step)
            cursor = step
        at += len(text)
