"""Which global names a statement binds and reads, taken from its bytecode, so that Python's own scoping decides.

The bytecode is only looked at; it never runs.
"""

import __future__

import ast
import builtins
import dis
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

BUILTINS = frozenset(dir(builtins)) | {"__name__", "__doc__", "__builtins__", "__annotations__"}
"""Names that any module finds, whatever its file; `__file__` and its like are not among them."""

_READS = frozenset({"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS", "DELETE_NAME", "DELETE_GLOBAL"})
_BINDS = frozenset({"STORE_NAME", "STORE_GLOBAL"})


@dataclass(frozen=True)
class Names:
    """Of one or more top-level statements."""

    binds: frozenset[str]
    """Bound in the module's namespace by running the statements."""
    reads: frozenset[str]
    """Read from the module's namespace, at once or later by the functions that the statements define."""
    loads: frozenset[str]
    """The part of `reads` that is read at once: all but the bodies of functions."""
    hints: frozenset[str]
    """Read by annotations alone, where `from __future__ import annotations` keeps those from running."""


def names_of(statements: list[ast.stmt], future_annotations: bool = False) -> Names:
    """Raises SyntaxError, ValueError, RecursionError or MemoryError for what does not compile."""
    evaluated = _scan(compile_statements(statements))
    if not future_annotations:
        return Names(*evaluated, frozenset())
    binds, reads, loads = _scan(compile_statements(statements, __future__.annotations.compiler_flag))
    return Names(binds, reads, loads, evaluated[1] - reads)


def compile_statements(statements: list[ast.stmt], flags: int = 0) -> CodeType:
    """Compile as a module of its own, without this module's future statements."""
    tree = ast.Module(statements, [])
    code: CodeType = compile(tree, "<seed>", "exec", flags, dont_inherit=True, optimize=0)
    return code


def code_objects(code: CodeType) -> Iterator[CodeType]:
    """The code objects inside, at any depth, outermost first."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from code_objects(constant)


def _scan(code: CodeType) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    binds: set[str] = set()
    reads: set[str] = set()
    loads: set[str] = set()
    waiting = [(code, True)]
    while waiting:
        current, at_once = waiting.pop()
        local: set[str] = set()
        for instruction in dis.get_instructions(current):
            name = instruction.argval
            if instruction.opname in _BINDS:
                local.add(name)
            elif instruction.opname in _READS and name not in local:
                # In a class body, what it binds first is its own; what it reads before is the module's.
                reads.add(name)
                if at_once:
                    loads.add(name)
        if current is code:
            binds |= local
        waiting += [
            (inner, at_once and (not _is_function(inner) or inner.co_name in _IMMEDIATE))
            for inner in current.co_consts
            if isinstance(inner, CodeType)
        ]
    return frozenset(binds), frozenset(reads), frozenset(loads)


_IMMEDIATE = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})


def _is_function(code: CodeType) -> bool:
    return bool(code.co_flags & inspect.CO_OPTIMIZED)
