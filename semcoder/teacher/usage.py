"""What types a function's parameters take, read off how its body uses them. Nothing is run.

Evidence is collected in a tree of `Uses`: a parameter, its elements, its keys.
"""

import ast
import builtins
from collections.abc import Iterable, Mapping
from typing import Any

from semcoder.teacher.shapes import KINDS, Uses


def _having(attribute: str) -> tuple[str, ...]:
    return tuple(kind for kind, each in KINDS.items() if kind != "bool" and hasattr(each, attribute))


# What a builtin does with its first argument says what that argument is.
_ARGUMENT: dict[str, tuple[str, ...]] = {
    "ord": ("str",),
    "chr": ("int",),
    "range": ("int",),
    "bin": ("int",),
    "hex": ("int",),
    "oct": ("int",),
    "abs": ("int", "float"),
    "round": ("float", "int"),
    "divmod": ("int", "float"),
    "int": ("str", "int"),
    "float": ("str", "float", "int"),
    "len": ("str", "list"),
    "sum": ("list",),
    "sorted": ("list", "str"),
    "min": ("list",),
    "max": ("list",),
    "any": ("list",),
    "all": ("list",),
    "list": ("list", "str"),
    "tuple": ("list",),
    "set": ("list",),
    "iter": ("list",),
    "reversed": ("list", "str"),
    "enumerate": ("list", "str"),
    "zip": ("list",),
    "dict": ("dict",),
    "fspath": ("str",),
    "escape": ("str",),
}
_SAME_ELEMENTS = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "enumerate"})
_PATTERN_METHODS = {"match": 0, "search": 0, "fullmatch": 0, "findall": 0, "finditer": 0, "sub": 1, "subn": 1}


