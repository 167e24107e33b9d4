"""A program read for telling: which statement stands on a line, in which loops, and how its parts are written."""

import ast
from collections import Counter
from functools import lru_cache

from semcoder.monologue import bindings
from semcoder.monologue.nodes import FIELDS, Function, walk
from semcoder.tracing.structure import LOOPS, Statement, statement_lines, tree_of

Loop = ast.For | ast.AsyncFor | ast.While
NODES = 4096
"""Nodes whose names are remembered; a loop's statements are asked about again in every iteration."""
MAX_SOURCE = 70
"""Longer pieces of code are referred to, not repeated."""


_TELLING = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.arg, ast.alias),
    *(ast.Return, ast.Yield, ast.YieldFrom),
)
"""Nodes that bind a name themselves, or say something of the function around them."""


class Listing:
    """The statements of one program by line. Lines are 1-based. Raises SyntaxError."""

    def __init__(self, code: str) -> None:
        self.lines = code.split("\n")
        self.first_line = statement_lines(code)
        self.statements: dict[int, Statement] = {}
        self.functions: dict[int, Function] = {}
        self.generators: set[int] = set()
        """The `def` lines of generator functions."""
        self._loops: dict[int, tuple[Loop, ...]] = {}
        self._inline: set[int] = set()
        self._sources: dict[int, str] = {}
        self.returns: dict[int, list[ast.Return]] = {}
        """{`def` line: the `return` statements of that function itself}."""
        self._tree = tree_of(code)  # kept, so that the ids of its nodes stay theirs
        self._visit(self._tree.body, ())
        bound: Counter[str] = Counter()
        self._read(self._tree, 0, bound)
        self.names = frozenset(bound)
        """Every name that the program binds somewhere: a builtin among them is not taken for granted."""
        once = {name for name, times in bound.items() if times == 1}
        self.functions_by_name = bindings.functions(self._tree, once)
        """The functions of the module whose names mean nothing else anywhere."""
        self.helpers: dict[str, ast.expr | None] = {}
        """{function: what it computes}, as far as `semcoder.monologue.substitution` has looked."""
        self.constants = bindings.constants(self._tree, once)
        """{name: literal} of the variables of the module that have one value, in all of the program."""
        self.foreign = (
            bindings.foreign(self._tree, once, self.constants, self.generators) - self.constants.keys()
        )
        """Names of what is not computed here and answers the same each time: imports, functions, patterns."""

    def statement(self, line: int) -> Statement | None:
        """The statement that begins on `line`."""
        return self.statements.get(line)

    def loops(self, line: int) -> tuple[Loop, ...]:
        """The loops of the same function in whose bodies `line` stands, outermost first."""
        return self._loops.get(line, ())

    def shared(self, line: int) -> bool:
        """Whether several statements stand on `line`, so that its event tells of all of them together."""
        return line in self._inline

    def source(self, node: ast.AST) -> str:
        """The code of `node` on one line, as written where it stands on one line."""
        key = id(node)
        if key not in self._sources:
            self._sources[key] = self._source(node)
        return self._sources[key]

    def short(self, node: ast.AST) -> str:
        """The code of `node`, or nothing where it is too long to repeat."""
        text = self.source(node)
        return text if len(text) <= MAX_SOURCE else ""

    def _source(self, node: ast.AST) -> str:
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
        if first and first == last:
            line = self.lines[first - 1].encode("utf-8", "surrogatepass")
            return line[node.col_offset : node.end_col_offset].decode("utf-8", "surrogatepass")  # type: ignore[attr-defined]
        return ast.unparse(node)

    def _visit(self, body: list[ast.stmt], loops: tuple[Loop, ...]) -> None:
        for statement in body:
            self._place(statement, statement.lineno, loops)
            if isinstance(statement, Function):
                self.functions[statement.lineno] = statement
            inside = () if isinstance(statement, Function | ast.ClassDef) else loops
            for name, child in ast.iter_fields(statement):
                if not isinstance(child, list) or not child:
                    continue
                if isinstance(child[0], ast.stmt):
                    looped = isinstance(statement, LOOPS) and name == "body"
                    self._visit(child, (*inside, statement) if looped else inside)  # type: ignore[arg-type]
                elif isinstance(child[0], ast.ExceptHandler | ast.match_case):
                    for part in child:
                        line = part.pattern.lineno if isinstance(part, ast.match_case) else part.lineno
                        self._place(part, line, inside)
                        self._visit(part.body, inside)

    def _place(self, statement: Statement, line: int, loops: tuple[Loop, ...]) -> None:
        line = self.first_line.get(line, line)
        if line in self.statements:
            self._inline.add(line)
        self.statements.setdefault(line, statement)
        self._loops.setdefault(line, loops)

    def _read(self, node: ast.AST, function: int, bound: Counter[str]) -> None:
        """Collect what is bound under `node`, and what each function returns or yields itself."""
        for name in FIELDS[type(node)]:
            value = getattr(node, name, None)
            for child in value if type(value) is list else (value,):
                if isinstance(child, ast.Name):
                    if type(child.ctx) is not ast.Load:
                        bound[child.id] += 1
                elif isinstance(child, _TELLING):
                    self._read(child, self._entered(child, function, bound), bound)
                elif isinstance(child, ast.AST) and type(child) is not ast.Constant:
                    self._read(child, function, bound)

    def _entered(self, node: ast.AST, function: int, bound: Counter[str]) -> int:
        """Note what `node` itself binds, returns or yields; gives the function that what is under it belongs to."""
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                bound[name] += 1
                self.returns[node.lineno] = []
                return node.lineno
            case ast.ClassDef(name=name):
                bound[name] += 1
                return 0
            case ast.Lambda():
                return 0
            case ast.arg(arg=name):
                bound[name] += 1
            case ast.alias(name=name, asname=other):
                bound[(other or name).partition(".")[0]] += 1
            case ast.Return():
                self.returns[function].append(node)
            case ast.Yield() | ast.YieldFrom() if function:
                self.generators.add(function)
        return function


@lru_cache(maxsize=64)
def listing(code: str) -> Listing:
    """The listing of `code`; several monologues of one program share it."""
    return Listing(code)


@lru_cache(maxsize=NODES)
def names_read(node: ast.AST) -> list[str]:
    """The names that `node` reads, in order of appearance, without those of its own comprehensions and lambdas."""
    found = [part for part in walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)]
    found.sort(key=lambda name: (name.lineno, name.col_offset))
    own = names_within(node)
    return [name for name in dict.fromkeys(part.id for part in found) if name not in own]


@lru_cache(maxsize=NODES)
def names_within(node: ast.AST) -> frozenset[str]:
    """The names that the comprehensions and lambdas in `node` bind: in them they are other variables."""
    own: set[str] = set()
    for part in walk(node):
        if isinstance(part, ast.comprehension):
            own.update(name.id for name in walk(part.target) if isinstance(name, ast.Name))
        elif isinstance(part, ast.arg):
            own.add(part.arg)
    return frozenset(own)


@lru_cache(maxsize=NODES)
def names_bound(node: ast.AST) -> list[str]:
    """The plain names that an assignment or loop target binds, in order of appearance."""
    return [part.id for part in walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]


def root_name(node: ast.expr) -> str:
    """The variable that an attribute, item or call chain starts from: `a` for `a.b[0].c()`; else empty."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
