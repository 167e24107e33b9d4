"""Expressions in texts: their names, their values in a state, and calls with their arguments."""

import ast
import re
from functools import lru_cache
from typing import Any

from semcoder.execution import literals
from semcoder.monologue.evaluate import evaluate
from semcoder.monologue.listing import Listing, names_bound, names_read
from semcoder.monologue.operations import Items, Unknown
from semcoder.monologue.verify.moments import Activation
from semcoder.monologue.verify.values import alike, expression, is_literal

ABSENT = object()
"""In place of a value: there is no such item."""
_FOR = re.compile(r"\bfor\b")


@lru_cache(maxsize=4096)
def number_of(text: str) -> str | None:
    """The value of arithmetic on numbers, as a literal."""
    node = expression(text)
    if node is None:
        return None
    try:
        return literals.render(evaluate(node, {}, frozenset()))
    except (Unknown, literals.NotPlain, RecursionError):
        return None


@lru_cache(maxsize=16384)
def evaluated(source: str, state: tuple[tuple[str, str], ...], bound: frozenset[str]) -> tuple[bool, Any]:
    node = expression(source)
    if node is None:
        return False, None
    try:
        value = evaluate(node, dict(state), bound)
    except Unknown as error:
        return False, ABSENT if isinstance(error.__cause__, LookupError) else None
    except RecursionError:
        return False, None
    return (False, None) if isinstance(value, Items) or callable(value) else (True, value)


@lru_cache(maxsize=8192)
def names_in(source: str) -> tuple[str, ...]:
    """The names that an expression reads, without those that its comprehensions and lambdas bind."""
    node = expression(source)
    return tuple(names_read(node)) if node is not None else ()


@lru_cache(maxsize=8192)
def call_parts(source: str) -> tuple[str, tuple[tuple[str, str], ...] | None]:
    """(the function's name, its arguments as literals) of a call; None for the arguments where they are not."""
    node = expression(source)
    if isinstance(node, ast.Name):
        return node.id, None
    if not isinstance(node, ast.Call):
        return "", None
    func = node.func
    name = func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""
    given = []
    for each in [*node.args, *node.keywords]:
        part = each.value if isinstance(each, ast.keyword) else each
        text = ast.unparse(part)
        if not is_literal(text):
            known, value = evaluated(text, (), frozenset())
            if not known:
                return name, None
            try:
                text = literals.render(value)
            except literals.NotPlain:
                return name, None
        given.append((each.arg or "" if isinstance(each, ast.keyword) else "", text))
    return name, tuple(given)


def fits(given: tuple[tuple[str, str], ...], call: Activation) -> bool:
    """Whether a call was made with these arguments, defaults left out."""
    own = [(name, text) for name, text in call.arguments.items() if name not in ("self", "cls")]
    if len(given) > len(own):
        return False
    by_name = dict(own)
    for at, (name, text) in enumerate(given):
        actual = by_name.get(name) if name else own[at][1]
        if actual is None or not alike(text, actual):
            return False
    return True


def spells(source: str, call: Activation) -> bool:
    """Whether the arguments, by their places, are written as the trace has them, of whatever type they are."""
    node = expression(source)
    if not isinstance(node, ast.Call) or node.keywords:
        return False
    own = [plain(text) for name, text in call.arguments.items() if name not in ("self", "cls")]
    return [plain(ast.unparse(each)) for each in node.args] == own[: len(node.args)]


@lru_cache(maxsize=16384)
def plain(source: str) -> str:
    """Code without its spaces and with one kind of quotes, to compare what is written in two places."""
    return "".join(source.split()).replace('"', "'")


@lru_cache(maxsize=64)
def inner_names(code: Listing) -> frozenset[str]:
    source = "\n".join(code.lines)
    loops = sum(isinstance(each, ast.For | ast.AsyncFor) for each in code.statements.values())
    if "lambda" not in source and len(_FOR.findall(source)) <= loops:
        return frozenset()
    found: set[str] = set()
    for statement in code.statements.values():
        for part in ast.walk(statement):
            if isinstance(part, ast.comprehension):
                found.update(name.id for name in ast.walk(part.target) if isinstance(name, ast.Name))
            elif isinstance(part, ast.Lambda):
                found.update(arg.arg for arg in part.args.args)
    return frozenset(found)


@lru_cache(maxsize=64)
def local_names(code: Listing) -> frozenset[str]:
    bound: set[str] = set()
    other: set[str] = set()
    for line, statement in code.statements.items():
        inside = any(first < line <= (each.end_lineno or first) for first, each in code.functions.items())
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            (bound if inside else other).update(names_bound(statement))
        elif isinstance(statement, ast.Global | ast.Nonlocal):
            other.update(statement.names)
    return frozenset(bound - other)
