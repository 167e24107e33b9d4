"""Programs that tempt one to state what does not hold: each with another input that gives the same output."""

import ast

import pytest
from monologue_cases import Case, case
from test_constraints import facts

from semcoder.monologue.compose import compose
from semcoder.monologue.constraints import stated
from semcoder.monologue.verify import verify

IMPORTS = """
import heapq, math, random
from collections import Counter, deque
"""
# program: (its arguments, others that give the same output)
TEMPTING: dict[str, tuple[str, str, str]] = {
    "no total order": ("def f(a, b):\n    return Counter(a) <= Counter(b)", "'ab', 'cd'", "'b', 'a'"),
    "sets": ("def f(a):\n    return set(a) <= set(a.lower())", "'aB'", "'B'"),
    "nan": ("def f(x):\n    return math.sqrt(x) < 3", "float('nan')", "16.0"),
    "taken twice": ("def f(xs):\n    a = heapq.heappop(xs)\n    return a * a", "[1, 2]", "[1]"),
    "taken in turn": ("def f(xs):\n    return heapq.heappop(xs), heapq.heappop(xs)", "[1, 2]", "[1, 2, 3]"),
    "a queue": ("def f(xs):\n    q = deque(xs)\n    return q.popleft() - q.popleft()", "[1, 2]", "[2, 3]"),
    "chance": ("def f(n):\n    r = random.Random(3)\n    return r.randint(0, n) * 0", "5", "7"),
    "a default that grows": (
        "def g(n, seen=[]):\n    seen.append(n)\n    return len(seen)\ndef f(n):\n    g(n)\n    return g(n)", "1", "2",
    ),
    "a heap of the module": (
        "Q = [5, 7]\ndef g(n):\n    heapq.heappush(Q, n)\n    return len(Q)\ndef f(n):\n    return g(n), g(n)",
        "1", "2",
    ),
    "a name bound twice": (
        "def f(n, xs):\n    n = n + 1\n    return math.comb(n, 2) + sum(n for n in xs)",
        "3, [1]", "3, [1]",
    ),
    "a helper's comprehension": (
        "def h(x, xs):\n    return x + sum(x for x in xs)\ndef f(x, xs):\n    return h(abs(x), xs)",
        "5, [1]", "-5, [1]",
    ),
    "a negative index": ("def f(xs, i):\n    xs[i] = 9\n    return xs", "[1, 2], 1", "[1, 2], -1"),
    "ends that cross": ("def f(xs, a, b):\n    xs[a:b] = [7]\n    return xs", "[1, 2], 1, 1", "[1, 2], 1, 0"),
    "a key called item": ("def f(d, item):\n    d.pop(item)\n    return d", "{1: 1}, 1", "{1: 2}, 1"),
    "pairs": ("def f(d, e):\n    d.update(e)\n    return d", "{}, {1: 2}", "{}, [(1, 2)]"),
    "a helper that extends": (
        "def h(xs, ys):\n    xs += ys\n    return 0\ndef f(xs, ys):\n    k = h(xs, ys)\n    return len(xs) + k",
        "[1, 2], []", "[1], [1]",
    ),
    "extended through another name": (
        "def f(xs, ys):\n    zs = xs\n    zs += ys\n    return len(xs)",
        "[1, 2], []", "[1], [1]",
    ),
    "an assertion that binds": (
        "def h(n):\n    assert (n := abs(n)) >= 0\n    return n\ndef f(n):\n    return h(n)", "5", "-5",
    ),
    "keywords in a dictionary": (
        "def h(n, b=1):\n    return n + b\ndef f(n, o):\n    return h(n, **o)", "5, {}", "3, {'b': 3}",
    ),
    "a constant through another name": (
        "C = [1, 2]\ndef f(xs, n):\n    s = C\n    for x in xs:\n        s.append(x)\n    return sum(C) + n",
        "[], 0", "[1], -1",
    ),
    "a constant that a method changes": (
        "C = {1}\ndef f(xs, n):\n    C.intersection_update(xs)\n    return len(C) + n", "[1], 0", "[], 1",
    ),
    "an item that is sorted": (
        "def f(rows):\n    r = rows[0]\n    r.sort()\n    return rows[0][0]",
        "[[1, 2]]", "[[2, 1]]",
    ),
    "an item in a tuple": (
        "def f(xs):\n    t = (xs, 1)\n    heapq.heapify(t[0])\n    return xs[0]", "[1, 2]", "[2, 1]",
    ),
    "a key that sorts": (
        "def g(r):\n    for _ in r:\n        pass\n    r.sort()\n    return 1\n"
        "def f(xs):\n    k = max(xs, key=g)\n    return xs[0][0]", "[[1, 2]]", "[[2, 1]]",
    ),
    "a map that sorts": (
        "def g(r):\n    for _ in r:\n        pass\n    r.sort()\n    return 1\n"
        "def f(xs):\n    k = sum(map(g, [xs]))\n    return xs[0] + k", "[1, 2]", "[2, 1]",
    ),
    "a function within": ("def f(xs):\n    def g():\n        xs.sort()\n    g()\n    return xs[0]", "[1, 2]", "[2, 1]"),
}  # fmt: skip


