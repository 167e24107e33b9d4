"""An invariant that is stated is true after every iteration, and the usual loops have theirs."""

import ast
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monologue_cases import Case, case

from semcoder.execution import literals
from semcoder.monologue.activations import tree
from semcoder.monologue.compose import compose
from semcoder.monologue.invariants import invariants
from semcoder.monologue.listing import listing
from semcoder.monologue.loops import Round, grouped

# program: (its body over xs, the invariants of its first loop)
LOOPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "index": ("i = 0\n    while i < 4:\n        i += 1\n    return i", ("i == k",)),
    "down": ("n = 9\n    while n > 4:\n        n -= 2\n    return n", ("n == -2 * k + 9",)),
    "total": ("t = 0\n    for x in xs:\n        t += x\n    return t", ("t == sum(xs[:k])",)),
    "from five": ("t = 5\n    for x in xs:\n        t += x\n    return t", ("t == 5 + sum(xs[:k])",)),
    "largest": (
        "m = xs[0]\n    for x in xs:\n        if x > m:\n            m = x\n    return m",
        ("m == max(xs[:k])",),
    ),
    "copy": ("ys = []\n    for x in xs:\n        ys.append(x)\n    return ys", ("ys == xs[:k]",)),
    "mapped": (
        "ys = []\n    for x in xs:\n        ys.append(x * 2)\n    return ys",
        ("ys == [x * 2 for x in xs[:k]]",),
    ),
    "some": (
        "n = 0\n    for x in xs:\n        if x > 2:\n            n += 1\n    return n",
        ("n == sum([1 for x in xs[:k] if x > 2])",),
    ),
    "reversed": ("ys = []\n    for x in xs:\n        ys.insert(0, x)\n    return ys", ("ys == xs[:k][::-1]",)),
    "counted": (
        "d = {}\n    for x in xs:\n        d[x] = d.get(x, 0) + 1\n    return d",
        ("d == {x: xs[:k].count(x) for x in xs[:k]}",),
    ),
    "seen": ("s = set()\n    for x in xs:\n        s.add(x)\n    return s", ("s == set(xs[:k])",)),
    "shrinking": ("while xs:\n        xs.pop(0)\n    return xs", ("xs == [4, 1, 4, 7][k:]",)),
    "moved": (
        "a, b = 10, 0\n    for x in xs:\n        a, b = a - x, b + x\n    return a, b",
        ("a + b == 10", ),
    ),
    "bounds": (
        "lo, hi = 0, 9\n    while lo < hi:\n        if lo % 3 == 2:\n            hi -= 2\n        lo += 1\n"
        "    return lo",
        ("hi <= 9", "lo == k"),
    ),
    "swapped": (
        "n = 0\n    while n < 3:\n        xs[n], xs[n + 1] = xs[n + 1], xs[n]\n        n += 1\n    return xs",
        ("len(xs) == 4", "n == k"),
    ),
}  # fmt: skip


def loop(name: str) -> tuple[Case, Round]:
    traced = case(f"def f(xs):\n    {LOOPS[name][0]}", "[4, 1, 4, 7]")
    return traced, first_loop(traced)


def first_loop(traced: Case) -> Round:
    items = grouped(tree(traced.trace.events), listing(traced.program.code))
    return next(item for item in items if isinstance(item, Round))


@pytest.mark.parametrize("name", LOOPS)
def test_usual_loops(name: str) -> None:
    traced, run = loop(name)
    found = invariants(run, listing(traced.program.code))
    assert set(LOOPS[name][1]) <= set(found)
    assert broken(run, found) == []


def broken(run: Round, found: tuple[str, ...]) -> list[str]:
    """The invariants that some iteration breaks, evaluated by Python itself."""
    wrong = []
    for k, iteration in enumerate(run.iterations, 1):
        *_, last = iteration.steps()
        state: dict[str, Any] = {"k": k}
        for name in last.before.keys() | last.changes.keys():
            state[name] = literals.parse(last.after(name) or "None")
        wrong += [
            each for each in found if not eval(compile(ast.parse(each, mode="eval"), "", "eval"), state)
        ]
    return wrong


UPDATES = st.sampled_from(
    [
        "t += x", "t -= 1", "m = max(m, x)", "ys.append(x)", "ys.append(t)", "s += 'a'",
        "if x > 2:\n            t += 1",
        "d[x] = t", "d[x] = d.get(x, 0) + 1", "t = t * 2", "ys.insert(0, x)", "m = min(x, t)", "xs = xs[1:]", "t = -t",
        "ys = ys[::-1]", "if ys:\n            ys.pop()", "t, m = m, t", "s = s + str(x)", "d = {x: 1}", "ys = [x]",
    ]
)  # fmt: skip


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(UPDATES, min_size=1, max_size=4), st.lists(st.integers(-3, 5), min_size=3, max_size=7))
def test_invariants_of_random_loops_hold(updates: list[str], xs: list[int]) -> None:
    body = "\n        ".join(updates)
    code = (
        f"def f(xs):\n    t, m, ys, s, d = 0, 3, [], '', {{}}\n    for x in xs:\n        {body}\n    return t"
    )
    traced = case(code, repr(xs))
    run = first_loop(traced)
    assert broken(run, invariants(run, listing(traced.program.code))) == []


def test_they_are_told_where_a_loop_is_told_in_short() -> None:
    code = "def f(xs):\n    t = 0\n    for x in xs:\n        t += x\n    return t"
    traced = case(code, repr(list(range(40))))
    text = compose(*traced, "forward", max_chars=1500)
    assert "`t == sum(xs[:k])`" in text and "**Iteration 1**" in text and "**Iteration 40**" in text
    assert "[:k]" not in compose(*traced, "forward", max_chars=10**6)


def test_a_coincidence_of_two_iterations_is_none() -> None:
    traced = case("def f(n):\n    t = 0\n    for x in range(n):\n        t += 1\n    return t", "2")
    assert invariants(first_loop(traced), listing(traced.program.code)) == ()
