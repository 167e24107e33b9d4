"""Facts that hold before the details are known: the section "Key Properties and Constraints"."""

import ast
import itertools
from collections.abc import Iterator, Mapping, Sequence

from semcoder.monologue.activations import Activation
from semcoder.monologue.evaluate import parsed
from semcoder.monologue.listing import Listing
from semcoder.monologue.loops import Item, Round, values_by_iteration
from semcoder.monologue.wording import Wording, counted, described, listed, span

MAX_FACTS = 4


def forward_facts(root: Activation, items: Sequence[Item], listing: Listing, wording: Wording) -> list[str]:
    """What can be said of the code with this input before running it. Every fact is checked on the trace."""
    facts = [*_arguments(root), *_lengths(root, items, listing)]
    facts += [*_accumulators(items), *_untouched(root), *_exits(root, listing, wording), *_recursion(root)]
    return facts[:MAX_FACTS]


def backward_facts(root: Activation, items: Sequence[Item], listing: Listing, wording: Wording) -> list[str]:
    """What can be said of the code with this output. Every fact is checked on the trace."""
    assert root.returned is not None
    facts = [f"The output is {described(root.returned)}."]
    facts += [*_exits(root, listing, wording), *_accumulators(items), *_recursion(root), *_kinds(root)]
    return facts[:MAX_FACTS]


def rounds(items: Sequence[Item]) -> Iterator[Round]:
    """The loops that do not stand in another."""
    return (item for item in items if isinstance(item, Round))


def kinds_of(values: Mapping[str, str]) -> str:
    """What each of some variables is, those alike together: "`a` and `b` are each an integer"."""
    alike: dict[str, list[str]] = {}
    for name, text in values.items():
        alike.setdefault(described(text), []).append(span(name))
    return listed(
        [f"{listed(names)} {'is' if len(names) == 1 else 'are each'} {what}" for what, names in alike.items()]
    )


def _arguments(root: Activation) -> Iterator[str]:
    if root.arguments:
        yield f"{kinds_of(root.arguments)}."


def _kinds(root: Activation) -> Iterator[str]:
    parts = [f"{_kind(text)} for {span(name)}" for name, text in root.arguments.items()]
    if parts:
        yield f"The code works with {listed(parts)}."


def _kind(text: str) -> str:
    return described(text).partition(" of ")[0].replace("an empty ", "a ")


def _lengths(root: Activation, items: Sequence[Item], listing: Listing) -> Iterator[str]:
    """Loops that go once through an argument whose length is known."""
    for run in rounds(items):
        over = _looped_name(run.node)
        text = root.arguments.get(over, "")
        first = run.iterations[0].header if run.iterations else run.end
        if run.end is None or first is None or first.before.get(over) != text:
            continue
        try:
            known = parsed(text)
        except ValueError:
            continue
        if hasattr(known, "__len__") and len(known) == len(run.iterations):
            noun = "character" if isinstance(known, str) else "item"
            yield f"The loop runs once for each {noun} of {span(over)}: {counted(len(known), 'iteration')}."
            return


def _looped_name(node: ast.AST) -> str:
    """`xs` for a loop over `xs`, `enumerate(xs)`, `range(len(xs))`, `reversed(xs)` or `sorted(xs)`; else empty."""
    match node:
        case ast.For(iter=ast.Name(id=name)):
            return name
        case ast.For(
            iter=ast.Call(func=ast.Name(id="enumerate" | "reversed" | "sorted"), args=[ast.Name(id=name), *_])
        ):
            return name
        case ast.For(
            iter=ast.Call(
                func=ast.Name(id="range"), args=[ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)])]
            )
        ):
            return name
    return ""


def _accumulators(items: Sequence[Item]) -> Iterator[str]:
    """Variables that only ever grow from one iteration of a loop to the next."""
    for run in rounds(items):
        if len(run.iterations) < 2:
            continue
        before = run.iterations[0].header.before
        for name in before:
            texts = values_by_iteration(name, run.iterations)
            if texts is None or texts[-1] == before[name]:
                continue
            fact = _growth(name, [before[name], *texts])
            if fact:
                yield fact
                return


def _growth(name: str, texts: Sequence[str]) -> str:
    try:
        known = [parsed(text) for text in texts]
    except ValueError:
        return ""
    pairs = list(itertools.pairwise(known))
    if all(type(value) is list or type(value) is str for value in known):
        if all(type(a) is type(b) and b[: len(a)] == a for a, b in pairs):
            return f"The loop only adds to the end of {span(name)}."
        return ""
    if all(type(value) in (int, float) for value in known):
        if all(a <= b for a, b in pairs):
            return f"{span(name)} never decreases in the loop."
        if all(a >= b for a, b in pairs):
            return f"{span(name)} never increases in the loop."
    return ""


def _untouched(root: Activation) -> Iterator[str]:
    """Containers that were passed in and never changed."""
    changed = {name for step in root.steps for name in step.changes}
    kept = [
        span(name)
        for name, text in root.arguments.items()
        if text[:1] in "[{" and name not in changed and not any(name in step.removed for step in root.steps)
    ]
    if kept:
        yield f"{listed(kept)} {'is' if len(kept) == 1 else 'are'} only read, never changed."


def _exits(root: Activation, listing: Listing, wording: Wording) -> Iterator[str]:
    function = listing.functions.get(root.line)
    if function is None:
        return
    returns = listing.returns[function.lineno]
    if len(returns) == 1:
        source = listing.short(returns[0].value) if returns[0].value is not None else ""
        if source and root.returned_line == returns[0].lineno and returns[0] is function.body[-1]:
            yield wording.choose(("The only `return` is {}.", "The one `return` statement is {}.")).format(
                span(f"return {source}")
            )
    elif len(returns) > 1:
        yield f"There are {len(returns)} `return` statements; the tests decide which one is reached."


def _recursion(root: Activation) -> Iterator[str]:
    waiting = [call for step in root.steps for call in step.calls]
    again = 0
    while waiting:
        call = waiting.pop()
        again += call.scope == root.scope
        waiting += [inner for step in call.steps for inner in step.calls]
    if again:
        yield f"{span(root.name)} calls itself."
