"""Which package modules a command depends on, and one short hash of their source.

Snakemake does not see the package code that a shell command runs. Every rule therefore carries
`code=<hash>` of the modules that its command imports, directly or not, found by reading the source.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

from semcoder.cli import STAGES

PACKAGE = Path(__file__).parent


def code_hash(stage: str, verb: str) -> str:
    """Twelve hex digits over the source of every module behind `semcoder STAGE VERB`."""
    digest = hashlib.sha256()
    for name in sorted(modules_behind(STAGES[stage][1][verb])):
        digest.update(name.encode() + b"\0" + _meaning(_path(name)) + b"\0")
    return digest.hexdigest()[:12]


@cache
def modules_behind(module: str) -> frozenset[str]:
    """The package's modules that importing `module` and running it can import, itself included."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += _imports(name)
        waiting += [name.rpartition(".")[0]] if "." in name else []
    return frozenset(found)


def _path(module: str) -> Path:
    base = PACKAGE.parent.joinpath(*module.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


@cache
def _imports(module: str) -> tuple[str, ...]:
    names: list[str] = []
    for node in ast.walk(ast.parse(_path(module).read_bytes())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.append(
                node.value
            )  # a module named by a string: semcoder.registry tables, files sent to workers
    return tuple(
        n
        for n in names
        if n.startswith("semcoder") and n.replace(".", "").isidentifier() and _path(n).exists()
    )


@cache
def _meaning(path: Path) -> bytes:
    """The source without comments, layout and docstrings: what can change a result."""
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body[0] = ast.Expr(ast.Constant(...))
    return ast.unparse(tree).encode()
