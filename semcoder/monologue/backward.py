"""Backward monologues: from the output through what had to hold, to one input (paper section 4.2.2, App. G).

The deduction follows one path that gives the output, the recorded one, and says so. It keeps to what the output
depends on: a step is told when it bound or changed a variable that is needed further on, a test when it chose
the path.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from semcoder.monologue.activations import Activation, Step
from semcoder.monologue.difference import difference
from semcoder.monologue.listing import Listing, names_bound, names_read
from semcoder.monologue.loops import Iteration, Round, branches, changed, grouped, targets
from semcoder.monologue.narrate import Narrator, within
from semcoder.monologue.wording import Wording, claim, counted, described, listed, sentence, span, value


@dataclass(frozen=True)
class Depth:
    """How much is told."""

    limit: int = 120
    """Characters of the longest value shown."""
    last: int = 3
    first: int = 1
    """How many of a loop's last and first iterations are told one by one, going back."""
    steps: int = 12
    """The most points between the output and the input."""
    series: int = 120


DEPTHS = (
    Depth(last=6, steps=16),
    Depth(),
    Depth(limit=100, last=2),
    Depth(limit=80, last=1, steps=8, series=60),
    Depth(limit=60, last=0, first=0, steps=5, series=0),
)
"""From the fullest telling to the shortest; the first that fits is taken."""
FORGETFUL = {
    "sort": "sorting hides the order from before",
    "sorted": "sorting hides the order from before",
    "set": "a set hides order and repetition",
    "len": "only the length can be read off, not the items",
    "sum": "only the sum can be read off, not the numbers in it",
    "max": "only the largest can be read off, not the others",
    "min": "only the smallest can be read off, not the others",
    "lower": "the case of the letters from before cannot be read off",
    "upper": "the case of the letters from before cannot be read off",
    "strip": "what was stripped cannot be read off",
    "count": "only the number of occurrences can be read off",
}


