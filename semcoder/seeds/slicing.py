"""The smallest self-contained slice: a piece of code and the top-level statements of its file that it needs.

A slice runs on its own: every global name that it reads, at once or later, is a builtin or bound by a statement
of the slice; only in the branches of a top-level `if` or `try` may a name be missing. Three choices keep slices
small and plain:

- an import statement keeps only the names that are needed;
- where a name has a definition in Python and a conditional import of a compiled twin (`try: from _heapq import
  heappop`), the Python definition alone is taken: it can be traced;
- the block under `if __name__ == "__main__":` is no part of a slice.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from semcoder.seeds.names import BUILTINS, Names, compile_statements, names_of

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
COMPOUND = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.If,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
)
NOT_COMPILING = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)


class NotSliceable(Exception):
    """Why there is no slice: a short fixed phrase and a detail."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, eq=False)
class Unit:
    """A top-level statement, or several that share a line. Lines are 1-based and both included."""

    first: int
    last: int
    nodes: tuple[ast.stmt, ...]
    future_annotations: bool

    @cached_property
    def names(self) -> Names:
        """Raises one of NOT_COMPILING."""
        return names_of(list(self.nodes), self.future_annotations)

    @cached_property
    def binds(self) -> frozenset[str]:
        """Names that the unit binds; what a definition binds is known without compiling it."""
        if self.defines:
            return frozenset(node.name for node in self.nodes if isinstance(node, Definition))
        return self.names.binds

    @cached_property
    def relative(self) -> bool:
        """Whether the unit holds a relative import, at any depth."""
        return _relative(self.nodes)

    @cached_property
    def changes(self) -> frozenset[str]:
        """Names whose objects the unit may change without binding them: `table[key] = 1`, `table.update(more)`."""
        found = set[str]()
        for node in self.nodes:
            if isinstance(node, Definition):
                found |= {_root(each.func) for each in node.decorator_list if isinstance(each, ast.Call)}
                found |= {_root(each) for each in node.decorator_list if isinstance(each, ast.Attribute)}
                continue
            for inner in ast.walk(node):
                if isinstance(inner, ast.Subscript | ast.Attribute) and not isinstance(inner.ctx, ast.Load):
                    found.add(_root(inner))
                elif isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Call):
                    found.add(_root(inner.value.func))
        return frozenset(found - {""})

    @property
    def imports(self) -> bool:
        """Whether the unit does nothing but import."""
        return all(isinstance(node, ast.Import | ast.ImportFrom) for node in self.nodes)

    @property
    def conditional(self) -> bool:
        """Whether the unit is an `if` or a `try`: not all of it runs."""
        return all(isinstance(node, ast.If | ast.Try) for node in self.nodes)

    @property
    def defines(self) -> bool:
        """Whether the unit is one function or class."""
        return len(self.nodes) == 1 and isinstance(self.nodes[0], Definition)


def _root(node: ast.expr) -> str:
    """The name at the bottom of `name.a[0].b`; empty where there is none or nothing hangs on it."""
    depth = 0
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
        depth += 1
    return node.id if isinstance(node, ast.Name) and depth else ""


