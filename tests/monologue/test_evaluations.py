"""Every "`E` is `V`" that is told is what the program computed there: one value, and computed at all."""

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "tracing"))
from evaluations import evaluations, misreported
from monologue_cases import Case, case
from test_compose import LOOP
from test_constructs import CONSTRUCTS
from traced import NAMES, example

from semcoder.monologue.compose import compose
from semcoder.records import Direction

# What runs a number of times, not at all, or with other values than those before the statement.
TRAPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "comprehension": ("x = 7\n    ys = [x + 1 for x in xs]\n    return ys", ("[1, 2]",)),
    "returned_comprehension": ("x = 7\n    return [x.bit_length() for x in xs]", ("[1, 2]",)),
    "dict_comprehension": ("x = 7\n    return {x + 1: x * 2 for x in xs}", ("[1, 2]",)),
    "lambda": ("x = 7\n    g = lambda x: x + 1\n    return [g(y) for y in xs]", ("[1, 2]",)),
    "key": ("x = 7\n    return sorted(xs, key=lambda x: -x)", ("[1, 2]",)),
    "lambda_keyword": ("k = 7\n    n = (lambda *, k=1: k + 1)() + len(xs)\n    return n", ("[1, 2]",)),
    "generator": ("x = 'abc'\n    return sum(len(x) for x in xs) + len(x)", ("['a', 'bc']",)),
    "nested_def": ("x = 7\n    def g(x):\n        return x + 1\n    y = g(3) + (x + 1)\n    return y", ("[1]",)),
    "and": ("ok = xs and len(xs[0]) + 1\n    return ok", ("[]",)),
    "or": ("ok = len(xs) > 1 or len(xs) + 5 > 4\n    return ok", ("[1, 2]",)),
    "and_test": ("if xs and len(xs) + 1 > 2 or len(xs) * 3 > 8:\n        return 1\n    return 2", ("[1, 2]",)),
    "chain": ("n = len(xs)\n    return n < 1 < n + 4 or abs(n) > 9", ("[1, 2]",)),
    "chain_test": ("n = len(xs)\n    if n + 1 < 2 < n + 4:\n        return 1\n    return 2", ("[1, 2]",)),
    "conditional": ("n = len(xs)\n    return 1 if n > 1 else 2 if n + 1 > 1 else 3", ("[1, 2]",)),
    "conditional_in_and": ("n = len(xs)\n    return n > 3 and (1 if n > 1 else 2)", ("[1, 2]",)),
    "walrus": ("n = 4\n    if n > 3 and (n := n - 1) > 2:\n        return n\n    return xs", ("[1]",)),
    "walrus_sum": ("n = 4\n    t = n * 2 + (n := n + 1) * 3\n    return t + n * 2", ("[1]",)),
    "next": ("it = iter(xs)\n    t = next(it) + next(it) * 2\n    return t", ("[1, 2]",)),
    "pop": ("t = [len(xs), xs.pop(), len(xs)]\n    return t", ("[1, 3, 5]",)),
    "pop_in_test": ("if xs.pop() > len(xs) + 1:\n        return len(xs)\n    return xs", ("[1, 3, 5]",)),
    "alias": ("ys = xs\n    n = len(xs) + (ys.append(1) or len(xs))\n    return n, len(xs) + 1", ("[1, 3]",)),
    "alias_in_helper": (
        "def grow(ys):\n        ys.append(0)\n        return 1\n    n = len(xs) * 9 + grow(xs) + len(xs)\n    return n",
        ("[1, 3]",),
    ),
}  # fmt: skip


UNTOLD = ("uncaught", "coroutines")
"""Programs of the tracer's tests that end in an exception, or whose trace has no shape that can be told."""


def trap(name: str) -> Case:
    body, args = TRAPS[name]
    return case(f"def f(xs):\n    {body}", *args)


def program(name: str) -> Case:
    code, text = example(name)
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    words = {str(each.arg): ast.unparse(each.value) for each in call.keywords}
    return case(code, *map(ast.unparse, call.args), entry_point=ast.unparse(call.func), **words)


CASES = {
    **{f"trap {name}": trap(name) for name in TRAPS},
    **{f"construct {name}": each for name, each in CONSTRUCTS.items()},
    **{f"program {name}": program(name) for name in NAMES if name not in UNTOLD},
}


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("name", CASES)
def test_what_is_told_was_computed(name: str, direction: Direction) -> None:
    traced = CASES[name]
    assert misreported(compose(*traced, direction, max_chars=10**6), traced) == []


def test_what_a_comprehension_computes_is_not_told_as_one_value() -> None:
    text = compose(*trap("comprehension"), "forward", max_chars=10**6)
    assert "x + 1` is" not in text and "`[x + 1 for x in xs]` gives `ys = [2, 3]`" in text


def test_the_branch_of_a_branch_is_told_where_it_was_reached() -> None:
    code = "def f(n):\n    s = 1 if n > 5 else 2 if n > 3 else 3\n    return s"
    assert "`n > 5` is false" in (low := compose(*case(code, "4"), "forward", max_chars=10**6))
    assert "`n > 3` is true" in low
    assert "`n > 3`" not in compose(*case(code, "9"), "forward", max_chars=10**6).partition("Simulation")[2]


def test_values_are_kept_statement_by_statement() -> None:
    found = evaluations(
        case("def f(xs):\n    for x in xs:\n        y = x + 1\n    return [y + z for z in xs]", "[1, 2]")
    )
    texts = [
        group for (line, key), groups in found.items() if "BinOp" in key[:5] for group in (line, *groups)
    ]
    assert texts == [3, ["2"], ["3"], 4, ["4", "5"]]


@pytest.mark.parametrize("wrong", ["`k % 3` is `5`", "`k % 4` is `1`"])
def test_a_planted_error_is_seen(wrong: str) -> None:
    text = compose(*LOOP, "forward", max_chars=10**6)
    assert not misreported(text, LOOP)
    assert misreported(text.replace("`k % 3` is `1`", wrong, 1), LOOP)
