"""The value of a small part of an expression, from the literals of the variables in it.

A trace holds the state at every statement, not the value of every operand; a reason such as "`len(s)` is `5`"
needs those. Nothing of the program is run: this interprets a short list of operations that are pure, total or
refused, and bounded in time and size, on plain data. What is not on the list is unknown, and then not told.
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from semcoder.execution import literals

MAX_SIZE = 10_000
"""Characters or items of any intermediate value."""
MAX_BITS = 256
SHOWING_ORDER = frozenset({"list", "tuple", "str", "sum", "join"})
"""Functions and methods whose result, given a set, hangs on its order."""
GROWING = frozenset({"replace", "join"})
"""Methods whose result can be longer than what goes in."""

COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        len,
        abs,
        min,
        max,
        sum,
        ord,
        chr,
        bool,
        sorted,
        any,
        all,
        round,
        int,
        float,
        str,
        list,
        tuple,
        set,
    )
}
STRING_METHODS = """
    isdigit isalpha isalnum isupper islower isspace isnumeric isdecimal istitle isidentifier isascii isprintable
    startswith endswith count find rfind index rindex lower upper casefold title capitalize swapcase
    strip lstrip rstrip split rsplit splitlines partition rpartition removeprefix removesuffix replace join
"""
METHODS: dict[type, frozenset[str]] = {
    str: frozenset(STRING_METHODS.split()),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
    dict: frozenset({"get", "keys", "values", "items"}),
    set: frozenset({"issubset", "issuperset", "isdisjoint"}),
}
TYPES = {
    each.__name__: each for each in (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
}
NUMBERS = (bool, int, float)
SEQUENCES = (str, list, tuple, bytes)


class Unknown(Exception):
    """The value cannot be told."""


def evaluate(node: ast.expr, variables: Mapping[str, str], bound: frozenset[str]) -> Any:
    """The value of `node`, where `variables` maps names to literals; raises Unknown.

    `bound` are the names that the program binds anywhere: a builtin among them is not taken for the builtin.
    """
    try:
        value = _value(node, variables, bound)
    except Unknown:
        raise
    except Exception as error:
        raise Unknown(str(error)) from error
    return value


def text_of(node: ast.expr, variables: Mapping[str, str], bound: frozenset[str]) -> str | None:
    """The literal of the value of `node`, or None where it cannot be told."""
    try:
        return literals.render(evaluate(node, variables, bound))
    except (Unknown, literals.NotPlain):
        return None


@lru_cache(maxsize=4096)
def parsed(text: str) -> Any:
    """The value of a literal; raises ValueError. Shared: never to be changed."""
    return literals.parse(text)


def _value(node: ast.expr, variables: Mapping[str, str], bound: frozenset[str]) -> Any:
    def of(part: ast.expr) -> Any:
        return _value(part, variables, bound)

    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            if node.id not in variables:
                raise Unknown(node.id)
            return parsed(variables[node.id])
        case ast.Tuple():
            return tuple(of(part) for part in node.elts)
        case ast.List():
            return [of(part) for part in node.elts]
        case ast.BoolOp():
            return _chain(node, of)
        case ast.IfExp():
            return of(node.body) if of(node.test) else of(node.orelse)
        case ast.UnaryOp(op=ast.Not()):
            return not of(node.operand)
        case ast.UnaryOp(op=ast.USub()):
            return -_number(of(node.operand))
        case ast.Compare():
            left = of(node.left)
            for op, part in zip(node.ops, node.comparators, strict=True):
                right = of(part)
                if isinstance(op, ast.Is | ast.IsNot) and None not in (left, right):
                    raise Unknown("identity")
                if not COMPARE[type(op)](left, right):
                    return False
                left = right
            return True
        case ast.BinOp():
            return _arithmetic(node.op, of(node.left), of(node.right))
        case ast.Subscript(slice=ast.Slice(lower=lower, upper=upper, step=step)):
            parts = [of(part) if part else None for part in (lower, upper, step)]
            return _of_type(of(node.value), SEQUENCES)[slice(*parts)]
        case ast.Subscript():
            return _of_type(of(node.value), (*SEQUENCES, dict))[of(node.slice)]
        case ast.Call(func=ast.Name(id="isinstance"), args=[value, ast.Name(id=kind)], keywords=[]):
            if kind not in TYPES or {kind, "isinstance"} & bound:
                raise Unknown(kind)
            return isinstance(of(value), TYPES[kind])
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            if name not in FUNCTIONS or name in bound:
                raise Unknown(name)
            if name == "round" and len(arguments) != 1:  # a large second argument would take forever
                raise Unknown(name)
            given = [of(part) for part in arguments]
            _ordered(name, given)
            return FUNCTIONS[name](*given)
        case ast.Call(func=ast.Attribute(value=owner, attr=name), args=arguments, keywords=[]):
            value = of(owner)
            if name not in METHODS.get(type(value), ()):
                raise Unknown(name)
            given = [of(part) for part in arguments]
            _ordered(name, given)
            if name in GROWING and _size(value) * max(map(_size, given), default=1) > MAX_SIZE:
                raise Unknown("size")
            return getattr(value, name)(*given)
    raise Unknown(type(node).__name__)


def _chain(node: ast.BoolOp, of: Callable[[ast.expr], Any]) -> Any:
    """The first operand that decides, as Python gives it; the operands after it are not looked at."""
    value = None
    for part in node.values:
        value = of(part)
        if bool(value) is isinstance(node.op, ast.Or):
            break
    return value


def _arithmetic(op: ast.operator, left: Any, right: Any) -> Any:
    if type(op) not in ARITHMETIC:
        raise Unknown("operator")
    if isinstance(op, ast.Add) and type(left) is type(right) and type(left) in SEQUENCES:
        if len(left) + len(right) > MAX_SIZE:
            raise Unknown("size")
        return left + right
    return ARITHMETIC[type(op)](_number(left), _number(right))


def _ordered(name: str, given: Sequence[Any]) -> None:
    """Refuse what shows the order of a set: that of this process is not that of the traced one."""
    if name in SHOWING_ORDER and any(isinstance(each, set | frozenset) for each in given):
        raise Unknown("the order of a set")
    if name == "str" and any(isinstance(each, list | tuple | dict) for each in given):
        raise Unknown("a set may be inside")


def _size(value: Any) -> int:
    return len(value) + 1 if isinstance(value, str | list | tuple | dict | set | bytes) else 1


def _number(value: Any) -> Any:
    if type(value) not in NUMBERS or (type(value) is int and value.bit_length() > MAX_BITS):
        raise Unknown("number")
    return value


def _of_type(value: Any, kinds: tuple[type, ...]) -> Any:
    if type(value) not in kinds:
        raise Unknown("type")
    return value
