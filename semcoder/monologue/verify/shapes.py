"""Kinds and sizes of values, as they are told in words."""

from typing import Any

_KINDS = {
    "string": str, "list": list, "tuple": tuple, "dictionary": dict, "dict": dict, "set": set, "frozenset": frozenset,
    "integer": int, "int": int, "float": float, "boolean": bool, "bool": bool, "byte string": bytes,
    "complex number": complex, "`none`": type(None),
}  # fmt: skip
_UNITS = {
    "integer": int, "string": str, "float": float, "boolean": bool, "list": list, "tuple": tuple,
    "dictionarie": dict, "set": set, "byte string": bytes,
}  # fmt: skip


def has_shape(value: Any, kind: str, size: int | None, unit: str) -> bool | None:
    """Whether a value is of a kind, and of a size in units, that are told in words."""
    empty = kind.startswith("empty ")
    wanted = _KINDS.get(kind.removeprefix("empty "))
    if wanted is not None:
        if wanted is int and type(value) is bool:
            return None
        if type(value) is not wanted:
            return None if {wanted, type(value)} <= {set, frozenset} else False
    if empty:
        return not value
    if size is None:
        return True
    if not hasattr(value, "__len__"):
        return False if wanted is None and unit[:4] in ("char", "item", "elem", "entr") else None
    if unit.startswith(("char", "chars", "letter")) and not isinstance(value, str | bytes):
        return None
    if unit.startswith(("word", "value", "number")) or (unit.startswith(("letter",)) and len(value) != size):
        return True if len(value) == size else None
    if unit.startswith(("string", "item", "element")) and isinstance(value, str):
        return True if len(value) == size else None
    if len(value) != size:
        return False
    inner = _UNITS.get(unit.rstrip("s"))
    if inner is not None and isinstance(value, list | tuple | set | frozenset):
        return all(type(item) is inner for item in value) or None
    return True
