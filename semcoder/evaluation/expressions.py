"""Which expressions may stand in an answer.

A literal needs no judgement. Benchmarks also have answers that are none (CRUXEval has `dict(f=1)`, `range(100)`,
`'$78'.upper()`, `lambda x: x < 2` among its own inputs), so an expression may be anything that names builtins and
nothing of the program: it is evaluated where no program is, and counts for its value. What has to be evaluated where
the program is (lambdas, iterators) is built of pure builtins, methods of builtin types, comprehensions and the like
alone: a generator's `gi_frame` leads to the program's namespace.
"""

import ast
import builtins
import symtable
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from semcoder.execution import literals

MAX_CHARS = 100_000
"""Of an answer's source, and of what its expressions amount to."""
PURE = frozenset(
    (
        *("abs", "all", "any", "ascii", "bin", "bool", "bytearray", "bytes", "callable", "chr", "complex"),
        *("dict", "divmod", "enumerate", "filter", "float", "frozenset", "hex", "int", "isinstance", "iter"),
        *("len", "list", "map", "max", "min", "next", "oct", "ord", "pow", "range", "repr", "reversed"),
        *("round", "set", "slice", "sorted", "str", "sum", "tuple", "zip"),
    )
)
"""Builtins that look at their arguments and at nothing else."""
BUILTINS = frozenset(dir(builtins))
METHODS = frozenset(
    name
    for kind in (str, bytes, list, dict, set, frozenset, tuple, int, float, complex)
    for name in dir(kind)
    if not name.startswith("_")
) - {"format", "format_map"}
"""Public attributes of the builtin types, but for the two whose template may name any attribute."""
_NODES = (
    ast.Constant,
    ast.List,
    ast.Tuple,
    ast.Set,
    ast.Dict,
    ast.UnaryOp,
    ast.BinOp,
    ast.Subscript,
    ast.Slice,
    ast.Starred,
    ast.Call,
    ast.keyword,
    ast.Name,
    ast.Attribute,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.expr_context,
    ast.operator,
    ast.unaryop,
    ast.Lambda,
    ast.arguments,
    ast.arg,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.comprehension,
    ast.Compare,
    ast.cmpop,
    ast.BoolOp,
    ast.boolop,
    ast.IfExp,
)


class NotAllowed(ValueError):
    """The answer is more than data; the text says what was found in it."""


@dataclass(frozen=True)
class Part:
    """A predicted argument or output. A `literal` is passed as it is written. An `expression` is evaluated first, where
    there is no program (evaluation.arguments). A `function`, a lambda or a builtin's name, is passed as written
    too: it names builtins only, and none that the program binds anew.
    """

    text: str
    kind: Literal["literal", "expression", "function"]
    name: str | None = None
    """The keyword, where it has one; `*` or `**` for what is to be unpacked."""


@contextmanager
def _bounded() -> Iterator[None]:
    try:
        yield
    except (RecursionError, MemoryError) as error:
        raise NotAllowed("nested too deeply") from error


@_bounded()
def output(source: str) -> Part:
    """A predicted output, a literal or an expression; raises NotAllowed."""
    node = _parse(source)
    text = ast.unparse(node)
    if is_literal(text):
        return Part(text, "literal")
    _check_names(node, BUILTINS)
    return Part(text, "expression")


@_bounded()
def arguments(source: str, program: str) -> list[Part]:
    """Predicted arguments, given as the text between the parentheses; raises NotAllowed.

    They may name a top-level variable of the program that is given a literal once (CRUXEval's own inputs do):
    the literal is put in its place.
    """
    node = _parse(f"_({source}\n)")
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise NotAllowed("not the arguments of one call")
    named: list[tuple[str | None, ast.expr]] = []
    for arg in node.args:
        if not isinstance(arg, ast.Starred):
            named.append((None, arg))
        elif isinstance(arg.value, ast.List | ast.Tuple):
            named += [(None, item) for item in arg.value.elts]
        else:
            named.append(("*", ast.List([arg], ast.Load())))
    for keyword in node.keywords:
        value = keyword.value if keyword.arg else ast.Dict([None], [keyword.value])
        named.append((keyword.arg or "**", value))
    return [_argument(part, name, program) for name, part in named]


