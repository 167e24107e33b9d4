"""Arguments that are literals, or names that hold one."""

import ast
from collections.abc import Mapping

from semcoder.execution import literals

MAX_CHARS = 200
"""Longer argument lists are left out (upstream's tracing leaves out inputs over 100 characters)."""

Constants = Mapping[str, ast.expr]
"""Names and the literals that they hold."""


def literal(node: ast.expr, constants: Constants) -> ast.expr | None:
    """The node as a literal (execution.literals) with names replaced by what they hold; None where it is none."""
    match node:
        case ast.Constant():
            return node
        case ast.Name(id=name):
            return constants.get(name)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            inner = literal(operand, constants)
            return ast.UnaryOp(node.op, inner) if inner is not None else None
        case ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts):
            items = _literals(elts, constants)
            if items is None:
                return None
            return ast.Set(items) if isinstance(node, ast.Set) else type(node)(items, ast.Load())
        case ast.Dict(keys=keys, values=values) if None not in keys:
            known = _literals([key for key in keys if key], constants)
            held = _literals(values, constants)
            return ast.Dict([*known], held) if known is not None and held is not None else None
        case ast.Call(func=ast.Name(id="float" | "complex" | "set" | "frozenset"), args=args, keywords=[]):
            items = _literals(args, constants)
            return ast.Call(node.func, items, []) if items is not None else None
    return None


def _literals(nodes: list[ast.expr], constants: Constants) -> list[ast.expr] | None:
    found = []
    for node in nodes:
        one = literal(node, constants)
        if one is None:
            return None
        found.append(one)
    return found


def literal_arguments(call: ast.Call, constants: Constants) -> str | None:
    """The text between the call's parentheses where every argument looks like a literal, else None.

    `are_literals` has the last word on the text: it costs more, and most calls are of no function that is asked for.
    """
    positional = _literals(call.args, constants)
    named = _literals([each.value for each in call.keywords], constants)
    if positional is None or named is None or not all(each.arg for each in call.keywords):
        return None
    try:
        texts = [ast.unparse(each) for each in positional]
        texts += [f"{word.arg}={ast.unparse(each)}" for word, each in zip(call.keywords, named, strict=True)]
    except ValueError:  # an int too long to be written
        return None
    together = ", ".join(texts)
    return together if len(together) <= MAX_CHARS else None


def are_literals(arguments: str) -> bool:
    """Whether execution.literals reads every argument: not `float('x')`, not `{[]}`."""
    call = ast.parse(f"f({arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    try:
        for value in [*call.args, *(each.value for each in call.keywords)]:
            literals.parse(ast.unparse(value))
    except ValueError:
        return False
    return True
