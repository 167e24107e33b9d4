"""Expressions with other expressions put in the place of names."""

import ast
from collections.abc import Mapping
from typing import Any

from semcoder.monologue.nodes import walk
from semcoder.monologue.operations import FUNCTIONS, TYPES

Symbols = dict[str, ast.expr | None]
"""{variable: what it is, over the parameters; None where that is not known}."""
MAX_NODES = 60
"""Parts of an expression: larger ones say nothing to a reader."""
BUILTINS = FUNCTIONS.keys() | TYPES.keys() | {"isinstance"}


class Opaque(Exception):
    """The expression reads something that is not known."""


def substituted(node: ast.expr, symbols: Mapping[str, ast.expr | None], bound: frozenset[str]) -> ast.expr:
    """`node` with each variable replaced by what it is; raises Opaque. `bound`: all names that the program binds."""
    own = {each.id for each in walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    own |= {each.arg for each in walk(node) if isinstance(each, ast.arg)}
    found = _replaced(node, symbols, bound, own)
    parts = walk(found)
    if len(parts) > 2 * MAX_NODES:
        raise Opaque("size")
    if any(isinstance(part, ast.JoinedStr) for part in parts):
        try:
            ast.unparse(found)
        except ValueError:  # Python 3.11 has no form for some strings inside of f-strings
            raise Opaque("f-string") from None
    return found  # type: ignore[return-value]


def _replaced(
    node: ast.AST, symbols: Mapping[str, ast.expr | None], bound: frozenset[str], own: set[str]
) -> ast.AST:
    if isinstance(node, ast.Name):
        if node.id in own:
            return node
        if node.id not in symbols:
            if node.id in BUILTINS and node.id not in bound:
                return node
            raise Opaque(node.id)
        symbol = symbols[node.id]
        if symbol is None or (
            own and own & free(symbol)
        ):  # a name of the comprehension would catch the outer one
            raise Opaque(node.id)
        return symbol
    if isinstance(node, ast.NamedExpr | ast.Yield | ast.YieldFrom | ast.Await):
        raise Opaque(type(node).__name__)
    match node:
        case ast.Call(func=ast.Attribute() | ast.Name(), args=[ast.GeneratorExp(elt=item, generators=loops)]):
            if getattr(node.func, "id", "") != "next":  # a list reads better, and is the same here
                node = ast.Call(node.func, [ast.ListComp(item, loops)], node.keywords)
    parts: dict[str, Any] = {}
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            parts[name] = _replaced(value, symbols, bound, own)
        elif isinstance(value, list):
            parts[name] = [
                _replaced(each, symbols, bound, own) if isinstance(each, ast.AST) else each for each in value
            ]
        else:
            parts[name] = value
    return type(node)(**parts)


def free(node: ast.AST) -> set[str]:
    """The names that stand in an expression, bound in it or not."""
    return {each.id for each in walk(node) if isinstance(each, ast.Name)}
