"""When two programs are the same, or nearly so: normal forms and token n-grams of code, word n-grams of prose."""

import ast
import copy
import io
import re
import tokenize
from collections.abc import Sequence

from rensa import RMinHash

SHINGLE = 5
"""Tokens in a shingle of code (BigCode's near-deduplication takes five, too)."""
_PLAIN_CONSTANTS = (None, True, False, 0, 1, "")
"""Constants that are seldom what tells two programs apart."""
_MASKS: dict[type, str | bytes | int | float] = {str: "text", bytes: b"bytes", int: 2, float: 2.5}


class _Renamed(ast.NodeTransformer):
    """Numbers the names that the program itself binds, in the order in which they come."""

    def __init__(self, bound: frozenset[str], numbered: bool, masked: bool) -> None:
        self.bound, self.numbered, self.masked = bound, numbered, masked
        self.names: dict[str, str] = {}

    def name(self, name: str) -> str:
        if name not in self.bound:
            return name
        return self.names.setdefault(name, f"v{len(self.names)}" if self.numbered else "v")

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.name(node.id), node.ctx)

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        mask = _MASKS.get(type(node.value))
        keep = not self.masked or mask is None or node.value in _PLAIN_CONSTANTS
        return node if keep else ast.Constant(mask)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self.name(node.arg))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name, node.returns = self.name(node.name), None
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = self.name(node.name)
        return self.generic_visit(node)


def _bound(module: ast.Module) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
    return frozenset(found - {"self"})


def normal_form(code: str, numbered: bool = True, masked: bool = False) -> str:
    """The code without docstrings, comments, annotations and names of its own; empty when it does not parse.

    Programs that differ in nothing else have equal normal forms. `numbered` keeps the program's own names apart;
    without, all of them are one name, so that adding a variable changes no other token. `masked` puts one value of
    its type in the place of every constant.
    """
    module = _parsed(code)
    if module is None or all(isinstance(node, ast.Pass) for node in module.body):
        return ""
    return ast.unparse(ast.fix_missing_locations(_Renamed(_bound(module), numbered, masked).visit(module)))


def body_forms(code: str) -> set[str]:
    """The normal form, with constants masked, of the body of every function in the code.

    Names are numbered anew in each body, so that a helper has one form in whatever program it stands.
    """
    module = _parsed(code)
    if module is None:
        return set()
    functions = [
        node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    bound = _bound(module)
    bodies = (ast.Module(copy.deepcopy(node.body), []) for node in functions)
    return {ast.unparse(ast.fix_missing_locations(_Renamed(bound, True, True).visit(b))) for b in bodies}


def _parsed(code: str) -> ast.Module | None:
    """The code's tree without docstrings; None when it does not parse."""
    try:
        module = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            node.body = [each for each in node.body if not _is_text(each)] or [ast.Pass()]
    return module


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def tokens(code: str) -> list[str]:
    """The tokens of Python code, without comments and line breaks; words and signs where it does not tokenize."""
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    try:
        found = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError):
        return re.findall(r"\w+|[^\w\s]", code)
    return [token.string for token in found if token.type not in skipped and token.string]


def words(text: str) -> list[str]:
    """The words of a text in lower case."""
    return re.findall(r"[a-z0-9]+", text.lower())


def grams(items: Sequence[str], size: int) -> set[str]:
    """The n-grams of a sequence, each as one text; the whole sequence where it is shorter."""
    if len(items) <= size:
        return {" ".join(items)} if items else set()
    return {" ".join(items[place : place + size]) for place in range(len(items) - size + 1)}


def sketch(code: str, permutations: int, seed: int) -> RMinHash:
    """The MinHash of a program's token shingles.

    The program's own names are kept: renaming them makes short functions look alike that have nothing in common.
    Mere renaming is what `normal_form` finds.
    """
    found = RMinHash(permutations, seed)
    found.update(sorted(grams(tokens(code), SHINGLE)))
    return found