def traced(code: str, args: str) -> Case:
    call = ast.parse(f"f({args})", mode="eval").body
    assert isinstance(call, ast.Call)
    return case(f"{IMPORTS}{code}", *map(ast.unparse, call.args))


@pytest.mark.parametrize("name", TEMPTING)
def test_what_is_stated_holds_for_the_other_input_too(name: str) -> None:
    code, args, other = TEMPTING[name]
    recorded, another = traced(code, args), traced(code, other)
    assert another.test.output == recorded.test.output
    text = compose(*recorded, "backward", max_chars=10**6)
    told = facts(text)
    function = f"{IMPORTS}{code}".partition("def f(")[2].partition(")")[0]
    for expression in stated(text):
        line = next(each for each in told if expression in each)
        for given in (args, other) if "path" not in line else (args,):
            names: dict[str, object] = {}
            exec(
                f"{IMPORTS}{code}\ndef holds({function}):\n    return {expression}\nfound = holds({given})",
                names,
            )
            assert names["found"], (expression, given)


GROWING = {
    "calls in calls": "def h(n):\n    return n * n - n * n + n\ndef f(n):\n    return "
    + "h(" * 12
    + "n"
    + ")" * 12,
    "many branches": "def h(n):\n"
    + "".join(f"    if n == {k}:\n        n = {k + 1}\n" for k in range(100, 140))
    + "    if n:\n        return n\n    raise ValueError\ndef f(n):\n    return h(n)",
}


@pytest.mark.parametrize("name", GROWING)
def test_helpers_that_would_grow_without_end_are_left(name: str) -> None:
    assert "### Conclusion" in compose(*case(GROWING[name], "1"), "backward", max_chars=10**6)


TRUE = {
    "the value of a test": (
        "import math\ndef f(a, b):\n    g = math.gcd(a, b)\n    if g:\n        pass\n    return g + 1",
        ("8", "12"),
        ("math.gcd(a, b) == 4", "math.gcd(a, b)"),
    ),
    "another variable in a comprehension": (
        "import math\ndef f(x, xs):\n    a = math.floor(x)\n    b = [math.floor(x) for x in xs]\n    return a, b",
        ("1.5", "[2.5, 3.5]"),
        ("[math.floor(x) for x in xs] == [2, 3]", "math.floor(x) == 1"),
    ),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_statements_about_library_calls_are_not_contradicted(name: str) -> None:
    code, args, true = TRUE[name]
    run = case(code, *args)
    for expression in true:
        text = f"### Key Properties and Constraints\n- `{expression}` must hold.\n"
        assert [c.status for c in verify(text, "backward", run.trace.events, run.program.code).claims] == [
            "supported"
        ]
    false = true[0].replace("== 4", "== 5").replace("== [2, 3]", "== [2, 4]")
    text = f"### Key Properties and Constraints\n- `{false}` must hold.\n"
    assert [c.status for c in verify(text, "backward", run.trace.events, run.program.code).claims] == [
        "contradicted"
    ]
