"""The value of a small part of an expression, from the literals of the variables in it.

A trace holds the state at every statement, not the value of every operand; a reason such as "`len(s)` is `5`"
needs those. Nothing of the program is run: this interprets a short list of operations that are pure, total or
refused, and bounded in time and size, on plain data. What is not on the list is unknown, and then not told.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from semcoder.execution import literals
from semcoder.monologue.operations import (
    COMPARE,
    FUNCTIONS,
    GROWING,
    KEYWORDS,
    MAX_SIZE,
    METHODS,
    PADDING,
    SEQUENCES,
    TYPES,
    Items,
    Unknown,
    arithmetic,
    number,
    of_type,
    refuse_order,
    size,
)

MAX_STEPS = 4_000
"""Parts of an expression looked at; those of a comprehension count for each of its items."""


def evaluate(node: ast.expr, variables: Mapping[str, str], bound: frozenset[str]) -> Any:
    """The value of `node`, where `variables` maps names to literals; raises Unknown.

    `bound` are the names that the program binds anywhere: a builtin among them is not taken for the builtin.
    """
    try:
        value = _Evaluation(variables, bound).of(node)
    except Unknown:
        raise
    except Exception as error:
        raise Unknown(str(error)) from error
    return value


def text_of(node: ast.expr, variables: Mapping[str, str], bound: frozenset[str]) -> str | None:
    """The literal of the value of `node`, or None where it cannot be told."""
    try:
        return literals.render(evaluate(node, variables, bound))
    except (Unknown, literals.NotPlain):
        return None


@lru_cache(maxsize=4096)
def parsed(text: str) -> Any:
    """The value of a literal; raises ValueError. Shared: never to be changed."""
    return literals.parse(text)


_EMPTY: dict[Any, Any] = {}
VIEWS = (type(_EMPTY.keys()), type(_EMPTY.values()), type(_EMPTY.items()))


class _Evaluation:
    """One look at one expression: the variables it may read, and the steps it has left."""

    def __init__(self, variables: Mapping[str, str], bound: frozenset[str]) -> None:
        self._variables = variables
        self._bound = bound
        self._own: dict[str, Any] = {}
        """The names that comprehensions and lambdas bind, with their values now."""
        self._left = MAX_STEPS

    def of(self, node: ast.expr) -> Any:
        """The value of a part."""
        self._left -= 1
        how = _HOW.get(type(node))
        if how is None or self._left < 0:
            raise Unknown(type(node).__name__)
        return how(self, node)

    def constant(self, node: ast.Constant) -> Any:
        return node.value

    def name(self, node: ast.Name) -> Any:
        if node.id in self._own:
            return self._own[node.id]
        if node.id not in self._variables:
            raise Unknown(node.id)
        return parsed(self._variables[node.id])

    def a_tuple(self, node: ast.Tuple) -> Any:
        return tuple(map(self.of, node.elts))

    def a_list(self, node: ast.List) -> Any:
        return list(map(self.of, node.elts))

    def a_set(self, node: ast.Set) -> Any:
        return set(map(self.of, node.elts))

    def a_dict(self, node: ast.Dict) -> Any:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                found |= of_type(self.of(value), (dict,))
            else:
                found[self.of(key)] = self.of(value)
        return found

    def chain(self, node: ast.BoolOp) -> Any:
        """The first operand that decides, as Python gives it; the operands after it are not looked at."""
        value = None
        for part in node.values:
            value = self.of(part)
            if bool(value) is isinstance(node.op, ast.Or):
                break
        return value

    def conditional(self, node: ast.IfExp) -> Any:
        return self.of(node.body) if self.of(node.test) else self.of(node.orelse)

    def unary(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            return not self.of(node.operand)
        if isinstance(node.op, ast.USub):
            return -number(self.of(node.operand))
        if isinstance(node.op, ast.Invert):
            return ~of_type(number(self.of(node.operand)), (int,))
        raise Unknown("operator")

    def compare(self, node: ast.Compare) -> Any:
        left = self.of(node.left)
        for op, part in zip(node.ops, node.comparators, strict=True):
            right = self.of(part)
            if isinstance(op, ast.Is | ast.IsNot) and None not in (left, right):
                raise Unknown("identity")
            if isinstance(left, Items) or (
                isinstance(right, Items) and not isinstance(op, ast.In | ast.NotIn)
            ):
                raise Unknown("a generator")
            if not COMPARE[type(op)](left, right):
                return False
            left = right
        return True

    def binary(self, node: ast.BinOp) -> Any:
        return arithmetic(node.op, self.of(node.left), self.of(node.right))

    def item(self, node: ast.Subscript) -> Any:
        value = self.of(node.value)
        if isinstance(node.slice, ast.Slice):
            parts = (node.slice.lower, node.slice.upper, node.slice.step)
            return of_type(value, SEQUENCES)[slice(*[self.of(part) if part else None for part in parts])]
        return of_type(value, (*SEQUENCES, dict))[self.of(node.slice)]

    def call(self, node: ast.Call) -> Any:
        match node:
            case ast.Call(func=ast.Name(id="isinstance"), args=[value, kinds], keywords=[]):
                named = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
                names = [each.id if isinstance(each, ast.Name) else "" for each in named]
                if not set(names) <= TYPES.keys() or {*names, "isinstance"} & self._bound:
                    raise Unknown("type")
                known = self.of(value)
                if isinstance(known, Items):
                    raise Unknown("a generator")
                return isinstance(known, tuple([TYPES[name] for name in names]))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=words):
                if name not in FUNCTIONS or name in self._bound:
                    raise Unknown(name)
                if name == "round" and len(arguments) != 1:  # a large second argument would take forever
                    raise Unknown(name)
                given = list(map(self.of, arguments))
                named_too = {
                    word.arg: self.of(word.value) for word in words if word.arg in KEYWORDS.get(name, ())
                }
                if len(named_too) < len(words):
                    raise Unknown("keyword")
                refuse_order(name, given, "key" in named_too)
                return FUNCTIONS[name](*given, **named_too)  # type: ignore[arg-type]
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="dict"), attr="fromkeys"),
                args=[keys, *default],
                keywords=[],
            ) if "dict" not in self._bound and "dict" not in self._variables:
                known = self.of(keys)
                refuse_order("list", [known], False)
                return dict.fromkeys(_iterable(known), *map(self.of, default))
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="str"), attr="maketrans"), args=parts, keywords=[]
            ) if "str" not in self._bound and "str" not in self._variables:
                return str.maketrans(*map(self.of, parts))
            case ast.Call(func=ast.Attribute(value=owner, attr=name), args=arguments, keywords=[]):
                value = self.of(owner)
                if name not in METHODS.get(type(value), ()):
                    raise Unknown(name)
                given = list(map(self.of, arguments))
                refuse_order(name, given, False)
                if name in GROWING and size(value) * max(map(size, given), default=1) > MAX_SIZE:
                    raise Unknown("size")
                if name in PADDING and not all(type(n) is int and n <= MAX_SIZE for n in given[:1] or [8]):
                    raise Unknown("size")
                if name == "translate":
                    longest = max(map(size, of_type(given[0], (dict,)).values()), default=1)
                    if size(value) * longest > MAX_SIZE:
                        raise Unknown("size")
                return getattr(value, name)(*given)
        raise Unknown("call")

    def function(self, node: ast.Lambda) -> Any:
        names = [each.arg for each in node.args.args]
        if ast.unparse(node.args) != ", ".join(names):
            raise Unknown("parameters")

        def run(*given: Any) -> Any:
            with_given = dict(zip(names, given, strict=True))
            outer, self._own = self._own, self._own | with_given
            try:
                return self.of(node.body)
            finally:
                self._own = outer

        return run

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Any:
        kind = {ast.ListComp: list, ast.SetComp: set, ast.GeneratorExp: Items}[type(node)]
        outer = self._own
        try:
            return kind([self.of(node.elt) for _ in self._turns(node.generators, kind is set)])
        finally:
            self._own = outer

    def dict_comprehension(self, node: ast.DictComp) -> Any:
        outer = self._own
        try:
            return {self.of(node.key): self.of(node.value) for _ in self._turns(node.generators, False)}
        finally:
            self._own = outer

    def _turns(self, loops: Sequence[ast.comprehension], unordered: bool) -> Iterator[None]:
        """Bind the names for each turn of the loops of a comprehension."""
        loop, *inner = loops
        items = self.of(loop.iter)
        if isinstance(items, set | frozenset) and not unordered:
            raise Unknown("the order of a set")
        for item in _iterable(items):
            self._own = self._own | _bind(loop.target, item)
            if all(self.of(test) for test in loop.ifs):
                if inner:
                    yield from self._turns(inner, unordered)
                else:
                    yield

    def text(self, node: ast.JoinedStr) -> Any:
        parts: list[str] = []
        for each in node.values:
            if isinstance(each, ast.Constant):
                parts.append(str(each.value))
            elif isinstance(each, ast.FormattedValue) and each.format_spec is None and each.conversion == -1:
                parts.append(str(of_type(self.of(each.value), (str, int, bool, type(None)))))
            else:
                raise Unknown("format")
        return "".join(parts)


_HOW: dict[type, Callable[[_Evaluation, Any], Any]] = {
    ast.Constant: _Evaluation.constant,
    ast.Name: _Evaluation.name,
    ast.Tuple: _Evaluation.a_tuple,
    ast.List: _Evaluation.a_list,
    ast.Set: _Evaluation.a_set,
    ast.Dict: _Evaluation.a_dict,
    ast.BoolOp: _Evaluation.chain,
    ast.IfExp: _Evaluation.conditional,
    ast.UnaryOp: _Evaluation.unary,
    ast.Compare: _Evaluation.compare,
    ast.BinOp: _Evaluation.binary,
    ast.Subscript: _Evaluation.item,
    ast.Call: _Evaluation.call,
    ast.Lambda: _Evaluation.function,
    ast.ListComp: _Evaluation.comprehension,
    ast.SetComp: _Evaluation.comprehension,
    ast.GeneratorExp: _Evaluation.comprehension,
    ast.DictComp: _Evaluation.dict_comprehension,
    ast.JoinedStr: _Evaluation.text,
}


def _iterable(items: Any) -> Iterable[Any]:
    """What may be gone through: plain data, the views of dictionaries, and what a generator gave."""
    return of_type(items, (*SEQUENCES, dict, set, frozenset, Items, *VIEWS))  # type: ignore[no-any-return]


def _bind(target: ast.expr, item: Any) -> dict[str, Any]:
    if isinstance(target, ast.Name):
        return {target.id: item}
    if isinstance(target, ast.Tuple) and not any(isinstance(each, ast.Starred) for each in target.elts):
        found: dict[str, Any] = {}
        for part, each in zip(target.elts, of_type(item, SEQUENCES), strict=True):
            found |= _bind(part, each)
        return found
    raise Unknown("target")
