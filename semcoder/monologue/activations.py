"""A trace as a tree: activations of functions, the steps of each, and the calls inside each step."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from semcoder.records import Event


class Untellable(Exception):
    """The trace has a shape that cannot be told truthfully; the text says which."""


@dataclass(slots=True)
class Step:
    """One execution of one statement."""

    line: int
    before: dict[str, str]
    """The text of every local variable that is known before the step."""
    changes: dict[str, str]
    removed: tuple[str, ...]
    calls: list["Activation"]
    raised: str = ""
    """`Type: message`, where the statement raised."""
    last: bool = False
    """Whether the function was left here."""
    following: int = 0
    """The line that ran next in the same activation, or 0."""

    def after(self, name: str) -> str | None:
        """The text of a variable once the step is done, where it is known."""
        if name in self.removed:
            return None
        return self.changes.get(name, self.before.get(name))


@dataclass(slots=True)
class Activation:
    """One run of one function, or one resumption of a generator."""

    line: int
    scope: str
    arguments: dict[str, str]
    steps: list[Step] = field(default_factory=list)
    returned: str | None = None
    """The text of what was returned or yielded; None when an exception left the function."""
    returned_line: int = 0
    raised: str = ""
    grouped: list[Any] | None = None
    """The steps by loops, once `semcoder.monologue.loops` has grouped them."""

    @property
    def name(self) -> str:
        """The function's own name, without the scopes around it."""
        return self.scope.rpartition("<locals>.")[2]


def tree(events: Sequence[Event]) -> Activation:
    """The activation of the entry point. Raises Untellable unless the events are one whole call of it."""
    roots: list[Activation] = []
    stack: list[Activation] = []
    known: list[dict[str, str]] = []
    waiting: list[list[Activation]] = []
    for event in events:
        keep = event.depth if event.kind == "call" else event.depth + 1
        if len(stack) < keep:
            raise Untellable(f"an event at depth {event.depth} has no call")
        del stack[keep:], known[keep:], waiting[keep:]
        if event.kind == "call":
            entered = Activation(event.line, event.scope, dict(event.changes))
            (waiting[-1] if waiting else roots).append(entered)
            stack.append(entered)
            known.append(dict(event.changes))
            waiting.append([])
            continue
        now, variables = stack[-1], known[-1]
        if event.kind == "line":
            if now.steps:
                now.steps[-1].following = event.line
            step = Step(event.line, dict(variables), dict(event.changes), event.removed, waiting[-1])
            now.steps.append(step)
            waiting[-1] = []
            variables.update(event.changes)
            for name in event.removed:
                variables.pop(name, None)
        elif event.kind == "return":
            now.returned, now.returned_line = event.value, event.line
            if now.steps:
                now.steps[-1].last = True
                now.steps[-1].calls += waiting[-1]
        else:
            now.raised = event.value
            if now.steps:
                now.steps[-1].raised = event.value
    if len(roots) != 1:
        raise Untellable(f"{len(roots)} calls at the top, not one")
    if roots[0].returned is None:
        raise Untellable("the call does not return")
    return roots[0]