class Deduction:
    """Goes back through one call of a program."""

    def __init__(self, listing: Listing, wording: Wording, depth: Depth) -> None:
        self._listing = listing
        self._wording = wording
        self._depth = depth
        self._narrator = Narrator(listing, wording, depth.limit)
        self._needed: set[str] = set()

    def numbered(self, root: Activation) -> str:
        """The section's text: a numbered list from the output to the arguments."""
        points = [self._leaving(root)]
        for item in reversed(grouped(root, self._listing)):
            self._narrator.turn()
            found = self._loop(item) if isinstance(item, Round) else self._step(item)
            points += [found] if found else []
        kept = points[: self._depth.steps]
        if len(kept) < len(points):
            left = counted(len(points) - len(kept), "earlier step")
            kept.append(f"{left[:1].upper()}{left[1:]} lead{'s' * left.startswith('1 ')} up to this.")
        kept.append(self._arrival(root))
        return "\n".join(f"{number}. {point}" for number, point in enumerate(kept, 1))

    # Where the output comes from

    def _leaving(self, root: Activation) -> str:
        assert root.returned is not None
        shown = value(root.returned, self._depth.limit)
        step = next((s for s in reversed(root.steps) if self._is_return(s)), None)
        statement = self._listing.statement(step.line) if step else None
        if step is None or not isinstance(statement, ast.Return) or statement.value is None:
            if root.returned == "None":
                return self._wording.say("from_end", value=shown)
            return self._wording.say("from_somewhere", value=shown)
        source = self._listing.short(statement.value)
        names = self._need(statement.value, step)
        if isinstance(statement.value, ast.Name) and names:
            claims = self._narrator.claim(statement.value.id, names[statement.value.id])
            return self._wording.say("from_name", source=span(f"return {source}"), claims=claims, value=shown)
        if not source:
            told = self._wording.say("from_long", value=shown)
        elif source == root.returned:
            told = self._wording.say("from_constant", source=span(f"return {source}"), value=shown)
        else:
            told = self._wording.say("from_expression", expr=span(source), value=shown)
        given = f" There, {self._narrator.claims(names)}." if names else ""
        return told + given + self._forgets(statement.value, step)

    def _is_return(self, step: Step) -> bool:
        return isinstance(self._listing.statement(step.line), ast.Return) and not step.raised

    def _need(self, node: ast.AST, step: Step) -> dict[str, str]:
        """Take the variables that `node` reads into what is needed; returns their texts before the step."""
        known = {name: step.before[name] for name in names_read(node) if name in step.before}
        shown = {name: text for name, text in known.items() if not text.startswith("<")}
        self._needed.update(shown)
        return shown

    def _forgets(self, node: ast.AST, step: Step) -> str:
        """What an operation does not let one read off its result."""
        for part in ast.walk(node):
            match part:
                case ast.Call(func=ast.Name(id=name)) if name not in self._listing.names:
                    pass
                case ast.Call(func=ast.Attribute(attr=name)):
                    pass
                case _:
                    continue
            if name in FORGETFUL:
                return (
                    f" {sentence(self._wording.choose(('Note that {}', 'Here {}')).format(FORGETFUL[name]))}"
                )
        return ""

    # Steps, last first

    def _step(self, step: Step) -> str:
        statement = self._listing.statement(step.line)
        if statement is None or self._is_return(step):
            return ""
        if step.raised:
            return sentence(self._wording.say("raised_on_path", error=span(step.raised)))
        if isinstance(statement, ast.If) and not self._listing.shared(step.line):
            outcome = within(self._listing, statement.body, step.following)
            self._need(statement.test, step)
            told = self._narrator.test(statement.test, step, outcome)
            return self._wording.choose(
                ("On this path {}.", "To get there, {}.", "For this path, {}.")
            ).format(told)
        relevant = {name: text for name, text in step.changes.items() if name in self._needed}
        if not relevant or isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return ""
        told = self._made(statement, step, relevant)
        calls = [self._narrator.returned(call) for call in step.calls[:2] if call.steps]
        return told + (f" There {listed(calls)}." if calls and len(step.calls) <= 2 else "")

    def _made(self, statement: ast.AST, step: Step, relevant: dict[str, str]) -> str:
        claims = self._narrator.claims(relevant)
        expression = getattr(statement, "value", None)
        rebinds = isinstance(statement, ast.Assign | ast.AnnAssign) and not set(relevant) - set(
            names_bound(statement)
        )
        if rebinds and isinstance(expression, ast.expr):
            self._needed -= set(relevant)
            names = self._need(expression, step)
            source = self._listing.short(expression)
            forgets = self._forgets(expression, step)
            if not names:
                return sentence(self._wording.say("back_set", claims=claims)) + forgets
            shown = span(source) if source else "a longer expression"
            given = self._narrator.claims(names)
            return (
                sentence(self._wording.say("back_assign", claims=claims, expr=shown, given=given)) + forgets
            )
        if not hasattr(statement, "body"):
            self._need(statement, step)
        before = {name: step.before[name] for name in relevant if name in step.before}
        source = self._listing.short(statement) if not hasattr(statement, "body") else ""
        shown = span(source) if source else "this statement"
        if not before:
            return sentence(self._wording.say("back_made", source=shown, claims=claims))
        told = self._wording.say(
            "back_effect", source=shown, before=self._narrator.claims(before), claims=claims
        )
        return sentence(told) + self._forgets(statement, step)

    # Loops, last iteration first

    def _loop(self, run: Round) -> str:
        some = run.iterations
        built = [name for name in changed(some) if name in self._needed and name in run.first().before]
        leaves = run.end is None and some
        if not some or not (built or leaves):
            return ""
        node = run.node
        source = self._listing.short(node.test if isinstance(node, ast.While) else node.iter)
        what = (
            f"the loop {'while' if isinstance(node, ast.While) else 'over'} {span(source)}"
            if source
            else "the loop"
        )
        ran = counted(len(some), "iteration")
        if built:
            head = self._wording.say("back_loop", loop=what, ran=ran, names=listed([span(n) for n in built]))
        else:
            head = self._wording.say("back_loop_left", loop=what, ran=ran)
        lines = [sentence(head)]
        n = len(some)
        last, first = (
            (n, 0) if n <= self._depth.last + self._depth.first + 1 else (self._depth.last, self._depth.first)
        )
        lines += [self._iteration(at, some, built, run) for at in range(n - 1, n - 1 - last, -1)]
        if last + first < n:
            lines += self._between(first, n - last, some, built, run)
        lines += [self._iteration(at, some, built, run) for at in range(first - 1, -1, -1)]
        start = run.first().before
        if built:
            claims = listed([claim(name, start[name], self._depth.limit) for name in built])
            lines.append(sentence(self._wording.say("back_start", claims=claims)))
        lines += self._source_of_items(run)
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id in start:
                self._needed.add(part.id)
        return "\n   - ".join(lines)

    def _iteration(self, at: int, some: Sequence[Iteration], built: Sequence[str], run: Round) -> str:
        iteration = some[at]
        header = iteration.header
        *_, final = iteration.steps()
        bound = {name: header.after(name) for name in targets(run.node)}
        shown = [claim(name, text, self._depth.limit) for name, text in bound.items() if text is not None]
        told = []
        for name in built:
            before, after = header.before.get(name), final.after(name)
            if before is not None and after is not None and before != after:
                told.append(difference(name, before, after, self._depth.limit))
        tests = self._tests([iteration])
        facts = listed(told) if told else self._no_change(final, built)
        reason = f", as {tests}" if tests else ""
        title = f"**Iteration {at + 1}**" + (f" ({listed(shown)})" if shown else "")
        return f"{title}: {facts}{reason}."

    def _no_change(self, final: Step, built: Sequence[str]) -> str:
        if final.last:
            return "the function returns"
        if isinstance(self._listing.statement(final.line), ast.Break):
            return "`break` ends the loop"
        return f"{listed([span(name) for name in built])} stays the same" if built else "the loop goes on"

    def _tests(self, some: Sequence[Iteration]) -> str:
        told = []
        for line, (outcome,) in branches(some, self._listing).items():
            statement = self._listing.statement(line)
            source = self._listing.short(statement.test) if isinstance(statement, ast.If) else ""
            if source and outcome is not None:
                told.append(f"{span(source)} is {str(outcome).lower()}")
        return listed(told[:2]) if told else ""

    def _between(
        self, start: int, stop: int, some: Sequence[Iteration], built: Sequence[str], run: Round
    ) -> list[str]:
        *_, final = some[stop - 1].steps()
        states = {name: final.after(name) for name in built}
        claims = [claim(name, text, self._depth.limit) for name, text in states.items() if text is not None]
        span_of = f"**Iterations {start + 1} to {stop}**" if stop - start > 1 else f"**Iteration {stop}**"
        return [f"{span_of}: they lead to {listed(claims)}."] if claims else []

    def _source_of_items(self, run: Round) -> list[str]:
        """The values that the loop's items had to take, where they are few and short."""
        names = targets(run.node)
        if len(names) != 1 or not run.iterations:
            return []
        texts = [iteration.header.after(names[0]) for iteration in run.iterations]
        series = ", ".join(span(text) for text in texts if text is not None)
        if None in texts or len(series) > self._depth.series:
            return []
        source = self._listing.short(run.node.iter) if isinstance(run.node, ast.For) else ""
        if not source:
            return []
        return [
            sentence(self._wording.say("back_items", iter=span(source), name=span(names[0]), values=series))
        ]

    def _arrival(self, root: Activation) -> str:
        if not root.arguments:
            return "There are no arguments to choose."
        parts = [f"{span(name)} is {described(text)}" for name, text in root.arguments.items()]
        return sentence(self._wording.say("back_arrival", parts=listed(parts)))
