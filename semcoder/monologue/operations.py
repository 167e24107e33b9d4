"""The operations that `evaluate` knows: pure, bounded in time and size, on plain data."""

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any

MAX_SIZE = 10_000
"""Characters or items of any intermediate value."""
MAX_BITS = 256
SHOWING_ORDER = frozenset(
    {"list", "tuple", "str", "sum", "join", "enumerate", "zip", "map", "filter", "next"}
)
"""Functions and methods whose result, given a set, hangs on its order."""
GROWING = frozenset({"replace", "join"})
"""Methods whose result can be longer than what goes in."""
PADDING = frozenset({"zfill", "center", "ljust", "rjust", "expandtabs"})
"""Methods whose result can be as long as a number says."""


class Items(list[Any]):
    """What a generator, `map`, `zip` and the like give one after another: no plain data, so never written."""

    def __bool__(self) -> bool:
        raise Unknown("the truth of a generator")


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
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.RShift: operator.rshift,
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
        frozenset,
        dict,
        divmod,
        bin,
        hex,
    )
}
FUNCTIONS |= {
    "len": lambda items: len(_sized(items)),
    "range": lambda *given: _short(range(*given)),
    "enumerate": lambda items, start=0: Items(enumerate(items, start)),
    "zip": lambda *given: Items(zip(*given, strict=False)),
    "reversed": lambda items: Items(reversed(items)),
    "map": lambda function, *given: Items(map(function, *given)),
    "filter": lambda function, items: Items(filter(function, items)),
    "next": lambda items, *default: next(iter(of_type(items, (Items,))), *default),
}
STRING_METHODS = """
    isdigit isalpha isalnum isupper islower isspace isnumeric isdecimal istitle isidentifier isascii isprintable
    startswith endswith count find rfind index rindex lower upper casefold title capitalize swapcase
    strip lstrip rstrip split rsplit splitlines partition rpartition removeprefix removesuffix replace join
    zfill center ljust rjust expandtabs translate
"""
METHODS: dict[type, frozenset[str]] = {
    str: frozenset(STRING_METHODS.split()),
    list: frozenset({"count", "index", "copy"}),
    tuple: frozenset({"count", "index"}),
    dict: frozenset({"get", "keys", "values", "items", "copy"}),
    set: frozenset({"issubset", "issuperset", "isdisjoint", "copy", "union", "intersection", "difference"}),
}
TYPES = {
    each.__name__: each for each in (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
}
NUMBERS = (bool, int, float)
SEQUENCES = (str, list, tuple, bytes, range)
KEYWORDS = {"sorted": ("key", "reverse"), "max": ("key", "default"), "min": ("key", "default")}


class Unknown(Exception):
    """The value cannot be told."""


def _sized(items: Any) -> Any:
    if isinstance(items, Items):
        raise Unknown("the length of a generator")
    return items


def _short(items: range) -> range:
    if len(items) > MAX_SIZE:
        raise Unknown("size")
    return items


def arithmetic(op: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(op, ast.Pow):
        if not (type(left) in (int, float) and type(right) is int and 0 <= right <= 64):
            raise Unknown("power")
        return number(number(left) ** right)
    if isinstance(op, ast.LShift):
        if not (type(left) is type(right) is int and 0 <= right <= MAX_BITS):
            raise Unknown("shift")
        return number(number(left) << right)
    if type(op) not in ARITHMETIC:
        raise Unknown("operator")
    if isinstance(op, ast.Add) and type(left) is type(right) and type(left) in SEQUENCES:
        if len(left) + len(right) > MAX_SIZE:
            raise Unknown("size")
        return left + right
    if isinstance(op, ast.Mult) and (type(left) in SEQUENCES) is not (type(right) in SEQUENCES):
        items, times = (left, right) if type(left) in SEQUENCES else (right, left)
        if len(items) * max(number(times), 1) > MAX_SIZE:
            raise Unknown("size")
        return items * times
    if type(left) is type(right) is set and not isinstance(op, ast.Add):
        return ARITHMETIC[type(op)](left, right)
    return ARITHMETIC[type(op)](number(left), number(right))


def refuse_order(name: str, given: Sequence[Any], by_key: bool) -> None:
    """Refuse what shows the order of a set: that of this process is not that of the traced one."""
    if (name in SHOWING_ORDER or by_key) and any(isinstance(each, set | frozenset) for each in given):
        raise Unknown("the order of a set")
    if name == "str" and any(isinstance(each, list | tuple | dict) for each in given):
        raise Unknown("a set may be inside")


def size(value: Any) -> int:
    return len(value) + 1 if isinstance(value, str | list | tuple | dict | set | bytes) else 1


def number(value: Any) -> Any:
    if type(value) not in NUMBERS or (type(value) is int and value.bit_length() > MAX_BITS):
        raise Unknown("number")
    return value


def of_type(value: Any, kinds: tuple[type, ...]) -> Any:
    if type(value) not in kinds:
        raise Unknown("type")
    return value
