"""How one value differs from another, in a few words that are checked on both."""

from typing import Any

from semcoder.execution.literals import render
from semcoder.monologue.evaluate import parsed
from semcoder.monologue.wording import claim, described, span

MAX_BOTH = 50
"""Values up to this many characters are shown before and after."""


def difference(name: str, before: str, after: str, limit: int) -> str:
    """`out` gains `3` at the end; `d['a']` becomes `2`; `n` goes from `1` to `2`; else `n = 2`."""
    try:
        old, new = parsed(before), parsed(after)
    except ValueError:
        old = new = None
    told = ""
    if type(old) is type(new) and isinstance(old, list | str):
        told = _sequence(name, old, new, limit)
    if not told and type(old) is type(new) and type(old) in (list, dict):
        told = _entries(name, old, new, limit)
    if told:
        return told
    if len(before) + len(after) <= MAX_BOTH:
        return f"{span(name)} goes from {span(before)} to {span(after)}"
    return claim(name, after, limit)


def changed_part(name: str, before: str, after: str, limit: int) -> str:
    """What is new in a value that is too long to show: `out` (a list of 41 integers, with `3` added at the end)."""
    try:
        old, new = parsed(before), parsed(after)
    except ValueError:
        old = new = None
    if type(old) is type(new) and type(old) in (list, dict):
        items = _items(old, new)
        if items is not None and len(items) == 1:
            told = span(f"{name}[{items[0][0]}] = {items[0][1]}")
            if len(told) <= limit:
                return told
    if (
        type(old) is type(new)
        and isinstance(old, list | str)
        and len(new) > len(old)
        and new[: len(old)] == old
    ):
        rest = new[len(old) :]
        shown = (
            ", ".join(span(render(item)) for item in rest) if isinstance(rest, list) else span(render(rest))
        )
        if len(shown) <= limit:
            return f"{span(name)} ({described(after)}, with {shown} added at the end)"
    return f"{span(name)} ({described(after)})"


def _items(old: Any, new: Any) -> list[tuple[str, str]] | None:
    """The (key, value) pairs of `new` that `old` does not have; None where `old` has keys that `new` has not."""
    if isinstance(new, list):
        if len(old) != len(new):
            return None
        pairs = [(at, new[at]) for at in range(len(new)) if old[at] != new[at]]
    elif set(old) - set(new):
        return None
    else:
        pairs = [(key, value) for key, value in new.items() if key not in old or old[key] != value]
    return [(render(key), render(value)) for key, value in pairs]


def _sequence(name: str, old: Any, new: Any, limit: int) -> str:
    for long, short, verb in ((new, old, "gains"), (old, new, "loses")):
        if len(long) <= len(short):
            continue
        rest, end = "", ""
        if long[: len(short)] == short:
            rest, end = long[len(short) :], "at the end"
        elif long[len(long) - len(short) :] == short:
            rest, end = long[: len(long) - len(short)], "at the front"
        if not end:
            return ""
        shown = (
            ", ".join(span(render(item)) for item in rest) if isinstance(rest, list) else span(render(rest))
        )
        return f"{span(name)} {verb} {shown} {end}" if len(shown) <= limit else ""
    return ""


def _entries(name: str, old: Any, new: Any, limit: int) -> str:
    items = _items(old, new)
    if items is None or len(items) != 1:
        return ""
    told = f"{span(f'{name}[{items[0][0]}]')} becomes {span(items[0][1])}"
    return told if len(told) <= limit else ""
