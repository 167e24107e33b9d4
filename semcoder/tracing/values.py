"""What a traced value looks like in text: the literal where there is one, else stable text for any object.

Standard library only: this file is also read inside the sandbox, beside `tracer.py`. It never calls a method
that a program's class defines, so looking at a value cannot change what the program does.
"""

import enum
import functools
import keyword
import sys
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Collection, Iterable
from typing import Any

try:
    import literals  # type: ignore[import-not-found, unused-ignore]
except ImportError:
    from semcoder.execution import literals

MAX_DEPTH = 40
ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes, range})
WHOLE = frozenset({int, bool, type(None)})
STRING = frozenset({str})
CODE = (
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.ModuleType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    functools._lru_cache_wrapper,
)
SIZED = frozenset({list, tuple, dict, set, frozenset, deque, defaultdict, Counter, OrderedDict})
OWN_REPR = frozenset({"decimal", "fractions", "datetime", "uuid", "ipaddress"})
"""Library modules whose objects are values, with a short repr that holds no address."""


class TooLong(Exception):
    """The text would be longer than the limit."""


def show(value: Any, limit: int) -> tuple[str, bool]:
    """(text, whole). The text is `literals.render(value)` for plain data of at most `limit` characters.

    Objects are written from their attributes, as `Point(x=1, y=2)`; a container inside itself as `<cycle>`;
    what has no visible content as `<generator object>`. `whole` is False when the text would be longer than
    `limit`, or the value is nested more than 40 deep: then the text tells type and size, and is never cut.
    """
    try:
        text = _text(value, limit, ())
    except TooLong:
        return _size(value), False
    return (text, True) if len(text) <= limit else (_size(value), False)


def unchanging(value: Any) -> bool:
    """Whether the text of this very object can never become another one."""
    kind = type(value)
    if kind is tuple or kind is frozenset:
        return all(map(unchanging, value))
    return kind in ATOMS or issubclass(kind, CODE)


def error_text(error: BaseException, limit: int) -> tuple[str, bool]:
    """(text, whole) of `str(error)`, without calling the program's own methods."""
    args = _arguments(error)
    if all(type(each) in ATOMS for each in args) and not isinstance(type(error).__str__, types.FunctionType):
        text = str(error)
    else:
        text = ", ".join(each if type(each) is str else show(each, limit)[0] for each in args)
    return (text, True) if len(text) <= limit else (f"<message of {len(text)} characters>", False)


def name_of(kind: type) -> str:
    """The class's name as its own module would write it: no `<locals>`."""
    return kind.__qualname__.rpartition("<locals>.")[2]


def _arguments(error: BaseException) -> tuple[Any, ...]:
    args: tuple[Any, ...] = vars(BaseException)["args"].__get__(error)
    return args


def _size(value: Any) -> str:
    kind = type(value)
    if kind is int:
        return f"<int of {value.bit_length()} bits>"
    if kind in (str, bytes, bytearray):
        return f"<{kind.__name__} of {len(value)} characters>"
    if kind in SIZED:
        return f"<{kind.__name__} of {len(value)} items>"
    return f"<large {name_of(kind)} object>"


def _text(value: Any, room: int, outer: tuple[int, ...]) -> str:
    """The text of `value`; raises TooLong once it is known to exceed `room` characters by far."""
    kind = type(value)
    if kind is int:
        if value.bit_length() > min(4 * room + 64, literals.MAX_INT_BITS):
            raise TooLong
        return repr(value)
    if kind is str or kind is bytes or kind is bytearray:
        if len(value) > room:
            raise TooLong
        return repr(value)
    if kind in ATOMS:
        return literals.render(value) if kind is float or kind is complex else repr(value)
    if _is_flat(value, kind, room):
        return repr(value)
    if id(value) in outer:
        return "<cycle>"
    if len(outer) >= MAX_DEPTH:
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
    return _object(value, kind, room, inside)


def _is_flat(value: Any, kind: type, room: int) -> bool:
    """Whether `repr`, which is many times faster, gives the same text and no endless one."""
    if kind is list or kind is tuple:
        return len(value) <= room and _are_flat(value, room)
    return kind is dict and len(value) <= room and _are_flat(value, room) and _are_flat(value.values(), room)


def _are_flat(items: Collection[Any], room: int) -> bool:
    kinds = set(map(type, items))
    if kinds == STRING:
        return sum(map(len, items)) <= room
    return kinds <= WHOLE and all(-(10**18) < item < 10**18 for item in items if item is not None)


