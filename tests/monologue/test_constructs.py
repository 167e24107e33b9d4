"""Every statement that a program can hold is told, and told truly."""

import pytest
from monologue_cases import Case, case, false_claims, uncited

from semcoder.monologue.compose import LEVELS, compose, concluded
from semcoder.records import Direction

CONSTRUCTS: dict[str, Case] = {
    "assign": case("def f(a):\n    b = a\n    c = d = a + 1\n    e: int = 3\n    return b + c + d + e", "4"),
    "unpack": case("def f(p):\n    a, (b, *c) = p\n    a, b = b, a\n    return [a, b, c]", "(1, [2, 3, 4])"),
    "augmented": case(
        """
        def f(n, s):
            n += 2
            n *= n - 1
            n //= 3
            s += "x" * n
            return s
        """,
        "3",
        "'ab'",
    ),
    "items": case(
        """
        def f(d, xs):
            d["k"] = xs[1:]
            xs[0] += 5
            xs[1:2] = [7, 8]
            del d["old"], xs[-1]
            return d, xs
        """,
        "{'old': 1}",
        "[1, 2, 3]",
    ),
    "branches": case(
        """
        def f(x):
            if x > 10:
                kind = "big"
            elif x > 5 and x % 2:
                kind = "odd"
            elif not x:
                kind = "zero"
            else:
                kind = "small"
            return kind
        """,
        "3",
    ),
    "ternary": case("def f(x):\n    y = 1 if x > 2 else -1\n    return 'up' if y > 0 else 'down'", "1"),
    "for_else": case(
        """
        def f(xs, t):
            for i, x in enumerate(xs):
                if x == t:
                    found = i
                    break
                if x < 0:
                    continue
                t -= 1
            else:
                found = -1
            return found
        """,
        "[5, -1, 9, 4]",
        "2",
    ),
    "for_exhausted": case(
        "def f(xs):\n    for x in xs:\n        pass\n    else:\n        return 'done'", "[1, 2]"
    ),
    "while": case(
        """
        def f(n):
            steps = 0
            while n != 1:
                n = n // 2 if n % 2 == 0 else 3 * n + 1
                steps += 1
            while True:
                steps -= 1
                if steps < 5:
                    break
            return steps
        """,
        "6",
    ),
    "no_iterations": case(
        "def f(xs, n):\n    for x in xs:\n        n += x\n    while n > 9:\n        n -= 1\n    return n",
        "[]",
        "3",
    ),
    "nested_loops": case(
        """
        def f(rows):
            out = []
            for row in rows:
                total = 0
                for cell in row:
                    total += cell
                out.append(total)
            return out
        """,
        "[[1, 2], [], [3, 4, 5]]",
    ),
    "one_line": case(
        "def f(n):\n    if n < 0: return 'neg'\n    while n < 3: n += 1\n    for k in range(2): n += k\n    return n",
        "1",
    ),
    "one_line_return": case("def f(n):\n    a = 1; b = 2\n    if n > a + b: return n\n    return b", "9"),
    "comprehension": case(
        "def f(s):\n    up = [c.upper() for c in s if c != ' ']\n    return {c: up.count(c) for c in up}",
        "'a ba'",
    ),
    "try": case(
        """
        def f(words):
            total = 0
            for word in words:
                try:
                    total += int(word)
                except ValueError as error:
                    total -= 1
                else:
                    total += 10
                finally:
                    total *= 2
            return total
        """,
        "['4', 'x']",
    ),
    "finally_return": case("def f(n):\n    try:\n        return n + 1\n    finally:\n        n = 0", "4"),
    "raise": case(
        """
        def check(n):
            if n < 0:
                raise ValueError("negative")
            return n

        def f(n):
            try:
                check(n)
            except ValueError:
                return "caught"
        """,
        "-1",
    ),
    "with": case(
        """
        class Guard:
            def __enter__(self):
                return 5

            def __exit__(self, *rest):
                return True

        def f(d):
            n = 0
            with Guard() as got:
                n += got
                n = d["missing"]
            return n
        """,
        "{}",
    ),
    "calls": case(
        """
        def double(x):
            return 2 * x

        def describe(x, *, sign="+"):
            y = double(x)
            return sign + str(y)

        def f(a):
            return [describe(a), describe(a + 1, sign="-")]
        """,
        "2",
    ),
    "recursion": case("def f(n):\n    if n <= 1:\n        return 1\n    return n * f(n - 1)", "4"),
    "lambda": case(
        "def f(xs):\n    key = lambda x: -x\n    xs.sort(key=key)\n    return list(map(lambda x: x + 1, xs))",
        "[1, 3, 2]",
    ),
    "closure": case(
        """
        def f(n):
            count = 0

            def bump(by):
                nonlocal count
                count += by
                return count

            bump(n)
            bump(2)
            return count
        """,
        "5",
    ),
    "generator": case(
        """
        def evens(n):
            for k in range(n):
                if k % 2 == 0:
                    yield k

        def f(n):
            out = []
            for e in evens(n):
                out.append(e)
            return out, sum(evens(3))
        """,
        "4",
    ),
    "class": case(
        """
        class Point:
            def __init__(self, x):
                self.x = x

            def moved(self, by):
                return Point(self.x + by)

        def f(x):
            p = Point(x).moved(2)
            class Local:
                size = 3
            return p.x + Local.size
        """,
        "1",
    ),
    "match": case(
        """
        def f(v):
            match v:
                case [a, b]:
                    return a + b
                case {"k": got}:
                    return got
                case _:
                    return None
        """,
        "{'k': 7}",
    ),
    "walrus": case(
        "def f(s):\n    if (n := len(s)) > 2 and n < 9:\n        return n\n    return 0", "'four'"
    ),
    "assert_del": case("def f(x):\n    y = x\n    assert y >= 0, 'no'\n    del y\n    return x", "3"),
    "import": case("def f(x):\n    import math\n    return math.floor(x)", "2.5"),
    "global": case("LIMIT = 3\n\ndef f(x):\n    global LIMIT\n    LIMIT += x\n    return LIMIT", "2"),
    "no_return": case("def f(xs):\n    xs.append(1)", "[0]"),
    "backticks": case("def f(s):\n    t = s + '`'\n    return t", "'a`b'"),
    "long_values": case(
        """
        def f(n):
            xs = [0] * n
            for i in range(3):
                xs[i] = i + 7
            xs.append(1)
            return sum(xs)
        """,
        "90",
    ),
    "defaults": case(
        "def f(a, *rest, k=2, **more):\n    return a + sum(rest) + k + len(more)", "1", "5", k="3", z="0"
    ),
    "multi_line": case(
        "def f(a,\n      b):\n    total = (a +\n             b)\n    return max(\n        total,\n        0,\n    )",
        "1",
        "2",
    ),
    "context_generator": case(
        """
        import contextlib

        @contextlib.contextmanager
        def noted(log):
            log.append("in")
            try:
                yield
            finally:
                log.append("out")

        def f(log):
            with noted(log):
                log.append("body")
            return log
        """,
        "[]",
    ),
    "delegating_generator": case(
        """
        def inner(xs):
            for x in xs:
                yield x

        def outer(xs):
            yield from inner(xs)
            yield from inner([])
            while True:
                got = len(xs)
                yield got
                return

        def f(xs):
            return list(outer(xs))
        """,
        "[7, 7]",
    ),
    "lambda_below": case(
        """
        double = lambda x: twice(x)

        def twice(x):
            return x + x

        def f(x):
            return double(x) + double(1)
        """,
        "3",
    ),
    "alias": case(
        """
        def f(xs):
            ys = xs
            zs = xs[:]
            ys[0] = 9
            zs.append(xs)
            return ys, zs
        """,
        "[1, 2]",
    ),
    "chained_comparison": case(
        "def f(a, b):\n    if 0 < a < b <= 10:\n        return 1 if a != b else 2\n    return 0", "3", "4"
    ),
    "slices": case(
        "def f(s):\n    t = s[::-1][1:-1]\n    xs = list(s)\n    xs[::2] = '__'\n    del xs[1:2]\n    return t, xs",
        "'abcd'",
    ),
    "loops_that_never_run": case(
        """
        def f(xs, n):
            out = []
            for x in xs:
                out.append(x)
            while n > 3:
                n -= 1
            return out, n
        """,
        "[]",
        "2",
    ),
    "nested_match": case(
        """
        def f(v):
            match v:
                case {"kind": "pair", "items": [a, *_]} if a > 5:
                    return "big"
                case {"kind": str() as kind}:
                    return kind
            return None
        """,
        "{'kind': 'pair', 'items': [1, 2]}",
    ),
    "set_order": case("def f(xs):\n    s = set(xs)\n    s.add(9)\n    return sorted(s)", "[3, 1, 3]"),
    "shadowed_builtin": case("def f(s):\n    len = 4\n    return len if len > 3 else s", "'x'"),
    "nested_ternary_effects": case(
        "def f(xs):\n    y = [xs.pop(), 1 if xs else 2, len(xs)]\n    return y", "[4]"
    ),
}


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_forward_is_true_and_covers(name: str) -> None:
    traced = CONSTRUCTS[name]
    text = compose(*traced, "forward", max_chars=100_000)
    assert false_claims(text, traced) == []
    assert uncited(text, traced) == set()
    assert concluded(text, "forward") == traced.test.output


