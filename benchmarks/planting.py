"""Errors put into true monologues, reproducibly, so that what they say is false for certain.

The planter knows the writer's text, not the verifier's grammar. An error is made by changing a value that the text
states of one moment, so that the statement is false because the value there is another one; by a condition turned
round; by an iteration that is left out or told twice while the text goes on to number and count them; or by another
exception's name. Whatever could still be true after the edit is not planted.
"""

import itertools
import random
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from semcoder.execution import literals
from semcoder.execution.compare import same
from semcoder.records import Trace

KINDS = (
    "wrong value",
    "swapped variables",
    "missing iteration",
    "extra iteration",
    "wrong branch",
    "off-by-one index",
    "wrong type",
    "stale value",
    "wrong exception",
    "false invariant",
    "false constraint",
)
_STATE = re.compile(r"`([A-Za-z_]\w*) = ([^`\n]+)`")
_VALUE = re.compile(
    r"(?:\bis|\breturns|\breturn|\bReturn|\byields|\bends as|\bends up as|\bbecomes|\bgoes from `[^`\n]+` to)"
    r" `([^`\n]+)`"
)
_TRUTH = re.compile(r"` is (true|false)\b(?! every| in )")
_ITERATION = re.compile(r"^( *)- \*\*Iteration (\d+)\*\*")
_ENDED = re.compile(r"after (\d+) iterations?")
_ITEM = re.compile(r"`([A-Za-z_]\w*)\[(\d+)\]` is `([^`\n]+)`")
_ERROR = re.compile(r"`([A-Z]\w*(?:Error|Exception|Iteration))(:[^`\n]*)?`")
_INVARIANT = re.compile(r"iteration k[^`\n]*((?:`[^`\n]+`(?:, | and )?)+)")
_EQUATION = re.compile(r"`([^`\n]+ == [^`\n]*?)(\d+|\bk|\))`")
_CONSTRAINT = re.compile(
    r"`([^`\n]+ == )([^`\n=]+)`(?= (?:must|has to) hold)|satisfy `([^`\n]+ == )([^`\n=]+)`"
)
ERRORS = (
    "ValueError",
    "TypeError",
    "KeyError",
    "IndexError",
    "AttributeError",
    "ZeroDivisionError",
    "RuntimeError",
)


class Planted(NamedTuple):
    """An edited text, and where its false statement stands, in characters."""

    kind: str
    text: str
    start: int
    end: int


def planted(text: str, trace: Trace, kind: str, rng: random.Random) -> Planted | None:
    """`text` with one error of a kind; None where there is no place for one."""
    begin = text.find("### Execution Simulation")
    if begin < 0:
        begin = text.find("### Reverse Deduction")
    stop = text.find("### Conclusion", begin)
    make = {
        "wrong value": _wrong_value,
        "swapped variables": _swapped,
        "missing iteration": _missing,
        "extra iteration": _extra,
        "wrong branch": _branch,
        "off-by-one index": _off_by_one,
        "wrong type": _wrong_type,
        "stale value": _stale,
        "wrong exception": _exception,
        "false invariant": _invariant,
        "false constraint": _constraint,
    }[kind]
    edits = list(make(text, begin, stop, trace, rng))
    rng.shuffle(edits)
    for start, end, new in edits:
        changed = text[:start] + new + text[end:]
        if changed != text:
            return Planted(kind, changed, start, start + max(len(new), 1))
    return None


Edit = tuple[int, int, str]


def _states(text: str, begin: int, stop: int) -> Iterator[re.Match[str]]:
    """The spans that state a value of a variable."""
    for match in _STATE.finditer(text, begin, stop):
        if _literal(match[2]) is not _NONE:
            yield match


def _values(text: str, begin: int, stop: int) -> Iterator[tuple[int, int, str]]:
    for match in _states(text, begin, stop):
        yield match.start(2), match.end(2), match[2]
    for match in _VALUE.finditer(text, begin, stop):
        if _literal(match[1]) is not _NONE:
            yield match.start(1), match.end(1), match[1]


_NONE = object()


def _literal(text: str) -> Any:
    try:
        return literals.parse(text)
    except ValueError:
        return _NONE