def _join(parts: Iterable[str], room: int) -> str:
    """The parts with commas; takes no more of them once they exceed `room`."""
    taken = []
    for part in parts:
        taken.append(part)
        room -= len(part) + 2
        if room < -2:
            raise TooLong
    return ", ".join(taken)


def _items(items: Iterable[Any], room: int, outer: tuple[int, ...]) -> str:
    return _join((_text(item, room, outer) for item in items), room)


def _pairs(mapping: dict[Any, Any], room: int, outer: tuple[int, ...]) -> str:
    pairs = dict.items(mapping)
    return _join((f"{_text(key, room, outer)}: {_text(item, room, outer)}" for key, item in pairs), room)


def _members(members: Any, room: int, outer: tuple[int, ...]) -> str:
    """The items of a set in an order that does not depend on the hash seed, as `literals.render` has them."""
    if 3 * len(members) > room + 8:
        raise TooLong
    try:
        return str(literals.render(set(members)))[1:-1]
    except literals.NotPlain:
        return _join(sorted(_text(item, room, outer) for item in members), room)


def _object(value: Any, kind: type, room: int, outer: tuple[int, ...]) -> str:
    name = name_of(kind)
    if issubclass(kind, enum.Enum):
        return f"<{name}.{object.__getattribute__(value, '_name_')}>"
    if issubclass(kind, type):
        return f"<class '{name_of(value)}'>"
    if kind is types.ModuleType:
        return f"<module '{value.__name__}'>"
    if issubclass(kind, CODE):
        return f"<function {value.__qualname__.rpartition('<locals>.')[2].strip('<>')}>"
    # A program can call its own module `decimal`: only what the real module holds may write itself.
    if kind.__module__ in OWN_REPR and getattr(sys.modules.get(kind.__module__), kind.__name__, None) is kind:
        return repr(value)
    body = _content(value, kind, room, outer)
    attributes = _attributes(value, kind)
    if body is None and attributes is None:
        return f"<{name} object>"
    if attributes and not all(key.isidentifier() and not keyword.iskeyword(key) for key in attributes):
        named = iter(["{" + _pairs(attributes, room, outer) + "}"])
    else:
        named = (f"{key}={_text(item, room, outer)}" for key, item in (attributes or {}).items())
    return f"{name}({_join([body, *named] if body else named, room)})"


def _content(value: Any, kind: type, room: int, outer: tuple[int, ...]) -> str | None:
    """What an instance of a builtin type's subclass holds beside its attributes; None for other objects."""
    if issubclass(kind, defaultdict):
        factory = vars(defaultdict)["default_factory"].__get__(value)
        return f"{_text(factory, room, outer)}, {{{_pairs(value, room, outer)}}}"
    if issubclass(kind, dict):
        return "{" + _pairs(value, room, outer) + "}"
    if issubclass(kind, list):
        return f"[{_items(list.__iter__(value), room, outer)}]"
    if issubclass(kind, deque):
        most = vars(deque)["maxlen"].__get__(value)
        return (
            f"[{_items(deque.__iter__(value), room, outer)}]{f', maxlen={most}' if most is not None else ''}"
        )
    if issubclass(kind, tuple):
        fields = next((vars(base)["_fields"] for base in kind.__mro__ if "_fields" in vars(base)), None)
        if type(fields) is tuple:
            named = zip(fields, tuple.__iter__(value), strict=False)
            return _join((f"{field}={_text(item, room, outer)}" for field, item in named), room)
        return f"({_items(tuple.__iter__(value), room, outer)})"
    if issubclass(kind, set | frozenset):
        return "{" + _members(frozenset().union(value), room, outer) + "}"
    for base in (int, float, str, bytes):
        if issubclass(kind, base):
            return base.__repr__(value)
    if issubclass(kind, BaseException):
        return _items(_arguments(value), room, outer)
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        return _text(value.tolist(), room, outer)
    return None


def _attributes(value: Any, kind: type) -> dict[str, Any] | None:
    """The instance's own attributes, slots first; None where the class has no place for any."""
    found: dict[str, Any] = {}
    places = False
    for base in reversed(kind.__mro__):
        for name, member in vars(base).items():
            if isinstance(member, types.MemberDescriptorType) and "__slots__" in vars(base):
                places = True
                try:
                    found[name] = member.__get__(value)
                except AttributeError:
                    continue
    holder = next((vars(base)["__dict__"] for base in kind.__mro__ if "__dict__" in vars(base)), None)
    if isinstance(holder, types.GetSetDescriptorType):
        places = True
        found.update(holder.__get__(value))
    return {name: item for name, item in found.items() if not name.startswith("__")} if places else None
