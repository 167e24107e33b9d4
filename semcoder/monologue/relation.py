"""What a recorded path computes, as expressions over the arguments alone.

The path is followed statement by statement; each variable is kept as an expression over the parameters, and a
loop that builds something becomes a comprehension. An expression stays only while its value, computed from the
arguments, is the value that the trace shows: what cannot be followed, or comes out otherwise, is dropped.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from semcoder.monologue.activations import Activation, Step
from semcoder.monologue.evaluate import text_of
from semcoder.monologue.lifting import lifted
from semcoder.monologue.listing import Listing, root_name
from semcoder.monologue.loops import Item, Round, targets
from semcoder.monologue.narrate import within
from semcoder.monologue.nodes import walk
from semcoder.monologue.operations import METHODS
from semcoder.monologue.substitution import BUILTINS, Opaque, Symbols, free, substituted

DECIDING = (ast.If, ast.Match, ast.match_case, ast.Try, ast.ExceptHandler, ast.With)
MAX_UNROLLED = 4
"""Iterations of a loop that are followed one by one, where it is no comprehension."""
MUTATIONS = {
    "append": "{x} + [{0}]",
    "extend": "{x} + list({0})",
    "sort": "sorted({x})",
    "reverse": "{x}[::-1]",
    "pop": "{x}[:-1]",
    "clear": "{x}[:0]",
    "insert": "{x}[:{0}] + [{1}] + {x}[{0}:]",
}
"""What a method makes of its list, as an expression; right for the usual arguments, and checked each time."""
KNOWN_METHODS = frozenset().union(*METHODS.values())
"""Methods that change nothing."""


@dataclass(slots=True)
class Relation:
    """The arguments' share in one run: `output` is an expression whose value is the output, where there is one."""

    output: ast.expr | None = None
    path: list[tuple[ast.expr, bool]] = field(default_factory=list)
    """The tests on the way, in order, with their outcomes."""
    certain: bool = True
    """Whether every input takes this path: nothing on it was decided, or left early."""


def relation(root: Activation, items: Sequence[Item], listing: Listing) -> Relation:
    """The relation between the arguments and the output on the recorded path."""
    return _Path(root, listing).followed(items)


