"""What a recorded path computes, as expressions over the arguments alone.

The path is followed statement by statement; each variable is kept as an expression over the parameters, and a
loop that builds something becomes a comprehension. An expression stays only while its value, computed from the
arguments, is the value that the trace shows: what cannot be followed, or comes out otherwise, is dropped.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from semcoder.monologue import inplace
from semcoder.monologue.activations import Activation, Step
from semcoder.monologue.bindings import PURE
from semcoder.monologue.evaluate import text_of
from semcoder.monologue.lifting import lifted
from semcoder.monologue.listing import Listing, root_name
from semcoder.monologue.loops import Item, Round, targets
from semcoder.monologue.narrate import within
from semcoder.monologue.nodes import walk
from semcoder.monologue.substitution import (
    BUILTINS,
    UNTOLD,
    Opaque,
    Symbols,
    free,
    helper,
    is_foreign,
    substituted,
)

DECIDING = (ast.If, ast.Match, ast.match_case, ast.Try, ast.ExceptHandler, ast.With)
MAX_UNROLLED = 4
"""Iterations of a loop that are followed one by one, where it is no comprehension."""
FIXED = (*"'\"-0123456789", "b'", 'b"', "None", "True", "False")
"""What the text of a value that nothing can change begins with."""
LASTING = ("<Match object>", "<Pattern object>")
"""Objects without a literal that nothing can change."""


@dataclass(slots=True)
class Relation:
    """The arguments' share in one run: `output` is an expression whose value is the output, where there is one."""

    output: ast.expr | None = None
    path: list[tuple[ast.expr, bool]] = field(default_factory=list)
    """The tests on the way, in order, with their outcomes."""
    certain: bool = True
    """Whether every input takes this path: nothing on it was decided, or left early."""
    shown: dict[str, str] = field(default_factory=dict)
    """{expression: its value} of those that are not computed here, as the trace shows them."""
    truths: dict[str, bool] = field(default_factory=dict)
    """The same of tests."""
    mixed: set[str] = field(default_factory=set)
    """Those that came out one way and the other: what they call changes something after all."""


def relation(root: Activation, items: Sequence[Item], listing: Listing) -> Relation:
    """The relation between the arguments and the output on the recorded path."""
    return _Path(root, listing).followed(items)


