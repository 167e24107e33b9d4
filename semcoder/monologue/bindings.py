"""What the names of a program's module stand for, where that stays the same whatever the program does."""

import ast
from collections.abc import Iterator
from typing import Any

from semcoder.execution import literals
from semcoder.monologue.nodes import Function, defaults, walk
from semcoder.monologue.operations import METHODS

LASTING = frozenset({"re.compile", "str.maketrans", "frozenset"})
"""Calls that make what nothing can change."""
READERS = """
    len sorted sum min max enumerate reversed any all list tuple set dict frozenset zip map filter str repr range
"""
READING = frozenset(READERS.split())
"""Functions that only read a container."""
PURE = frozenset({"fromkeys", "maketrans"}).union(*METHODS.values())
"""Methods that change nothing."""
CHANCE = frozenset({"random", "secrets", "uuid", "time"})
"""Modules whose functions answer otherwise the second time."""


def functions(tree: ast.Module, once: set[str]) -> dict[str, Function]:
    """The functions of the module whose names mean nothing else anywhere. `once`: names bound at one place."""
    return {each.name: each for each in tree.body if isinstance(each, Function) and each.name in once}


def constants(tree: ast.Module, once: set[str]) -> dict[str, str]:
    """{name: literal} of the variables of the module that have one value, in all of the program."""
    found: dict[str, str] = {}
    leaks: set[str] | None = None
    for name, value in _assigned(tree):
        if name not in once:
            continue
        try:
            known = literals.parse(ast.unparse(value))
        except (ValueError, RecursionError):
            continue
        if not _is_fixed(known):
            leaks = _leaking(tree) if leaks is None else leaks
            if name in leaks or not all(map(_is_fixed, known.values() if type(known) is dict else known)):
                continue
        found[name] = literals.render(known)
    return found


def foreign(tree: ast.Module, once: set[str], known: dict[str, str], generators: set[int]) -> frozenset[str]:
    """Names of imports, own functions and lasting objects: a call of them gives the same each time it is made.

    Own functions only where nothing outside of them can be changed by them.
    """
    found: set[str] = set()
    steady = not any(isinstance(node, ast.Global | ast.Nonlocal) for node in walk(tree))
    for statement in tree.body:
        match statement:
            case ast.Import(names=names):
                found.update(_bound(each) for each in names if each.name.partition(".")[0] not in CHANCE)
            case ast.ImportFrom(names=names, module=module):
                found.update(_bound(each) for each in names if module not in CHANCE)
            case ast.ClassDef(body=body):
                steady = steady and all(_holds_nothing(part, known) for part in body)
            case _:
                steady = steady and _holds_nothing(statement, known)
    for name, value in _assigned(tree):
        if _is_lasting(value):
            found.add(name)
    for function in functions(tree, once).values() if steady else ():
        plain = isinstance(function, ast.FunctionDef) and function.lineno not in generators
        if plain and all(isinstance(each, ast.Constant) for each in defaults(function).values()):
            found.add(function.name)
    return frozenset(found & once)


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for statement in tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                yield name, value


def _bound(alias: ast.alias) -> str:
    return (alias.asname or alias.name).partition(".")[0]


def _holds_nothing(statement: ast.stmt, known: dict[str, str]) -> bool:
    """Whether a statement of the module, or of a class, makes nothing that the program could change."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in known or _is_lasting(value):
            return True
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            try:
                return _is_fixed(literals.parse(ast.unparse(value)))
            except (ValueError, RecursionError):
                return False
    return isinstance(statement, Function | ast.AnnAssign | ast.Expr | ast.Pass | ast.ClassDef)


def _is_lasting(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) in LASTING


def _is_fixed(value: Any) -> bool:
    """Whether nothing can change this value."""
    return type(value) not in (list, dict, set) and (type(value) is not tuple or all(map(_is_fixed, value)))


def _leaking(tree: ast.Module) -> set[str]:
    """The names that are used somewhere in a way that could change what they hold, or pass it on."""
    safe: set[int] = set()
    for node in walk(tree):
        match node:
            case ast.Compare(ops=ops, comparators=others):
                safe.update(
                    id(each)
                    for op, each in zip(ops, others, strict=True)
                    if isinstance(op, ast.In | ast.NotIn)
                )
            case ast.Subscript(value=owner, ctx=ast.Load()):
                safe.add(id(owner))
            case ast.Call(func=ast.Name(id=name), args=given) if name in READING:
                safe.update(map(id, given))
            case ast.Call(func=ast.Attribute(value=owner, attr=method), args=given) if method in PURE:
                safe.update(map(id, [owner, *given]))
            case ast.For(iter=over) | ast.comprehension(iter=over):
                safe.add(id(over))
    return {
        node.id
        for node in walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in safe
    }
