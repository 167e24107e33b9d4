"""Other names: every name that a program itself binds becomes a plain noun that says nothing of what it holds."""

import ast
import itertools
import random
from collections.abc import Collection, Iterator, Sequence

# fmt: off
NOUNS = (
    "amber", "anchor", "apron", "arch", "basin", "beacon", "birch", "bridge", "candle", "canyon", "cedar", "clover",
    "copper", "coral", "crater", "dune", "ember", "fern", "flint", "garnet", "glacier", "harbor", "hazel", "heron",
    "island", "ivory", "jasper", "kettle", "lagoon", "lantern", "maple", "marble", "meadow", "mirror", "moss", "nectar",
    "oak", "opal", "orchard", "otter", "pebble", "pepper", "pine", "plume", "quartz", "quill", "raven", "reef",
    "ribbon", "river", "saddle", "sage", "shell", "slate", "sparrow", "spruce", "summit", "thistle", "timber", "tulip",
    "valley", "velvet", "walnut", "willow",
)
# fmt: on


def renamed(code: str, entry_point: str, arguments: str, draw: random.Random) -> tuple[str, str, str]:
    """(code, entry point, arguments between the parentheses) with other names; keywords follow their parameters.

    One new name for each old one, wherever it stands. Attributes, texts, and what only a class or an import binds
    keep their names. Where a text or `locals()` knows a name by its old form, the program does something else:
    that shows when it is run. Layout is ast.unparse's. Raises SyntaxError for what is no Python.
    """
    module, call = ast.parse(code), ast.parse(f"{entry_point}({arguments})")
    fresh = unused(words(module), draw.sample(NOUNS, len(NOUNS)))
    changed = _Renamed({name: next(fresh) for name in bound(module)}, _parameters(module))
    name = changed.names.get(entry_point, entry_point)
    given = ast.unparse(call)[len(entry_point) :]
    code, asked = ast.unparse(changed.visit(module)), ast.unparse(changed.visit(call))[len(name) :]
    return code, name, arguments if asked == given else asked[1:-1]


def unused(taken: Collection[str], names: Sequence[str]) -> Iterator[str]:
    """These names as far as none is taken, then the same with numbers."""
    numbered = (f"{name}_{number}" for number in itertools.count(2) for name in names)
    return (name for name in itertools.chain(names, numbered) if name not in taken)


def words(module: ast.Module) -> set[str]:
    """Every name in the program: variables, attributes, keywords, imports; its texts, too."""
    fields = (value for node in ast.walk(module) for _, value in ast.iter_fields(node))
    return {value for value in fields if isinstance(value, str)}


def bound(module: ast.Module) -> list[str]:
    """Names of functions, parameters and variables, in the order in which they come."""
    kept, found = _kept(module), dict[str, None]()
    for node in ast.walk(module):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                found[name] = None
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found[name] = None
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                found[name] = None
    return [name for name in found if name not in kept and not name.startswith("__") and name != "_"]


def _kept(module: ast.Module) -> set[str]:
    """Names that are attributes of a class, or a module's own."""
    kept: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.alias):
            kept.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    kept.add(each.name)
                else:
                    kept |= {name.id for name in ast.walk(each) if isinstance(name, ast.Name)}
    return kept


def _parameters(module: ast.Module) -> dict[str, set[str]]:
    """The parameters of each function that the program defines."""
    return {
        node.name: {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef)
    }


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: dict[str, str], parameters: dict[str, set[str]]) -> None:
        self.names, self._parameters = names, parameters

    def _of(self, name: str) -> str:
        return self.names.get(name, name)

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._of(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self._of(node.arg)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._of(node.name)
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.name = self._of(node.name)
        return self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        node.name = self._of(node.name) if node.name else None
        return self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> ast.AST:
        node.name = self._of(node.name) if node.name else None
        return self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> ast.Global:
        return ast.Global([self._of(name) for name in node.names])

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.Nonlocal:
        return ast.Nonlocal([self._of(name) for name in node.names])

    def visit_Call(self, node: ast.Call) -> ast.AST:
        mine = self._parameters.get(node.func.id, set()) if isinstance(node.func, ast.Name) else set()
        for word in node.keywords:
            if word.arg in mine:
                word.arg = self._of(word.arg)
        return self.generic_visit(node)
