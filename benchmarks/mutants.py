"""Small faults put into right programs, reproducibly: what a benchmark's tests must notice, or may not."""

import ast
import random
from collections.abc import Callable

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.Is: ast.IsNot,
}
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Div,
    ast.Div: ast.FloorDiv,
    ast.Mod: ast.Mult,
}


def mutant(code: str, seed: str) -> str | None:
    """`code` with one fault, chosen by `seed`; None where there is no place for one."""
    tree = ast.parse(code)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    places = [change for function in functions for node in ast.walk(function) for change in _changes(node)]
    if not places:
        return None
    random.Random(seed).choice(places)()
    return ast.unparse(ast.fix_missing_locations(tree))


def _changes(node: ast.AST) -> list[Callable[[], None]]:
    """What could be changed here; each changes the tree when called."""
    found: list[Callable[[], None]] = []
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARED:
        found.append(lambda: node.ops.__setitem__(0, COMPARED[type(node.ops[0])]()))
    if isinstance(node, ast.BinOp) and type(node.op) in COMPUTED:
        found.append(lambda: setattr(node, "op", COMPUTED[type(node.op)]()))
    if isinstance(node, ast.BoolOp):
        found.append(lambda: setattr(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And()))
    if isinstance(node, ast.If | ast.While):
        found.append(lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test)))
    if isinstance(node, ast.Constant) and type(node.value) is int:
        found.append(lambda: setattr(node, "value", int(str(node.value)) + 1))
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        found.append(lambda: setattr(node, "value", not node.value))
    if isinstance(node, ast.Return) and node.value is not None:
        found.append(lambda: setattr(node, "value", ast.Constant(None)))
    if isinstance(node, ast.FunctionDef | ast.For | ast.While) and len(node.body) > 1:
        found.append(lambda: node.body.__delitem__(-2))
    return found
