"""Loops that build something, as comprehensions: what a `for` loop made of its items, in one expression."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from semcoder.monologue.listing import Listing, names_bound, root_name
from semcoder.monologue.loops import Round, changed
from semcoder.monologue.nodes import walk
from semcoder.monologue.substitution import Opaque, Symbols, free, substituted

MAX_START = 40
"""Characters of a variable's value before a loop that builds on it."""
Way = Literal["append", "add", "+", "-", "store"]


COUNTING = (
    "if {c} in {d}:\n    {d}[{c}] += 1\nelse:\n    {d}[{c}] = 1",
    "if {c} not in {d}:\n    {d}[{c}] = 1\nelse:\n    {d}[{c}] += 1",
    "if {c} in {d}:\n    {d}[{c}] = {d}[{c}] + 1\nelse:\n    {d}[{c}] = 1",
    "{d}[{c}] = {d}.get({c}, 0) + 1",
)
"""How programs count items; the result is checked like any other."""


@dataclass(slots=True)
class Lifted:
    """What a loop computes over the parameters; the caller checks it against the trace."""

    variables: Symbols = field(default_factory=dict)
    path: list[tuple[ast.expr, bool]] = field(default_factory=list)
    output: ast.expr | None = None
    """What is returned from inside the loop."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One statement that builds a variable: under which loops and tests, and what goes in."""

    way: Way
    loops: tuple[ast.comprehension, ...]
    items: tuple[ast.expr, ...]


def lifted(run: Round, listing: Listing, symbols: Symbols) -> Lifted | None:
    """What a run of a loop did. None where its body holds a statement that is not followed."""
    node = run.node
    if not isinstance(node, ast.For):
        return None
    counted = _counts(node, symbols)
    if counted is not None:
        return Lifted(variables=counted)
    try:
        scan = _Scan(node, listing, symbols)
    except Opaque:
        return None
    found = Lifted(path=[], output=None)
    left = [each for each in scan.leaves if each[1] is not None]
    if run.end is None:
        if len(scan.leaves) == 1 and left and not scan.parts:
            loops, value = left[0]
            assert value is not None
            found.path.append((_call("any", _generator(_test(loops), loops, drop=True)), True))
            found.output = _call("next", ast.GeneratorExp(value, list(loops)))
            return found
        return None
    for loops, _ in scan.leaves:
        found.path.append((_call("any", _generator(_test(loops), loops, drop=True)), False))
    for name, parts in scan.parts.items():
        start = symbols.get(name)
        found.variables[name] = _built(parts, start, run, name) if start is not None else None
    return found


def before_loop(run: Round) -> Symbols:
    """Each variable before a loop by its own name, or by its value where the loop changes it."""
    start = run.first().before
    symbols: Symbols = {name: ast.Name(name, ast.Load()) for name in start}
    for name in changed(run.iterations):
        text = start.get(name)
        if text is None or len(text) > MAX_START or text.startswith("<"):
            symbols[name] = None
            continue
        try:
            symbols[name] = ast.parse(text, mode="eval").body
        except SyntaxError:
            symbols[name] = None
    return symbols


def _counts(node: ast.For, symbols: Symbols) -> Symbols | None:
    """A loop that does nothing but count its items in a dictionary, in one of the usual ways."""
    match node:
        case ast.For(
            target=ast.Name(id=item),
            iter=ast.Name(id=source),
            body=[ast.If() | ast.Assign() as statement],
            orelse=[],
        ):
            over = symbols.get(source)
        case _:
            return None
    written = ast.unparse(statement)
    for name in symbols:
        if written in [form.format(d=name, c=item) for form in COUNTING] and over is not None:
            made = ast.parse(f"{{{item}: {source}.count({item}) for {item} in {source}}}", mode="eval").body
            assert isinstance(made, ast.DictComp) and isinstance(made.value, ast.Call)
            made.generators[0].iter = over
            made.value.func = ast.Attribute(over, "count", ast.Load())
            return {name: made} if item not in free(over) else None
    return None


