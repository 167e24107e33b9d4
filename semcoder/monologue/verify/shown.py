"""What the trace shows of expressions that are not computed here: calls of the library and of larger functions.

`escape(text) == '&lt;'` can be read off the trace where the program binds, tests or returns what `escape(text)` gives.
"""

import ast
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from semcoder.monologue.activations import Untellable, tree
from semcoder.monologue.evaluate import evaluate
from semcoder.monologue.listing import Listing
from semcoder.monologue.loops import grouped
from semcoder.monologue.operations import Unknown
from semcoder.monologue.relation import relation
from semcoder.monologue.substitution import is_foreign
from semcoder.monologue.verify.values import expression
from semcoder.records import Event


class Shown:
    """The values, in one traced call, of such expressions over its arguments."""

    def __init__(self, events: Sequence[Event], code: Listing) -> None:
        self._events = events
        self._code = code

    @cached_property
    def _texts(self) -> Mapping[str, str]:
        try:
            root = tree(self._events)
            return relation(root, grouped(root, self._code), self._code).shown
        except Untellable:
            return {}

    def value(self, source: str, arguments: Mapping[str, str]) -> tuple[bool, Any]:
        """(known, value) of an expression over the arguments."""
        node = expression(source)
        if node is None:
            return False, None
        if is_foreign(node, self._code):
            node = _Put(self._texts).visit(ast.parse(ast.unparse(node), mode="eval").body)
        try:
            return True, evaluate(node, {**self._code.constants, **arguments}, self._code.names)
        except (Unknown, RecursionError):
            return False, None


class _Put(ast.NodeTransformer):
    """Puts the known values in the places of their expressions."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def visit(self, node: ast.AST) -> Any:
        text = (
            self._texts.get(ast.unparse(node))
            if isinstance(node, ast.Call | ast.BinOp | ast.Compare)
            else None
        )
        if text is None:
            return super().visit(node)
        try:
            return ast.parse(text, mode="eval").body
        except SyntaxError:  # `<Match object>`
            return super().visit(node)
