"""Backward monologues: from the output through what had to hold, to one input (paper section 4.2.2, App. G).

The deduction follows one path that gives the output, the recorded one, and says so. It keeps to what the output
depends on: a step is told when it bound or changed a variable that is needed further on, a test when it chose
the path.
"""

import ast

from semcoder.monologue.activations import Activation, Step
from semcoder.monologue.difference import difference
from semcoder.monologue.listing import MAX_SOURCE, Listing, Loop, names_bound, names_read, root_name
from semcoder.monologue.loops import Round, branches, changed, grouped, targets
from semcoder.monologue.narrate import Narrator, same_literal, within
from semcoder.monologue.nodes import walk
from semcoder.monologue.openness import left_open
from semcoder.monologue.properties import kinds_of
from semcoder.monologue.rewind import Depth, Rewind
from semcoder.monologue.wording import Wording, counted, listed, sentence, span, value

DEPTHS = (
    Depth(limit=200, last=6, steps=16),
    Depth(),
    Depth(limit=100, last=2),
    Depth(limit=80, last=1, steps=8, series=60),
    Depth(limit=60, last=0, first=0, steps=5, series=0),
)
"""From the fullest telling to the shortest; the first that fits is taken."""
MAX_BUILT = 4
"""Variables that a loop is said to build."""
DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
MAX_CALLS = 3
"""Calls of helpers that are told with a step; more are left out."""