class Module:
    """A parsed file. `text` has newlines alone as line ends (sources.clean); lines are 1-based.

    Raises one of NOT_COMPILING where the text does not parse.
    """

    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self.lines = text.split("\n")
        self.future_annotations = any(
            isinstance(node, ast.ImportFrom)
            and node.module == "__future__"
            and any(alias.name == "annotations" for alias in node.names)
            for node in self.tree.body
        )
        self.units = tuple(self._group())

    def _group(self) -> Iterator[Unit]:
        nodes: list[ast.stmt] = []
        for node in self.tree.body:
            if nodes and first_line(node) > last_line(nodes[-1]):
                yield self._unit(nodes)
                nodes = []
            nodes.append(node)
        if nodes:
            yield self._unit(nodes)

    def _unit(self, nodes: list[ast.stmt]) -> Unit:
        return Unit(first_line(nodes[0]), last_line(nodes[-1]), tuple(nodes), self.future_annotations)

    def source(self, first: int, last: int) -> str:
        """The lines from `first` to `last` as they stand, with a final newline."""
        return "\n".join(self.lines[first - 1 : last]) + "\n"

    def size(self, node: ast.stmt) -> int:
        """Lines of code of a statement, decorators included: blank lines, comments and docstrings do not count."""
        span = range(first_line(node), last_line(node) + 1)
        prose = set[int]()
        for inner in statements_below([node]):
            if isinstance(inner, Definition) and ast.get_docstring(inner, clean=False) is not None:
                prose |= {*range(inner.body[0].lineno, last_line(inner.body[0]) + 1)}
        return sum(
            number not in prose and not self.lines[number - 1].strip().startswith("#")
            for number in span
            if self.lines[number - 1].strip()
        )

    @cached_property
    def star_import(self) -> bool:
        """Whether any top-level statement says `from x import *`."""
        return any(
            isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
            for unit in self.units
            if not unit.defines
            for node in statements_below(unit.nodes)
        )

    @cached_property
    def usable(self) -> list[Unit]:
        """The units that compile, without the main block."""
        found = []
        for unit in self.units:
            try:
                if not any(_is_main_block(node) for node in unit.nodes):
                    found.append(unit)
                    unit.binds  # noqa: B018  (raises where the unit does not compile)
            except NOT_COMPILING:
                continue
        return found

    @cached_property
    def binders(self) -> dict[str, list[Unit]]:
        """The units that bind each name, in file order, without compiled twins and the main block."""
        found = defaultdict[str, list[Unit]](list)
        for unit in self.usable:
            for name in unit.binds:
                found[name].append(unit)
        for name, units in found.items():
            if any(unit.defines for unit in units):
                found[name] = [unit for unit in units if unit.defines or not _only_tries_imports(unit)]
        return dict(found)

    @cached_property
    def changers(self) -> dict[str, list[Unit]]:
        """The units that change the object behind each name, in file order; imported names have none."""
        found = defaultdict[str, list[Unit]](list)
        for unit in self.usable:
            for name in unit.changes:
                if not all(binder.imports for binder in self.binders.get(name, ())):
                    found[name].append(unit)
        return dict(found)

    def context(self, code: str, name: str, own: Unit, lifted: bool, max_lines: int) -> str:
        """The other top-level statements that `code`, which defines `name`, needs, in file order.

        `own` is the unit that holds the code; `lifted` says that the code is no top-level statement of the file
        (a method, a nested function). `context` + `code` is a program. Raises NotSliceable.
        """
        try:
            return self._context(code, name, own, lifted, max_lines)
        except NOT_COMPILING as error:
            raise NotSliceable("does not compile", str(error)) from error

    def _context(self, code: str, name: str, own: Unit, lifted: bool, max_lines: int) -> str:
        statements = ast.parse(code).body
        names = names_of(statements, self.future_annotations)
        if _relative(statements):
            raise NotSliceable("relative import", "in its body")
        if lifted and name in names.reads:
            raise NotSliceable("name means something else outside", name)
        if name in names.reads and any(unit is not own for unit in self.changers.get(name, ())):
            raise NotSliceable("used while the module loads", name)
        needed = self._closure(names, name)
        if lifted and own in needed and own.defines:
            raise NotSliceable("needs what it stands in", str(own.first))
        if lifted and any(name in unit.names.reads | unit.binds for unit in needed):
            raise NotSliceable("name means something else outside", name)
        for unit in needed:
            if unit.first > own.first and unit in self._users_at_load(name, needed):
                raise NotSliceable("used while the module loads", f"line {unit.first}")
        return self._rendered(needed, names, max_lines, code)

    def _closure(self, names: Names, name: str) -> list[Unit]:
        """The units that bind or change what `names` reads, and what those need in turn, without `name`'s own."""
        needed = set[Unit]()
        seen = {name}
        waiting = [(names, False)]
        while waiting:
            current, conditional = waiting.pop()
            # Of two branches (`text = str`, `text = unicode`) the one not taken may read what is nowhere.
            spared = current.loads if conditional else frozenset[str]()
            more = [u for each in sorted(current.reads - seen) for u in self._units_for(each, each in spared)]
            more += [
                unit
                for each in sorted(current.hints - seen)
                for unit in self.binders.get(each, ())
                if unit.imports and not unit.relative
            ]
            seen |= (current.reads - spared) | current.hints
            for unit in more:
                if unit not in needed:
                    needed.add(unit)
                    if unit.relative:
                        raise NotSliceable("relative import", f"line {unit.first}")
                    waiting.append((unit.names, unit.conditional))
        return sorted(needed, key=lambda unit: unit.first)

    def _units_for(self, name: str, spared: bool) -> list[Unit]:
        if name in self.binders:
            return self.binders[name] + self.changers.get(name, [])
        if name in BUILTINS or spared:
            return []
        if self.star_import:
            raise NotSliceable("star import", name)
        raise NotSliceable("unresolved name", name)

    def _users_at_load(self, name: str, needed: list[Unit]) -> set[Unit]:
        """Those of `needed` that may read `name` while the module loads, through any function they then call."""
        users = set[Unit]()
        for unit in needed:
            seen = set[str]()
            waiting = set(unit.names.loads)
            while waiting:
                seen |= waiting
                waiting = {
                    read
                    for each in waiting
                    for binder in self.binders.get(each, ())
                    if each != name
                    for read in binder.names.reads
                } - seen
            if name in seen:
                users.add(unit)
        return users

    def _rendered(self, needed: list[Unit], names: Names, max_lines: int, code: str) -> str:
        wanted = names.reads | names.hints
        for unit in needed:
            wanted |= unit.names.reads | unit.names.hints
        parts = ["from __future__ import annotations\n"] if self.future_annotations else []
        parts += [self._trimmed(unit, wanted) for unit in needed]
        context = "".join(parts)
        size = sum(self.size(node) for unit in needed for node in unit.nodes)
        if size > max_lines:
            raise NotSliceable("context too long", f"{size} lines")
        compile_statements(ast.parse(context + code).body)
        return context

    def _trimmed(self, unit: Unit, wanted: frozenset[str]) -> str:
        """The unit's source; of an import statement, only the names in `wanted`."""
        if not unit.imports:
            return self.source(unit.first, unit.last)
        text = ""
        for node in unit.nodes:
            assert isinstance(node, ast.Import | ast.ImportFrom)
            kept = [each for each in node.names if (each.asname or each.name.partition(".")[0]) in wanted]
            if kept == node.names and len(unit.nodes) == 1:
                return self.source(unit.first, unit.last)
            if kept and isinstance(node, ast.Import):
                text += ast.unparse(ast.Import(kept)) + "\n"
            elif kept and isinstance(node, ast.ImportFrom):
                text += ast.unparse(ast.ImportFrom(node.module, kept, node.level)) + "\n"
        return text