def _wrong_value(text: str, begin: int, stop: int, trace: Trace, rng: random.Random) -> Iterator[Edit]:
    for start, end, value in _values(text, begin, stop):
        new = literals.render(_changed(literals.parse(value), rng))
        if not same(new, value):
            yield start, end, new


def _changed(value: Any, rng: random.Random) -> Any:
    """Another value of the same type, where there is one."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + rng.choice((1, -1, 2, 10))
        case str():
            if not value:
                return rng.choice("abcx")
            at = rng.randrange(len(value))
            return rng.choice(
                (value[:at] + value[at + 1 :], value + value[at], value[:at] + "z" + value[at:])
            )
        case list() | tuple() if value:
            at = rng.randrange(len(value))
            items = list(value)
            if rng.random() < 0.5:
                items[at] = _changed(items[at], rng)
            else:
                del items[at]
            return type(value)(items)
        case list():
            return [0]
        case tuple():
            return (0,)
        case dict() if value:
            key = rng.choice(list(value))
            return {**value, key: _changed(value[key], rng)}
        case dict():
            return {"a": 1}
        case set():
            return {*value, 99, "zz"}
        case None:
            return 0
    return value


def _swapped(text: str, begin: int, stop: int, trace: Trace, rng: random.Random) -> Iterator[Edit]:
    """Two states beside each other that exchange their values."""
    found = list(_states(text, begin, stop))
    for one, other in itertools.pairwise(found):
        between = text[one.end() : other.start()]
        if between not in (" and ", ", ") or one[1] == other[1] or same(one[2], other[2]):
            continue
        yield one.start(), other.end(), f"`{one[1]} = {other[2]}`{between}`{other[1]} = {one[2]}`"


def _off_by_one(text: str, begin: int, stop: int, trace: Trace, rng: random.Random) -> Iterator[Edit]:
    """The loop's own number one too large or small, or the item beside the one that is meant."""
    for match in re.finditer(
        r"\*\*Iteration \d+\*\*(?::| \()[^\[\n]{0,3}`([A-Za-z_]\w*) = (\d+)`", text[:stop]
    ):
        if match.start() >= begin:
            yield match.start(2), match.end(2), str(int(match[2]) + rng.choice((1, -1)))
    for match in _ITEM.finditer(text, begin, stop):
        at = int(match[2]) + rng.choice((1, -1))
        held = [event.changes[match[1]] for event in trace.events if match[1] in event.changes]
        known = [_literal(each) for each in held]
        if (
            at >= 0
            and held
            and all(
                isinstance(each, list | tuple | str)
                and (at >= len(each) or not same(literals.render(each[at]), match[3]))
                for each in known
            )
        ):
            yield match.start(2), match.end(2), str(at)


def _wrong_type(text: str, begin: int, stop: int, trace: Trace, rng: random.Random) -> Iterator[Edit]:
    for start, end, text_ in _values(text, begin, stop):
        value = literals.parse(text_)
        match value:
            case bool() | None:
                new: Any = str(value)
            case int():
                new = rng.choice((str(value), float(value) if abs(value) < 10**15 else str(value)))
            case float():
                new = str(value)
            case str():
                new = (
                    int(value)
                    if re.fullmatch(r"[1-9]\d{0,15}", value)
                    else rng.choice(([value], list(value)))
                )
            case list():
                new = tuple(value)
            case tuple():
                new = list(value)
            case dict():
                new = list(value)
            case set():
                new = sorted(value, key=repr)
            case _:
                continue
        rendered = literals.render(new)
        if not same(rendered, text_):
            yield start, end, rendered


def _stale(text: str, begin: int, stop: int, trace: Trace, rng: random.Random) -> Iterator[Edit]:
    """A value that the variable had before, where the text states what it came to be.

    Only forward, where a step's own state is stated after its label and outside of brackets.
    """
    if "### Reverse" in text:
        return
    last: dict[str, str] = {}
    for match in _states(text, begin, stop):
        name, value = match[1], match[2]
        line = text[text.rfind("\n", 0, match.start()) : match.start()]
        old = last.get(name)
        last[name] = value
        if old is None or same(old, value) or line.count("(") > line.count(")"):
            continue
        if re.search(
            "told in short|Passed over", line
        ):  # of several steps: the old value may be that of another
            continue
        since = line.rpartition(". ")[2]
        if "[L" in since and not re.search(r"\b(?:since|because|if|with)\b", since):
            yield match.start(2), match.end(2), old


