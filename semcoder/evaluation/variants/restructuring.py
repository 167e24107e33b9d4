"""Another structure: the same steps in other statements, a coin for each place where a change is possible.

Loops become `while` loops, branches are turned round, conditional expressions and augmented assignments are written
out, long expressions are taken apart in the order in which they are evaluated, and statements of no effect are put in.
"""

import ast
import copy
import random
from collections.abc import Callable

from semcoder.evaluation.variants.renaming import unused, words

CHANCE = 0.7
"""Of a place to be changed. Ours: most of a program changes, and two programs seldom in the same way."""
OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
"""Not of `<` and its like: with nan both of two opposites are false."""

Block = list[ast.stmt]


def restructured(code: str, draw: random.Random) -> tuple[str, list[str]]:
    """(code, kinds of the changes made), no names of its own changed. Layout is ast.unparse's.

    An augmented assignment that is written out makes a new list where the old one grew: that can matter to another
    name of the same list, and shows when the program is run. Raises SyntaxError for what is no Python.
    """
    module = ast.parse(code)
    changer = _Changer(words(module), draw)
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        function.body = changer.block(function.body, top=True)
    return ast.unparse(ast.fix_missing_locations(module)), sorted(changer.made)


class _Changer:
    def __init__(self, taken: set[str], draw: random.Random) -> None:
        self._draw = draw
        self._names = {stem: unused(taken, [stem]) for stem in ("position", "end", "source", "part", "spare")}
        self.made: set[str] = set()
        self._changes: dict[type[ast.stmt], list[tuple[str, Callable[..., Block | None]]]] = {
            ast.For: [("loop", self._for)],
            ast.While: [("loop", self._while)],
            ast.If: [("branch", self._if)],
            ast.AugAssign: [("augmented assignment", self._augmented)],
            ast.Assign: [("conditional expression", self._conditional), ("expression", self._parts)],
            ast.Return: [("conditional expression", self._conditional), ("expression", self._parts)],
        }

    def block(self, body: Block, top: bool = False) -> Block:
        """The statements of a block, changed from the inside out."""
        found: Block = []
        for number, statement in enumerate(body):
            docstring = top and number == 0 and _is_text(statement)
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.append(statement)  # a function's body is changed by itself
                continue
            for field in ("body", "orelse", "finalbody"):
                if isinstance(inner := getattr(statement, field, None), list) and inner:
                    setattr(statement, field, self.block(inner))
            for handler in [*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]:
                handler.body = self.block(handler.body)
            found += [statement] if docstring else self._changed(statement)
            if top and not docstring and not _leaves(statement) and self._draw.random() < CHANCE / 2:
                found += self._spare()
        return found

    def _name(self, stem: str) -> str:
        return next(self._names[stem])

    def _changed(self, statement: ast.stmt) -> Block:
        for kind, change in self._changes.get(type(statement), ()):
            if self._draw.random() < CHANCE and (made := change(statement)):
                self.made.add(kind)
                return made
        return [statement]

    def _for(self, loop: ast.For) -> Block | None:
        """Over a range with a known direction by counting, over anything else by asking for the next item."""
        if loop.orelse:
            return None
        match loop.iter:
            case ast.Call(func=ast.Name(id="range"), args=[*bounds], keywords=[]) if len(bounds) in (1, 2):
                start, end = bounds if len(bounds) == 2 else [ast.Constant(0), bounds[0]]
                position, last = self._name("position"), self._name("end")
                before = _lines(f"{position}, {last} = {ast.unparse(start)}, {ast.unparse(end)}")
                while_loop = _lines(f"while {position} < {last}:\n    _ = {position}\n    {position} += 1")
            case _:
                source = self._name("source")
                before = _lines(f"{source} = iter({ast.unparse(loop.iter)})")
                while_loop = _lines(
                    f"while True:\n    try:\n        _ = next({source})\n    except StopIteration:\n        break"
                )
        written = while_loop[0]
        assert isinstance(written, ast.While)
        for node in ast.walk(written):
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.targets[0], ast.Name)
                and node.targets[0].id == "_"
            ):
                node.targets = [loop.target]
        written.body += loop.body
        return [*before, written]

    def _while(self, loop: ast.While) -> Block | None:
        """Endless, with a test that leaves it."""
        if loop.orelse or _is_true(loop.test):
            return None
        leave = ast.If(_not(loop.test), [ast.Break()], [])
        return [ast.While(ast.Constant(True), [leave, *loop.body], [])]

    def _if(self, branch: ast.If) -> Block | None:
        return [ast.If(_not(branch.test), branch.orelse or [ast.Pass()], branch.body)]

    def _augmented(self, statement: ast.AugAssign) -> Block | None:
        """Of a variable, or of an item that is named by variables and constants: nothing is evaluated twice."""
        read = copy.deepcopy(statement.target)
        if any(isinstance(node, ast.Call | ast.Attribute | ast.NamedExpr) for node in ast.walk(read)):
            return None
        for node in ast.walk(read):
            if hasattr(node, "ctx"):
                node.ctx = ast.Load()
        value = ast.BinOp(ast.parse(ast.unparse(read), mode="eval").body, statement.op, statement.value)
        return [ast.Assign([statement.target], value)]

    def _conditional(self, statement: ast.Assign | ast.Return) -> Block | None:
        if not isinstance(choice := statement.value, ast.IfExp):
            return None
        ways = []
        for value in (choice.body, choice.orelse):
            way = copy.deepcopy(statement)
            way.value = value
            ways.append(way)
        return [ast.If(choice.test, [ways[0]], [ways[1]])]

    def _parts(self, statement: ast.Assign | ast.Return) -> Block | None:
        """What is evaluated first gets a name; a returned expression as a whole, where nothing stands before it."""
        value, part = statement.value, ast.Name("", ast.Load())
        match value:
            case ast.BinOp(left=first) if not _is_simple(first):
                value.left = part
            case ast.Call(func=ast.Attribute(value=first) as method) if not _is_simple(first):
                method.value = part
            case ast.Subscript(value=first) if not _is_simple(first):
                value.value = part
            case ast.Call(func=ast.Name(), args=[first, *_]) if not _is_simple(first):
                value.args[0] = part
            case ast.expr() as first if isinstance(statement, ast.Return) and not _is_simple(first):
                statement.value = part
            case _:
                return None
        part.id = self._name("part")
        return [ast.Assign([ast.Name(part.id, ast.Store())], first), statement]

    def _spare(self) -> Block:
        """A statement that changes nothing."""
        self.made.add("dead statement")
        spare, number = self._name("spare"), self._draw.randrange(2, 10)
        return _lines(
            self._draw.choice(
                [
                    f"{spare} = {number}",
                    f"{spare} = [{number}, {number + 1}]",
                    f"if {number} < 1:\n    {spare} = {number}",
                    f"for {spare} in []:\n    pass",
                ]
            )
        )


def _lines(source: str) -> Block:
    return ast.parse(source).body


def _not(test: ast.expr) -> ast.expr:
    match test:
        case ast.Compare(ops=[operator]) if type(operator) in OPPOSITE:
            return ast.Compare(test.left, [OPPOSITE[type(operator)]()], test.comparators)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return inner
    return ast.UnaryOp(ast.Not(), test)


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _is_simple(value: ast.expr) -> bool:
    return isinstance(value, ast.Name | ast.Constant | ast.Starred)


def _leaves(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Return | ast.Raise | ast.Break | ast.Continue)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
