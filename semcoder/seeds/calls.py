"""Where a corpus calls its own functions with literal arguments."""

import ast
from collections import defaultdict
from collections.abc import Iterable
from itertools import islice

from semcoder.seeds.arguments import are_literals
from semcoder.seeds.call_reader import CallReader, Found
from semcoder.seeds.sources import Document

MAX_CALLS = 20
MAX_HOPS = 5
"""Re-exports followed from the name that a caller uses to the module that defines the function."""


class CallIndex:
    """All calls of a corpus's functions by the function's dotted name."""

    def __init__(self, files: Iterable[Document]) -> None:
        """Read the files. What does not parse has no calls to offer."""
        found = defaultdict[str, dict[tuple[str, str], None]](dict)
        exports = dict[str, str]()
        for file in files:
            reader = CallReader(file.module, file.is_package, _recorder(file.module, found))
            try:
                reader.read(ast.parse(file.text).body)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            for name, target in reader.exported.items():
                exports.setdefault(f"{file.module}.{name}", target)
        self._calls = defaultdict[str, list[tuple[str, str]]](list)
        for dotted, calls in found.items():
            self._calls[_definition(dotted, exports)] += calls

    def calls(self, module: str, qualified: str) -> tuple[str, ...]:
        """Calls of a function with its bare name: from its own file, then its tests, then other files."""
        name = qualified.rpartition(".")[2]
        test = f"test_{module.rpartition('.')[2].lstrip('_')}"

        def distance(call: tuple[str, str]) -> int:
            return 0 if call[0] == module else 1 if call[0].rpartition(".")[2] == test else 2

        nearest = sorted(self._calls.get(f"{module}.{qualified}", ()), key=distance)
        distinct = dict.fromkeys(arguments for _, arguments in nearest)
        return tuple(islice((f"{name}({each})" for each in distinct if are_literals(each)), MAX_CALLS))


def _recorder(module: str, found: defaultdict[str, dict[tuple[str, str], None]]) -> Found:
    return lambda callee, arguments: found[callee].setdefault((module, arguments))


def _definition(dotted: str, exports: dict[str, str]) -> str:
    """The name that its own module has for the object: `posixpath.join` for `os.path.join`."""
    for _ in range(MAX_HOPS):
        parts = dotted.split(".")
        for size in range(len(parts), 0, -1):
            target = exports.get(".".join(parts[:size]))
            if target:
                dotted = ".".join([target, *parts[size:]])
                break
        else:
            break
    return dotted
