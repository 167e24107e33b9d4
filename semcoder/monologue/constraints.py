"""What any input must satisfy to give the output, as Python expressions over the parameters.

They are derived from the program along the recorded path (`relation`) and evaluated on every recorded input that
gives the same output: what does not hold on one of them is not stated (paper section 4.2.2: constraints, where the
earlier state is not unique).
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from semcoder.execution import literals
from semcoder.monologue.activations import Activation
from semcoder.monologue.evaluate import evaluate, parsed
from semcoder.monologue.lifting import negated
from semcoder.monologue.listing import Listing
from semcoder.monologue.loops import Item
from semcoder.monologue.nodes import Function, defaults, is_long
from semcoder.monologue.openness import left_open
from semcoder.monologue.operations import Unknown
from semcoder.monologue.relation import Relation, relation
from semcoder.monologue.substitution import free, is_foreign
from semcoder.monologue.wording import Wording, sentence, span
from semcoder.records import TestCase

MAX_CHARS = 200
"""Longer constraints are left out: nobody solves them in the head."""
MAX_CONSTRAINTS = 5
FORMS = ("{test} must hold", "{test} has to hold", "the input must satisfy {test}")
PATH = ("on the path taken here, {told}", "for this path, {told}")
"""For what holds of the inputs that take the recorded path; others may give the output in another way."""
_SPAN = r"(?:`{2,} (.+?) `{2,}|`([^`]+)`)"
_STATED = re.compile(
    rf"^- (?:[A-Z][a-z ]+, )?(?:{_SPAN} (?:must|has to) hold|[Tt]he input must satisfy {_SPAN})", re.MULTILINE
)


class Constraint(NamedTuple):
    """What an input must satisfy."""

    test: str
    """A Python expression over the parameters."""
    words: str
    """What it says, where that is worth a remark."""
    certain: bool
    """Whether it holds for every input with this output, as far as the program's paths show; else for this path."""


def constraints(
    root: Activation, items: Sequence[Item], listing: Listing, alike: Sequence[TestCase]
) -> list[Constraint]:
    """The most telling first. `alike`: the known inputs with this output, on all of which each one holds."""
    function = listing.functions.get(root.line)
    inputs = [bound for test in alike if (bound := arguments(function, test)) is not None]
    if len(inputs) < len(alike):
        return []
    inputs.append(root.arguments)
    inputs = [listing.constants | given for given in inputs]
    found = relation(root, items, listing)
    candidates = list(_from_output(found, root, listing))
    for test, outcome in found.path:
        candidates += [(each, "", False) for each in _conjuncts(test, outcome)]
    kept: dict[str, Constraint] = {}
    for node, words, certain in candidates:
        if is_long(node, MAX_CHARS):
            continue
        text = ast.unparse(node)
        if text in kept or text in found.mixed or len(text) > MAX_CHARS:
            continue
        if not free(node) & root.arguments.keys():
            continue
        if is_foreign(node, listing):
            held = certain or all(given == inputs[-1] for given in inputs)
        else:
            held = all(_holds(node, given, listing) for given in inputs)
        if held:
            kept[text] = Constraint(text, words, certain)
    return list(kept.values())[:MAX_CONSTRAINTS]


def told(found: Sequence[Constraint], wording: Wording) -> list[str]:
    """The constraints as sentences."""
    lines = []
    for test, words, certain in found:
        line = wording.choose(FORMS).format(test=span(test))
        line = line if certain else wording.choose(PATH).format(told=line)
        lines.append(sentence(f"{line}: {words}" if words else line))
    return lines


def stated(text: str) -> list[str]:
    """The constraints that a backward monologue of this module states."""
    return [next(filter(None, found.groups())) for found in _STATED.finditer(text)]


def arguments(function: Function | None, test: TestCase) -> dict[str, str] | None:
    """The texts of a call's arguments by parameter, defaults included; None where they cannot be told."""
    if function is None:
        return None
    plain = [*function.args.posonlyargs, *function.args.args]
    named = {arg.arg for arg in (*plain, *function.args.kwonlyargs)}
    given = dict(zip([arg.arg for arg in plain], test.args, strict=False))
    by_name = named - {arg.arg for arg in function.args.posonlyargs}
    given |= {name: text for name, text in test.kwargs.items() if name in by_name}
    rest = {name: text for name, text in test.kwargs.items() if name not in by_name}
    for name, default in defaults(function).items():
        if name not in given:
            given[name] = ast.unparse(default)
    if len(given) < len(named):
        return None
    if function.args.vararg:
        more = test.args[len(plain) :]
        given[function.args.vararg.arg] = f"({', '.join(more)}{',' * (len(more) == 1)})"
    if function.args.kwarg:
        given[function.args.kwarg.arg] = (
            f"{{{', '.join(f'{name!r}: {text}' for name, text in rest.items())}}}"
        )
    return given


