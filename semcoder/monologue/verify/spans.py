"""What a code span holds: a value, assignments, a test, a call, or code that claims nothing."""

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from semcoder.monologue.verify.values import expression, is_literal

STATE = re.compile(r"([A-Za-z_]\w*) = (.+)\Z", re.DOTALL)
"""A variable and its value: `name = value`."""
_ARROWS = re.compile(r"\s*(?:->|→|=>|⇒)\s*")


Form = Literal["literal", "assign", "test", "call", "name", "place", "expr", "return", "other"]


@dataclass(frozen=True, slots=True)
class Inside:
    """What a code span holds. `form` says which of the others counts."""

    form: Form
    assigned: tuple[tuple[str, ...], ...] = ()
    """assign: for each assignment the parts between its equals signs, the value last."""
    source: str = ""


@lru_cache(maxsize=16384)
def inside(content: str) -> Inside:
    """What the code span says by itself."""
    text = content.strip()
    if len(text) > 4000:
        return Inside("other", source=text)
    if is_literal(text):
        return Inside("literal", source=text)
    state = STATE.match(text)
    if state and (is_literal(state[2]) or state[2].startswith("<")):
        return Inside("assign", ((state[1], state[2]),))
    if _ARROWS.search(text) and "lambda" not in text and "def " not in text:
        parts = tuple(_ARROWS.split(text))
        if len(parts) == 2 and all(parts) and (is_literal(parts[1])):
            return Inside("assign", (parts,))
    if text.startswith("lambda("):
        return Inside("call", source="lambda_" + text[6:])
    node = expression(text)
    return Inside(_form(node), source=text) if node is not None else _statement(text)


def _form(node: ast.expr) -> Form:
    match node:
        case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return "test"
        case ast.Call():
            return "call"
        case ast.Name():
            return "name"
        case ast.Attribute() | ast.Subscript():
            return "place"
    return "expr"


def _statement(text: str) -> Inside:
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _several(text)
    match body:
        case [ast.Assign(targets=[*targets], value=value)]:
            return Inside("assign", ((*map(ast.unparse, targets), ast.unparse(value)),))
        case [ast.AnnAssign(value=None, target=target, annotation=said)] if is_literal(ast.unparse(said)):
            return Inside("assign", ((ast.unparse(target), ast.unparse(said)),))
        case [ast.Return(value=value)]:
            return Inside("return", source=ast.unparse(value) if value else "None")
    return Inside("other", source=text)


def _several(text: str) -> Inside:
    """Assignments side by side, or a chain such as `total = 1 + 2 = 3`."""
    found = []
    for piece in _split(text, ","):
        parts = tuple([part.strip() for part in _split(piece, "=")])
        if len(parts) < 2 or expression(parts[0]) is None or expression(parts[-1]) is None:
            return Inside("other", source=text)
        found.append(parts)
    return Inside("assign", tuple(found)) if found else Inside("other", source=text)


def _split(text: str, mark: str) -> list[str]:
    """`text` cut at commas before a name and an equals sign, or at lone equals signs, outside brackets and strings."""
    parts, depth, quote, start, at = [], 0, "", 0, 0
    while at < len(text):
        char = text[at]
        if quote:
            at += char == "\\"
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "[{(":
            depth += 1
        elif char in "]})":
            depth -= 1
        elif char == mark and depth == 0:
            if mark == ",":
                cut = re.match(r"\s*[A-Za-z_][\w.]*(?:\[[^\]]{0,40}\])?\s*=(?!=)", text[at + 1 : at + 100])
            else:
                cut = text[at + 1 : at + 2] != "=" and text[at - 1 : at] not in ("=", "<", ">", "!", ":")  # type: ignore[assignment]
            if cut:
                parts.append(text[start:at])
                start = at + 1
        at += 1
    return [*parts, text[start:]]