class _Reader(ast.NodeVisitor):
    """Walks one function with its names bound to nodes; follows calls into the program's other functions."""

    def __init__(self, functions: Mapping[str, ast.FunctionDef], entered: frozenset[str]) -> None:
        self.functions, self.entered = functions, entered
        self.names: dict[str, Uses] = {}

    def read(self, function: ast.FunctionDef, given: Mapping[str, Uses]) -> None:
        self.names.update(given)
        for statement in function.body:
            self.visit(statement)

    # Which node an expression stands for.
    def node(self, expr: ast.expr) -> Uses | None:
        if isinstance(expr, ast.Name):
            return self.names.get(expr.id)
        if isinstance(expr, ast.Subscript):
            owner = self.node(expr.value)
            if owner is None:
                return None
            if isinstance(expr.slice, ast.Slice):
                return owner
            if isinstance(expr.slice, ast.Constant) and isinstance(expr.slice.value, str):
                return owner.keys.setdefault(expr.slice.value, Uses())
            return owner.items()
        if isinstance(expr, ast.BoolOp):
            return self.node(expr.values[0])
        return None

    def elements(self, expr: ast.expr) -> Uses | None:
        """The node of what iterating over an expression yields."""
        if isinstance(expr, ast.Call) and isinstance(expr.func, ast.Name) and expr.args:
            if expr.func.id == "enumerate" and (inner := self.elements(expr.args[0])):
                pair = Uses()
                pair.parts = [Uses(), inner]
                return pair
            if expr.func.id == "zip":
                row = Uses()
                row.parts = [self.elements(arg) or Uses() for arg in expr.args]
                return row
            if expr.func.id in _SAME_ELEMENTS:
                return self.elements(expr.args[0])
        if isinstance(expr, ast.Call) and isinstance(expr.func, ast.Attribute) and not expr.args:
            owner = self.node(expr.func.value)
            if owner is not None and expr.func.attr == "items":
                pair = Uses()
                pair.parts = [owner.items(), owner.values()]
                return pair
            if owner is not None and expr.func.attr in ("keys", "values"):
                return owner.items() if expr.func.attr == "keys" else owner.values()
        owner = self.node(expr)
        if owner is None:
            return None
        owner.note(3, "list", "str")
        return owner.items()

    def bind(self, target: ast.expr, source: Uses | None) -> None:
        if isinstance(target, ast.Name) and source is not None:
            self.names[target.id] = source
        elif isinstance(target, ast.Tuple | ast.List) and source is not None:
            if not any(isinstance(item, ast.Starred) for item in target.elts):
                if source.parts is None:
                    source.note(6, "tuple")
                for item, part in zip(target.elts, source.positions(len(target.elts)), strict=True):
                    self.bind(item, part)
            else:
                source.note(6, "list")

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            if not isinstance(target, ast.Name):
                self.visit(target)
            self.bind(target, self.node(node.value))

    def visit_For(self, node: ast.For) -> None:
        self.bind(node.target, self.elements(node.iter))
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self.bind(node.target, self.elements(node.iter))
        self.generic_visit(node)

    def _comprehension(self, node: Any) -> None:
        for part in node.generators:  # before what they bind is used
            self.visit(part)
        self.generic_visit(node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if uses := self.node(node.value):
            first, *others = _having(node.attr) or ("object",)
            uses.note(6, first)
            for kind in others:  # too little to count unless something else speaks for it
                uses.note(2.5, kind)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if owner := self.node(node.value):
            if isinstance(node.slice, ast.Slice):
                owner.note(6, "str", "list")
            elif isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                owner.note(6, "dict")
                self.node(node)
            elif isinstance(node.ctx, ast.Store | ast.Del):
                owner.note(6, "list", "dict")
            else:
                owner.note(4, "list", "str", "dict")
        if (index := self.node(node.slice)) is not None:
            index.note(1, "int", "str")
        if isinstance(node.slice, ast.Slice):
            for bound in (node.slice.lower, node.slice.upper, node.slice.step):
                if bound is not None and (uses := self.node(bound)):
                    uses.note(6, "int")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        for this, other in ((node.left, node.right), (node.right, node.left)):
            if uses := self.node(this):
                partner = _kind_of(other)
                if isinstance(node.op, ast.Add):
                    uses.note(6 if partner else 1, *([partner] if partner else ["int", "str"]))
                elif isinstance(node.op, ast.Mod) and this is node.left:
                    uses.note(3, "int")
                elif isinstance(node.op, ast.Mod):
                    spec = other.value if isinstance(other, ast.Constant) else None
                    if not isinstance(spec, str) or "%d" in spec or "%0" in spec:
                        uses.note(4, "int")
                elif isinstance(node.op, ast.Mult):
                    uses.note(4, "int", *(["float"] if partner == "float" else []))
                elif isinstance(node.op, ast.Div):
                    uses.note(4, "float", "int")
                elif isinstance(node.op, ast.Sub | ast.Pow | ast.FloorDiv):
                    uses.note(4, "int", "float")
                else:
                    uses.note(6 if partner == "int" else 3, "int")
        self.generic_visit(node)

    def _truth(self, test: ast.expr) -> None:
        """Being asked for nothing but its truth makes a flag."""
        if isinstance(test, ast.Name) and (uses := self.node(test)):
            uses.note(0.5, "bool")

    def visit_If(self, node: ast.If | ast.IfExp | ast.While) -> None:
        self._truth(node.test)
        self.generic_visit(node)

    visit_IfExp = visit_While = visit_If

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for value in node.values:
            self._truth(value)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._truth(node.operand)
        if isinstance(node.op, ast.USub | ast.Invert) and (uses := self.node(node.operand)):
            uses.note(4, "int")
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
            if isinstance(op, ast.In | ast.NotIn):
                if uses := self.node(right):
                    kind = _kind_of(left)
                    uses.note(3, *(("str", "list") if kind == "str" else ("list", "dict")))
                    if kind and kind != "str":
                        uses.items().note(3, kind)
                if uses := self.node(left):
                    if isinstance(right, ast.Constant | ast.Tuple | ast.List | ast.Set):
                        uses.constants += _constants(right)
                    if isinstance(right, ast.Constant) and isinstance(right.value, str):
                        uses.note(4, "str")
            else:
                for this, other in ((left, right), (right, left)):
                    if uses := self.node(this):
                        uses.nullable |= isinstance(other, ast.Constant) and other.value is None
                        uses.constants += _constants(other) if isinstance(other, ast.Constant) else []
                        if (kind := _kind_of(other)) and kind not in ("bool", "none"):
                            uses.note(4, kind, *(["float"] if kind == "int" else []))
                        elif not isinstance(op, ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
                            uses.note(1, "int", "float")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if isinstance(node.func, ast.Name):
            if uses := self.names.get(node.func.id):
                uses.note(6, "object")
            if name in ("isinstance", "issubclass") and len(node.args) == 2:
                for place in (0, 1) if name == "issubclass" else (1,):
                    if (uses := self.node(node.args[place])) is not None:
                        uses.note(6, "object")
            if name == "ord" and node.args and isinstance(node.args[0], ast.Subscript):
                (self.node(node.args[0].value) or Uses()).note(4, "str")
            if name == "isinstance" and len(node.args) == 2 and (uses := self.node(node.args[0])):
                for each in ast.walk(node.args[1]):
                    if isinstance(each, ast.Name) and each.id in KINDS:
                        uses.note(5, each.id)
            if name in self.functions and name not in self.entered:
                self._follow(self.functions[name], node)
        if name in _ARGUMENT and node.args and (uses := self.node(node.args[0])):
            uses.note(4, *_ARGUMENT[name])
            if name == "sum":
                uses.items().note(3, "int")
        if isinstance(node.func, ast.Attribute):
            self._method(node.func, node.args)
        self.generic_visit(node)

    def _method(self, func: ast.Attribute, args: list[ast.expr]) -> None:
        given = [self.node(arg) for arg in args]
        on_text = _kind_of(func.value) == "str"
        if func.attr == "join" and given and given[0]:
            given[0].note(6, "list")
            given[0].items().note(6, "bytes" if _kind_of(func.value) == "bytes" else "str")
        elif func.attr in _PATTERN_METHODS and self.node(func.value) is None:
            of_module = isinstance(func.value, ast.Name) and func.value.id == "re"
            place = _PATTERN_METHODS[func.attr] + of_module
            if place < len(given) and (uses := given[place]):
                uses.note(5, "str")
        elif isinstance(func.value, ast.Name) and func.value.id == "math":
            for uses in given:
                if uses:
                    uses.note(4, "float", "int")
        elif (
            func.attr in ("startswith", "endswith", "split", "replace", "find", "strip", "partition")
            or on_text
        ):
            for uses in given:
                if uses:
                    uses.note(3, "str")
        elif func.attr in ("append", "add") and args and (owner := self.node(func.value)):
            kind = _kind_of(args[0])
            if kind:
                owner.items().note(2, kind)
        if func.attr == "get" and args and (owner := self.node(func.value)):
            key = args[0].value if isinstance(args[0], ast.Constant) else None
            if isinstance(key, str):
                owner.keys.setdefault(key, Uses())

    def _follow(self, function: ast.FunctionDef, call: ast.Call) -> None:
        named = [*function.args.posonlyargs, *function.args.args]
        bound = {arg.arg: self.node(value) for arg, value in zip(named, call.args, strict=False)}
        bound |= {word.arg: self.node(word.value) for word in call.keywords if word.arg}
        given = {name: uses for name, uses in bound.items() if uses is not None}
        if given and len(self.entered) < 4:
            _Reader(self.functions, self.entered | {function.name}).read(function, given)


def _kind_of(expr: ast.expr) -> str:
    """The kind that an expression has whatever runs; empty when unknown."""
    if isinstance(expr, ast.Constant):
        return "none" if expr.value is None else type(expr.value).__name__
    if isinstance(expr, ast.JoinedStr):
        return "str"
    if isinstance(expr, ast.List | ast.ListComp):
        return "list"
    if isinstance(expr, ast.Tuple):
        return "tuple"
    if isinstance(expr, ast.Call) and isinstance(expr.func, ast.Name):
        return {"len": "int", "ord": "int", "int": "int", "str": "str", "repr": "str", "float": "float"}.get(
            expr.func.id, ""
        )
    if isinstance(expr, ast.BinOp) and not isinstance(expr.op, ast.Mod):
        return _kind_of(expr.left) or _kind_of(expr.right)
    return ""


def _constants(expr: ast.expr) -> list[Any]:
    nodes: Iterable[ast.AST] = [expr] if isinstance(expr, ast.Constant) else ast.iter_child_nodes(expr)
    return [
        n.value for n in nodes if isinstance(n, ast.Constant) and n.value is not None and n.value is not ...
    ]


def read_uses(module: ast.Module, function: ast.FunctionDef) -> dict[str, Uses]:
    """The uses of every parameter of `function` (`*args` among them: the node of one extra argument)."""
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    uses = {arg.arg: Uses() for arg in every}
    for arg in every:
        if arg.annotation is not None:
            _annotate(uses[arg.arg], arg.annotation)
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = list(zip(reversed(positional), reversed(arguments.defaults), strict=False))
    pairs += [(arg, d) for arg, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d]
    for arg, default in pairs:
        if (kind := _kind_of(default)) and kind != "none":
            uses[arg.arg].note(8, kind)
    given = dict(uses)
    if arguments.vararg:
        extra = Uses()
        given[arguments.vararg.arg] = Uses(element=extra)
        uses[arguments.vararg.arg] = extra
    _Reader(functions, frozenset({function.name})).read(function, given)
    return uses


def _annotate(uses: Uses, annotation: ast.expr) -> None:
    """Take an annotation at its word where it names builtin types."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return _annotate(uses, ast.parse(annotation.value, mode="eval").body)
        except SyntaxError:
            return None
    if isinstance(annotation, ast.BinOp):
        _annotate(uses, annotation.left)
        return _annotate(uses, annotation.right)
    name = getattr(annotation, "id", getattr(annotation, "attr", ""))
    inner: list[ast.expr] = []
    if isinstance(annotation, ast.Subscript):
        name = getattr(annotation.value, "id", getattr(annotation.value, "attr", ""))
        inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    if name in ("Optional", "Union"):
        for part in inner:
            _annotate(uses, part)
        return None
    kind = {"List": "list", "Sequence": "list", "Iterable": "list", "Dict": "dict", "Mapping": "dict"}.get(
        name, name.lower() if name in ("Tuple", "Set") else name
    )
    if kind in KINDS:
        uses.note(50, kind)
    elif name and name not in ("None", "Any", "object") and not hasattr(builtins, name):
        uses.note(1, "object")
    if kind in ("list", "set") and inner:
        _annotate(uses.items(), inner[0])
    elif kind == "dict" and len(inner) == 2:
        _annotate(uses.items(), inner[0])
        _annotate(uses.values(), inner[1])
    elif kind == "tuple" and inner:
        if isinstance(inner[-1], ast.Constant):  # tuple[int, ...]
            _annotate(uses.items(), inner[0])
        else:
            for part, where in zip(inner, uses.positions(len(inner)), strict=True):
                _annotate(where, part)
    return None
