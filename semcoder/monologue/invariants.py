"""What stays true from iteration to iteration of a loop: a few templates, each checked on all iterations of the trace.

An invariant is a Python expression over the loop's variables and `k`, the number of the iteration that has just
ended, counted from 1. What one iteration breaks is not stated.
"""

import ast
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from semcoder.execution.literals import render
from semcoder.monologue.evaluate import parsed, text_of
from semcoder.monologue.lifting import before_loop, lifted
from semcoder.monologue.listing import Listing, names_read
from semcoder.monologue.loops import Round, changed, targets, values_by_iteration
from semcoder.monologue.substitution import free

MAX_INVARIANTS = 3
MAX_TEXT = 30_000
"""Characters of a variable's values over all iterations; longer ones are not looked at."""
MAX_CHARS = 80
MAX_ITERATIONS = 60
"""Longer loops are not compared with a comprehension of each of their beginnings."""
NUMBERS = (int, float)


class Series(NamedTuple):
    """A variable over a loop: before it, where it was known, and after each iteration."""

    name: str
    start: Any
    values: list[Any]

    def all_of(self, *kinds: type) -> bool:
        """Whether every value is of one of these very types."""
        return all(type(value) in kinds for value in self.values)


class Items(NamedTuple):
    """What a `for` loop went through, and how the first k of them are written."""

    values: list[Any]
    prefix: str


UNKNOWN = object()


def invariants(run: Round, listing: Listing) -> tuple[str, ...]:
    """Invariants of a loop, at most one a variable, the most exact first in each. Needs three iterations."""
    if run.invariants is None:
        told = len(run.iterations) > 2 and "k" not in listing.names
        run.invariants = tuple(_found(run, listing)) if told else ()
    return run.invariants


def _found(run: Round, listing: Listing) -> Iterator[str]:
    items = _items(run)
    known = [series for name in changed(run.iterations) if (series := _series(name, run)) is not None]
    own = set(targets(run.node))
    built = _built(run, listing, [series for series in known if series.name not in own])
    told: list[str] = []
    rest: list[Series] = []
    for series in known:
        if series.name.startswith("_"):
            continue
        every = _alone(series, items, own, built.get(series.name, ""))
        found = next((text for text in every if text and len(text) <= MAX_CHARS), "")
        if found:
            told.append(found)
        elif series.name not in own:
            rest.append(series)
    steering = set(names_read(run.node.test)) if isinstance(run.node, ast.While) else set()
    numbers = [series for series in known if series.name not in own and series.all_of(*NUMBERS)]
    for one, other in itertools.combinations(numbers, 2):
        if one in rest or other in rest:
            told += [text for text in [_together(one, other, {one.name, other.name} <= steering)] if text]
    for series in rest:
        if not any(series.name in text for text in told):
            told += [text for text in [_bounded(series)] if text]
    yield from told[:MAX_INVARIANTS]


def _built(run: Round, listing: Listing, known: Sequence[Series]) -> dict[str, str]:
    """What the first k items make of each variable, as a comprehension, for loops that are one."""
    before = run.first().before
    prefix = _prefix(run.node)
    if prefix is None or len(run.iterations) > MAX_ITERATIONS:
        return {}
    found = lifted(run, listing, before_loop(run))
    told = {}
    for series in known:
        node = found.variables.get(series.name) if found is not None else None
        if node is None or series.name in free(node) or not isinstance(run.node, ast.For):
            continue
        text = ast.unparse(node)
        whole = f" in {ast.unparse(run.node.iter)}"
        if text.count(whole) != 1:
            continue
        text = text.replace(whole, f" in {prefix}")
        part = ast.parse(text, mode="eval").body
        given = dict(before)
        for k, value in enumerate(series.values, 1):
            given["k"] = str(k)
            if text_of(part, given, listing.names) != render(value):
                break
        else:
            told[series.name] = f"{series.name} == {text}"
    return told


