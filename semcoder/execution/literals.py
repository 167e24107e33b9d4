"""Values as Python source: the one text form in which arguments, outputs and states travel.

Standard library only: this file is also read inside the sandbox, where it renders what an untrusted
program returned. Nothing here trusts the value: only exact builtin types are rendered.
"""

import ast
import contextlib
import json
import math
import re
from collections import Counter
from typing import Any

MAX_DEPTH = 60
MAX_INT_BITS = 14284
"""An int of no more bits has at most 4,300 digits, the most that Python reads or writes by default."""
MAX_COLLIDING = 64
"""Keys of one set or dict that may share a hash: more, never seen by chance, take time that grows quadratically."""


_SIMPLE = {int, float, bool, str, bytes, type(None)}
_NUMBERS = re.compile(r"[0-9eE+.,\[\] -]*")
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,30})|'([ -&(-\[\]-~]*)'")


class NotPlain(ValueError):
    """The value is not made of exact builtin types (or too deep), so it has no faithful literal."""


def render(value: Any, _depth: int = 0) -> str:
    """The canonical literal of `value`: `parse(render(v))` equals `v` in value and type.

    Plain types: None, bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset.
    Sets are written in sorted order, so that the text does not depend on the hash seed.
    Raises NotPlain for anything else, subclasses of the above included.
    """
    kind = type(value)
    if value is None or kind is bool or kind is str or kind is bytes:
        return repr(value)
    if kind is int:
        if value.bit_length() > MAX_INT_BITS:
            raise NotPlain("an int of more than 4,300 digits")
        return repr(value)
    if kind is float:
        return repr(value) if math.isfinite(value) else f"float('{value}')"
    if kind is complex:
        return f"complex({render(value.real)}, {render(value.imag)})"
    if _depth >= MAX_DEPTH:
        raise NotPlain("nested too deeply")
    inner = _depth + 1
    if (kind is list or kind is tuple) and _reads_as_it_is(value):
        return repr(value)
    if kind is list:
        return "[" + ", ".join([render(item, inner) for item in value]) + "]"
    if kind is tuple:
        body = ", ".join([render(item, inner) for item in value])
        return f"({body},)" if len(value) == 1 else f"({body})"
    if kind is dict:
        return "{" + ", ".join([f"{render(k, inner)}: {render(v, inner)}" for k, v in value.items()]) + "}"
    if kind is set or kind is frozenset:
        body = ", ".join(_sorted_items(value, inner))
        if kind is set:
            return "{" + body + "}" if body else "set()"
        return "frozenset({" + body + "})" if body else "frozenset()"
    raise NotPlain(f"not plain data: {kind.__name__}")


def _reads_as_it_is(items: Any) -> bool:
    """Whether Python's own text of a list or tuple is its literal: nothing but short ints, finite floats and texts."""
    kinds = set(map(type, items))
    if not kinds <= _SIMPLE:
        return False
    if int in kinds and max([item.bit_length() for item in items if type(item) is int]) > MAX_INT_BITS:
        return False
    return float not in kinds or all(math.isfinite(item) for item in items if type(item) is float)


def _sorted_items(items: Any, depth: int) -> list[str]:
    return [text for _, text in sorted([(_order(item), render(item, depth)) for item in items])]


def _order(value: Any) -> tuple[int, Any]:
    """A total order of hashable plain values: numbers, then texts, bytes and tuples by value, then the rest.

    Never the values' own `<`: among frozensets it means inclusion, and nan has no order at all, so that
    sorting them would depend on where they started.
    """
    kind = type(value)
    if kind is int or kind is bool or (kind is float and value == value):
        return 0, value
    if kind is str:
        return 1, value
    if kind is bytes:
        return 2, value
    if kind is tuple:
        return 3, tuple([_order(item) for item in value])
    return 4, render(value)


def parse(text: str) -> Any:
    """The value of a literal that `render` may have written. Evaluates nothing else; raises ValueError."""
    if plain := _PLAIN.fullmatch(text):  # a tenth of the time of a syntax tree, for most values there are
        return int(text) if plain[1] is None else plain[1]
    if text.startswith("[") and _NUMBERS.fullmatch(text):
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(text)  # lists of numbers are written alike there, and are read 20 times faster
    try:
        return _build(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, RecursionError, MemoryError, TypeError, OverflowError) as error:
        raise ValueError(f"not a literal: {text[:80]!r}") from error


def _build(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and node.value is not Ellipsis:
        return node.value
    if isinstance(node, ast.List):
        return [_build(item) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(_build(item) for item in node.elts)
    if isinstance(node, ast.Set):
        return set(_spread([_build(item) for item in node.elts]))
    if isinstance(node, ast.Dict) and None not in node.keys:
        keys = _spread([_build(key) for key in node.keys if key is not None])
        return dict(zip(keys, [_build(value) for value in node.values], strict=True))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        operand = _build(node.operand)
        if type(operand) in (int, float, complex):
            return -operand if isinstance(node.op, ast.USub) else operand
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _call(node.func.id, [_build(item) for item in node.args])
    raise ValueError(f"not a literal: a part of it is no value ({type(node).__name__})")


def _spread(keys: list[Any]) -> list[Any]:
    if len(keys) > MAX_COLLIDING and max(Counter(map(hash, keys)).values()) > MAX_COLLIDING:
        raise ValueError("not a literal that can be built: its keys share one hash")
    return keys


def _call(name: str, args: list[Any]) -> Any:
    if name == "float" and len(args) == 1 and args[0] in ("inf", "-inf", "nan"):
        return float(args[0])
    if name == "complex" and len(args) == 2:
        return complex(*args)
    if name in ("set", "frozenset") and len(args) <= 1 and all(type(a) is set for a in args):
        return (set if name == "set" else frozenset)(*args)
    raise ValueError(f"not a literal: {name}(...)")


def describe(value: Any, limit: int = 2000) -> tuple[str, bool]:
    """(text, whole): the literal where there is one, else a stable description without addresses.

    `whole` is False when the text stands for more than it says: an object, or a literal longer than
    `limit` characters (then the text tells type and size; it is never cut with a silent ellipsis).
    """
    try:
        text = render(value)
    except (NotPlain, RecursionError):
        return f"<{type(value).__qualname__} object>", False
    if len(text) > limit:
        size = f" of {len(value)} items" if hasattr(value, "__len__") else ""
        return f"<{type(value).__name__}{size}, {len(text)} characters>", False
    return text, True