class _Path:
    def __init__(self, root: Activation, listing: Listing) -> None:
        self._root = root
        self._listing = listing
        self._symbols: Symbols = {name: ast.Name(name, ast.Load()) for name in root.arguments}
        self._found = Relation()

    def followed(self, items: Sequence[Item]) -> Relation:
        for item in items:
            if isinstance(item, Round):
                self._loop(item)
            else:
                self._step(item)
        return self._found

    def _value(self, node: ast.expr) -> str | None:
        return text_of(node, self._root.arguments, self._listing.names)

    def _over(self, node: ast.expr) -> ast.expr | None:
        """`node` over the parameters."""
        try:
            return substituted(node, self._symbols, self._listing.names)
        except Opaque:
            return None

    def _set(self, name: str, node: ast.expr | None, text: str | None) -> None:
        """Keep what a variable is now, if it has the value that the trace shows."""
        known = node is not None and text is not None and self._value(node) == text
        self._symbols[name] = node if known else None

    def _step(self, step: Step) -> None:
        statement = self._listing.statement(step.line)
        if isinstance(statement, DECIDING):
            self._found.certain = False
        for name in step.removed:
            self._symbols[name] = None
        if step.raised or statement is None or self._listing.shared(step.line):
            self._forget(step.changes)
            return
        left = dict(step.changes)
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._set(name, self._over(value), step.after(name))
                left.pop(name, None)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                self._set(name, self._over(value), step.after(name))
                left.pop(name, None)
            case ast.Assign(targets=[ast.Tuple(elts=parts)], value=value):
                self._unpack(parts, value, step)
                left = {name: text for name, text in left.items() if name not in _plain(parts)}
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                joined = ast.BinOp(ast.Name(name, ast.Load()), op, value)
                self._set(name, self._over(joined), step.after(name))
                left.pop(name, None)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method))):
                if name in step.changes:
                    self._set(name, self._changed(name, method, statement.value), step.changes[name])
                    left.pop(name)
            case ast.If(test=test):
                self._decide(test, within(self._listing, statement.body, step.following))
            case ast.Return(value=ast.expr() as value) if step.last:
                self._return(self._over(value))
                return
        self._forget(left)
        self._touched(statement, step)

    def _touched(self, statement: ast.AST, step: Step) -> None:
        """Forget what a statement may have changed in place, though in this run it changed nothing to be seen."""
        names: set[str] = set()
        for node in _own_parts(statement):
            match node:
                case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                    names.add(root_name(node))
                case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method not in KNOWN_METHODS:
                    known = isinstance(owner, ast.Name) and owner.id in step.changes and method in MUTATIONS
                    names |= free(node) if not known else set()
                case ast.Call(func=ast.Name(id=name)) if name not in BUILTINS or name in self._listing.names:
                    names |= free(node)
        texts = {step.before.get(name, "") for name in names}
        shared = {name for name, text in step.before.items() if text in texts and text[:1] in ("[", "{")}
        self._forget(dict.fromkeys((names | shared) & self._symbols.keys(), ""))

    def _forget(self, names: Mapping[str, str]) -> None:
        self._symbols.update(dict.fromkeys(names))

    def _unpack(self, parts: Sequence[ast.expr], value: ast.expr, step: Step) -> None:
        each: list[ast.expr]
        if isinstance(value, ast.Tuple) and len(value.elts) == len(parts):
            each = value.elts
        else:
            each = [ast.Subscript(value, ast.Constant(at), ast.Load()) for at in range(len(parts))]
        over = [self._over(node) for node in each]
        for part, node in zip(parts, over, strict=True):
            if isinstance(part, ast.Name):
                self._set(part.id, node, step.after(part.id))

    def _changed(self, name: str, method: str, call: ast.expr) -> ast.expr | None:
        """What a list is after a method has changed it."""
        assert isinstance(call, ast.Call)
        if method not in MUTATIONS or call.keywords:
            return None
        given = [ast.unparse(each) for each in call.args]
        try:
            form = MUTATIONS[method].format(*given, x=name)
        except IndexError:
            return None
        if method == "pop" and given:
            form = f"{name}[1:]" if given == ["0"] else ""
        return self._over(ast.parse(form, mode="eval").body) if form else None

    def _decide(self, test: ast.expr, outcome: bool) -> None:
        over = self._over(test)
        if over is not None:
            self._found.path.append((over, outcome))

    def _return(self, node: ast.expr | None) -> None:
        if node is not None and self._value(node) == self._root.returned:
            self._found.output = node

    def _loop(self, run: Round) -> None:
        *_, final = run.steps()
        found = lifted(run, self._listing, self._symbols)
        if found is None:
            self._unrolled(run)
            return
        self._found.path += found.path
        self._found.certain &= not found.path
        if found.output is not None and final.last:
            self._return(found.output)
        for name, node in found.variables.items():
            self._set(name, node, final.after(name))
        for step in run.steps():
            self._forget({name: text for name, text in step.changes.items() if name not in found.variables})
        self._forget(dict.fromkeys(targets(run.node), ""))

    def _turns(self, over: ast.expr, count: int) -> ast.expr:
        """That a loop over this runs so many times."""
        end = _range_end(over)
        if end is not None:
            return ast.Compare(end, [ast.Eq() if count else ast.LtE()], [ast.Constant(count)])
        whole = over if self._value(over) else ast.Call(ast.Name("list", ast.Load()), [over], [])
        size = ast.Call(ast.Name("len", ast.Load()), [whole], [])
        return ast.Compare(size, [ast.Eq()], [ast.Constant(count)])

    def _unrolled(self, run: Round) -> None:
        """Follow a short loop iteration by iteration."""
        self._found.certain = False
        if len(run.iterations) > MAX_UNROLLED or isinstance(run.node, ast.AsyncFor) or run.node.orelse:
            for step in run.steps():
                self._forget(step.changes)
            return
        over = self._over(run.node.iter) if isinstance(run.node, ast.For) else None
        if over is not None and run.end is not None:
            self._found.path.append((self._turns(over, len(run.iterations)), True))
        for at, iteration in enumerate(run.iterations):
            header = iteration.header
            self._forget(header.changes)
            if isinstance(run.node, ast.While):
                self._decide(run.node.test, True)
            elif over is not None and isinstance(run.node.target, ast.Name):
                name = run.node.target.id
                item = ast.Subscript(over, ast.Constant(at), ast.Load())
                self._set(name, item if _range_end(over) is None else ast.Constant(at), header.after(name))
            self.followed(iteration.body)
        if run.end is not None and isinstance(run.node, ast.While):
            self._decide(run.node.test, False)


def _own_parts(statement: ast.AST) -> Iterator[ast.AST]:
    """The expressions of a statement and their parts; of a compound one, those of its header."""
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from walk(child)


def _range_end(node: ast.expr) -> ast.expr | None:
    """`n` of `range(n)`."""
    match node:
        case ast.Call(func=ast.Name(id="range"), args=[end]):
            return end
    return None


def _plain(parts: Sequence[ast.expr]) -> set[str]:
    return {part.id for part in parts if isinstance(part, ast.Name)}
