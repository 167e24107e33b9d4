"""What a run of a program covers, from the events of its trace: lines, branches and steps from line to line."""

import ast
from collections.abc import Collection, Iterable

from semcoder.records import Event

Step = tuple[str, int, int]
"""(scope, line, next line) inside one call; line 0 stands before the first and after the last."""

_OPEN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def steps(events: Iterable[Event]) -> frozenset[Step]:
    """The distinct steps of one traced run."""
    found: set[Step] = set()
    last: dict[int, int] = {}
    for event in events:
        if event.kind == "call":
            last[event.depth] = 0
        elif event.kind == "line":
            found.add((event.scope, last.get(event.depth, 0), event.line))
            last[event.depth] = event.line
        else:
            found.add((event.scope, last.get(event.depth, 0), 0))
    return frozenset(found)


class Coverage:
    """The lines and branches of a program's functions, to count covered ones against."""

    def __init__(self, code: str) -> None:
        functions = [
            n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        bodies = [node for function in functions for top in function.body for node in ast.walk(top)]
        statements = [node for node in bodies if isinstance(node, ast.stmt) and not isinstance(node, _OPEN)]
        silent = (ast.Global, ast.Nonlocal, ast.Try, ast.Pass)
        self._lines = {node.lineno for node in statements if not isinstance(node, silent)}
        forks = [node for node in statements if isinstance(node, ast.If | ast.While | ast.For)]
        self._forks = {node.lineno: node.body[0].lineno for node in forks}

    def of(self, runs: Collection[frozenset[Step]]) -> tuple[float, float]:
        """(line, branch) coverage of some runs together, each 0 to 1; 1 where there is nothing to cover.

        A branch is one outcome of an `if`, `while` or `for` statement: into its body, or past it.
        """
        every = frozenset[Step]().union(*runs)
        lines = {line for _, _, line in every} & self._lines
        outcomes = {(line, after == self._forks[line]) for _, line, after in every if line in self._forks}
        return (
            len(lines) / len(self._lines) if self._lines else 1.0,
            len(outcomes) / (2 * len(self._forks)) if self._forks else 1.0,
        )