def _branch(text: str, begin: int, stop: int, trace: Trace, rng: random.Random) -> Iterator[Edit]:
    for match in _TRUTH.finditer(text, begin, stop):
        yield match.start(1), match.end(1), "false" if match[1] == "true" else "true"


def _exception(text: str, begin: int, stop: int, trace: Trace, rng: random.Random) -> Iterator[Edit]:
    for match in _ERROR.finditer(text, begin, stop):
        before = text[max(begin, match.start() - 12) : match.start()]
        if before.endswith(("raises ", "raise ")) or text[match.end() :].startswith(" is raised"):
            yield match.start(1), match.end(1), rng.choice([each for each in ERRORS if each != match[1]])


def _invariant(text: str, begin: int, stop: int, trace: Trace, rng: random.Random) -> Iterator[Edit]:
    """What is said to be true after every iteration, off by one."""
    for told in _INVARIANT.finditer(text, begin, stop):
        for match in _EQUATION.finditer(text, told.start(1), told.end(1)):
            if match[2] != ")" or re.search(r" == (?:len|sum|max|min)\(", match[0]):
                yield match.end(2), match.end(2), rng.choice((" + 1", " - 1"))


def _constraint(text: str, begin: int, stop: int, trace: Trace, rng: random.Random) -> Iterator[Edit]:
    """What the input must satisfy, with another value on the right."""
    for match in _CONSTRAINT.finditer(text, 0, begin if "### Reverse" in text else 0):
        at = 2 if match[2] else 4
        value = _literal(match[at])
        if value is not _NONE and not same(new := literals.render(_changed(value, rng)), match[at]):
            yield match.start(at), match.end(at), new


class _Turns(NamedTuple):
    """The lines of one loop's iterations, all of them told, and the line that counts them."""

    starts: list[int]
    """Line numbers at which the iterations begin; the last is where they end."""
    ended: int


def _loops(lines: Sequence[str]) -> Iterator[_Turns]:
    for at, line in enumerate(lines):
        first = _ITERATION.match(line)
        if not first or first[2] != "1":
            continue
        indent, starts, here = len(first[1]), [at], at + 1
        while here < len(lines):
            depth = len(lines[here]) - len(lines[here].lstrip(" "))
            if depth < indent or not lines[here].startswith(" "):
                break
            turn = _ITERATION.match(lines[here])
            if depth == indent:
                if not turn or int(turn[2]) != len(starts) + 1:
                    break
                starts.append(here)
            here += 1
        counted = _ENDED.search(lines[here]) if here < len(lines) else None
        if counted and int(counted[1]) == len(starts) and lines[here].startswith(f"{first[1]}- "):
            yield _Turns([*starts, here], here)


def _renumbered(lines: Sequence[str], loop: _Turns, kept: list[list[str]]) -> Edit:
    n = len(kept)
    told = [
        [re.sub(r"\*\*Iteration \d+\*\*", f"**Iteration {at}**", turn[0], count=1), *turn[1:]]
        for at, turn in enumerate(kept, 1)
    ]
    noun = "iteration" if n == 1 else "iterations"
    ended = _ENDED.sub(f"after {n} {noun}", lines[loop.ended])
    start = sum(len(line) + 1 for line in lines[: loop.starts[0]])
    end = sum(len(line) + 1 for line in lines[: loop.ended + 1]) - 1
    return start, end, "\n".join([*(line for turn in told for line in turn), ended])


def _missing(text: str, begin: int, stop: int, trace: Trace, rng: random.Random) -> Iterator[Edit]:
    lines = text.split("\n")
    for loop in _loops(lines):
        turns = [list(lines[a:b]) for a, b in itertools.pairwise(loop.starts)]
        if len(turns) > 1:
            gone = rng.randrange(len(turns))
            yield _renumbered(lines, loop, turns[:gone] + turns[gone + 1 :])


def _extra(text: str, begin: int, stop: int, trace: Trace, rng: random.Random) -> Iterator[Edit]:
    lines = text.split("\n")
    for loop in _loops(lines):
        turns = [list(lines[a:b]) for a, b in itertools.pairwise(loop.starts)]
        yield _renumbered(lines, loop, [*turns, rng.choice(turns)])
