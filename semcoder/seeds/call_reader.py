"""Reading calls off a file's syntax tree: which function each call means, and with which literals.

A callee is resolved through the imports of its file, through names and attributes that were set to something
imported (`wrap = textwrap.wrap`, `module = import_fresh_module("heapq")`), and through one level of the file's
own helpers (`def check(self, text): … dedent(text)`, called as `self.check("  a")`). Besides literals, a name
counts as argument whose last assignment above is a literal, and the variable of a loop over literals. Nothing
runs: what such a call gives is for execution to say.
"""

import ast
import re
from collections.abc import Callable

from semcoder.seeds.arguments import Constants, literal, literal_arguments

MAX_LOOP_ITEMS = 20
MAX_HELPER_CALLS = 500
"""Calls of a file's own helpers that are followed, a file."""
MAX_HELPER_STATEMENTS = 12

WRITTEN_CALL = re.compile(r"\w+(\.\w+)+\([^\n]{1,200}\)")
"""A string that is a call through a module: `"ntpath.split('a')"`."""

Found = Callable[[str, str], None]
"""Told of each call: the callee's dotted name, and the text between the parentheses."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


class CallReader:
    """Reads the statements of one file and tells `found` of every call with literal arguments it can resolve.

    `module` is the file's dotted name; where it is empty, the file's own functions resolve to `.name`.
    """

    def __init__(self, module: str, is_package: bool, found: Found) -> None:
        self.module = module
        self.package = module if is_package else module.rpartition(".")[0]
        self.targets: dict[str, str] = {}
        """What stands behind a name, `Class.attribute`, or `.attribute` (of whichever class)."""
        self.exported: dict[str, str] = {}
        """What the module's own imports bring into its namespace."""
        self._found = found
        self._helpers: dict[str, Function] = {}
        self._class = ""
        self._star = ""
        self._in_helper = False
        self._helper_calls = 0

    def read(self, body: list[ast.stmt]) -> None:
        """Read a module's body."""
        self._survey(body, "")
        self._block(body, {})

    def _survey(self, body: list[ast.stmt], scope: str) -> None:
        """What a module and its classes hold, wherever in the file it is used."""
        for node in body:
            match node:
                case ast.Import() | ast.ImportFrom():
                    for name, target in self._imported(node).items():
                        # The first of several wins: `try: import fast` and `except ImportError: import slow`.
                        self.exported.setdefault(name, target)
                        self.targets[name] = target
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._helpers[f"{self.module}.{scope}{node.name}"] = node
                    self._name(scope, node.name, f"{self.module}.{scope}{node.name}")
                case ast.ClassDef() if not scope:
                    self.targets[node.name] = f"{self.module}.{node.name}"
                    self._survey(node.body, f"{node.name}.")
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    target = self._alias(value)
                    if target:
                        self._name(scope, name, target)
                case ast.If() | ast.Try() | ast.With():
                    for block in _blocks(node):
                        self._survey(block, scope)

    def _name(self, scope: str, name: str, target: str) -> None:
        self.targets[scope + name] = target
        if scope:
            self.targets.setdefault(f".{name}", target)

    def _block(self, body: list[ast.stmt], constants: dict[str, ast.expr]) -> None:
        for node in body:
            self._statement(node, constants)

    def _statement(self, node: ast.stmt, constants: dict[str, ast.expr]) -> None:
        match node:
            case ast.Expr(value=value):  # the most frequent by far
                self._expression(value, constants)
            case ast.Import() | ast.ImportFrom():
                self.targets.update(self._imported(node))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._header(node, constants)
                parameters = {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
                self._block(node.body, {k: v for k, v in constants.items() if k not in parameters})
            case ast.ClassDef():
                self._header(node, constants)
                around, self._class = self._class, node.name
                self._block(node.body, dict(constants))
                self._class = around
            case ast.Assign(targets=targets, value=value):
                self._expression(value, constants)
                for target in targets:
                    self._bind(target, value, constants)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._expression(value, constants)
                self._bind(target, value, constants)
            case ast.AugAssign(target=ast.Name(id=name)):
                self._header(node, constants)
                constants.pop(name, None)
            case ast.For() | ast.AsyncFor():
                self._loop(node, constants)
            case _:
                self._header(node, constants)
                for block in _blocks(node):
                    self._block(block, constants)

    def _header(self, node: ast.stmt, constants: Constants) -> None:
        """The expressions of a statement, without the statements inside it."""
        for _, value in ast.iter_fields(node):
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, ast.AST) and not isinstance(
                    each, ast.stmt | ast.ExceptHandler | ast.match_case
                ):
                    self._expression(each, constants)

    def _loop(self, node: ast.For | ast.AsyncFor, constants: dict[str, ast.expr]) -> None:
        """The body once for each item of a literal sequence, else once with the loop's variables unknown."""
        self._expression(node.iter, constants)
        items = literal(node.iter, constants)
        known = items.elts if isinstance(items, ast.List | ast.Tuple) else []
        if any(_blocks(inner) for inner in node.body if not isinstance(inner, ast.With | ast.If)):
            known = known[:1]  # loops in loops are not multiplied
        for item in known[:MAX_LOOP_ITEMS]:
            self._bind(node.target, item, constants)
            self._block(node.body, constants)
        if not known:
            self._bind(node.target, None, constants)
            self._block(node.body, constants)
        self._bind(node.target, None, constants)
        self._block(node.orelse, constants)

    def _bind(self, target: ast.expr, value: ast.expr | None, constants: dict[str, ast.expr]) -> None:
        match target, value:
            case ast.Name(id=name), _:
                known = literal(value, constants) if value else None
                constants.pop(name, None)
                if known is not None:
                    constants[name] = known
                alias = self._alias(value)
                if alias:
                    self.targets[name] = alias
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name), _:
                alias = self._alias(value)
                if alias:
                    self._name(f"{self._class}.", name, alias)
            case ((ast.Tuple() | ast.List()), (ast.Tuple() | ast.List())) if len(target.elts) == len(
                value.elts
            ):
                for one, its in zip(target.elts, value.elts, strict=True):
                    self._bind(one, its, constants)
            case ((ast.Tuple() | ast.List()), _):
                for one in target.elts:
                    self._bind(one, None, constants)
            case ast.Starred(), _:
                self._bind(target.value, None, constants)

    def _alias(self, value: ast.expr | None) -> str:
        """What `textwrap.wrap`, `self.module` or `import_module("heapq")` stands for, or empty."""
        match value:
            case ast.Attribute() | ast.Name():
                return self._resolve(value)
            case ast.Call(
                func=ast.Name(id=called) | ast.Attribute(attr=called),
                args=[ast.Constant(value=str(name)), *_],
            ):
                return name if called in ("import_module", "import_fresh_module") else ""
        return ""

    def _imported(self, node: ast.Import | ast.ImportFrom) -> dict[str, str]:
        """Names that an import binds and what stands behind them."""
        if isinstance(node, ast.Import):
            roots = {each.name.partition(".")[0] for each in node.names if not each.asname}
            return {root: root for root in roots} | {
                each.asname: each.name for each in node.names if each.asname
            }
        parents = self.package.split(".") if self.package else []
        kept = parents[: len(parents) - node.level + 1] if node.level else []
        base = ".".join(filter(None, [*kept, node.module]))
        if node.names[0].name == "*":
            self._star = base
            return {}
        return {each.asname or each.name: f"{base}.{each.name}" for each in node.names}

    def _expression(self, node: ast.AST, constants: Constants) -> None:
        if isinstance(node, ast.Name):
            return
        calls, bound = _calls_and_names(node)
        if bound:  # variables of comprehensions and lambdas
            constants = {name: value for name, value in constants.items() if name not in bound}
        for call in calls:
            callee = self._resolve(call.func)
            if callee in self._helpers:
                self._follow(call, self._helpers[callee], constants)
            arguments = literal_arguments(call, constants) if callee else None
            if arguments is not None:
                self._found(callee, arguments)

    def _follow(self, call: ast.Call, helper: Function, constants: Constants) -> None:
        """Read the helper's body once more, its parameters set to the literals of this call."""
        if (
            self._in_helper
            or len(helper.body) > MAX_HELPER_STATEMENTS
            or self._helper_calls >= MAX_HELPER_CALLS
        ):
            return
        expected = helper.args.posonlyargs + helper.args.args
        given = {
            each.arg: value for each, value in zip(expected[::-1], helper.args.defaults[::-1], strict=False)
        }
        given |= {
            each.arg: value
            for each, value in zip(helper.args.kwonlyargs, helper.args.kw_defaults, strict=True)
            if value
        }
        if expected and expected[0].arg in ("self", "cls") and isinstance(call.func, ast.Attribute):
            expected = expected[1:]
        given |= {each.arg: value for each, value in zip(expected, call.args, strict=False)}
        given |= {each.arg: each.value for each in call.keywords if each.arg}
        known = {name: literal(value, constants) for name, value in given.items()}
        inner = {name: value for name, value in known.items() if value is not None}
        if inner:
            self._helper_calls += 1
            self._in_helper = True
            self._block(helper.body, inner)
            self._in_helper = False

    def _resolve(self, node: ast.expr) -> str:
        """The dotted name that an expression stands for, or empty."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        if node.id in ("self", "cls") and self._class and parts:
            # What a base class uses of itself, another class of the file may hold.
            held = parts.pop(0)
            base = self.targets.get(f"{self._class}.{held}") or self.targets.get(f".{held}")
            return ".".join([base, *parts]) if base else ""
        base = self.targets.get(node.id) or (f"{self._star}.{node.id}" if self._star else "")
        return ".".join([base, *parts]) if base else ""


def _written(text: str) -> list[ast.Call]:
    """The call that a string holds, as a test may hand one to `eval`."""
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [node] if isinstance(node, ast.Call) else []


def _blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of statements inside a compound statement."""
    blocks = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
    blocks += [handler.body for handler in getattr(node, "handlers", [])]
    blocks += [case.body for case in getattr(node, "cases", [])]
    return [block for block in blocks if block]


def _calls_and_names(node: ast.AST) -> tuple[list[ast.Call], set[str]]:
    """The calls below an expression, outermost first, and the names that it binds for itself.

    Written out because nine tenths of the time of reading a corpus went into ast.walk.
    """
    calls: list[ast.Call] = []
    bound: set[str] = set()
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.Name):
            if isinstance(each.ctx, ast.Store):
                bound.add(each.id)
        elif isinstance(each, ast.Constant):
            if isinstance(each.value, str) and WRITTEN_CALL.fullmatch(each.value):
                calls += _written(each.value)
        elif isinstance(each, ast.Attribute):
            waiting.append(each.value)
        elif isinstance(each, ast.Call):
            calls.append(each)
            waiting += reversed(each.keywords)
            waiting += reversed(each.args)
            waiting.append(each.func)
        else:
            if isinstance(each, ast.arg):
                bound.add(each.arg)
            waiting += reversed([*ast.iter_child_nodes(each)])
    return calls, bound
