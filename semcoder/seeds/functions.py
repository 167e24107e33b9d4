"""The functions of a file that can become seeds: those with a docstring, wherever in the tree they stand.

Besides top-level functions these are functions under a top-level `if` or `try`, static methods, methods that
use neither their instance nor their class, and nested functions that read nothing of what is around them. The
latter are lifted: written at the left margin, without the unused first parameter.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

from semcoder.seeds.names import code_objects, compile_statements
from semcoder.seeds.slicing import (
    NOT_COMPILING,
    Module,
    NotSliceable,
    Unit,
    first_line,
    inner_statements,
    last_line,
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Candidate:
    """A function of a file, not yet looked at closely."""

    name: str
    qualified: str
    """Its name in the module: `Class.method`; `outer.<locals>.inner` for nested functions."""
    node: Function
    unit: Unit
    role: str
    """function, method, static, class (methods) or nested."""


def candidates(module: Module) -> Iterator[Candidate]:
    """Every function of the file that stands at the top, and every lifted one that has a docstring."""
    for unit in module.units:
        for node in unit.nodes:
            yield from _below(node, unit, "")


def _below(node: ast.stmt, unit: Unit, scope: str) -> Iterator[Candidate]:
    """Candidates at `node` and inside; `scope` is the qualified name of what stands around, with its dot."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        qualified = scope + node.name
        role = _role(node, scope)
        if role and (role == "function" or ast.get_docstring(node)):
            yield Candidate(node.name, qualified, node, unit, role)
        scope = f"{qualified}.<locals>."
    elif isinstance(node, ast.ClassDef):
        scope = f"{scope}{node.name}."
    for inner in inner_statements(node):
        yield from _below(inner, unit, scope)


def _role(node: Function, scope: str) -> str:
    """Empty for methods that cannot be lifted."""
    if not scope:
        return "function"
    decorators = [each.id if isinstance(each, ast.Name) else "?" for each in node.decorator_list]
    if scope.endswith("<locals>."):
        return "" if decorators else "nested"
    if node.name.startswith("__") or len(decorators) > 1:
        return ""
    role = {"": "method", "staticmethod": "static", "classmethod": "class"}.get("".join(decorators), "")
    if role in ("method", "class"):
        parameters = node.args.posonlyargs + node.args.args
        if not parameters or any(
            isinstance(each, ast.Name) and each.id == parameters[0].arg for each in ast.walk(node)
        ):
            return ""
    return role


def code_of(candidate: Candidate, module: Module) -> str:
    """The function's own text at the left margin, ending in a newline. Raises NotSliceable."""
    node = candidate.node
    top = node in candidate.unit.nodes
    first = first_line(node) if candidate.role in ("function", "nested") else node.lineno
    code = module.source(first, last_line(node))
    if top:
        return code
    if candidate.role != "function":
        _refuse_closure(candidate)
    if candidate.role in ("method", "class"):
        code = _without_first_parameter(node, code)
    code = without_margin(code, node.col_offset)
    if not _same(node, code, drop_first=candidate.role in ("method", "class")):
        raise NotSliceable("cannot be moved to the left margin", candidate.qualified)
    return code


def _refuse_closure(candidate: Candidate) -> None:
    try:
        outer = compile_statements(list(candidate.unit.nodes))
    except NOT_COMPILING as error:
        raise NotSliceable("does not compile", str(error)) from error
    found: list[CodeType] = [
        each
        for each in code_objects(outer)
        if each.co_name == candidate.name and each.co_firstlineno == first_line(candidate.node)
    ]
    if not found or found[0].co_freevars:
        names = ", ".join(found[0].co_freevars) if found else ""
        raise NotSliceable("uses what stands around it", f"{candidate.qualified} {names}".strip())


def _without_first_parameter(node: Function, code: str) -> str:
    parameter = (node.args.posonlyargs + node.args.args)[0]
    lines = code.encode().split(b"\n")
    row = (parameter.end_lineno or parameter.lineno) - node.lineno
    if row or parameter.end_col_offset is None:
        raise NotSliceable("cannot be moved to the left margin", node.name)
    rest = b"\n".join([lines[0][parameter.end_col_offset :], *lines[1:]])
    return (lines[0][: parameter.col_offset] + re.sub(rb"\A\s*,?\s*", b"", rest)).decode()


def without_margin(code: str, margin: int) -> str:
    """The code with up to `margin` leading blanks fewer in every line."""
    return re.sub(rf"(?m)^[ \t]{{1,{margin}}}", "", code) if margin else code


def _same(node: Function, code: str, drop_first: bool) -> bool:
    """Whether `code` still says what `node` says; moving text must not reach into string constants."""
    try:
        statements = ast.parse(code).body
    except NOT_COMPILING:
        return False
    moved = statements[0] if len(statements) == 1 else None
    if not isinstance(moved, Function) or type(moved) is not type(node):
        return False
    return (
        moved.name == node.name
        and ast.dump(moved.args) == ast.dump(_arguments(node.args, drop_first))
        and _dumped(moved) == _dumped(node)
    )


def _arguments(given: ast.arguments, drop_first: bool) -> ast.arguments:
    """The same parameters, with or without the first."""
    before, plain = list(given.posonlyargs), list(given.args)
    if drop_first:
        (before or plain).pop(0)
    rest = (given.vararg, given.kwonlyargs, given.kw_defaults, given.kwarg, given.defaults)
    return ast.arguments(before, plain, *rest)


def _dumped(node: Function) -> tuple[list[str], list[str]]:
    """The words of the docstring, and the statements after it."""
    return (ast.get_docstring(node) or "").split(), [ast.dump(each) for each in node.body[1:]]


def refusal(candidate: Candidate, module: Module, min_lines: int, max_lines: int) -> str:
    """Why the function is no seed whatever it needs: a short fixed phrase, or empty."""
    node = candidate.node
    if not ast.get_docstring(node):
        return "no docstring"
    if all(_is_empty(each) for each in node.body[1:]):
        return "no body"
    if last_line(node) - first_line(node) + 1 < min_lines:
        return "too short"
    return "too long" if module.size(node) > max_lines else ""


def _is_empty(node: ast.stmt) -> bool:
    """`pass`, `...`, a string, or `raise NotImplementedError`."""
    if isinstance(node, ast.Raise):
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
