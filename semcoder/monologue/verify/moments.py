"""A trace as moments that claims can be held against: steps with the state before and after, loops and calls.

Unlike semcoder.monologue.activations this also takes calls that raise, and traces without their code: then
there are no loops.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from semcoder.monologue.listing import Listing
from semcoder.monologue.verify.shown import Shown
from semcoder.records import Event
from semcoder.tracing.structure import LOOPS

State = dict[str, str]
LITERAL = frozenset("0123456789-'\"[{(")
"""What the text of a plain value may begin with."""


@dataclass(slots=True, eq=False)
class Step:
    """One execution of one statement. `start` and `end` are places in the list of events."""

    start: int
    end: int
    line: int
    owner: "Activation"
    before: State
    after: State
    event: Event
    calls: list["Activation"]
    loops: tuple[tuple["Run", int], ...] = ()
    """The runs of loops that this step is part of, with the iteration's number, outermost first."""
    raised: str = ""
    header: "Run | None" = None
    """The run of the loop whose header this is."""
    following: int = 0
    """The line that ran next in the same activation, or 0."""
    last: bool = False


@dataclass(slots=True, eq=False)
class Activation:
    """One run of one function, or one resumption of a generator."""

    start: int
    line: int
    scope: str
    arguments: State
    parent: Step | None = None
    steps: list[Step] = field(default_factory=list)
    returned: str | None = None
    raised: str = ""
    end: int = 0

    @property
    def name(self) -> str:
        """The function's own name."""
        return self.scope.rpartition("<locals>.")[2].rpartition(".")[2]


@dataclass(slots=True, eq=False)
class Run:
    """One run of a loop, from its first header to its end."""

    line: int
    owner: Activation
    first: Step
    turns: list[list[Step]] = field(default_factory=list)
    """The steps of each iteration, the header's first."""
    ended: Step | None = None
    """The header's step at which the loop ran out."""
    certain: bool = True
    """Whether the number of iterations is known: not where the body stands on the header's line."""


