"""The fast walk is `ast.walk`."""

import ast
import inspect

from semcoder.monologue import narrate, nodes


def test_walks_as_ast_does() -> None:
    tree = ast.parse(inspect.getsource(narrate))
    assert nodes.walk(tree) == tuple(ast.walk(tree))