class _Scan:
    """Reads the body of a loop. Raises Opaque."""

    def __init__(self, node: ast.For, listing: Listing, symbols: Symbols) -> None:
        self.parts: dict[str, list[_Part]] = {}
        self.leaves: list[tuple[tuple[ast.comprehension, ...], ast.expr | None]] = []
        """Where `return` (with its value) and `break` stand."""
        self._listing = listing
        self._symbols: Symbols = dict(symbols)
        for part in walk(node):  # what the body changes has no one value in it
            if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
                self._symbols[part.id] = None
            elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
                self._symbols[root_name(part.value.func)] = None
            elif isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Store):
                self._symbols[root_name(part)] = None
        self._enter(node, ())

    def _over(self, node: ast.expr) -> ast.expr:
        return substituted(node, self._symbols, self._listing)

    def _enter(self, node: ast.For, loops: tuple[ast.comprehension, ...]) -> None:
        if node.orelse:
            raise Opaque("else")
        over = self._over(node.iter)
        names = names_bound(node.target)
        for name in names:
            self._symbols[name] = ast.Name(name, ast.Load())
        loop = ast.comprehension(node.target, over, [], 0)
        self._block(node.body, (*loops, loop))
        for name in names:
            self._symbols[name] = None

    def _block(self, body: Sequence[ast.stmt], loops: tuple[ast.comprehension, ...]) -> bool:
        """Read statements; returns whether they end in `continue`, `break` or `return`."""
        for statement in body:
            match statement:
                case ast.Pass():
                    continue
                case ast.Continue():
                    return True
                case ast.Break() | ast.Return():
                    value = statement.value if isinstance(statement, ast.Return) else None
                    self.leaves.append((loops, self._over(value) if value is not None else None))
                    return True
                case ast.For():
                    self._enter(statement, loops)
                case ast.If(test=test, body=inner, orelse=otherwise):
                    condition = self._over(test)
                    opposite = negated(condition)
                    before = dict(self._symbols)
                    ends = self._block(inner, _under(loops, condition))
                    taken, self._symbols = self._symbols, before
                    others = bool(otherwise) and self._block(otherwise, _under(loops, opposite))
                    self._symbols = self._merged(condition, taken, ends, others)
                    if ends and others:
                        return True
                    if ends and not isinstance(inner[-1], ast.Break | ast.Return):
                        loops = _under(loops, opposite)
                    elif others:
                        loops = _under(loops, condition)
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._symbols[name] = self._over(value)
                case ast.AugAssign(target=ast.Name(id=name), op=op, value=value) if (
                    self._symbols[name] is not None
                ):
                    self._symbols[name] = self._over(ast.BinOp(ast.Name(name, ast.Load()), op, value))
                case ast.AugAssign(target=ast.Name(id=name), op=ast.Add() | ast.Sub() as op, value=value):
                    self._add(name, "+" if isinstance(op, ast.Add) else "-", loops, value)
                case ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=name), attr="append" | "add" as way), args=[item]
                    )
                ):
                    self._add(name, "append" if way == "append" else "add", loops, item)
                case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=key)], value=value) if (
                    not isinstance(key, ast.Slice)
                ):
                    self._add(name, "store", loops, key, value)
                case _:
                    raise Opaque(type(statement).__name__)
        return False

    def _merged(self, test: ast.expr, taken: Symbols, ends: bool, others: bool) -> Symbols:
        """What the variables of one iteration are behind an `if`; the branch that ended the iteration is out."""
        if ends or others:
            return self._symbols if ends else taken
        merged: Symbols = {}
        for name, other in self._symbols.items():
            one = taken.get(name)
            if one is other:
                merged[name] = one
            else:
                merged[name] = ast.IfExp(test, one, other) if one is not None and other is not None else None
        return merged

    def _add(self, name: str, way: Way, loops: tuple[ast.comprehension, ...], *items: ast.expr) -> None:
        self.parts.setdefault(name, []).append(_Part(way, loops, tuple(map(self._over, items))))


def _built(parts: list[_Part], start: ast.expr, run: Round, name: str) -> ast.expr | None:
    """The variable after the loop."""
    part = parts[0]
    text = run.first().before.get(name, "")
    if len(parts) > 1 and {each.way for each in parts} <= {"+", "-"} and text.lstrip("-")[:1].isdigit():
        return _summed(parts, start)
    if len(parts) == 2:
        joined = _either(*parts)
        if joined is None:
            return None
        part = joined
    elif len(parts) != 1:
        return None
    loops = list(part.loops)
    if part.way == "append":
        return _after(start, "[]", _listed(part.items[0], loops))
    if part.way == "add":
        made = ast.SetComp(part.items[0], loops)
        return made if ast.unparse(start) == "set()" else ast.BinOp(start, ast.BitOr(), made)
    if part.way == "store":
        return ast.DictComp(part.items[0], part.items[1], loops) if text == "{}" else None
    if text[:1] in "'\"" and text and part.way == "+":
        strings = ast.Constant("")
        made_text = ast.Call(
            ast.Attribute(strings, "join", ast.Load()), [_bare(_listed(part.items[0], loops))], []
        )
        return _after(start, "''", made_text)
    if text[:1] == "[" and part.way == "+":
        match part.items[0]:
            case ast.List(elts=[item]):
                return _after(start, "[]", _listed(item, loops))
        return None
    total = _call("sum", _bare(_listed(part.items[0], loops)))
    return ast.BinOp(start, ast.Sub(), total) if part.way == "-" else _after(start, "0", total)


