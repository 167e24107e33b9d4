"""Why a test came out as it did: the values that decide it."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from semcoder.monologue.activations import Step, Untellable
from semcoder.monologue.evaluate import evaluate, text_of
from semcoder.monologue.listing import NODES, Listing, names_read, names_within
from semcoder.monologue.nodes import walk
from semcoder.monologue.operations import Unknown
from semcoder.monologue.wording import claim, listed, span

MAX_FACT = 60
"""Longer values are told where they come to be, and not again as a reason."""

MAX_WORKINGS = 3
QUOTES = ("'", '"')
MANY_TIMES = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Lambda
"""What runs a number of times within one statement, so that its parts have no one value."""


@dataclass
class Told:
    """What the reader has just been told, and need not be told again."""

    now: dict[str, str] = field(default_factory=dict)
    """{variable: its value} as stated since the reader's eye last moved to a new bullet."""
    ever: set[tuple[str, str]] = field(default_factory=set)

    def state(self, name: str, text: str) -> None:
        """Note that `name = text` has been stated."""
        self.now[name] = text
        self.ever.add((name, text))

    def knows(self, name: str, text: str) -> bool:
        """Whether `name = text` need not be repeated here."""
        return self.now.get(name) == text or (len(text) > MAX_FACT and (name, text) in self.ever)


class Reasons:
    """Finds the facts behind tests of one program."""

    def __init__(self, listing: Listing, told: Told, limit: int) -> None:
        self._listing = listing
        self._told = told
        self._limit = limit

    def truth(self, test: ast.expr, variables: Mapping[str, str]) -> bool | None:
        """Whether `test` is true, where that follows from the variables."""
        try:
            return bool(evaluate(test, variables, self._listing.names))
        except Unknown:
            return None

    def because(self, test: ast.expr, step: Step, outcome: bool) -> str:
        """` (…)` or `, since …` with the values that decide, or nothing when they were just stated.

        Raises Untellable where the values say otherwise than the trace.
        """
        variables = _during(test, step)
        known = self.truth(test, variables)
        if known is not None and known is not outcome:
            raise Untellable(f"line {step.line}: the test and the branch taken do not agree")
        decisive = self._decisive(test, variables, outcome) if known is not None else None
        if decisive is not None:
            part, result = decisive
            facts = self._facts(part, variables)
            inner = f" ({', '.join(facts)})" if facts else ""
            return f", since {span(self._listing.source(part))} is {str(result).lower()}{inner}"
        facts = self._facts(test, variables)
        return f" ({', '.join(facts)})" if facts else ""

    def choices(self, statement: ast.AST, step: Step) -> str:
        """` because …` for the conditional expressions of a statement whose tests can be told."""
        found = []
        variables = _outside(step.before, statement)
        waiting = list(_conditionals(statement))
        while waiting:
            node = waiting.pop(0)
            if node is not getattr(statement, "value", None) and set(names_read(node)) & set(step.changes):
                continue
            truth = self.truth(node.test, variables)
            if truth is None:
                continue
            waiting = [
                *_conditionals(node.test),
                *_conditionals(node.body if truth else node.orelse),
                *waiting,
            ]
            if source := self._listing.short(node.test):
                facts = self._facts(node.test, variables)
                inner = f" ({', '.join(facts)})" if facts else ""
                found.append(f"{span(source)} is {str(truth).lower()}{inner}")
        return f", because {listed(found)}" if found else ""

    def operand(self, node: ast.expr, variables: Mapping[str, str]) -> tuple[str, str]:
        """(a clause on how an operand comes to its value, or nothing; the operand's value, else its code)."""
        source = self._listing.short(node)
        text = text_of(node, variables, self._listing.names)
        if text is None or len(text) > self._limit:
            return "", span(source) if source else ""
        shown = span(text)
        if isinstance(node, ast.Constant) or source == text:
            return "", shown
        if isinstance(node, ast.Name):
            return "", span(source) if self._told.knows(node.id, text) else f"{span(source)} ({shown})"
        parts = list(node.elts) if isinstance(node, ast.Tuple | ast.List) else [node]
        facts = [self._computed(part, variables) for part in parts]
        return listed([fact for fact in facts if fact] or [""]), shown

    def workings(self, node: ast.expr, step: Step) -> str:
        """The values of calls, items and sums inside an expression, innermost first; nothing where none is told."""
        if isinstance(node, ast.IfExp) or step.calls:
            return ""
        variables = _outside(step.before, node)
        if text_of(node, variables, self._listing.names) is None:  # a part of it may change what others read
            variables = {name: text for name, text in variables.items() if name not in step.changes}
        found: dict[str, None] = {}
        for part in _inner(node):
            fact = self._computed(part, variables)
            if fact:
                found[fact] = None
        return ", ".join(list(found)[:MAX_WORKINGS])

    def _computed(self, node: ast.expr, variables: Mapping[str, str]) -> str:
        source, text = self._listing.short(node), text_of(node, variables, self._listing.names)
        if isinstance(node, ast.Constant | ast.Name) or text is None or not source or source == text:
            return ""
        return f"{span(source)} is {span(text)}" if len(text) <= MAX_FACT and not _obvious(node) else ""

    def _decisive(
        self, test: ast.expr, variables: Mapping[str, str], outcome: bool
    ) -> tuple[ast.expr, bool] | None:
        """The one operand of `and` or `or` that settles it, and its own truth."""
        if not isinstance(test, ast.BoolOp) or outcome is isinstance(test.op, ast.And):
            return None
        for part in test.values:
            if self.truth(part, variables) is outcome:
                return part, outcome
        return None

    def _facts(self, node: ast.expr, variables: Mapping[str, str]) -> list[str]:
        found: list[str] = []
        for part in self._operands(node, variables):
            if isinstance(part, ast.Constant):
                continue
            if not isinstance(part, ast.Name):
                text = text_of(part, variables, self._listing.names)
                source = self._listing.short(part)
                if text is not None and source and source != text and len(text) <= MAX_FACT:
                    found += self._names(part, variables, scalars=True)
                    found.append(f"{span(source)} is {span(text)}")
                    continue
            found += self._names(part, variables, scalars=False)
        return list(dict.fromkeys(found))

    def _operands(self, node: ast.expr, variables: Mapping[str, str]) -> list[ast.expr]:
        """The parts of a test whose values decide it, without those that come after what settles it."""
        match node:
            case ast.UnaryOp(op=ast.Not()):
                return self._operands(node.operand, variables)
            case ast.BoolOp():
                found: list[ast.expr] = []
                for part in node.values:
                    found += self._operands(part, variables)
                    if self.truth(part, variables) is isinstance(node.op, ast.Or):
                        break
                return found
            case ast.Compare(comparators=[first, _, *_]) if self.truth(node, variables) is not True:
                return [node.left, first]
            case ast.Compare():
                return [node.left, *node.comparators]
            case ast.Call(func=ast.Attribute(value=owner), args=arguments):
                return [owner, *arguments]
            case ast.Call(args=arguments):
                return list(arguments)
        return [node]

    def _names(self, node: ast.expr, variables: Mapping[str, str], scalars: bool) -> list[str]:
        found = []
        for name in names_read(node):
            text = variables.get(name)
            if text is None or text.startswith("<") or self._told.knows(name, text):
                continue
            if scalars and (text[:1] in "[{(" or ((name, text) in self._told.ever and text[:1] in QUOTES)):
                continue
            if len(text) > self._limit:
                continue
            self._told.state(name, text)
            found.append(claim(name, text, self._limit))
        return found


