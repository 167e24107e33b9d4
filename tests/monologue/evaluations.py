"""What every expression of a program gave while it ran: the strictest reader of "`E` is `V`" that there can be."""

import ast
import sys
from collections import defaultdict
from types import FrameType
from typing import Any

from monologue_cases import LABEL, TRUTH, WORTH, Case, simulation

from semcoder.execution import literals

Evaluations = dict[tuple[int, str], list[list[str]]]
"""{(line of the statement, expression): for each execution of that statement, the texts of what it gave}."""
NOT_PLAIN = "not plain"


class Recorder:
    """Takes the values that an instrumented program hands over."""

    def __init__(self) -> None:
        self.found: Evaluations = defaultdict(list)
        self._now: dict[FrameType, tuple[int, dict[str, list[str]]]] = {}

    def begin(self, line: int) -> None:
        """A statement begins in the calling frame."""
        self._now[sys._getframe(1)] = (line, {})

    def value(self, key: str, value: Any) -> Any:
        """Note what an expression gave; comprehensions and lambdas count for the statement that runs them."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame not in self._now:
            frame = frame.f_back
        if frame is not None:
            line, group = self._now[frame]
            if key not in group:
                group[key] = []
                self.found[line, key].append(group[key])
            group[key].append(_text(value))
        return value


def _text(value: Any) -> str:
    try:
        return literals.render(value)
    except literals.NotPlain:
        return NOT_PLAIN


class _Instrumented(ast.NodeTransformer):
    """Wraps every expression that is read, and announces every statement."""

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.JoinedStr | ast.pattern):
            return node
        key = ast.dump(node)
        seen = self.generic_visit(node)
        read = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        bare = ast.Starred | ast.Slice | ast.Yield | ast.YieldFrom | ast.Await
        if isinstance(seen, ast.expr) and read and not isinstance(node, bare):
            seen = ast.Call(_method("value"), [ast.Constant(key), seen], [])
        for name in ("body", "orelse", "finalbody"):
            block = getattr(seen, name, None)
            if isinstance(block, list) and not isinstance(node, ast.Module):
                setattr(seen, name, [each for statement in block for each in (_begin(statement), statement)])
        if isinstance(seen, ast.While):
            seen.test = ast.BoolOp(ast.Or(), [_begin(seen).value, seen.test])
        return seen


def _method(name: str) -> ast.expr:
    return ast.Attribute(ast.Name("the_recorder", ast.Load()), name, ast.Load())


def _begin(statement: ast.stmt) -> ast.Expr:
    return ast.Expr(ast.Call(_method("begin"), [ast.Constant(statement.lineno)], []))


def evaluations(traced: Case) -> Evaluations:
    """Run our own program once more, this time noting every value."""
    recorder = Recorder()
    tree = ast.fix_missing_locations(_Instrumented().visit(ast.parse(traced.program.code)))
    namespace: dict[str, Any] = {"the_recorder": recorder, "__name__": __name__}
    exec(compile(tree, "<case>", "exec"), namespace)
    call = f"{traced.program.entry_point}({traced.test.call_arguments})"
    eval(call, namespace)
    return recorder.found


def misreported(text: str, traced: Case, offset: int = 0) -> list[str]:
    """The claims "`E` is `V`" and "`E` is true" for which the program never had that value.

    A claim behind a label is held against the statement on that line, one without against all statements. An
    expression that a statement evaluates several times has one value only if it is the same each time.
    """
    known = evaluations(traced)
    wrong = []
    for line in simulation(text).splitlines():
        pieces = LABEL.split(line)
        for label, piece in zip([None, *pieces[1::2]], pieces[::2], strict=True):
            claims = [(m[1] or m[2], m[3] or m[4]) for m in WORTH.finditer(piece)]
            claims += [(m[1] or m[2], m[3].title()) for m in TRUTH.finditer(piece)]
            for source, value in claims:
                try:
                    key = ast.dump(ast.parse(source, mode="eval").body)
                except SyntaxError:
                    continue
                groups = [
                    group
                    for (at, each), found in known.items()
                    if each == key and (label is None or at == int(label) - offset)
                    for group in found
                ]
                if not groups and label is not None and any(at == int(label) - offset for at, _ in known):
                    wrong.append(f"{source} is {value}, told of line {label}, which did not evaluate it")
                if groups and not any(all(_same(each, value) for each in group) for group in groups):
                    wrong.append(f"{source} is {value}, told of line {label}; it was {groups[:3]}")
    return wrong


def _same(text: str, value: str) -> bool:
    if text == NOT_PLAIN:
        return value in ("True", "False") or not _literal(value)
    return text == value or (value in ("True", "False") and str(bool(literals.parse(text))) == value)


def _literal(value: str) -> bool:
    try:
        literals.parse(value)
    except ValueError:
        return False
    return True