class Moments:
    """The steps, activations and loops of one traced call."""

    def __init__(self, events: Sequence[Event], code: Listing | None) -> None:
        self.code = code
        self.shown = Shown(events, code) if code is not None else None
        self.activations: list[Activation] = []
        self.steps: list[Step] = []
        self.by_line: dict[int, list[Step]] = {}
        self.by_owner: dict[tuple[int, Activation], list[Step]] = {}
        """The same, for one activation."""
        self.ever: dict[str, dict[str, None]] = {}
        """Every text that a variable of this name has had anywhere."""
        self.texts: set[str] = set()
        """The texts of all values that a variable had or that were returned, where they are not descriptions."""
        self.raised: list[str] = []
        self.runs: list[Run] = []
        self._read(events)
        self.root = self.activations[0] if self.activations else Activation(0, 0, "", {})
        self.functions: dict[str, list[Activation]] = {}
        for each in self.activations:
            self.functions.setdefault(each.name, []).append(each)
            if code is not None and each.line not in code.generators:
                self._loops(each, code)

    def _read(self, events: Sequence[Event]) -> None:
        stack: list[tuple[Activation, list[State], list[Activation]]] = []
        for at, event in enumerate(events):
            keep = event.depth if event.kind == "call" else event.depth + 1
            if len(stack) < keep:
                continue  # the events of a trace that somebody else wrote
            del stack[keep:]
            if event.kind == "call":
                entered = Activation(at, event.line, event.scope, event.changes)
                self.activations.append(entered)
                self._note(event.changes)
                if stack:
                    stack[-1][2].append(entered)
                stack.append((entered, [event.changes], []))
                continue
            now, states, calls = stack[-1]
            now.end = at
            if event.kind == "line":
                self._step(at, event, now, states, calls)
            elif event.kind == "return":
                now.returned = event.value
                self._literal(event.value)
                if now.steps:
                    now.steps[-1].last = True
                    now.steps[-1].calls += calls
            else:
                now.raised = event.value
                self.raised.append(event.value)
                if now.steps:
                    now.steps[-1].raised = event.value

    def _step(
        self, at: int, event: Event, now: Activation, states: list[State], calls: list[Activation]
    ) -> None:
        before = after = states[0]
        if event.changes or event.removed:
            after = before | event.changes
            for name in event.removed:
                after.pop(name, None)
            states[0] = after
            self._note(event.changes)
        start = now.start + 1
        if now.steps:
            now.steps[-1].following = event.line
            start = now.steps[-1].end + 1
        step = Step(start, at, event.line, now, before, after, event, calls.copy())
        for call in calls:
            call.parent = step
        calls.clear()
        now.steps.append(step)
        self.steps.append(step)
        self.by_line.setdefault(event.line, []).append(step)
        self.by_owner.setdefault((event.line, now), []).append(step)

    def _note(self, changes: State) -> None:
        for name, text in changes.items():
            self.ever.setdefault(name, {})[text] = None
            self._literal(text)

    def _literal(self, text: str) -> None:
        if text[:1] in LITERAL or text in ("True", "False", "None"):
            self.texts.add(text)

    def _loops(self, activation: Activation, code: Listing) -> None:
        """Say of each step which iteration of which runs of loops it is part of."""
        stack: list[Run] = []
        first_line = code.first_line
        steps = activation.steps
        for at, step in enumerate(steps):
            around = code.loops(step.line)
            own = code.statement(step.line)
            is_header = isinstance(own, LOOPS)
            if not around and not is_header:
                stack.clear()
                continue
            keep = 0
            for loop in around:
                if keep < len(stack) and stack[keep].line == first_line.get(loop.lineno, loop.lineno):
                    keep += 1
                else:
                    break
            if is_header:
                again = keep < len(stack) and stack[keep].line == step.line
                del stack[keep + again :]
                if not again:
                    run = Run(step.line, activation, step, certain=not code.shared(step.line))
                    self.runs.append(run)
                    stack.append(run)
                step.header = stack[-1]
                following = steps[at + 1] if at + 1 < len(steps) else None
                if not _enters(own, following, step, code):
                    stack[-1].ended = step
                    del stack[-1:]
                else:
                    stack[-1].turns.append([])
            else:
                del stack[keep:]
            for run in stack:
                if run.turns:
                    run.turns[-1].append(step)
            step.loops = tuple([(run, len(run.turns)) for run in stack])

    def turns(self, run: Run, first: int, last: int) -> list[Step]:
        """The steps of iterations `first` to `last`, 1-based."""
        chosen = run.turns[max(first - 1, 0) : last]
        return chosen[0] if len(chosen) == 1 else [step for turn in chosen for step in turn]

    def last_lines(self) -> Iterator[int]:
        """Lines that had an effect: changed or removed something, raised, or left a function with a value."""
        for step in self.steps:
            event = step.event
            if event.changes or event.removed or step.raised or (step.last and step.owner.returned != "None"):
                yield step.line


def _enters(loop: object, following: Step | None, header: Step, code: Listing) -> bool:
    """Whether the step after a header is in the loop's body."""
    if header.raised:
        return False
    if code.shared(header.line):
        return bool(header.event.changes) or isinstance(loop, ast.While)
    if following is None:
        return False
    return following.line == header.line or loop in code.loops(following.line)


def outcome(step: Step, code: Listing) -> bool | None:
    """How the test of the `if` or `while` that `step` executed came out; None for other statements."""
    statement = code.statement(step.line)
    if not isinstance(statement, ast.If | ast.While) or step.raised or code.shared(step.line):
        return None
    first, last = statement.body[0], statement.body[-1]
    begin = code.first_line.get(first.lineno, first.lineno)
    return begin <= step.following <= (last.end_lineno or begin)