def _prefix(node: ast.AST) -> str | None:
    """The first k of what a loop goes through, as code."""
    match node:
        case ast.For(iter=ast.Name(id=name)) if name != "k":
            return f"{name}[:k]"
        case ast.For(iter=ast.Call(func=ast.Name(id="enumerate"), args=[ast.Name(id=name)])):
            return f"enumerate({name}[:k])"
        case ast.For(iter=ast.Call(func=ast.Name(id="range"), args=[_])):
            return "range(k)"
    return None


def _bounded(series: Series) -> str:
    """Where a number that only grows, or only falls, stays."""
    name, start, values = series
    if not series.all_of(*NUMBERS) or type(start) not in NUMBERS:
        return ""
    pairs = list(itertools.pairwise([start, *values]))
    if all(a <= b for a, b in pairs):
        return f"{name} >= {render(start)}"
    return f"{name} <= {render(start)}" if all(a >= b for a, b in pairs) else ""


def _series(name: str, run: Round) -> Series | None:
    texts = values_by_iteration(name, run.iterations)
    if texts is None or sum(map(len, texts)) > MAX_TEXT:
        return None
    try:
        start = run.iterations[0].header.before.get(name)
        return Series(name, UNKNOWN if start is None else parsed(start), [parsed(text) for text in texts])
    except ValueError:
        return None


def _items(run: Round) -> Items | None:
    """The items of a loop over a variable that stays the same, or over its positions."""
    match run.node:
        case ast.For(target=ast.Name(), iter=ast.Name(id=name)):
            pass
        case ast.For(
            iter=ast.Call(
                func=ast.Name(id="range"), args=[ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)])]
            )
        ):
            pass
        case ast.For(iter=ast.Call(func=ast.Name(id="enumerate"), args=[ast.Name(id=name)])):
            pass
        case _:
            return None
    texts = {iteration.header.before.get(name) for iteration in run.iterations}
    text = texts.pop()
    if texts or text is None:
        return None
    try:
        values = parsed(text)
    except ValueError:
        return None
    if type(values) not in (list, tuple, str) or len(values) < len(run.iterations):
        return None
    return Items(list(values), f"{name}[:k]")


def _alone(series: Series, items: Items | None, own: set[str], built: str) -> Iterator[str]:
    """The invariants of one variable, the most exact first; `built` is what it is made of, where that is known."""
    name = series.name
    if series.all_of(*NUMBERS):
        yield _linear(name, series.values)
    if name in own:
        return
    if items is not None:
        yield from _of_items(series, items)
    yield built
    if series.all_of(list) or series.all_of(str):
        yield from _shrinking(series)
    if series.all_of(list, str, tuple, dict, set):
        yield _linear(f"len({name})", [len(value) for value in series.values])
    if series.all_of(list) and type(series.start) is list:
        counts = [_multiset(value) for value in [series.start, *series.values]]
        if None not in counts and all(count == counts[0] for count in counts):
            yield f"sorted({name}) == {render(sorted(series.start))}" if _sortable(series.start) else ""
    if series.all_of(dict) and all(type(v) in NUMBERS for value in series.values for v in value.values()):
        yield _linear(f"sum({name}.values())", [sum(value.values()) for value in series.values])


def _linear(name: str, values: Sequence[Any]) -> str:
    """`name == 2 * k + 1`."""
    if any(type(value) is not int for value in values):
        return ""
    step = values[1] - values[0]
    if any(b - a != step for a, b in itertools.pairwise(values)):
        return ""
    start = values[0] - step
    if not step:
        return f"{name} == {start}"
    term = {1: "k", -1: "-k"}.get(step, f"{step} * k")
    if start and step == -1:
        return f"{name} == {start} - k"
    return f"{name} == {term}" + (f" {'+' if start > 0 else '-'} {abs(start)}" if start else "")