def passable(text: str, program: str) -> str:
    """The text, to be evaluated in the program's namespace; raises NotAllowed where it names what is bound there.

    Literals name `set`, `float` and the like.
    """
    taken = _free(text) & _bound(program)
    if taken:
        raise NotAllowed(f"the program's own {min(taken)} in an answer")
    return text


def as_written(text: str, program: str) -> str:
    """The expression, to be evaluated in the program's namespace; raises NotAllowed unless it is pure."""
    root = _parse(text)
    for node in ast.walk(root):
        if not isinstance(node, _NODES):
            raise NotAllowed(f"{type(node).__name__} in an answer")
        if isinstance(node, ast.Attribute) and node.attr not in METHODS:
            raise NotAllowed(f"the attribute {node.attr} in an answer")
    _check_names(root, PURE)
    return passable(text, program)


def is_literal(text: str) -> bool:
    """Whether the text is a literal."""
    try:
        literals.parse(text)
    except ValueError:
        return False
    return True


def _argument(node: ast.expr, name: str | None, program: str) -> Part:
    node = _Filled(_variables(program), _free(ast.unparse(node))).visit(node)
    text = ast.unparse(node)
    if is_literal(text):
        return Part(passable(text, program), "literal", name)
    if isinstance(node, ast.Lambda | ast.Name):
        return Part(as_written(text, program), "function", name)
    _check_names(node, BUILTINS)
    return Part(text, "expression", name)


def _parse(source: str) -> ast.expr:
    if len(source) > MAX_CHARS:
        raise NotAllowed(f"an answer of {len(source)} characters")
    try:
        return ast.parse(f"({source}\n)", mode="eval").body  # its own parentheses may have been taken off
    except (SyntaxError, ValueError) as error:
        raise NotAllowed("not an expression") from error


def _check_names(root: ast.expr, known: frozenset[str]) -> None:
    unknown = _free(ast.unparse(root)) - known
    if unknown:
        raise NotAllowed(f"the name {min(unknown)} in an answer")


def _free(text: str) -> set[str]:
    """The names that an expression does not bind itself."""
    try:
        root = symtable.symtable(text, "<answer>", "eval")
    except (SyntaxError, ValueError) as error:
        raise NotAllowed("not an expression") from error
    bound = {s.get_name() for s in root.get_symbols() if s.is_assigned()}
    free = {s.get_name() for t in _tables(root) for s in t.get_symbols() if t is root or s.is_global()}
    return free - bound


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


class _Filled(ast.NodeTransformer):
    """Puts literals in the place of the names that stand for them."""

    def __init__(self, variables: dict[str, str], free: set[str]) -> None:
        self._texts = {name: text for name, text in variables.items() if name in free}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """The literal, if the name has one."""
        if isinstance(node.ctx, ast.Load) and node.id in self._texts:
            return ast.parse(self._texts[node.id], mode="eval").body
        return node


@lru_cache(maxsize=64)
def _bound(program: str) -> frozenset[str]:
    """Every name that the program gives a meaning of its own at its top level."""
    root = symtable.symtable(program, "<program>", "exec")
    names = {
        s.get_name() for s in root.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()
    }
    declared = {s.get_name() for t in _tables(root) for s in t.get_symbols() if s.is_declared_global()}
    return frozenset(names | declared)


@lru_cache(maxsize=64)
def _variables(program: str) -> dict[str, str]:
    """Literals by the top-level variables that hold them; one that is assigned anywhere else is left out."""
    tree = ast.parse(program)
    assigned = Counter(
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
    )
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name, text = node.targets[0].id, ast.unparse(node.value)
            if assigned[name] == 1 and is_literal(text):
                found[name] = text
    return found
