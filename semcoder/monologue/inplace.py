"""What a statement that changes an object in place makes of it, as an expression over what it was.

`xs.append(n)` makes `xs + [n]` of `xs`. The forms are right for the usual arguments; whoever uses one compares its
value with the one that the trace shows.
"""

import ast
from collections.abc import Mapping
from typing import NamedTuple

from semcoder.execution import literals

REST = "{key: item for key, item in x.items() if key != a}"
FORMS: dict[type, dict[tuple[str, int], str]] = {
    list: {
        ("append", 1): "x + [a]",
        ("extend", 1): "x + list(a)",
        ("sort", 0): "sorted(x)",
        ("reverse", 0): "x[::-1]",
        ("pop", 0): "x[:-1]",
        ("pop", 1): "x[:a] + x[a:][1:]",
        ("remove", 1): "x[:x.index(a)] + x[x.index(a) + 1:]",
        ("insert", 2): "x[:a] + [b] + x[a:]",
        ("clear", 0): "[]",
    },
    dict: {
        ("update", 1): "{**x, **dict(a)}",
        ("pop", 1): REST,
        ("pop", 2): REST,
        ("popitem", 0): "dict(list(x.items())[:-1])",
        ("setdefault", 2): "{**x, a: x.get(a, b)}",
        ("clear", 0): "{}",
    },
    set: {
        ("add", 1): "x | {a}",
        ("update", 1): "x | set(a)",
        ("remove", 1): "x - {a}",
        ("discard", 1): "x - {a}",
        ("clear", 0): "set()",
    },
}
"""{kind: {(method, number of arguments): what it makes of its object `x` with arguments `a` and `b`}}."""
TAKEN: dict[type, dict[tuple[str, int], str]] = {
    list: {("pop", 0): "x[-1]", ("pop", 1): "x[a]"},
    dict: {
        ("pop", 1): "x[a]",
        ("pop", 2): "x.get(a, b)",
        ("popitem", 0): "list(x.items())[-1]",
        ("setdefault", 2): "x.get(a, b)",
    },
}
"""What the method gives back."""
METHODS = frozenset(name for forms in FORMS.values() for name, _ in forms)


class Change(NamedTuple):
    """A variable, what a statement makes of its object, and what the changing call gives back."""

    name: str
    made: ast.expr | None
    taken: ast.expr | None = None


def change(statement: ast.AST, before: Mapping[str, str]) -> Change | None:
    """What `statement` changes in place; None where it is no such statement. `before`: texts of the variables."""
    match statement:
        case (
            ast.Expr(value=ast.Call() as call)
            | ast.Assign(targets=[ast.Name()], value=ast.Call() as call)
            | ast.Return(value=ast.Call() as call)
        ):
            return _called(call, before)
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=key)], value=value):
            return Change(name, _stored(name, key, value, _kind(before.get(name))))
        case ast.AugAssign(target=ast.Subscript(value=ast.Name(id=name), slice=key), op=op, value=value):
            old = ast.Subscript(ast.Name(name, ast.Load()), key, ast.Load())
            return Change(name, _stored(name, key, ast.BinOp(old, op, value), _kind(before.get(name))))
        case ast.Delete(targets=[ast.Subscript(value=ast.Name(id=name), slice=key)]):
            return Change(name, _deleted(name, key, _kind(before.get(name))))
    return None


def _called(call: ast.Call, before: Mapping[str, str]) -> Change | None:
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr=method) if method in METHODS:
            pass
        case _:
            return None
    kind = _kind(before.get(name))
    if method == "sort" and kind is list and not call.args:
        ordered = ast.Call(ast.Name("sorted", ast.Load()), [ast.Name(name, ast.Load())], call.keywords)
        return Change(name, ordered)
    key = (method, len(call.args))
    if call.keywords or kind is None or any(isinstance(each, ast.Starred) for each in call.args):
        return Change(name, None)
    return Change(name, *[_filled(forms.get(kind, {}).get(key), name, call.args) for forms in (FORMS, TAKEN)])


def _stored(name: str, key: ast.expr, value: ast.expr, kind: type | None) -> ast.expr | None:
    if kind is dict and not isinstance(key, ast.Slice):
        return _filled("{**x, a: b}", name, [key, value])
    if kind is not list:
        return None
    if not isinstance(key, ast.Slice):
        return _filled("x[:a] + [b] + x[a:][1:]", name, [key, value])
    ends = _ends(key)
    return None if ends is None else _joined(name, ends, _filled("list(a)", name, [value]))


def _deleted(name: str, key: ast.expr, kind: type | None) -> ast.expr | None:
    if isinstance(key, ast.Slice):
        ends = _ends(key)
        return _joined(name, ends, None) if kind is list and ends is not None else None
    form = FORMS.get(kind, {}).get(("pop", 1)) if kind else None
    return _filled(form, name, [key])


def _ends(key: ast.Slice) -> tuple[ast.expr | None, ast.expr | None] | None:
    """The ends of a slice that lies as written in any list: not negative, and in order."""
    match key:
        case ast.Slice(lower=None | ast.Constant(), upper=None | ast.Constant(), step=None):
            low, high = [getattr(end, "value", None) for end in (key.lower, key.upper)]
            return (key.lower, key.upper) if low is None or high is None or low <= high else None
    return None


def _joined(name: str, ends: tuple[ast.expr | None, ast.expr | None], middle: ast.expr | None) -> ast.expr:
    """`x[:low] + middle + x[high:]`, without the parts that are not there."""
    low, high = ends
    parts = [_filled("x[:a]", name, [low])] if low is not None else []
    parts += [middle] if middle is not None else []
    parts += [_filled("x[a:]", name, [high])] if high is not None else []
    known = [part for part in parts if part is not None]
    total: ast.expr = known[0] if known else ast.List([], ast.Load())
    for part in known[1:]:
        total = ast.BinOp(total, ast.Add(), part)
    return total


def _filled(form: str | None, name: str, given: list[ast.expr]) -> ast.expr | None:
    """A form with the object and the arguments in their places."""
    names = {part.id for each in given for part in ast.walk(each) if isinstance(part, ast.Name)}
    if form is None or (form is REST and names & {"key", "item"}):
        return None
    places: dict[str, ast.expr] = dict(zip("ab", given, strict=False)) | {"x": ast.Name(name, ast.Load())}
    return _Fill(places).visit(ast.parse(form, mode="eval").body)  # type: ignore[no-any-return]


class _Fill(ast.NodeTransformer):
    def __init__(self, places: Mapping[str, ast.expr]) -> None:
        self._places = places

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._places.get(node.id, node)


def _kind(text: str | None) -> type | None:
    """The type of a container by its literal."""
    if text is None or text[:1] not in "[{s":
        return None
    try:
        kind = type(literals.parse(text))
    except ValueError:
        return None
    return kind if kind in FORMS else None
