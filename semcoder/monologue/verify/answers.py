"""The answer that a text ends in: between [ANSWER] tags, or a completed assertion as its last line."""

import ast
import re

from semcoder.monologue.verify.claims import Said
from semcoder.monologue.verify.expressions import call_parts, fits
from semcoder.monologue.verify.frames import Judged
from semcoder.monologue.verify.judge import UNKNOWN, Judge, Verdict
from semcoder.monologue.verify.moments import Moments
from semcoder.monologue.verify.values import is_literal

_BLOCK = re.compile(r"\[ANSWER\](.*?)(?:\[/ANSWER\]|\Z)", re.DOTALL)
_ASSERTION = re.compile(r"[ \t]*(assert\b.*)")
MAX_CHARS = 4000


def answers(text: str, moments: Moments, judge: Judge, backward: bool) -> list[Judged]:
    """The answers, held against the call that was traced. One about another call cannot be checked."""
    matches = list(_BLOCK.finditer(text)) if "[ANSWER]" in text else []
    if not matches:
        stripped = text.rstrip()
        last = _ASSERTION.match(stripped, stripped.rfind("\n") + 1)
        matches = [last] if last else []
    found = []
    for match in matches:
        source = match[1].strip()
        start = match.start(1) + len(match[1]) - len(match[1].lstrip())
        said = Said("output", start, start + len(source))
        verdict = _verdict(source, said, moments, judge, backward) if len(source) <= MAX_CHARS else None
        if verdict is not None:
            found.append(Judged(said, *verdict))
    return found


def _verdict(source: str, said: Said, moments: Moments, judge: Judge, backward: bool) -> Verdict | None:
    """None where it is no answer that can be read."""
    root = moments.root
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    match body:
        case [ast.Assert(test=ast.Compare(left=ast.Call() as call, ops=[ast.Eq()], comparators=[value]))]:
            name, given = call_parts(ast.unparse(call))
            if name != root.name:
                return None
            if given is None or not fits(given, root):
                return UNKNOWN
        case [ast.Expr(value=value)] if not backward:
            pass
        case _:
            return None
    said.value = ast.unparse(value)
    if not is_literal(said.value):
        return None
    if root.returned is None:
        return (False, f"it raises {root.raised}") if root.raised else UNKNOWN
    return judge.same(said, root.returned), f"the call returns {root.returned}"