def _listed(item: ast.expr, loops: list[ast.comprehension]) -> ast.expr:
    """`[item for ...]`, or `list(xs)` where that is the same."""
    match item, loops:
        case ast.Name(id=name), [ast.comprehension(target=ast.Name(id=target), iter=over, ifs=[])] if (
            name == target
        ):
            return _call("list", over)
    return ast.ListComp(item, loops)


def _summed(parts: Sequence[_Part], start: ast.expr) -> ast.expr:
    """A number to which several statements add, or from which they take."""
    total: ast.expr | None = None if ast.unparse(start) == "0" else start
    for part in sorted(parts, key=lambda part: part.way):
        one = _call("sum", _bare(_listed(part.items[0], list(part.loops))))
        if part.way == "+":
            total = one if total is None else ast.BinOp(total, ast.Add(), one)
        else:
            total = ast.BinOp(total or ast.Constant(0), ast.Sub(), one)
    return total or ast.Constant(0)


def _bare(items: ast.expr) -> ast.expr:
    """`xs` for `list(xs)`, where only the items are asked for."""
    return items.args[0] if isinstance(items, ast.Call) else items


def _either(first: _Part, second: _Part) -> _Part | None:
    """Two statements of the two branches of one `if`, as one."""
    if first.way != second.way or len(first.loops) != len(second.loops) or len(first.items) != 1:
        return None
    *outer, one = first.loops
    *other, two = second.loops
    alike = [ast.unparse(each) for each in outer] == [ast.unparse(each) for each in other]
    shared = len(one.ifs) - 1
    if not alike or shared < 0 or len(two.ifs) != shared + 1:
        return None
    tests = [[ast.unparse(test) for test in each.ifs] for each in (one, two)]
    if tests[0][:shared] != tests[1][:shared] or ast.unparse(negated(one.ifs[shared])) != tests[1][shared]:
        return None
    loop = ast.comprehension(one.target, one.iter, one.ifs[:shared], 0)
    item = ast.IfExp(one.ifs[shared], first.items[0], second.items[0])
    return _Part(first.way, (*outer, loop), (item,))


def _after(start: ast.expr, empty: str, made: ast.expr) -> ast.expr:
    return made if ast.unparse(start) == empty else ast.BinOp(start, ast.Add(), made)


def _under(loops: tuple[ast.comprehension, ...], test: ast.expr) -> tuple[ast.comprehension, ...]:
    *outer, last = loops
    return (*outer, ast.comprehension(last.target, last.iter, [*last.ifs, test], 0))


def _test(loops: Sequence[ast.comprehension]) -> ast.expr:
    """The tests of the innermost loop, as one."""
    tests = loops[-1].ifs
    return ast.Constant(True) if not tests else tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)


def _generator(element: ast.expr, loops: Sequence[ast.comprehension], drop: bool) -> ast.ListComp:
    *outer, last = loops
    return ast.ListComp(
        element, [*outer, ast.comprehension(last.target, last.iter, [] if drop else last.ifs, 0)]
    )


def _call(name: str, argument: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), [argument], [])


OPPOSITE: dict[type[ast.cmpop], ast.cmpop] = {
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.Lt: ast.GtE(),
    ast.GtE: ast.Lt(),
    ast.Gt: ast.LtE(),
    ast.LtE: ast.Gt(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
}


def negated(test: ast.expr) -> ast.expr:
    """`a >= b` for `a < b`: a test that is true where `test` is false. (Not for nan, so the caller checks it.)"""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return ast.Compare(left, [OPPOSITE[type(op)]], [right])
    return ast.UnaryOp(ast.Not(), test)