def first_line(node: ast.stmt) -> int:
    """The line on which a statement starts, decorators included."""
    decorators = node.decorator_list if isinstance(node, Definition) else []
    return min([node.lineno, *(each.lineno for each in decorators)])


def last_line(node: ast.stmt) -> int:
    """The line on which a statement ends."""
    return node.end_lineno or node.lineno


def inner_statements(node: ast.stmt) -> Iterator[ast.stmt]:
    """The statements directly inside a compound statement, in the order of their lines."""
    if isinstance(node, COMPOUND):
        for name in ("body", "handlers", "orelse", "finalbody", "cases"):
            for inner in getattr(node, name, ()):
                if isinstance(inner, ast.stmt):
                    yield inner
                else:
                    yield from inner.body


def statements_below(nodes: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements and all those inside them, in the order of their lines."""
    waiting = list(nodes)[::-1]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [*inner_statements(node)][::-1]


def _relative(nodes: Iterable[ast.stmt]) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.level > 0 for node in statements_below(nodes))


def _is_main_block(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and any(
        isinstance(each, ast.Constant) and each.value == "__main__" for each in ast.walk(node.test)
    )


def _only_tries_imports(unit: Unit) -> bool:
    """`try: import …` whose handlers bind nothing."""
    return all(
        isinstance(node, ast.Try)
        and all(isinstance(each, ast.Import | ast.ImportFrom) for each in node.body)
        and all(isinstance(each, ast.Pass) for handler in node.handlers for each in handler.body)
        and not node.orelse
        and not node.finalbody
        for node in unit.nodes
    )
