"""Expressions with other expressions put in the place of names, and of calls of the program's own small functions."""

import ast
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from semcoder.monologue.bindings import PURE
from semcoder.monologue.listing import Listing, root_name
from semcoder.monologue.nodes import Function, defaults, walk
from semcoder.monologue.operations import FUNCTIONS, TYPES

Symbols = dict[str, ast.expr | None]
"""{variable: what it is, over the parameters; None where that is not known}."""
MAX_STATEMENTS = 200
"""Statements of a helper that are looked at, those behind an `if` once for each of its branches."""
MAX_NODES = 60
"""Parts of an expression: larger ones say nothing to a reader."""
BUILTINS = FUNCTIONS.keys() | TYPES.keys() | {"isinstance"}


UNTOLD = frozenset({"encode", "decode", "format", "hex", "bit_length", "to_bytes", "as_integer_ratio"})
"""Methods that change nothing, like those of `PURE`, but whose values are not computed here."""
OBJECT_METHODS = """
    match search fullmatch sub subn findall split group groups groupdict start end span
    hexdigest digest isoformat isoweekday weekday strftime total_seconds
"""
OF_OBJECTS = frozenset(OBJECT_METHODS.split())
"""More of them, of what a library's function gave."""
UNTOLD_FUNCTIONS = frozenset({"pow", "bytes", "repr", "ascii", "oct", "format"})
"""Builtin functions of that kind."""


NEW = (ast.Constant, ast.BinOp, ast.JoinedStr, ast.List, ast.ListComp)
"""Expressions whose value is nobody else's."""


class Opaque(Exception):
    """The expression reads something that is not known."""


def substituted(
    node: ast.expr, symbols: Mapping[str, ast.expr | None], listing: Listing, foreign: bool = False
) -> ast.expr:
    """`node` with each variable replaced by what it is; raises Opaque.

    `foreign`: calls of the library and of the program's larger functions may stay, though nothing here can tell
    their value.
    """
    found = _replaced(node, symbols, listing, frozenset())
    if not foreign and is_foreign(found, listing):
        raise Opaque("foreign")
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
    node: ast.AST, symbols: Mapping[str, ast.expr | None], listing: Listing, own: frozenset[str]
) -> ast.AST:
    """`own`: the names that comprehensions and lambdas around `node` bind."""
    if isinstance(node, ast.Name):
        if node.id in own:
            return node
        if node.id not in symbols:
            if node.id in listing.constants or node.id in listing.foreign:
                return node
            if node.id in BUILTINS | UNTOLD_FUNCTIONS and node.id not in listing.names:
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
        case ast.Lambda():
            own = own | {each.arg for each in walk(node.args) if isinstance(each, ast.arg)}
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return _comprehension(node, symbols, listing, own)
        case ast.Call(func=ast.Name(id=name)) if name not in symbols and name in listing.functions_by_name:
            body = helper(name, listing)
            if body is not None:
                given = _bound(listing.functions_by_name[name], node)
                known: Symbols = {
                    each: _replaced(part, symbols, listing, own)  # type: ignore[misc]
                    for each, part in given.items()
                }
                return _small(_replaced(body, known, listing, own))
            if name not in listing.foreign:
                raise Opaque(name)
        case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method not in PURE | UNTOLD:
            replaced = _replaced(owner, symbols, listing, own)
            library = (
                isinstance(owner, ast.Name | ast.Attribute)
                and root_name(owner) in listing.foreign - symbols.keys()
            )
            if not library and not (method in OF_OBJECTS and is_foreign(replaced, listing)):
                raise Opaque(method)
        case ast.Call(func=ast.Attribute() | ast.Name(), args=[ast.GeneratorExp(elt=item, generators=loops)]):
            if getattr(node.func, "id", "") != "next":  # a list reads better, and is the same here
                node = ast.Call(node.func, [ast.ListComp(item, loops)], node.keywords)
    parts: dict[str, Any] = {}
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            parts[name] = _replaced(value, symbols, listing, own)
        elif isinstance(value, list):
            parts[name] = [
                _replaced(each, symbols, listing, own) if isinstance(each, ast.AST) else each
                for each in value
            ]
        else:
            parts[name] = value
    made = type(node)(**parts)
    return _flat(made) if isinstance(made, ast.Dict) else made


def _comprehension(
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
    symbols: Mapping[str, ast.expr | None],
    listing: Listing,
    own: frozenset[str],
) -> ast.AST:
    loops = []
    for loop in node.generators:
        over = _replaced(loop.iter, symbols, listing, own)
        own = own | {part.id for part in walk(loop.target) if isinstance(part, ast.Name)}
        tests = [_replaced(test, symbols, listing, own) for test in loop.ifs]
        loops.append(ast.comprehension(loop.target, over, tests, loop.is_async))  # type: ignore[arg-type]
    parts = {
        name: _replaced(getattr(node, name), symbols, listing, own)
        for name in node._fields
        if name != "generators"
    }
    return type(node)(**parts, generators=loops)  # type: ignore[arg-type]