def _of_items(series: Series, items: Items) -> Iterator[str]:
    """What a variable has from the first k items."""
    name, start, values = series
    prefix = items.prefix
    seen = items.values[: len(values)]
    numeric = all(type(item) in NUMBERS for item in seen)
    if numeric and series.all_of(*NUMBERS):
        base = start if type(start) in NUMBERS else 0
        plus = f"{render(base)} + " if base else ""
        yield _checked(f"{name} == {plus}sum({prefix})", values, _running(seen, lambda a, b: a + b, base))
    if series.all_of(*NUMBERS) if numeric else series.all_of(str):
        for what, better in (("max", max), ("min", min)):
            if numeric or all(type(item) is str for item in seen):
                yield _checked(
                    f"{name} == {what}({prefix})", values, _running(seen[1:], better, seen[0], first=True)
                )
                if type(start) in NUMBERS and numeric:
                    told = f"{name} == {what}({render(start)}, *{prefix})"
                    yield _checked(told, values, _running(seen, better, start))
    if series.all_of(list) and type(start) is list:
        before = f"{render(start)} + " if start else ""
        whole = f"list({prefix})" if all(type(item) is str and len(item) == 1 for item in seen) else prefix
        yield _checked(f"{name} == {before}{whole}", values, (start + seen[:k] for k in itertools.count(1)))
        yield _checked(
            f"{name} == {prefix}[::-1]" if not start else "",
            values,
            (seen[:k][::-1] for k in itertools.count(1)),
        )
    if series.all_of(str) and type(start) is str and all(type(item) is str for item in seen):
        before = f"{render(start)} + " if start else ""
        yield _checked(f"{name} == {before}{prefix}", values, _running(seen, lambda a, b: a + b, start))
        yield _checked(
            f"{name} == {prefix}[::-1]" if not start else "",
            values,
            _running(seen, lambda a, b: b + a, start),
        )
    if series.all_of(set) and start == set():
        yield _checked(
            f"{name} == set({prefix})", values, (set(_hashed(seen[:k])) for k in itertools.count(1))
        )
    if series.all_of(dict) and start == {}:
        counting = f"{name} == {{x: {prefix}.count(x) for x in {prefix}}}"
        yield _checked(counting, values, (dict(Counter(_hashed(seen[:k]))) for k in itertools.count(1)))


def _running(
    items: Sequence[Any], join: Callable[[Any, Any], Any], start: Any, first: bool = False
) -> Iterator[Any]:
    now = start
    if first:
        yield now
    for item in items:
        now = join(now, item)
        yield now


def _checked(text: str, values: Sequence[Any], expected: Iterator[Any]) -> str:
    """`text`, if the values are the expected ones, in type too."""
    for value, wanted in zip(values, expected, strict=False):
        if value != wanted or type(value) is not type(wanted):
            return ""
    return text


def _hashed(items: Sequence[Any]) -> Sequence[Any]:
    return items if all(item.__hash__ is not None for item in items) else []


def _shrinking(series: Series) -> Iterator[str]:
    """What a variable has left of what it was before the loop."""
    name, start, values = series
    if type(start) is not type(values[0]) or len(render(start)) > MAX_CHARS // 2:
        return
    text = render(start)
    yield _checked(f"{name} == {text}[k:]", values, (start[k:] for k in itertools.count(1)))
    yield _checked(f"{name} == {text}[:-k]", values, (start[:-k] for k in itertools.count(1)))


def _multiset(value: list[Any]) -> Counter[str] | None:
    return Counter(map(render, value))


def _sortable(value: list[Any]) -> bool:
    kinds = set(map(type, value))
    return (
        len(value) > 1 and (kinds <= {int, float} or kinds == {str}) and len(render(value)) <= MAX_CHARS - 20
    )


def _together(one: Series, other: Series, ordered: bool) -> str:
    """What holds between two variables; their order only where the loop's test looks at both."""
    pairs = list(zip(one.values, other.values, strict=True))
    if one.all_of(int) and other.all_of(int):
        if len({a + b for a, b in pairs}) == 1:
            return f"{one.name} + {other.name} == {pairs[0][0] + pairs[0][1]}"
        if len({a - b for a, b in pairs}) == 1:
            return f"{one.name} - {other.name} == {pairs[0][0] - pairs[0][1]}"
    if ordered and all(a <= b for a, b in pairs):
        return f"{one.name} <= {other.name}"
    if ordered and all(a >= b for a, b in pairs):
        return f"{other.name} <= {one.name}"
    return ""
