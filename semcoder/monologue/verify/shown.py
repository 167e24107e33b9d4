"""What the trace shows of expressions that are not computed here: calls of the library and of larger functions.

`escape(text) == '&lt;'` can be read off the trace where the program binds, tests or returns what `escape(text)` gives.
"""

import ast
import contextlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from semcoder.monologue.activations import Untellable, tree
from semcoder.monologue.evaluate import evaluate
from semcoder.monologue.lifting import negated
from semcoder.monologue.listing import Listing
from semcoder.monologue.loops import grouped
from semcoder.monologue.operations import Unknown
from semcoder.monologue.relation import Relation, relation
from semcoder.monologue.substitution import is_foreign
from semcoder.monologue.verify.values import expression
from semcoder.records import Event

BINDING = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)


class Shown:
    """The values, in one traced call, of such expressions over its arguments."""

    def __init__(self, events: Sequence[Event], code: Listing) -> None:
        self._events = events
        self._code = code

    @cached_property
    def _known(self) -> Relation:
        try:
            root = tree(self._events)
            return relation(root, grouped(root, self._code), self._code)
        except Untellable:
            return Relation()

    @cached_property
    def _texts(self) -> Mapping[str, str]:
        known = self._known
        return {key: text for key, text in known.shown.items() if key not in known.mixed}

    def value(self, source: str, arguments: Mapping[str, str]) -> tuple[bool, Any]:
        """(known, value) of an expression over the arguments."""
        node = expression(source)
        if node is None:
            return False, None
        if is_foreign(node, self._code):
            known, text = self._known, ast.unparse(node)
            for key, turned in ((text, False), (ast.unparse(negated(node)), True)):
                if key in known.truths and key not in known.mixed:
                    return True, known.truths[key] is not turned
            node = _Put(self._texts).visit(ast.parse(text, mode="eval").body)
        try:
            return True, evaluate(node, {**self._code.constants, **arguments}, self._code.names)
        except (Unknown, RecursionError):
            return False, None


class _Put(ast.NodeTransformer):
    """Puts the known values in the places of their expressions."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def visit(self, node: ast.AST) -> Any:
        text = self._texts.get(ast.unparse(node)) if isinstance(node, ast.expr) else None
        if text is not None:
            with contextlib.suppress(SyntaxError):  # `<Match object>`
                return ast.parse(text, mode="eval").body
        # A name that one of these binds is another variable in it.
        return node if isinstance(node, BINDING) else super().visit(node)