class _Path:
    def __init__(self, root: Activation, listing: Listing) -> None:
        self._root = root
        self._listing = listing
        self._known = self._listing.constants | root.arguments
        self._plain_functions = listing.foreign & listing.functions_by_name.keys()
        self._outside = listing.constants.keys() | listing.foreign | BUILTINS
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
        return text_of(node, self._known, self._listing.names)

    def _over(self, node: ast.expr, before: Mapping[str, str] | None = None) -> ast.expr | None:
        """`node` over the parameters.

        `before`: the texts of the variables where it stands, if it may call what is not computed here.
        """
        try:
            return substituted(
                node, self._symbols, self._listing, before is not None and self._fixed(node, before)
            )
        except Opaque:
            return None

    def _fixed(self, node: ast.expr, before: Mapping[str, str]) -> bool:
        """Whether calls of what is not computed here are given nothing that they could change."""
        parts = walk(node)
        if _hands_on(parts, self._listing):
            return False
        items: dict[str, bool] = {}
        for part in parts:
            if isinstance(part, ast.comprehension):
                plain = all(_is_flat(before.get(each, "?")) for each in free(part.iter) - self._outside)
                items |= dict.fromkeys(free(part.target), plain)
        for part in parts:
            match part:
                case ast.Call(func=ast.Name(id=name)) if name in BUILTINS:
                    continue
                case ast.Call(func=ast.Attribute(attr=method)) if method in PURE | UNTOLD:
                    continue
                case ast.Call(args=positional, keywords=named):
                    given = set().union(*map(free, [*positional, *named])) - self._outside
                    if not all(items.get(each, before.get(each, "?").startswith(FIXED)) for each in given):
                        return False
        return True

    def _is(self, node: ast.expr, text: str | None) -> bool:
        """Whether `node` has the value that the trace shows; what is not computed here has it by its making."""
        if text is not None and text.startswith("<") and text not in LASTING:
            return False  # it has a state of its own: two uses of it are not two calls of what made it
        if text is not None and is_foreign(node, self._listing):
            key = ast.unparse(node)
            if self._found.shown.setdefault(key, text) != text:
                self._found.mixed.add(key)
            return key not in self._found.mixed
        return text is not None and self._value(node) == text

    def _set(self, name: str, node: ast.expr | None, text: str | None) -> None:
        """Keep what a variable is now, if it has the value that the trace shows."""
        self._symbols[name] = node if node is not None and self._is(node, text) else None

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
        change = inplace.change(statement, step.before)
        if change is not None:
            made = self._over(change.made) if change.made is not None else None
            taken = self._over(change.taken) if change.taken is not None else None
            self._set(change.name, made, step.after(change.name))
            left.pop(change.name, None)
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) if change is not None:
                self._set(name, taken, step.after(name))
                left.pop(name, None)
            case ast.Return() if change is not None and step.last:
                self._return(taken)
                return
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                self._set(name, self._over(value, step.before), step.after(name))
                left.pop(name, None)
            case ast.Assign(targets=[ast.Tuple(elts=parts)], value=value):
                self._unpack(parts, value, step)
                left = {name: text for name, text in left.items() if name not in _plain(parts)}
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                joined = ast.BinOp(ast.Name(name, ast.Load()), op, value)
                self._set(name, self._over(joined), step.after(name))
                left.pop(name, None)
            case ast.If(test=test):
                self._decide(test, within(self._listing, statement.body, step.following), step)
            case ast.Return(value=ast.expr() as value) if step.last:
                self._return(self._over(value, step.before))
                return
        self._forget(left)
        self._touched(statement, step, change.name if change is not None else "")

    def _touched(self, statement: ast.AST, step: Step, followed: str) -> None:
        """Forget what a statement may have changed in place, though in this run it changed nothing to be seen.

        `followed`: the variable whose change is known.
        """
        names: set[str] = set()
        parts = list(_own_parts(statement))
        if _hands_on(parts, self._listing):
            names.add("")  # it may be called with anything
        for node in parts:
            match node:
                case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                    names.add(root_name(node))
                case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method not in PURE | UNTOLD:
                    known = isinstance(owner, ast.Name) and owner.id == followed
                    names |= {followed} if known else free(node)
                case ast.Call(func=ast.Name(id=name)) if name not in BUILTINS or name in self._listing.names:
                    names |= set() if helper(name, self._listing) else free(node)
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            names.add(statement.target.id)
            followed = followed or statement.target.id
        names -= self._outside - self._listing.functions_by_name.keys()
        if names:
            self._forget(self._shared(names, step.before) - {followed})

    def _shared(self, names: set[str], before: Mapping[str, str]) -> set[str]:
        """The variables whose objects a change through `names` may have reached."""
        open_to_change = {name for name in self._symbols if not before.get(name, "?").startswith(FIXED)}
        unknown = {name for name in names if before.get(name, "<").startswith("<")} - self._plain_functions
        if unknown:  # an object, a comprehension's variable, a function that sees the variables around it
            return open_to_change
        texts = [text for name in names if not (text := before.get(name, "'")).startswith(FIXED)]
        return {
            name
            for name in open_to_change
            if (other := before.get(name, "")) and any(other in text or text in other for text in texts)
        }

    def _forget(self, names: Iterable[str]) -> None:
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

    def _decide(self, test: ast.expr, outcome: bool, step: Step) -> None:
        over = self._over(test, step.before)
        if over is not None:
            self._found.path.append((over, outcome))
            if is_foreign(over, self._listing):
                key = ast.unparse(over)
                if self._found.truths.setdefault(key, outcome) != outcome:
                    self._found.mixed.add(key)

    def _return(self, node: ast.expr | None) -> None:
        if node is not None and self._is(node, self._root.returned):
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
            self._forget(step.changes.keys() - found.variables.keys())
        self._forget(targets(run.node))

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
        over = self._over(run.node.iter) if isinstance(run.node, ast.For) else None
        if over is not None and run.end is not None and not run.node.orelse:
            self._found.path.append((self._turns(over, len(run.iterations)), True))
        if len(run.iterations) > MAX_UNROLLED or isinstance(run.node, ast.AsyncFor) or run.node.orelse:
            for step in run.steps():
                self._forget(step.changes)
            return
        for at, iteration in enumerate(run.iterations):
            header = iteration.header
            self._forget(header.changes)
            if isinstance(run.node, ast.While):
                self._decide(run.node.test, True, header)
            elif over is not None and isinstance(run.node.target, ast.Name):
                name = run.node.target.id
                item = ast.Subscript(over, ast.Constant(at), ast.Load())
                self._set(name, item if _range_end(over) is None else ast.Constant(at), header.after(name))
            self.followed(iteration.body)
        if run.end is not None and isinstance(run.node, ast.While):
            self._decide(run.node.test, False, run.end)


def _hands_on(parts: Sequence[ast.AST], listing: Listing) -> bool:
    """Whether a function of the program is used without being called: given to `map`, or as a key."""
    called = {id(part.func) for part in parts if isinstance(part, ast.Call)}
    return any(
        isinstance(part, ast.Name) and part.id in listing.functions_by_name and id(part) not in called
        for part in parts
    )


def _is_flat(text: str) -> bool:
    """Whether a value with this text holds, or is, nothing that can be changed; the value itself may be a list."""
    return text.startswith(FIXED) or (text[:1] in "([{" and not any(mark in text[1:] for mark in "[{<"))


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
