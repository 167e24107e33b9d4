"""Calls in a function's own docstring: `>>> dedent("  a")`."""

import ast
import doctest

from semcoder.seeds.arguments import are_literals
from semcoder.seeds.call_reader import CallReader


def doctest_calls(code: str, name: str) -> list[str]:
    """The calls of `name` with literal arguments in the docstring of its definition in `code`, in order.

    Written `name(arguments)` with the bare name, each once. An example may call the function through a module
    (`textwrap.dedent("  a")`), inside another call, or with a name that it has just set to a literal.
    """
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            distinct = dict.fromkeys(_arguments(ast.get_docstring(node), name))
            return [f"{name}({each})" for each in distinct if are_literals(each)]
    return []


def _arguments(docstring: str | None, name: str) -> list[str]:
    try:
        examples = doctest.DocTestParser().get_examples(docstring or "")
    except ValueError:  # a docstring that only looks like examples
        return []
    statements: list[ast.stmt] = []
    for example in examples:
        try:
            statements += ast.parse(example.source).body
        except (SyntaxError, ValueError):
            continue
    found: list[str] = []
    reader = CallReader("", False, lambda callee, text: found.append(text) if _last(callee) == name else None)
    # In its own docstring one function is meant by the name, whatever it is called through.
    for node in (each for statement in statements for each in ast.walk(statement)):
        if isinstance(node, ast.Name):
            reader.targets[node.id] = node.id
    reader.read(statements)
    return found


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2]
