"""Seeds that are no function: runs of neighbouring top-level statements, and compound statements inside them.

The paper samples subtrees of ASTs, so that a seed always parses; the one seed it prints (Table 10) is two
functions and an assignment in a row, with names that stand elsewhere in the file. Such a seed inspires, it does
not run: it carries no context.
"""

import ast
import hashlib
import random
from collections.abc import Iterator
from typing import NamedTuple

from semcoder.seeds.functions import without_margin
from semcoder.seeds.slicing import (
    COMPOUND,
    NOT_COMPILING,
    Module,
    Unit,
    first_line,
    last_line,
    statements_below,
)

ATTEMPTS = 10
"""Draws for one seed; a draw fails when it does not parse on its own or was drawn before."""


class Span(NamedTuple):
    """A piece of a file: its lines, and its text at the left margin."""

    first: int
    last: int
    code: str


def sample(
    module: Module,
    label: str,
    seed: int,
    how_many: int,
    min_lines: int,
    max_lines: int,
    taken: set[tuple[int, int]],
) -> Iterator[Span]:
    """Up to `how_many` spans, each equally often a run or a subtree. `taken` spans (of function seeds) are left out.

    The draw depends on the file's label, its text and `seed` alone.
    """
    runs = [*_runs(module, min_lines, max_lines)]
    subtrees = [*_subtrees(module, min_lines, max_lines)]
    text = "\n".join(module.lines)
    digest = hashlib.sha256(f"{seed}\0{label}\0{text}".encode("utf-8", "surrogatepass")).digest()
    draw = random.Random(int.from_bytes(digest[:8]))
    seen = set(taken)
    for _ in range(how_many):
        for _ in range(ATTEMPTS):
            pool = runs if (draw.random() < 0.5 and runs) or not subtrees else subtrees
            if not pool:
                return
            first, last, margin = pool[int(draw.random() * len(pool))]
            code = without_margin(module.source(first, last), margin)
            if (first, last) not in seen and _parses(code):
                seen.add((first, last))
                yield Span(first, last, code)
                break


def _runs(module: Module, min_lines: int, max_lines: int) -> Iterator[tuple[int, int, int]]:
    """Two or more neighbouring top-level statements that do more than import."""
    units = module.units
    for start, unit in enumerate(units):
        plain = _is_plain(unit)
        for other in units[start + 1 :]:
            lines = other.last - unit.first + 1
            if lines > max_lines:
                break
            plain = plain and _is_plain(other)
            if lines >= min_lines and not plain:
                yield unit.first, other.last, 0


def _is_plain(unit: Unit) -> bool:
    """Imports or a docstring."""
    return unit.imports or all(
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in unit.nodes
    )


def _subtrees(module: Module, min_lines: int, max_lines: int) -> Iterator[tuple[int, int, int]]:
    for node in statements_below(module.tree.body):
        if isinstance(node, COMPOUND):
            first, last = first_line(node), last_line(node)
            if min_lines <= last - first + 1 <= max_lines:
                yield first, last, node.col_offset


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except NOT_COMPILING:
        return False
    return True
