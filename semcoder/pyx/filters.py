"""Static filters: which programs may enter PyX (paper section 3.2 and App. F), each refusal with its reason.

Traces capture nothing but the change of variables, so programs that touch the world, that draw random numbers or
that run side by side are left out before they cost anything. What a program hides from these rules is caught
when it runs: the sandbox forbids it, or two runs differ.
"""

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from semcoder.errors import UserError, first_fault
from semcoder.teacher.interface import Refusal
from semcoder.tracing.structure import source_lines

RANDOM = "randomness"
TIME = "time or environment"
EXTERNAL = "external interaction"
CONCURRENT = "concurrency"
DYNAMIC = "dynamic code"

_MODULES = {
    RANDOM: "random secrets uuid numpy.random",
    TIME: "time locale platform getpass pwd grp site sysconfig resource gc weakref tracemalloc faulthandler",
    EXTERNAL: "socket ssl select selectors subprocess tempfile shutil pathlib glob fileinput sqlite3 dbm shelve "
    "urllib.request http.client http.server ftplib poplib imaplib smtplib telnetlib nntplib socketserver xmlrpc "
    "webbrowser ctypes mmap fcntl termios tty pty curses tkinter turtle readline logging getopt argparse optparse "
    "signal atexit zipfile tarfile gzip bz2 lzma zipimport pkgutil linecache tokenize.open cmd pdb syslog msvcrt "
    "winreg winsound java requests aiohttp httpx boto3 docker",
    CONCURRENT: "threading multiprocessing concurrent asyncio queue sched _thread contextvars",
    DYNAMIC: "importlib imp runpy code codeop inspect dis types.CodeType types.FunctionType marshal pickle",
}
# Modules of which only these names (as fnmatch patterns) are pure; the rest of each has the reason given.
_PARTLY: dict[str, tuple[str, str]] = {
    "os": (
        EXTERNAL,
        "fspath fsencode fsdecode sep* altsep* extsep* pardir* curdir* pathsep* linesep* PathLike "
        "path.join path.split path.splitext path.basename path.dirname path.normpath path.normcase path.isabs "
        "path.commonprefix path.commonpath path.splitdrive path.sep* path.altsep* path.pardir* path.curdir*",
    ),
    "io": (
        EXTERNAL,
        "StringIO* BytesIO* SEEK_SET SEEK_CUR SEEK_END DEFAULT_BUFFER_SIZE UnsupportedOperation",
    ),
    "sys": (TIME, "maxsize maxunicode float_info* intern int_info* hash_info*"),
    "datetime": (
        TIME,
        "date timedelta time datetime timezone tzinfo MINYEAR MAXYEAR UTC date.fromisoformat date.fromordinal "
        "datetime.fromisoformat datetime.strptime datetime.combine timezone.utc date.fromisocalendar "
        "datetime.fromordinal date.min date.max datetime.min datetime.max timedelta.resolution time.fromisoformat",
    ),
}
_NAMES = {
    EXTERNAL: "open input breakpoint exit quit",
    DYNAMIC: "exec eval compile __import__ globals locals vars __builtins__ __loader__ __spec__",
    TIME: "__file__ __debug__",
    "object identity": "id",
}
_CLOCKS = frozenset({"now", "utcnow", "today"})
"""Methods that read the clock whatever they are called on."""
_INNER = frozenset(
    [
        "gi_frame",
        "ag_frame",
        "cr_frame",
        "tb_frame",
        "f_globals",
        "f_locals",
        "f_builtins",
        "f_back",
        "__globals__",
        "__builtins__",
        "__subclasses__",
    ]
)
"""Attributes that lead into the interpreter, whatever they are asked of."""
_PASSED_ON = frozenset(
    ["sys", "os", "posix", "nt", "io", "builtins", "modules", "importlib", "subprocess", "socket"]
)
"""Modules that other modules import: as an attribute of an import (`re.enum.sys`) they are the same in disguise."""
_FORBIDDEN_MODULES = {name: reason for reason, names in _MODULES.items() for name in names.split()}
_FORBIDDEN_NAMES = {name: reason for reason, names in _NAMES.items() for name in names.split()}
CHARS_A_LINE = 80
_IDLE: tuple[type[ast.AST], ...] = (
    ast.Return,
    ast.Pass,
    ast.Tuple,
    ast.List,
    ast.Dict,
    ast.Constant,
    ast.Name,
    ast.expr_context,
)
_IDLE += (ast.arguments, ast.arg, ast.Attribute, ast.Starred)
"""A function made of nothing else hands over what it was given."""
_BRANCHES = (ast.If, ast.IfExp, ast.For, ast.While, ast.ExceptHandler, ast.match_case)


