"""A program's text as the tracer needs it: which statement a line belongs to, which names functions use.

Standard library only: this file is also read inside the sandbox, beside `tracer.py`.
"""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import CodeType, MappingProxyType

Statement = ast.stmt | ast.ExceptHandler | ast.match_case
"""What can own a line: a simple statement, or a compound statement's header, `except` and `case` included."""
_STATEMENTS = (ast.stmt, ast.ExceptHandler, ast.match_case)

FILENAME = "<program>"
"""The file that a traced program's code claims to come from."""
LOOPS = (ast.For, ast.AsyncFor, ast.While)
_LINE_END = re.compile(r"\r\n|\r|\n")


def source_lines(code: str) -> list[str]:
    """The lines of a program as Python numbers them, without their ends: a form feed or U+2028 ends none."""
    return _LINE_END.split(code)


def statement_lines(code: str) -> Mapping[int, int]:
    """{line: first line of the innermost simple statement, or compound header, that the line is part of}.

    Lines are 1-based. A decorated `def` or `class` counts from its `def` or `class` line, and its decorators'
    lines lead there. Statements that share a line share its first statement's entry. Blank lines and comments
    between statements, and bare `else:` and `finally:` lines, have no entry. Raises SyntaxError.
    """
    return _scan(code)[0]


def statement_at(code: str) -> Mapping[int, Statement]:
    """{first line: the statement that `statement_lines` leads there for}; on a shared line, the first one."""
    return _scan(code)[1]


@lru_cache(maxsize=4)
def tree_of(code: str) -> ast.Module:
    """The program's syntax tree; never to be changed. Raises SyntaxError."""
    return ast.parse(code)


@lru_cache(maxsize=16)
def _scan(code: str) -> tuple[Mapping[int, int], Mapping[int, Statement]]:
    lines: dict[int, int] = {}
    owners: dict[int, Statement] = {}
    written = source_lines(code)
    for statement in _statements(tree_of(code)):
        own = _own_line(statement, written)
        key = lines.get(own, own)
        owners.setdefault(key, statement)
        first = min([own, *(each.lineno for each in getattr(statement, "decorator_list", []))])
        for line in range(first, _last_line(statement) + 1):
            lines.setdefault(line, key)
    return MappingProxyType(lines), MappingProxyType(owners)


def _statements(node: ast.AST) -> Iterator[Statement]:
    """Every statement under `node`, outer before inner, in file order."""
    for child in _children(node)[0]:
        yield child
        yield from _statements(child)


def _children(node: ast.AST) -> tuple[list[Statement], list[ast.AST]]:
    """The statements directly under `node`, and the other nodes there. (Statements only ever stand in lists.)"""
    inner: list[Statement] = []
    others: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            others.append(value)
        elif isinstance(value, list) and value:
            if isinstance(value[0], _STATEMENTS):
                inner += value
            else:
                others += [part for part in value if isinstance(part, ast.AST)]
    return inner, others


def _own_line(statement: Statement, written: list[str]) -> int:
    """The line of the statement's keyword or first word; a `case` knows only where its pattern begins."""
    if not isinstance(statement, ast.match_case):
        return statement.lineno
    line = statement.pattern.lineno
    while not written[line - 1].lstrip().startswith("case"):
        line -= 1
    return line


def _last_line(statement: Statement) -> int:
    """The last line of a simple statement, or of a compound one's header, comments behind it included."""
    inner, header = _children(statement)
    if not inner:
        return getattr(statement, "end_lineno", 0)
    written = [_end(part) for part in header]
    body = inner[0] if isinstance(inner[0], ast.stmt) else None
    first = min(each.lineno for each in [body, *getattr(body, "decorator_list", [])]) if body else 0
    return max([first - 1, getattr(statement, "lineno", 0), *written])


def _end(node: ast.AST) -> int:
    """The last line of a node; parameters and the like only have that of their parts."""
    end = getattr(node, "end_lineno", None)
    return end if end is not None else max(map(_end, ast.iter_child_nodes(node)), default=0)


@lru_cache(maxsize=16)
def compiled(code: str) -> CodeType:
    """The program, compiled as FILENAME. Raises what `compile` does."""
    return compile(code, FILENAME, "exec", dont_inherit=True)


@lru_cache(maxsize=16)
def module_names(code: str) -> tuple[frozenset[str], frozenset[str]]:
    """Names that functions look up outside of themselves or as attributes; those they declare `global`."""
    used = {name for body in _nested(compiled(code)) for name in body.co_names}
    declared = [node.names for node in ast.walk(tree_of(code)) if isinstance(node, ast.Global)]
    return frozenset(used), frozenset().union(*declared)


def _nested(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _nested(constant)


def parameters(code: CodeType) -> tuple[str, ...]:
    """Names of a function's parameters in the order of its signature, `*args` and `**kwargs` included."""
    positional, keyword = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    several = keyword + bool(code.co_flags & inspect.CO_VARARGS)
    mapping = several + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    names = code.co_varnames
    return names[:positional] + names[keyword:several] + names[positional:keyword] + names[several:mapping]
