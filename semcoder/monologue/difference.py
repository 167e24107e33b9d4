"""How one value differs from another, in a few words that are checked on both."""

from typing import Any

from semcoder.execution.literals import render
from semcoder.monologue.evaluate import parsed
from semcoder.monologue.wording import claim, span

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
    elif type(old) is dict and type(new) is dict:
        told = _entries(name, old, new, limit)
    if told:
        return told
    if len(before) + len(after) <= MAX_BOTH:
        return f"{span(name)} goes from {span(before)} to {span(after)}"
    return claim(name, after, limit)


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


def _entries(name: str, old: dict[Any, Any], new: dict[Any, Any], limit: int) -> str:
    keys = [key for key in new if key not in old or old[key] != new[key]]
    if len(keys) != 1 or set(old) - set(new):
        return ""
    told = f"{span(f'{name}[{render(keys[0])}]')} becomes {span(render(new[keys[0]]))}"
    return told if len(told) <= limit else ""