def _flat(node: ast.Dict) -> ast.Dict:
    """`{'a': 1, 'b': 2}` for `{**{'a': 1}, 'b': 2}`."""
    keys: list[ast.expr | None] = []
    values: list[ast.expr] = []
    for key, value in zip(node.keys, node.values, strict=True):
        inner = key is None and isinstance(value, ast.Dict)
        keys += value.keys if inner else [key]  # type: ignore[attr-defined]
        values += value.values if inner else [value]  # type: ignore[attr-defined]
    return ast.Dict(keys, values)


def helper(name: str, listing: Listing) -> ast.expr | None:
    """What a call of a function of the program computes, over its parameters; None where it is not one expression.

    Such a function changes nothing, and a call of it either gives that value or raises.
    """
    function = listing.functions_by_name.get(name)
    if function is None:
        return None
    if name not in listing.helpers:
        listing.helpers[name] = None  # one that calls itself is none
        plain = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        symbols: Symbols = {arg.arg: ast.Name(arg.arg, ast.Load()) for arg in plain}
        simple = not (function.decorator_list or function.args.vararg or function.args.kwarg)
        if simple and isinstance(function, ast.FunctionDef) and function.lineno not in listing.generators:
            with contextlib.suppress(Opaque):
                listing.helpers[name] = _block(function.body, symbols, listing, iter(range(MAX_STATEMENTS)))
    return listing.helpers[name]


def _block(
    body: Sequence[ast.stmt], symbols: Symbols, listing: Listing, left: Iterator[int]
) -> ast.expr | None:
    """What these statements return; None where they raise. Raises Opaque. `left`: statements to look at."""
    symbols = dict(symbols)
    for at, statement in enumerate(body):
        if next(left, None) is None:
            raise Opaque("size")
        match statement:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                continue
            case ast.Assert(test=test):
                substituted(test, symbols, listing)  # it changes nothing
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                symbols[name] = substituted(value, symbols, listing)
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                number = isinstance(value, ast.Constant) and isinstance(value.value, int | float)
                if not isinstance(symbols.get(name), NEW) and (not number or isinstance(op, ast.Mult)):
                    raise Opaque(name)  # it could be a list of the caller's
                joined = ast.BinOp(ast.Name(name, ast.Load()), op, value)
                symbols[name] = substituted(joined, symbols, listing)
            case ast.Raise():
                return None
            case ast.Return(value=returned):
                return ast.Constant(None) if returned is None else substituted(returned, symbols, listing)
            case ast.If(test=test, body=inner, orelse=otherwise):
                rest = body[at + 1 :]
                one = _block([*inner, *rest], symbols, listing, left)
                other = _block([*otherwise, *rest], symbols, listing, left)
                if one is None or other is None:
                    return one or other
                return _small(ast.IfExp(substituted(test, symbols, listing), one, other))
            case _:
                raise Opaque(type(statement).__name__)
    return ast.Constant(None)


def _small(node: ast.AST) -> ast.expr:
    if len(walk(node)) > 2 * MAX_NODES:
        raise Opaque("size")
    return node  # type: ignore[return-value]


def _bound(function: Function, call: ast.Call) -> dict[str, ast.expr]:
    """The arguments of a call by parameter; raises Opaque where they are not all told plainly."""
    plain = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
    wanted = [*plain, *(arg.arg for arg in function.args.kwonlyargs)]
    given: dict[str, ast.expr] = dict(zip(plain, call.args, strict=False))
    given |= {word.arg: word.value for word in call.keywords if word.arg}
    for name, default in defaults(function).items():
        if name not in given:
            if not isinstance(default, ast.Constant):
                raise Opaque("default")
            given[name] = default
    starred = any(isinstance(each, ast.Starred) for each in call.args) or len(call.args) > len(plain)
    if starred or not all(word.arg for word in call.keywords) or given.keys() != set(wanted):
        raise Opaque("arguments")
    return given


def is_foreign(node: ast.AST, listing: Listing) -> bool:
    """Whether an expression over the parameters calls what is not computed here."""
    for part in walk(node):
        match part:
            case ast.Name(id=name) if name in listing.foreign:
                return True
            case ast.Call(func=ast.Name(id=name)) if name in UNTOLD_FUNCTIONS:
                return True
            case ast.Call(func=ast.Attribute(attr=method)) if method in UNTOLD:
                return True
    return False


def free(node: ast.AST) -> set[str]:
    """The names that stand in an expression, bound in it or not."""
    return {each.id for each in walk(node) if isinstance(each, ast.Name)}