class Deduction:
    """Goes back through one call of a program."""

    def __init__(self, root: Activation, listing: Listing, wording: Wording, depth: Depth) -> None:
        self._root = root
        self._listing = listing
        self._wording = wording
        self._depth = depth
        self._narrator = Narrator(listing, wording, depth.limit, root)
        self._needed: set[str] = set()

    def numbered(self) -> str:
        """The section's text: a numbered list from the output to the arguments."""
        root = self._root
        leaving = next((step for step in reversed(root.steps) if self._is_return(step)), None)
        points = [self._leaving(root, leaving)]
        items = list(grouped(root, self._listing))
        while leaving is not None and not _holds(items[-1], leaving):
            items.pop()  # what a `finally` did after the value was settled
        for item in reversed(items):
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

    def _leaving(self, root: Activation, step: Step | None) -> str:
        assert root.returned is not None
        shown = value(root.returned, self._depth.limit)
        statement = self._listing.statement(step.line) if step else self._inline_return(root)
        step = step or (root.steps[-1] if root.steps else None)
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
        elif same_literal(source, root.returned):
            told = self._wording.say("from_constant", source=span(f"return {source}"), value=shown)
        else:
            told = self._wording.say("from_expression", expr=span(source), value=shown)
        workings = self._narrator.reasons.workings(statement.value, step)
        claims = self._narrator.claims(names) if names else ""
        free = self._open(statement.value, root.returned)
        if free and claims:
            there = f" {sentence(self._wording.say('free', what=free))}"
            there += f" {sentence(self._wording.say('choose', claims=claims))}"
            there += f" {sentence(workings)}" if workings else ""
        else:
            given = [each for each in (claims, workings) if each]
            there = f" There, {'; '.join(given)}." if given else ""
        return told + there + self._calls(step)

    def _is_return(self, step: Step) -> bool:
        return isinstance(self._listing.statement(step.line), ast.Return) and not step.raised

    def _inline_return(self, root: Activation) -> ast.stmt | None:
        """The `return` on the line of the `if` that ended the call."""
        last = self._listing.statement(root.steps[-1].line) if root.steps else None
        inline = isinstance(last, ast.If) and len(last.body) == 1 and not last.orelse
        return last.body[0] if isinstance(last, ast.If) and inline and root.returned != "None" else None

    def _need(self, node: ast.AST, step: Step) -> dict[str, str]:
        """Take the variables that `node` reads into what is needed; returns their texts before the step."""
        known = {name: step.before[name] for name in names_read(node) if name in step.before}
        shown = {name: text for name, text in known.items() if not text.startswith("<")}
        self._needed.update(known)
        return shown

    def _open(self, node: ast.AST | None, text: str) -> str:
        """What an operation does not let one read off its result; nothing where the program means something else."""
        own = (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in self._listing.names
        )
        if not isinstance(node, ast.expr) or own or not self._listing.short(node):
            return ""
        return left_open(node, text, self._listing.foreign)

    # Steps, last first

    def _step(self, step: Step) -> str:
        statement = self._listing.statement(step.line)
        if statement is None or self._is_return(step):
            return ""
        if step.raised:
            self._need_all(statement, step)
            told = self._narrator.step(step, self._root)
            return sentence(self._wording.say("raised_on_path", told=told))
        outcome = self._outcome(statement, step)
        if isinstance(statement, ast.If) and outcome is not None:
            self._need(statement.test, step)
            source = self._listing.short(statement.test)
            told = self._wording.say(
                "required",
                test=span(source) if source else "the condition",
                outcome=str(outcome).lower(),
                because=self._narrator.reasons.because(statement.test, step, outcome),
            )
            return sentence(told)
        relevant = {name: text for name, text in step.changes.items() if name in self._needed}
        if isinstance(statement, DEFINING):
            return ""
        if not relevant:
            return self._same(statement, step)
        return self._made(statement, step, relevant) + self._calls(step)

    def _same(self, statement: ast.AST, step: Step) -> str:
        """An assignment that gave a needed variable the value that it had before."""
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or not isinstance(statement.value, ast.expr):
            return ""
        known = {name: step.before.get(name) for name in names_bound(statement) if name in self._needed}
        states = {name: text for name, text in known.items() if text is not None}
        source = self._listing.short(statement.value)
        if not states or not source:
            return ""
        self._need(statement.value, step)
        told = self._wording.say("again", expr=span(source), claims=self._narrator.claims(states))
        return sentence(told) + self._calls(step)

    def _calls(self, step: Step) -> str:
        calls = [call for call in step.calls if call.returned != "None"]
        told = [self._narrator.returned(call) for call in calls if not self._narrator.exhausted(call)]
        return f" Along the way, {listed(told)}." if 0 < len(told) <= MAX_CALLS else ""

    def _outcome(self, statement: ast.AST, step: Step) -> bool | None:
        """How a test came out; None for other statements, and where it cannot be told."""
        if not isinstance(statement, ast.If):
            return None
        if self._listing.shared(step.line):
            return self._narrator.reasons.truth(statement.test, step.before)
        return within(self._listing, statement.body, step.following)

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
            free = self._open(expression, next(iter(relevant.values())) if len(relevant) == 1 else "")
            if not names and source and set(names_read(expression)) & self._listing.names:
                return sentence(self._wording.say("compute", expr=span(source), claims=claims))
            if not names:
                return sentence(self._wording.say("back_set", claims=claims))
            shown = span(source) if source else "a longer expression"
            given = self._narrator.claims(names)
            if free:
                told = self._wording.say("back_open_assign", claims=claims, expr=shown, free=free)
                return f"{sentence(told)} {sentence(self._wording.say('choose', claims=given))}"
            return sentence(self._wording.say("back_assign", claims=claims, expr=shown, given=given))
        self._need_all(statement, step)
        source = self._source(statement, step)
        before = {name: step.before[name] for name in relevant if name in step.before}
        if not before:
            return sentence(self._wording.say("back_made", source=source, claims=claims))
        long = max(map(len, before.values())) > self._depth.limit
        if long and len(relevant) == 1 and not set(relevant) - set(before):
            [(name, after)] = relevant.items()
            part = difference(name, before[name], after, self._depth.limit)
            return sentence(self._wording.say("back_part", source=source, part=part))
        states = self._narrator.claims(before)
        told = self._wording.say("back_effect", source=source, before=states, claims=claims)
        match expression:
            case ast.Call(func=ast.Attribute(attr="sort")):
                told += "; any order from before would do"
        return sentence(told)

    def _need_all(self, statement: ast.AST, step: Step) -> None:
        """Need what a statement reads; of a compound one, what its header reads."""
        if not hasattr(statement, "body"):
            self._need(statement, step)
            return
        for part in ast.iter_child_nodes(statement):
            if not isinstance(part, ast.stmt | ast.ExceptHandler | ast.match_case):
                self._need(part, step)

    def _source(self, statement: ast.AST, step: Step) -> str:
        """A statement as code, or what it is where it is too long or has a block."""
        if self._listing.shared(step.line):
            text = self._listing.lines[step.line - 1].strip()
            return span(text) if len(text) <= MAX_SOURCE else "the line"
        if isinstance(statement, ast.With):
            return span("with " + ", ".join(self._listing.source(item) for item in statement.items))
        if isinstance(statement, ast.match_case):
            return f"the pattern {span(self._listing.source(statement.pattern))}"
        source = self._listing.short(statement) if not hasattr(statement, "body") else ""
        return span(source) if source else "a longer statement"

    # Loops, last iteration first

    def _loop(self, run: Round) -> str:
        start = run.first().before
        moved = [name for name in changed(run.iterations) if name in start]
        relevant = [name for name in moved if name in self._needed]
        built = self._feeding(run.node, relevant, moved)[:MAX_BUILT] if relevant else []
        if not relevant and run.end is not None and _can_be_left(run.node):
            told = self._ran_out(run)
        elif not run.iterations and self._would_change(run.node):
            told = self._never(run)
        elif not run.iterations or not (relevant or run.end is None):
            return ""
        else:
            told = "\n   - ".join(Rewind(self._listing, self._wording, run, built, self._depth).lines())
        names = [part for part in walk(run.node) if isinstance(part, ast.Name)]
        items = {name for part in walk(run.node) if isinstance(part, ast.For) for name in targets(part)}
        self._needed -= items - set(start)
        self._needed.update(
            part.id
            for part in names
            if isinstance(part.ctx, ast.Load) and part.id in start and part.id not in items
        )
        return told

    def _would_change(self, node: Loop) -> bool:
        """Whether the body of a loop could have changed something that is needed."""
        stored = {
            root_name(part)
            for part in walk(node)
            if isinstance(part, ast.Name | ast.Subscript | ast.Attribute)
            and not isinstance(part.ctx, ast.Load)
        }
        called = {root_name(part.value) for part in walk(node) if isinstance(part, ast.Expr)}
        return bool((stored | called) & self._needed)

    def _never(self, run: Round) -> str:
        """A loop that had to run not even once."""
        node, first = run.node, run.first()
        part = node.test if isinstance(node, ast.While) else node.iter
        source = self._listing.short(part)
        names = self._need(part, first)
        if isinstance(node, ast.While):
            told = self._wording.say(
                "back_not_once", loop=f"the loop while {span(source)}" if source else "the loop"
            )
        else:
            told = self._wording.say(
                "back_empty", loop=f"the loop over {span(source)}" if source else "the loop"
            )
        given = f", with {self._narrator.claims(names)}" if names else ""
        return sentence(told + given)

    def _feeding(self, node: Loop, relevant: list[str], moved: list[str]) -> list[str]:
        """The variables among `moved` that what is `relevant` is computed from in the loop, or that steer it."""
        found = list(relevant)
        if isinstance(node, ast.While):
            found += [name for name in names_read(node.test) if name in moved]
        statements = [part for part in walk(node) if isinstance(part, ast.Assign | ast.AugAssign | ast.Expr)]
        items = {name for part in walk(node) if isinstance(part, ast.For) for name in targets(part)}
        before = -1
        while before != len(found):
            before = len(found)
            for statement in statements:
                owner = statement.value.func if isinstance(statement.value, ast.Call) else statement.value
                bound = set(names_bound(statement))
                if isinstance(statement, ast.AugAssign):
                    bound.add(root_name(statement.target))
                elif isinstance(statement, ast.Expr):
                    bound.add(root_name(owner))
                if bound & set(found):
                    found += [name for name in names_read(statement) if name in moved and name not in items]
                    found = list(dict.fromkeys(found))
        return list(dict.fromkeys(found))

    def _ran_out(self, run: Round) -> str:
        """A loop that changed nothing that matters, but could have been left early."""
        node = run.node
        source = self._listing.short(node.test if isinstance(node, ast.While) else node.iter)
        kind = "while" if isinstance(node, ast.While) else "over"
        loop = f"the loop {kind} {span(source)}" if source else "the loop"
        ran = counted(len(run.iterations), "iteration")
        outcomes = branches(run.iterations, self._listing)
        tests = []
        for line, each in outcomes.items():
            statement = self._listing.statement(line)
            if isinstance(statement, ast.If) and not any(each) and self._listing.short(statement.test):
                tests.append(f"{span(self._listing.short(statement.test))} is false")
        because = f", as {listed(tests)} every time" if tests else ""
        return sentence(self._wording.say("back_ran_out", loop=loop, ran=ran) + because)

    def _arrival(self, root: Activation) -> str:
        if not root.arguments:
            return "There are no arguments to choose."
        return sentence(self._wording.say("back_arrival", parts=kinds_of(root.arguments)))


def _holds(item: Step | Round, step: Step) -> bool:
    return any(each is step for each in item.steps()) if isinstance(item, Round) else item is step


def _can_be_left(node: ast.AST) -> bool:
    """Whether a loop holds a `break` or `return`."""
    return any(isinstance(part, ast.Break | ast.Return) for part in walk(node))
