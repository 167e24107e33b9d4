"""Steps grouped into loops and iterations, and what is true of a run of iterations."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from semcoder.monologue.activations import Activation, Step, Untellable
from semcoder.monologue.listing import Listing, Loop, names_bound
from semcoder.monologue.narrate import within
from semcoder.tracing.structure import LOOPS


@dataclass(slots=True)
class Iteration:
    """One turn of a loop: its header's step, then what the body did."""

    header: Step
    body: list["Item"] = field(default_factory=list)

    def steps(self) -> Iterator[Step]:
        """All steps of this turn, inner loops' included, the header's first."""
        yield self.header
        for item in self.body:
            yield from item.steps() if isinstance(item, Round) else (item,)


@dataclass(slots=True)
class Round:
    """One run of a loop from its first header to its end. `end` is the header's last step, where it ran out."""

    node: Loop
    iterations: list[Iteration] = field(default_factory=list)
    end: Step | None = None
    invariants: tuple[str, ...] | None = None
    """What `semcoder.monologue.invariants` found, once it has looked."""

    def steps(self) -> Iterator[Step]:
        """All steps, in order."""
        for iteration in self.iterations:
            yield from iteration.steps()
        if self.end is not None:
            yield self.end

    def first(self) -> Step:
        """The step that came first."""
        return next(self.steps())


Item = Step | Round


def grouped(activation: Activation, listing: Listing) -> list[Item]:
    """The steps of an activation, those of each loop together. A generator's resumptions stay flat."""
    if activation.line in listing.generators:
        return list(activation.steps)
    if activation.grouped is None:
        activation.grouped = _group(activation.steps, listing, 0)
    found: list[Item] = activation.grouped
    return found


def _group(steps: Sequence[Step], listing: Listing, level: int) -> list[Item]:
    items: list[Item] = []
    at = 0
    while at < len(steps):
        loop = _loop_of(steps[at], listing, level)
        if loop is None:
            items.append(steps[at])
            at += 1
            continue
        end = at + 1
        while end < len(steps) and _loop_of(steps[end], listing, level) is loop:
            end += 1
        items.append(_round(loop, steps[at:end], listing, level))
        at = end
    return items


def _loop_of(step: Step, listing: Listing, level: int) -> Loop | None:
    """The loop, `level` loops inside the function, that the step belongs to as header or body."""
    around = listing.loops(step.line)[level:]
    if around:
        return around[0]
    statement = listing.statement(step.line)
    return statement if isinstance(statement, LOOPS) else None


def _round(loop: Loop, steps: Sequence[Step], listing: Listing, level: int) -> Round:
    run = Round(loop)
    line = listing.first_line.get(loop.lineno, loop.lineno)
    heads = [at for at, step in enumerate(steps) if step.line == line]
    if not heads or heads[0] != 0:
        raise Untellable(f"line {steps[0].line}: a loop without its beginning")
    for at, following in zip(heads, [*heads[1:], len(steps)], strict=True):
        header, body = steps[at], steps[at + 1 : following]
        ended = not body and following == len(steps) and _ran_out(loop, header, listing)
        if ended:
            run.end = header
        else:
            run.iterations.append(Iteration(header, _group(body, listing, level + 1)))
    return run


def _ran_out(loop: Loop, header: Step, listing: Listing) -> bool:
    """Whether a header's last step, with no body after it, was the one that ended the loop."""
    if not listing.shared(header.line):
        return True
    return isinstance(loop, ast.For | ast.AsyncFor) and not header.changes and not header.last


def targets(loop: Loop) -> list[str]:
    """The names that each turn of a `for` binds."""
    return [] if isinstance(loop, ast.While) else names_bound(loop.target)


def branches(iterations: Sequence[Iteration], listing: Listing) -> dict[int, list[bool | None]]:
    """{line: outcome in each iteration, None where not reached} of the tests that stand directly in the body."""
    outcomes: dict[int, list[bool | None]] = {}
    for at, iteration in enumerate(iterations):
        for item in iteration.body:
            if isinstance(item, Round) or item.raised:
                continue
            statement = listing.statement(item.line)
            if isinstance(statement, ast.If) and not listing.shared(item.line):
                taken = within(listing, statement.body, item.following)
                outcomes.setdefault(item.line, [None] * len(iterations))[at] = taken
    return outcomes


def values_by_iteration(name: str, iterations: Sequence[Iteration]) -> list[str] | None:
    """The text of a variable at the end of each iteration, or None where one is not known."""
    found = []
    for iteration in iterations:
        *_, last = iteration.steps()
        text = last.after(name)
        if text is None:
            return None
        found.append(text)
    return found


def changed(iterations: Sequence[Iteration]) -> list[str]:
    """The variables that these iterations changed, in order of their first change."""
    names: dict[str, None] = {}
    for iteration in iterations:
        for step in iteration.steps():
            names.update(dict.fromkeys(step.changes))
    return list(names)
