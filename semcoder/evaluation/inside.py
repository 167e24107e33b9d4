"""Runs inside the sandbox, behind a program under test: turns what it returned into plain data.

The source of this module is appended to untrusted programs (evaluation.checking). It decides nothing: whatever
it returns is no more than the program's claim. Builtins are fetched anew: programs shadow them (`sum = 0`).
"""

from typing import Any


def semcoder_result(value: Any, mode: str) -> Any:
    """Plain data that equals `value`: `assert result == expected` holds for one as for the other.

    `mode`: `value`; `set` for the set of its elements; `present` for a bool, or whether it is not None
    (EvalPlus compares a few tasks in these ways). Subclasses of builtin types become those types. A value of
    more than 200,000 characters, or with a number of more than 3,900 digits, becomes ("digest", sha256).
    """
    import builtins as b
    import decimal
    import fractions
    import hashlib

    scalars: tuple[Any, ...] = (b.str, b.bytes, b.float, b.int, b.complex)
    containers: tuple[Any, ...] = (b.list, b.tuple, b.set, b.frozenset)
    size = 0
    huge = False

    def plain(item: Any, depth: int) -> Any:
        nonlocal size, huge
        size += 4
        kind = b.type(item)
        if item is None or kind is b.bool or kind is b.float or kind is b.complex:
            return item
        if kind is b.int:
            huge = huge or item.bit_length() > 13_000
            return item
        if kind is b.str or kind is b.bytes:
            size += b.len(item)
            return item
        if depth > 60:
            return item
        for base in scalars:
            if b.isinstance(item, base):
                return plain(base(item), depth + 1)
        if b.isinstance(item, b.dict):
            return {plain(k, depth + 1): plain(v, depth + 1) for k, v in b.dict.items(item)}
        for base in containers:
            if b.isinstance(item, base):
                return base([plain(inner, depth + 1) for inner in item])
        if kind is decimal.Decimal or kind is fractions.Fraction:
            for number in (b.int, b.float):
                if number(item) == item:
                    return number(item)
        return item

    def text(item: Any) -> str:
        """Equal values have equal texts: 1, 1.0 and True are one."""
        kind = b.type(item)
        if kind is b.complex and item.imag == 0:
            item, kind = item.real, b.float
        if kind is b.bool or (kind is b.float and item.is_integer()):
            item, kind = b.int(item), b.int
        if kind is b.int:
            return b.hex(item)
        if kind is b.list:
            return "[" + ",".join([text(inner) for inner in item]) + "]"
        if kind is b.tuple:
            return "(" + ",".join([text(inner) for inner in item]) + ")"
        if kind is b.dict:
            return "{" + ",".join(b.sorted([text(k) + ":" + text(v) for k, v in item.items()])) + "}"
        if kind is b.set or kind is b.frozenset:
            return "<" + ",".join(b.sorted([text(inner) for inner in item])) + ">"
        return b.repr(item)

    if mode == "present":
        return value if b.type(value) is b.bool else value is not None
    result = plain(b.set(value) if mode == "set" else value, 0)
    if size > 200_000 or huge:
        return ("digest", hashlib.sha256(text(result).encode("utf-8", "surrogatepass")).hexdigest())
    return result