def _during(test: ast.expr, step: Step) -> dict[str, str]:
    """The variables that have one value all through a test, and those that it binds by `:=` before it reads them."""
    bound = [
        node.target.id
        for node in walk(test)
        if isinstance(node, ast.NamedExpr) and not _read_before(node, test)
    ]
    steady = {name: text for name, text in step.before.items() if name not in step.changes}
    after = {name: step.after(name) for name in bound}
    return _outside(steady | {name: text for name, text in after.items() if text is not None}, test)


def _outside(variables: Mapping[str, str], node: ast.AST) -> dict[str, str]:
    """Without the names that mean something else in a comprehension or lambda of `node`."""
    own = names_within(node)
    return {name: text for name, text in variables.items() if name not in own}


def _read_before(binding: ast.NamedExpr, test: ast.expr) -> bool:
    """Whether a name is read before `:=` has bound it."""
    end = (binding.end_lineno or 0, binding.end_col_offset or 0)
    return any(
        isinstance(node, ast.Name)
        and node.id == binding.target.id
        and isinstance(node.ctx, ast.Load)
        and (node.lineno, node.col_offset) < end
        for node in walk(test)
    )


def _obvious(node: ast.expr) -> bool:
    """An empty container or a constant by another name."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.args


@lru_cache(maxsize=NODES)
def _inner(node: ast.expr) -> list[ast.expr]:
    """The parts of an expression that compute something, innermost first, without the expression itself.

    Only those that are evaluated, and once: none inside a comprehension or lambda, whose names are its own.
    """
    found: list[ast.expr] = []
    for child in _certain(node):
        found += _inner(child)
        chained = isinstance(child, ast.BinOp) and isinstance(node, ast.BinOp) and child is node.left
        computes = isinstance(child, ast.Call | ast.BinOp | ast.Compare)
        item = isinstance(child, ast.Subscript) and isinstance(child.ctx, ast.Load)
        if (computes and not chained) or item:
            found.append(child)
    return found


def _certain(node: ast.expr) -> list[ast.expr]:
    """The operands that an expression evaluates whatever their values, each once."""
    match node:
        case ast.BoolOp(values=[first, *_]):
            operands: list[ast.AST] = [first]
        case ast.Compare(left=left, comparators=[first, *_]):
            operands = [left, first]
        case _ if isinstance(node, MANY_TIMES | ast.IfExp):
            operands = []
        case _:
            operands = list(ast.iter_child_nodes(node))
    values = [each.value if isinstance(each, ast.keyword) else each for each in operands]
    return [
        each for each in values if isinstance(each, ast.expr) and not isinstance(each, MANY_TIMES | ast.IfExp)
    ]


@lru_cache(maxsize=NODES)
def _conditionals(node: ast.AST) -> list[ast.IfExp]:
    """The outermost conditional expressions that a statement or expression evaluates, each once."""
    if isinstance(node, ast.IfExp):
        return [node]
    if isinstance(node, ast.BoolOp):
        return _conditionals(node.values[0])
    found: list[ast.IfExp] = []
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, MANY_TIMES | ast.stmt):
            found += _conditionals(child)
    return found
