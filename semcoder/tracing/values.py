"""What a traced value looks like in text: the literal where there is one, else stable text for any object.

Standard library only: this file is also read inside the sandbox, beside `tracer.py`. It never runs a method
that the program defines, so looking at a value cannot change what the program does.
"""

import enum
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable
from typing import Any

try:
    import literals  # type: ignore[import-not-found, unused-ignore]
except ImportError:
    from semcoder.execution import literals

MAX_DEPTH = 40
ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes, type(Ellipsis), range})
CODE = (
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.ModuleType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
)
OWN_REPR = frozenset({"decimal", "fractions", "datetime", "uuid", "ipaddress"})
"""Library modules whose objects are values with a short repr that holds no address."""


class TooLong(Exception):
    """The text would be longer than the limit."""


def show(value: Any, limit: int) -> tuple[str, bool]:
    """(text, whole). The text is `literals.render(value)` for plain data of at most `limit` characters.

    Objects are written as `Point(x=1, y=2)`, from their attributes; a container inside itself as `<cycle>`;
    what has no visible content as `<generator object>`. `whole` is False when the value is longer than
    `limit` or nested too deeply: then the text tells type and size, and is never cut.
    """
    try:
        text = _text(value, limit, ())
    except TooLong:
        return _size(value), False
    if len(text) > limit:
        return _size(value), False
    return text, True


def unchanging(value: Any) -> bool:
    """Whether the text of this very object can never become another one."""
    kind = type(value)
    if kind in ATOMS:
        return True
    if kind is tuple or kind is frozenset:
        return all(map(unchanging, value))
    return isinstance(value, CODE)


def error_text(error: BaseException) -> str:
    """`str(error)` without running the program's own methods, and without addresses."""
    args = _args(error)
    plain = all(type(arg) in ATOMS for arg in args)
    if plain and not isinstance(type(error).__str__, types.FunctionType):
        return str(error)
    return ", ".join(arg if type(arg) is str else show(arg, 500)[0] for arg in args)


def _args(error: BaseException) -> tuple[Any, ...]:
    args: tuple[Any, ...] = BaseException.args.__get__(error)  # type: ignore[attr-defined]
    return args


def _size(value: Any) -> str:
    name = type(value).__qualname__
    if type(value) is int:
        return f"<int of {value.bit_length()} bits>"
    if type(value) in (str, bytes, bytearray):
        return f"<{name} of {len(value)} characters>"
    if type(value) in (list, tuple, dict, set, frozenset, deque, defaultdict, Counter, OrderedDict):
        return f"<{name} of {len(value)} items>"
    return f"<large {name} object>"


def _text(value: Any, room: int, outer: tuple[int, ...]) -> str:
    """The text of `value`; raises TooLong as soon as it is known to exceed `room` characters."""
    kind = type(value)
    if kind is int:
        if value.bit_length() > 4 * room:
            raise TooLong
        return repr(value)
    if kind is str or kind is bytes or kind is bytearray:
        if len(value) > room:
            raise TooLong
        return repr(value)
    if kind in ATOMS:
        return literals.render(value) if kind is float or kind is complex else repr(value)
    if id(value) in outer:
        return "<cycle>"
    if len(outer) >= MAX_DEPTH or room <= 0:
        raise TooLong
    inside = (*outer, id(value))
    if kind is list:
        return f"[{_items(value, room, inside)}]"
    if kind is tuple:
        return f"({_items(value, room, inside)}{',' if len(value) == 1 else ''})"
    if kind is dict:
        return "{" + _pairs(value, room, inside) + "}"
    if kind is set:
        return "{" + _members(value, room, inside) + "}" if value else "set()"
    if kind is frozenset:
        return "frozenset({" + _members(value, room, inside) + "})" if value else "frozenset()"
    return _object(value, room, inside)


def _items(values: Iterable[Any], room: int, outer: tuple[int, ...]) -> str:
    parts = []
    for item in values:
        part = _text(item, room, outer)
        parts.append(part)
        room -= len(part) + 2
        if room < -4:
            raise TooLong
    return ", ".join(parts)