class Filters(BaseModel):
    """Limits of a program's shape. Lines are those of `ast.unparse`; functions count nested ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_functions: int = Field(ge=1)
    max_lines: int = Field(ge=1)
    max_branches: int = Field(ge=0)
    allow_classes: bool

    @classmethod
    def parse(cls, text: str) -> "Filters":
        """Read a JSON object; raises UserError."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise UserError(
                f"--filters: {first_fault(error, 'the whole')}; give a JSON object with {', '.join(cls.model_fields)}."
            ) from error

    def refusal(self, code: str, entry_point: str) -> Refusal | None:
        """Why the program may not enter, or None. The code must parse."""
        module = ast.parse(code)
        return next((Refusal(*found) for found in self._faults(module, code, entry_point)), None)

    def _faults(self, module: ast.Module, code: str, entry_point: str) -> Iterator[tuple[str, str]]:
        entry = [
            node
            for node in module.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == entry_point
        ]
        if not entry:
            yield "no function to call", entry_point
            return
        yield from _uses(module)
        yield from _shape_of_entry(entry[-1])
        nodes = list(ast.walk(module))
        classes = [node.name for node in nodes if isinstance(node, ast.ClassDef)]
        if classes and not self.allow_classes:
            yield "defines a class", classes[0]
        functions = sum(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in nodes)
        if functions > self.max_functions:
            yield "too many functions", f"{functions}"
        lines = sum(bool(line.strip()) for line in source_lines(code))
        if lines > self.max_lines or len(code) > self.max_lines * CHARS_A_LINE:
            yield "too long", f"{lines} lines, {len(code)} characters"
        branches = sum(isinstance(node, _BRANCHES) for node in nodes)
        branches += sum(len(node.ifs) for node in nodes if isinstance(node, ast.comprehension))
        if branches > self.max_branches:
            yield "too many branches", f"{branches}"


def _shape_of_entry(entry: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, str]]:
    """A function that takes something and gives something back."""
    arguments = entry.args
    if isinstance(entry, ast.AsyncFunctionDef):
        yield "generator or coroutine", "async"
    if not [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ][0]:
        yield "takes no input", entry.name
    own = list(_own_nodes(entry))
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own):
        yield "generator or coroutine", "yield"
    if not any(isinstance(node, ast.Return) and node.value is not None for node in own):
        yield "returns nothing", entry.name
    if all(isinstance(node, _IDLE) for node in own):
        yield "trivial", entry.name


def _own_nodes(entry: ast.AST) -> Iterator[ast.AST]:
    """Nodes of a function without those of functions inside it."""
    for child in ast.iter_child_nodes(entry):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield child
            yield from _own_nodes(child)


def _uses(module: ast.Module) -> Iterator[tuple[str, str]]:
    """(reason, what) for every forbidden module, attribute and builtin, in the order of the code."""
    bound = {"": ""}  # local name of what is imported: its dotted name
    stored = {
        node.id for node in ast.walk(module) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    stored |= {node.arg for node in ast.walk(module) if isinstance(node, ast.arg)}
    stored |= {node.name for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
                yield from _module(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                bound[alias.asname or alias.name] = f"{base}.{alias.name}"
                yield from _module(base) or _module(f"{base}.{alias.name}")
                if alias.name == "*":
                    yield "star import", base
    inner = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Attribute)}
    for node in ast.walk(module):
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in inner:
            yield from _dotted(node, bound, stored)
        if isinstance(node, ast.Attribute) and node.attr in _CLOCKS:
            yield TIME, node.attr
        if isinstance(node, ast.Attribute) and node.attr in _INNER:
            yield DYNAMIC, node.attr


def _module(name: str) -> list[tuple[str, str]]:
    parts = name.split(".")
    prefixes = [".".join(parts[:size]) for size in range(1, len(parts) + 1)]
    return [(_FORBIDDEN_MODULES[prefix], prefix) for prefix in prefixes if prefix in _FORBIDDEN_MODULES][:1]


def _dotted(node: ast.expr, bound: dict[str, str], stored: set[str]) -> Iterator[tuple[str, str]]:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return
    if node.id in _FORBIDDEN_NAMES and node.id not in stored and node.id not in bound:
        yield _FORBIDDEN_NAMES[node.id], node.id
    if node.id not in bound or (node.id in stored and not parts):
        return
    dotted = ".".join([bound[node.id], *parts])
    yield from _module(dotted)
    yield from ((DYNAMIC, dotted) for part in parts if part in _PASSED_ON)
    first, _, rest = dotted.partition(".")
    if first in _PARTLY and rest:
        reason, allowed = _PARTLY[first]
        if not any(fnmatchcase(rest, pattern) for pattern in allowed.split()):
            yield reason, dotted