def _holds(node: ast.expr, given: Mapping[str, str], listing: Listing) -> bool:
    try:
        return bool(evaluate(node, given, listing.names))
    except Unknown:
        return False


def _conjuncts(test: ast.expr, outcome: bool) -> Iterator[ast.expr]:
    """What must be true for a test to come out this way, each part by itself."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from _conjuncts(operand, not outcome)
        case ast.BoolOp(op=op, values=values) if isinstance(op, ast.And) is outcome:
            for value in values:
                yield from _conjuncts(value, outcome)
        case _:
            yield test if outcome else _opposite(test)


def _opposite(test: ast.expr) -> ast.expr:
    """`a >= b` for `a < b` where that is the same: between sets and counters both may be false."""
    match test:
        case ast.Compare(left=left, ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE()], comparators=[right]):
            if not (_is_total(left) or _is_total(right)):
                return ast.UnaryOp(ast.Not(), test)
    return negated(test)


def _is_total(node: ast.expr) -> bool:
    """Whether it is a number or a text, by its looks: `3`, `len(xs)`."""
    match node:
        case ast.Constant() | ast.UnaryOp(operand=ast.Constant()) | ast.BinOp(right=ast.Constant()):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in ("len", "abs", "sum", "ord", "int", "str")
        case ast.Call(func=ast.Attribute(attr=method)):
            return method in ("count", "find", "index")
    return False


# From the value of the returned expression to its parts


def _from_output(found: Relation, root: Activation, listing: Listing) -> Iterator[tuple[ast.expr, str, bool]]:
    assert root.returned is not None
    if found.output is None:
        return
    inverse = _Inverse(root, listing)
    for node, words in inverse.of(found.output, parsed(root.returned)):
        yield node, words, found.certain and inverse.certain


class _Inverse:
    """Takes an equation apart, as far as each part is settled by it."""

    def __init__(self, root: Activation, listing: Listing) -> None:
        self._root = root
        self._known = listing.constants | root.arguments
        self._listing = listing
        self.certain = True
        """Whether no conditional expression was decided so far."""

    def of(self, node: ast.expr, value: Any) -> Iterator[tuple[ast.expr, str]]:
        """What must hold for `node` to have this value."""
        if not free(node) & self._root.arguments.keys():
            return
        match node:
            case ast.Tuple(elts=parts) | ast.List(elts=parts) if isinstance(value, tuple | list):
                if len(parts) == len(value) and not any(isinstance(part, ast.Starred) for part in parts):
                    for part, each in zip(parts, value, strict=True):
                        yield from self.of(part, each)
                    return
            case ast.Dict(keys=keys, values=parts) if isinstance(value, dict) and len(keys) == len(value):
                if all(isinstance(key, ast.Constant) for key in keys):
                    for part, each in zip(parts, value.values(), strict=True):
                        yield from self.of(part, each)
                    return
            case ast.IfExp(test=test, body=body, orelse=orelse):
                outcome = _truth(test, self._known, self._listing)
                if outcome is not None:
                    self.certain = False
                    yield from ((each, "") for each in _conjuncts(test, outcome))
                    yield from self.of(body if outcome else orelse, value)
                    return
            case ast.Compare() | ast.UnaryOp(op=ast.Not()) | ast.BoolOp() if type(value) is bool:
                yield from ((each, "") for each in _conjuncts(node, value))
                return
            case ast.Call() if type(value) is bool and self._is(node, bool):
                yield (
                    (node if value else negated(node)),
                    left_open(node, "True", self._listing.foreign) if value else "",
                )
                return
            case ast.Call(func=ast.Name(id="next"), args=[ast.GeneratorExp(elt=ast.Constant())]):
                return  # which item comes first does not matter, and that there is one is told as a test
            case ast.BinOp(op=ast.Add()) if type(value) is str:
                shorter = _stripped(node, value)
                if shorter is not None:
                    yield from self.of(*shorter)
                    return
        step = self._undone(node, value)
        if step is not None:
            yield from self.of(*step)
            return
        yield self._equation(node, value), left_open(node, literals.render(value), self._listing.foreign)
        yield from self._implied(node, value)

    def _equation(self, node: ast.expr, value: Any) -> ast.expr:
        text = literals.render(value)
        return ast.Compare(node, [ast.Eq()], [ast.parse(text, mode="eval").body])

    def _undone(self, node: ast.expr, value: Any) -> tuple[ast.expr, Any] | None:
        """(the only varying part, its value), where an operation can be undone."""
        match node:
            case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=int(end))) if type(value) is int:
                return left, value - end
            case ast.BinOp(left=ast.Constant(value=int(end)), op=ast.Add(), right=right) if (
                type(value) is int
            ):
                return right, value - end
            case ast.BinOp(left=left, op=ast.Sub(), right=ast.Constant(value=int(end))) if type(value) is int:
                return left, value + end
            case ast.BinOp(left=left, op=ast.Mult(), right=ast.Constant(value=int(factor))) if (
                type(value) is int
            ):
                return (left, value // factor) if factor and self._is(left, int) else None
            case ast.UnaryOp(op=ast.Invert(), operand=inner) if type(value) is int:
                return inner, ~value
            case ast.UnaryOp(op=ast.USub(), operand=inner) if type(value) is int and self._is(inner, int):
                return inner, -value
            case ast.Subscript(value=inner, slice=ast.Slice(lower=None, upper=None, step=ast.UnaryOp())):
                if ast.unparse(node).endswith("[::-1]"):
                    return inner, value[::-1]
            case ast.Call(func=ast.Name(id="list"), args=[inner]) if isinstance(value, list):
                if self._is(inner, str):
                    return inner, "".join(value)
                if self._is(inner, list):
                    return inner, value
            case ast.Call(func=ast.Name(id="tuple"), args=[inner]) if self._is(inner, list):
                return inner, list(value)
            case ast.Call(func=ast.Name(id="str"), args=[inner]) if self._is(inner, int):
                return inner, int(value)
            case ast.Call(func=ast.Attribute(value=inner, attr="split"), args=[ast.Constant(value=str(by))]):
                return inner, by.join(value)
            case ast.Call(
                func=ast.Attribute(value=ast.Constant(value=""), attr="join"),
                args=[ast.Call(func=ast.Name(id="list"), args=[inner])],
            ) if self._is(inner, str):
                return inner, value
        return None

    def _is(self, node: ast.expr, kind: type) -> bool:
        try:
            return type(evaluate(node, self._known, self._listing.names)) is kind
        except Unknown:
            return False

    def _implied(self, node: ast.expr, value: Any) -> Iterator[tuple[ast.expr, str]]:
        """What follows from an equation and is easier to begin with: lengths, what must occur and what must not."""
        sources: list[tuple[str, str]] = []
        match node:
            case ast.ListComp(generators=[ast.comprehension(iter=over, ifs=[])]):
                if not isinstance(over, ast.Call):
                    sources.append(
                        (f"len({ast.unparse(over)}) == {len(value)}", "one item for each of the output")
                    )
            case ast.BinOp(op=ast.Add(), left=ast.Name(id=left), right=ast.Name(id=right)) if hasattr(
                value, "__len__"
            ):
                sources.append(
                    (f"len({left}) + len({right}) == {len(value)}", "together they have this length")
                )
            case ast.Call(func=ast.Name(id="sorted" | "set"), args=[ast.Name(id=name)]):
                relation = "==" if getattr(node.func, "id", "") == "sorted" else ">="
                sources.append((f"len({name}) {relation} {len(value)}", ""))
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="find" | "index"), args=[what]
            ) if type(value) is int and name in self._root.arguments:
                part = ast.unparse(what)
                if value < 0:
                    sources.append((f"{part} not in {name}", f"{span(part)} must not occur in {span(name)}"))
                else:
                    sources.append((f"{name}[{value}:].startswith({part})", "it stands there"))
                    sources.append((f"{part} not in {name}[:{value}]", "and not earlier"))
            case ast.Call(func=ast.Name(id="max" | "min"), args=[ast.Name(id=name)]):
                text = literals.render(value)
                sources.append((f"{text} in {name}", f"{span(text)} must occur in {span(name)}"))
            case ast.BinOp(left=ast.Name(id=name), op=ast.FloorDiv(), right=ast.Constant(value=int(by))) if (
                by > 0
            ):
                sources.append((f"{value * by} <= {name} < {(value + 1) * by}", "the rest is cut off"))
        yield from ((ast.parse(source, mode="eval").body, words) for source, words in sources)


def _stripped(node: ast.expr, value: str) -> tuple[ast.expr, str] | None:
    """A sum of strings without the constants at its ends, which stand at the ends of its value."""
    parts = _summands(node)
    while len(parts) > 1 and isinstance(first := parts[0], ast.Constant):
        value, parts = value[len(str(first.value)) :], parts[1:]
    while len(parts) > 1 and isinstance(last := parts[-1], ast.Constant):
        value, parts = value[: len(value) - len(str(last.value))], parts[:-1]
    if len(parts) == len(_summands(node)):
        return None
    joined = parts[0]
    for part in parts[1:]:
        joined = ast.BinOp(joined, ast.Add(), part)
    return joined, value


def _summands(node: ast.expr) -> list[ast.expr]:
    """`a`, `b` and `c` of `a + b + c`, however it is grouped: with strings, that makes no difference."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_summands(node.left), *_summands(node.right)]
    return [node]


def _truth(test: ast.expr, given: Mapping[str, str], listing: Listing) -> bool | None:
    try:
        return bool(evaluate(test, given, listing.names))
    except Unknown:
        return None