def _pairs(mapping: dict[Any, Any], room: int, outer: tuple[int, ...]) -> str:
    parts = []
    for key, item in dict.items(mapping):
        part = f"{_text(key, room, outer)}: {_text(item, room, outer)}"
        parts.append(part)
        room -= len(part) + 2
        if room < -4:
            raise TooLong
    return ", ".join(parts)


def _members(values: Any, room: int, outer: tuple[int, ...]) -> str:
    """The items of a set in an order that does not depend on the hash seed."""
    if 3 * len(values) > room + 8:
        raise TooLong
    if all(map(unchanging, values)):
        return ", ".join(literals._sorted_items(values, len(outer)))
    return ", ".join(sorted(_text(item, room, outer) for item in values))


def _object(value: Any, room: int, outer: tuple[int, ...]) -> str:
    kind = type(value)
    name = kind.__qualname__.rpartition("<locals>.")[2]
    if isinstance(value, enum.Enum):
        return f"{name}.{object.__getattribute__(value, '_name_')}"
    if isinstance(value, type):
        return f"<class '{type.__getattribute__(value, '__qualname__').rpartition('<locals>.')[2]}'>"
    if isinstance(value, types.ModuleType):
        return f"<module '{types.ModuleType.__getattribute__(value, '__name__')}'>"
    if isinstance(value, CODE):
        return f"<function {value.__qualname__.rpartition('<locals>.')[2]}>"
    if kind.__module__ in OWN_REPR:
        return repr(value)
    body = _content(value, kind, room, outer)
    attributes = _attributes(value)
    if body is None and not attributes and not _is_plain_instance(value):
        return f"<{name} object>"
    parts = [body] if body else []
    for key, item in attributes.items():
        parts.append(f"{key}={_text(item, room, outer)}")
        room -= len(parts[-1]) + 2
        if room < -4:
            raise TooLong
    return f"{name}({', '.join(parts)})"


def _content(value: Any, kind: type, room: int, outer: tuple[int, ...]) -> str | None:
    """What an instance of a builtin container, or of a subclass, holds; None for other objects."""
    if isinstance(value, defaultdict):
        factory = defaultdict.default_factory.__get__(value)  # type: ignore[attr-defined]
        made = factory.__name__ if isinstance(factory, CODE) else "None"
        return f"{made}, {{{_pairs(value, room, outer)}}}"
    if isinstance(value, dict):
        return "{" + _pairs(value, room, outer) + "}"
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        names = kind._fields
        return ", ".join(
            f"{n}={_text(v, room, outer)}" for n, v in zip(names, tuple.__iter__(value), strict=False)
        )
    for base, left, right in ((list, "[", "]"), (tuple, "(", ")"), (deque, "[", "]")):
        if isinstance(value, base):
            return left + _items(base.__iter__(value), room, outer) + right
    for base in (set, frozenset):
        if isinstance(value, base):
            return "{" + _members(frozenset(base.__iter__(value)), room, outer) + "}"
    for base in (bool, int, float, str, bytes):
        if isinstance(value, base):
            return base.__repr__(value)
    if isinstance(value, BaseException):
        return _items(_args(value), room, outer)
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        return _text(value.tolist(), room, outer)
    return None


def _attributes(value: Any) -> dict[str, Any]:
    """The instance's attributes, slots first, without calling the program's `__getattribute__`."""
    found: dict[str, Any] = {}
    for base in reversed(type(value).__mro__):
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            member = base.__dict__.get(name)
            if isinstance(member, types.MemberDescriptorType):
                try:
                    found[name] = member.__get__(value)
                except AttributeError:
                    continue
    holder = next((b.__dict__["__dict__"] for b in type(value).__mro__ if "__dict__" in b.__dict__), None)
    if isinstance(holder, types.GetSetDescriptorType):
        found.update(holder.__get__(value))
    return {name: item for name, item in found.items() if isinstance(name, str)}


def _is_plain_instance(value: Any) -> bool:
    """Whether the class was written in Python, so that no attributes means an empty object."""
    return bool(type(value).__flags__ & (1 << 9)) and type(value).__new__ is object.__new__
