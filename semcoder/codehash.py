"""Which package modules a command depends on, and one short hash of their source.

Snakemake does not see the package code that a shell command runs. Every rule therefore carries
`code=<hash>` of the modules that its command imports, directly or not, found by reading the source.
"""

import ast
import contextlib
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from semcoder.artifacts import write_json
from semcoder.cli import STAGES
from semcoder.errors import UserError

PACKAGE = Path(__file__).parent
ROOT = "semcoder"
"""Its own file holds the version and names for users of the library, which it imports when they are asked for: every
command loads it, and none does anything with it."""


def code_hash(stage: str, verb: str) -> str:
    """Twelve hex digits over the source of every module behind `semcoder STAGE VERB`."""
    digest = hashlib.sha256()
    for name in sorted(modules_behind(STAGES[stage][1][verb]) - {ROOT}):
        digest.update(f"{name}\0{_source(name).meaning}\0".encode())
    return digest.hexdigest()[:12]


class Source(NamedTuple):
    """What counts of a module's source."""

    imports: list[str]
    meaning: str
    """sha256 of the source without comments, layout and docstrings: of what can change a result."""


Remembered = dict[str, Source]
"""By the sha256 of a file's bytes, wherever it stands: a copy of the package need not be read again."""
_remembered: Remembered = {}
_READER = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
"""What another version of this module has read does not count."""


def remember(store: Path) -> None:
    """Take from `store` what was read of the package's files before, and leave there what is read now.

    Every start of the workflow needs all modules, and reading one takes some milliseconds.
    """
    known: Remembered = {}
    try:
        reader, values = json.loads(store.read_text(encoding="utf-8"))
        if reader == _READER:
            known = {digest: Source(*source) for digest, source in values.items()}
    except (OSError, ValueError, TypeError):
        pass  # not there, or not to be read: then every file is read once more
    _remembered.update(known)
    now = dict(_read(path) for path in PACKAGE.rglob("*.py"))
    if now != known and store.parent.is_dir():  # planning makes no folder
        with contextlib.suppress(OSError, UserError):  # the next start reads them again
            write_json(store, [_READER, now])


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
        waiting += _imports(name) if name != ROOT else []
        waiting += [name.rpartition(".")[0]] if "." in name else []
    return frozenset(found)


def _path(module: str) -> Path:
    base = PACKAGE.parent.joinpath(*module.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


@cache
def _source(module: str) -> Source:
    return _read(_path(module))[1]


def _read(path: Path) -> tuple[str, Source]:
    """A file's sha256, and what counts of it."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest not in _remembered:
        tree = ast.parse(content)
        _remembered[digest] = Source(_names(tree), _meaning(tree))
    return digest, _remembered[digest]


@cache
def _imports(module: str) -> list[str]:
    return [name for name in _source(module).imports if _path(name).exists()]


def _names(tree: ast.Module) -> list[str]:
    """Names that may be modules of the package: imported ones, and texts (tables of commands, files for workers)."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.update([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
    return sorted(n for n in names if n.startswith("semcoder") and n.replace(".", "").isidentifier())


def _meaning(tree: ast.Module) -> str:
    # Fields' docstrings become their descriptions there, and those may be written out.
    told = any(isinstance(n, ast.keyword) and n.arg == "use_attribute_docstrings" for n in ast.walk(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef) or (
            isinstance(node, ast.ClassDef) and not told
        ):
            # Those of attributes too, which stand anywhere in a body: telling a field's meaning changes no result.
            left = [each for each in node.body if not _is_text(each)]
            node.body = left or [ast.Expr(ast.Constant(...))]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