@pytest.mark.parametrize("level", range(len(LEVELS)))
@pytest.mark.parametrize("name", ["nested_loops", "while", "calls", "try", "recursion", "generator"])
def test_every_level_of_detail_is_true(name: str, level: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semcoder.monologue.compose.LEVELS", LEVELS[level : level + 1])
    traced = CONSTRUCTS[name]
    text = compose(*traced, "forward", max_chars=100_000)
    assert false_claims(text, traced) == []
    assert uncited(text, traced) == set()


def told(name: str, direction: Direction) -> str:
    return compose(*CONSTRUCTS[name], direction, max_chars=100_000)


def test_a_bare_yield_is_no_end_of_the_generator() -> None:
    text = told("context_generator", "forward")
    assert "`noted` yields `None`" in text and "runs to its end" in text.partition("yields")[2]


def test_a_lambda_is_not_the_statement_that_it_stands_in() -> None:
    text = told("lambda_below", "forward")
    assert "leaves the variables" not in text and "<lambda>" not in text
    assert "ambda gives `6`" in text or "the lambda is `6`" in text


def test_going_back_a_loop_that_must_not_run_says_so() -> None:
    text = told("loops_that_never_run", "backward")
    assert "the loop over `xs`" in text.lower() and "the loop while `n > 3`" in text.lower()


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_backward_reaches_the_arguments(name: str) -> None:
    traced = CONSTRUCTS[name]
    text = compose(*traced, "backward", max_chars=100_000)
    assert "[L" not in text
    assert concluded(text, "backward") == traced.test.call_arguments
    assert false_claims(text, traced) == []


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("name", CONSTRUCTS)
def test_reads_as_prose(name: str, direction: Direction) -> None:
    """No empty code, no doubled punctuation, no sentence that begins small after a label."""
    text = compose(*CONSTRUCTS[name], direction, max_chars=100_000)
    for bad in (" ,", "..", ";;", "{claims}", ", ,", ": .", "` and.", "an an ", "a a "):
        assert bad not in text, bad
    for line in text.splitlines():
        assert line == line.rstrip()
