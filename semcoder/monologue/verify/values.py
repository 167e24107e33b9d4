"""Values as texts write them, compared with those of a trace."""

import ast
import re
from functools import lru_cache

from semcoder.execution import compare
from semcoder.monologue.evaluate import parsed

WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
NUMBER_WORDS = {word: at for at, word in enumerate(WORDS.split())}
RANKS = "first second third fourth fifth sixth seventh eighth ninth tenth"
ORDINALS = {word: at for at, word in enumerate(RANKS.split(), 1)}
_WORDS = ("True", "False", "None", "set(", "frozenset(", "float(", "complex(", "b'", 'b"')
"""What a literal that begins with a letter begins with."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?\Z")


@lru_cache(maxsize=8192)
def is_literal(text: str) -> bool:
    """Whether `text` is a literal of plain data."""
    if text[:1].isalpha() and not text.startswith(_WORDS):
        return False
    try:
        parsed(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=8192)
def alike(said: str, actual: str) -> bool | None:
    """Whether the literal `said` is the value whose text is `actual`, in value and type; None where unclear."""
    if said == actual:
        return True
    if is_literal(said):
        return compare.same(said, actual) if is_literal(actual) else None
    if "..." in said or "…" in said or not said or is_literal(actual):
        return None
    if said.startswith("<") or actual.startswith("<"):
        return None
    one, other = _tree(said), _tree(actual)
    if one is None or other is None:
        return None
    if isinstance(one, ast.Call) and isinstance(other, ast.Call):
        return ast.dump(one) == ast.dump(other) if _head(one) == _head(other) else None
    return None


@lru_cache(maxsize=8192)
def loosely(said: str, actual: str) -> bool | None:
    """The same for a value written in prose: `3` may stand for `3.0` or `'3'`, and then nothing is certain."""
    exact = alike(said, actual)
    if exact is not False:
        return exact
    if said[:1] in "'\"" and is_literal(said):
        return None if said.lower() == actual.lower() else False
    inner = actual[1:-1] if actual[:1] in ("'", '"') else actual
    if said.lower() == inner.lower() or (said[:1] not in "'\"[({" and not _NUMBER.match(inner)):
        return None
    try:
        one, other = parsed(said), parsed(inner)
    except ValueError:
        return None
    kinds = (type(one), type(other))
    if kinds[0] is not kinds[1]:
        plain = all(kind in (int, float) for kind in kinds)
        return False if plain and abs(one - other) > 0.01 * max(1, abs(other)) else None
    if kinds[0] is float and abs(one - other) <= 0.01 * max(1.0, abs(other)):
        return None  # rounded
    return None if kinds[0] is str and len(one) <= 1 < len(other) else False


@lru_cache(maxsize=4096)
def _tree(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _head(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


@lru_cache(maxsize=8192)
def expression(text: str) -> ast.expr | None:
    """`text` as a Python expression, or None. Very long and deeply nested texts are none."""
    if len(text) > 2000:
        return None
    return _tree(text.strip())
