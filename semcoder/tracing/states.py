"""The states that the trace formats show, and how a value is written in them.

States are JSON, as upstream's traces are (paper App. I). What JSON does not know (a dict with other keys than
strings, a tuple, a set, an object) is a JSON string of its Python text: `{"seen": "{10.5: 0}"}`. A Python
string whose characters would read as such a text is quoted twice, so that each state can be read back.
"""

import ast
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from semcoder.execution import literals
from semcoder.records import Event

Kind = Literal["input", "state", "output"]

_DESCRIPTION = re.compile(
    r"<(?:cycle|Ellipsis|class '[^'<>]*'|module '[^'<>]*'|function [^<>]*|(?:large )?[\w.]+ object"
    r"|\w+ of \d+ \w+|[\w.]+\.[\w|]+)>"
)
"""The texts in angle brackets that semcoder.tracing.values writes."""
_VALUE_NODES = (
    *(ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Call, ast.keyword, ast.Attribute, ast.Name),
    *(ast.UnaryOp, ast.USub, ast.Load),
)


@dataclass(frozen=True)
class State:
    """What one execution of a line did: the arguments it was entered with, its changes, or the value it gave.

    `shown` maps variables to the texts of their values (input, state; empty where nothing changed), or is the
    text of the value (output).
    """

    line: int
    kind: Kind
    shown: dict[str, str] | str


def states(events: tuple[Event, ...]) -> Iterator[State]:
    """The states of a trace in execution order, one for each line that ran, also where it changed nothing.

    A line that only returns is its output. Exceptions and deletions are no states: the formats have no place
    for them, and the lines that follow show where the program went on.
    """
    for number, event in enumerate(events):
        if event.kind == "call":
            yield State(event.line, "input", event.changes)
        elif event.kind == "return":
            yield State(event.line, "output", event.value)
        elif event.kind == "line":
            after = events[number + 1] if number + 1 < len(events) else None
            returns = after and (after.kind, after.line, after.depth) == ("return", event.line, event.depth)
            if event.changes or not returns:
                yield State(event.line, "state", event.changes)


def kind_of(tag: str) -> Kind:
    """The kind that a block's tag names: `STATE` is "state"."""
    kinds: dict[str, Kind] = {"INPUT": "input", "STATE": "state", "OUTPUT": "output"}
    return kinds[tag]


def to_json(shown: dict[str, str] | str) -> str:
    """The JSON of a state; never holds a newline."""
    if isinstance(shown, str):
        return _encode(shown)
    return "{" + ", ".join(f"{json.dumps(name)}: {_encode(text)}" for name, text in shown.items()) + "}"


def from_json(kind: Kind, value: Any) -> dict[str, str] | str:
    """The state that `to_json` wrote, from its parsed JSON. Raises ValueError for another shape."""
    if kind == "output":
        return _decode(value)
    if type(value) is not dict:
        raise ValueError(f"not a state: {value!r}")
    return {name: _decode(each) for name, each in value.items()}


def _encode(text: str) -> str:
    try:
        value = literals.parse(text)
    except ValueError:
        return _dumps(text)
    if type(value) is str and _reads_as_value(value):
        return _dumps(literals.render(value))
    return _dumps(value if _is_json(value) else text)


def _decode(value: Any) -> str:
    if type(value) is not str or not _reads_as_value(value):
        return literals.render(value)
    return value


def _dumps(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    # Half a surrogate pair is no character of a file: it alone stays escaped.
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found.group()):04x}", text)


def _is_json(value: Any) -> bool:
    if type(value) is list:
        return all(map(_is_json, value))
    if type(value) is dict:
        return all(type(key) is str and _is_json(each) for key, each in value.items())
    return value is None or type(value) in (str, int, bool) or (type(value) is float and math.isfinite(value))


def _reads_as_value(characters: str) -> bool:
    """Whether a JSON string of these characters stands for a value that JSON has no form for."""
    try:
        value = literals.parse(characters)
    except ValueError:
        return _describes(characters)
    return _reads_as_value(value) if type(value) is str else not _is_json(value)


def _describes(characters: str) -> bool:
    """Whether this may be the text of an object, or of a container that holds one."""
    if not any(mark in characters for mark in "<("):
        return False
    try:
        tree = ast.parse(_DESCRIPTION.sub("_", characters), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    attributes = [node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    named = {id(node) for node in calls + attributes}
    for node in ast.walk(tree.body):
        if not isinstance(node, _VALUE_NODES):
            return False
        if isinstance(node, ast.Name) and node.id != "_" and id(node) not in named:
            return False
    return True
