"""The constants of a program: what its inputs may well contain, and what stands behind its names."""

import ast
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

MOST = 40
"""Constants of one kind taken from a program."""


@dataclass
class Vocabulary:
    """Constants of a program that its inputs may well contain, and its regular expressions."""

    texts: list[str] = field(default_factory=list)
    integers: list[int] = field(default_factory=list)
    binaries: list[bytes] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, module: ast.Module) -> "Vocabulary":
        """The constants of a program, in the order in which they stand."""
        found = cls()
        messages = {
            id(part) for node in ast.walk(module) if isinstance(node, ast.Raise) for part in ast.walk(node)
        }
        for node in ast.walk(module):
            if not isinstance(node, ast.Constant) or id(node) in messages:
                continue
            value = node.value
            if isinstance(value, str) and value:
                if re.search(r"[\\*+?]|\[[^]]+\]", value) and len(value) > 2:
                    found.patterns.append(value)
                elif len(value) <= 40:
                    found.texts.append(value)
            elif isinstance(value, bytes) and value:
                if re.search(rb"[\\*+?]|\[[^]]+\]", value) and len(value) > 2:
                    found.patterns.append(value.decode("latin-1"))
                else:
                    found.binaries.append(value[:40])
            elif isinstance(value, int) and not isinstance(value, bool) and 2 < abs(value) < 1 << 40:
                found.integers.append(value)
        found.texts = list(dict.fromkeys(found.texts))[:MOST]
        found.integers = list(dict.fromkeys(found.integers))[:MOST]
        found.binaries = list(dict.fromkeys(found.binaries))[:MOST]
        found.patterns = list(dict.fromkeys(found.patterns))[:MOST]
        return found


def _is_plain(value: ast.expr) -> bool:
    """A constant, or a tuple of constants and names such as `(bytes, bytearray)`."""
    inner = value.elts if isinstance(value, ast.Tuple) else []
    return isinstance(value, ast.Constant) or (
        isinstance(value, ast.Tuple) and all(isinstance(item, ast.Constant | ast.Name) for item in inner)
    )


class _Constants(ast.NodeTransformer):
    """Writes module-level constants out where functions read them, so that comparing with one says its type."""

    def __init__(self, constants: Mapping[str, ast.expr]) -> None:
        self.constants = constants

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.constants.get(node.id, node) if isinstance(node.ctx, ast.Load) else node


def folded(module: ast.Module) -> ast.Module:
    """A copy of the module with its plain module-level constants written out where they are read."""
    stores = Counter(
        node.id for node in ast.walk(module) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    stores.update(node.arg for node in ast.walk(module) if isinstance(node, ast.arg))
    known: dict[str, ast.expr] = {}
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = known.get(node.value.id) if isinstance(node.value, ast.Name) else node.value
            if value is not None and _is_plain(value) and stores[node.targets[0].id] == 1:
                known[node.targets[0].id] = value
    folded = _Constants(known).visit(ast.parse(ast.unparse(module)))
    assert isinstance(folded, ast.Module)
    return folded
