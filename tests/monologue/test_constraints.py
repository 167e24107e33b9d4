"""Constraints hold on every input with the output, say what an operation forgets, and can be read back and run."""

import ast
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monologue_cases import Case, case

from semcoder.monologue.activations import tree
from semcoder.monologue.compose import compose
from semcoder.monologue.constraints import arguments, stated
from semcoder.monologue.listing import listing
from semcoder.records import TestCase

# program: (its arguments, the constraints that are told, in order)
PROGRAMS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "sorted": ("return sorted(xs)", ("[3, 1, 2]",), ("sorted(xs) == [1, 2, 3]", "len(xs) == 3")),
    "join": (
        "parts = list(xs)\n    parts.append('!')\n    return ''.join(parts)",
        ("'abc'",),
        ("''.join(list(xs) + ['!']) == 'abc!'",),
    ),
    "reversed": ("return xs[::-1]", ("'abc'",), ("xs == 'abc'",)),
    "undone": ("return str(xs * 2 + 1)", ("4",), ("xs == 4",)),
    "strings": ("return '<' + xs + '>'", ("'a'",), ("xs == 'a'",)),
    "boolean": ("return xs.isdigit()", ("'a1'",), ("not xs.isdigit()",)),
    "each": ("return len(xs), xs[0]", ("[7, 8]",), ("len(xs) == 2", "xs[0] == 7")),
    "filter": (
        "out = []\n    for x in xs:\n        if x > 2:\n            out.append(x)\n    return out",
        ("[1, 5, 2, 3]",),
        ("[x for x in xs if x > 2] == [5, 3]",),
    ),
    "both branches": (
        "out = ''\n    for c in xs:\n        if c == 'a':\n            out += 'b'\n        else:\n            out += c"
        "\n    return out",
        ("'xay'",),
        ("''.join(['b' if c == 'a' else c for c in xs]) == 'xby'", ),
    ),
    "counts": (
        "d = {}\n    for c in xs:\n        d[c] = d.get(c, 0) + 1\n    return d",
        ("'aab'",),
        ("{c: xs.count(c) for c in xs} == {'a': 2, 'b': 1}",),
    ),
    "search": (
        "for i, x in enumerate(xs):\n        if x < 0:\n            return i\n    return -1",
        ("[4, -2]",),
        ("next((i for i, x in enumerate(xs) if x < 0)) == 1", "any([x < 0 for i, x in enumerate(xs)])"),
    ),
    "nothing found": (
        "for x in xs:\n        if x < 0:\n            return x\n    return 'none'",
        ("[4, 2]",),
        ("not any([x < 0 for x in xs])",),
    ),
    "path": (
        "if len(xs) > 3 or not xs:\n        return 'no'\n    return xs[0]",
        ("[5, 6]",),
        ("xs[0] == 5", "len(xs) <= 3", "xs"),
    ),
    "find": ("return xs.find('b')", ("'abab'",), ("xs.find('b') == 1", "xs[1:].startswith('b')", "'b' not in xs[:1]")),
    "taken out": (
        "last = xs.pop()\n    xs.sort(reverse=True)\n    return last, xs",
        ("[3, 9, 1]",),
        ("xs[-1] == 1", "sorted(xs[:-1], reverse=True) == [9, 3]"),
    ),
    "removed": (
        "d = {}\n    d['a'] = xs\n    d['b'] = 2\n    d.pop('b', None)\n    return d",
        ("[1]",),
        ("{key: item for key, item in {'a': xs, 'b': 2}.items() if key != 'b'} == {'a': [1]}",),
    ),
    "slice": ("xs[1:2] = (7, 8)\n    return xs", ("[1, 2, 3]",), ("xs[:1] + list((7, 8)) + xs[2:] == [1, 7, 8, 3]",)),
    "many turns": (
        "for x in range(len(xs)):\n        xs.reverse()\n    return xs",
        ("[1, 2, 3, 4, 5, 6]",),
        ("len(xs) == 6",),
    ),
    "library": ("return [unescape(xs)[:2]]", ("'&lt;p>'",), ("unescape(xs)[:2] == '<p'",)),
    "method": ("return xs.encode()", ("'ab'",), ("xs.encode() == b'ab'",)),
    "constant": ("return [x for x in xs if x in VOWELS]", ("'abc'",), ("[x for x in xs if x in VOWELS] == ['a']",)),
    "helper": (
        "return [bounded(x, high=3) for x in xs]",
        ("[5, 2, -1]",),
        ("[0 if x < 0 else min(x, 3) for x in xs] == [3, 2, 0]", "len(xs) == 3"),
    ),
    "larger helper": ("n = total(xs)\n    return n + 1", ("'ab'",), ("total(xs) == 2",)),
    "given a list": ("n = total(xs)\n    return n + 1", ("[1]",), ()),
}  # fmt: skip
BEFORE = """
from html import unescape
VOWELS = "aeiou"
def bounded(x, low=0, *, high):
    if x < low:
        return low
    return min(x, high)
def total(items):
    n = 0
    for _ in items:
        n += 1
    return n
"""


def program(name: str) -> Case:
    body, args, _ = PROGRAMS[name]
    return case(f"{BEFORE}def f(xs):\n    {body}", *args)


def facts(text: str) -> list[str]:
    return [
        line
        for line in text.partition("### Key")[2].partition("###")[0].splitlines()
        if line.startswith("- ")
    ]


@pytest.mark.parametrize("name", PROGRAMS)
def test_constraints(name: str) -> None:
    text = compose(*program(name), "backward", max_chars=10**6)
    assert tuple(stated(text)) == PROGRAMS[name][2]


def test_what_holds_on_the_recorded_path_alone_says_so() -> None:
    told = facts(compose(*program("path"), "backward", max_chars=10**6))
    assert sum("path" in line for line in told) == 3
    assert not any("path" in line for line in facts(compose(*program("filter"), "backward", max_chars=10**6)))


def test_what_fails_on_another_input_with_the_same_output_is_not_stated() -> None:
    traced = case("def f(n):\n    if n < 0:\n        n = -n\n    return n % 10", "13")
    assert stated(compose(*traced, "backward", max_chars=10**6)) == ["n % 10 == 3", "n >= 0"]
    alike = [traced.test, TestCase(parents=traced.test.parents, args=("-13",), output="3", origin="type")]
    assert stated(compose(*traced, "backward", max_chars=10**6, alike=alike)) == []


def test_an_invisible_change_is_no_equation() -> None:
    """In this run the loop changes nothing, yet another input gives the output through a change."""
    traced = case("def f(xs):\n    for i in range(2):\n        xs[i] = abs(xs[i])\n    return xs", "[1, 2]")
    assert not any("xs ==" in each for each in stated(compose(*traced, "backward", max_chars=10**6)))
    shared = case("def f(xs):\n    ys = xs\n    ys[0] = abs(ys[0])\n    return xs", "[1]")
    assert stated(compose(*shared, "backward", max_chars=10**6)) == []


STATEFUL = {
    "an iterator": "from itertools import cycle\ndef f(x):\n    p = cycle([x, 2])\n    return [next(p), next(p)]",
    "an object": "from bz2 import BZ2Compressor\ndef f(x):\n    c = BZ2Compressor(x)\n    return c.flush()",
    "a counter": "from itertools import count\nN = count()\ndef f(x):\n    y = next(N) + x\n    return next(N) + y",
    "a memory": "a = []\ndef g(x):\n    a.append(x)\n    return len(a)\ndef f(x):\n    g(x)\n    return g(x) + x",
    "a global": "n = 0\ndef g(x):\n    global n\n    n += x\n    return n\ndef f(x):\n    g(x)\n    return g(x)",
}  # fmt: skip


@pytest.mark.parametrize("name", STATEFUL)
def test_what_answers_otherwise_the_second_time_is_no_equation(name: str) -> None:
    assert stated(compose(*case(STATEFUL[name], "1"), "backward", max_chars=10**6)) == []


def test_a_function_of_the_library_is_not_taken_for_a_method() -> None:
    text = compose(
        *case("import operator\ndef f(x):\n    return operator.index(x)", "3"), "backward", max_chars=10**6
    )
    assert stated(text) == ["operator.index(x) == 3"]
    assert "first occurs" not in text


def test_a_name_of_a_comprehension_is_not_caught() -> None:
    traced = case("def f(x, xs):\n    y = x + 1\n    return [x for x in xs if x != y]", "1", "[2, 3]")
    assert stated(compose(*traced, "backward", max_chars=10**6)) == []


STEPS = st.sampled_from(
    [
        "xs = xs[1:]", "xs = sorted(xs)", "xs.append(n)", "n = len(xs)", "xs = [x + n for x in xs]", "n = n + 3",
        "xs.reverse()", "xs = [x for x in xs if x > n]", "if n > 2:\n        n = n - 1", "n = sum(xs)", "xs[0:1] = []",
        "for x in xs:\n        n += x", "for x in xs:\n        if x > 2:\n            n -= 1", "n = n % 5", "ys = xs",
        "for i in range(2):\n        n += i", "xs.sort()", "n = max(xs) if xs else 0", "while n > 6:\n        n -= 4",
    ]
)  # fmt: skip


def run(traced: Case, args: Sequence[str]) -> str | None:
    try:
        return case(traced.program.code, *args).test.output
    except AssertionError:
        return None


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(STEPS, min_size=1, max_size=5), st.sampled_from(["n", "xs", "(n, len(xs))", "n > 3"]), st.data()
)
def test_constraints_of_random_programs_hold(steps: list[str], result: str, data: st.DataObject) -> None:
    """On every input that is given along, and the unconditional ones on all that have the output."""
    code = "\n    ".join(["def f(xs, n):", "xs = list(xs)", *steps, f"return {result}"])
    inputs = [(repr(xs), repr(n)) for xs in ([], [1], [3, 1, 2], [5, 5]) for n in (0, 1, 4)]
    try:
        traced = case(code, *data.draw(st.sampled_from(inputs)))
    except AssertionError:
        return
    alike = [args for args in inputs if run(traced, args) == traced.test.output]
    known, others = alike[:2], alike[2:]
    tests = [
        TestCase(parents=traced.test.parents, args=a, output=traced.test.output, origin="type") for a in known
    ]
    text = compose(*traced, "backward", max_chars=10**6, alike=tests)
    for test in stated(text):
        node = compile(ast.parse(test, mode="eval"), "<test>", "eval")
        for xs, n in [*known, traced.test.args]:
            assert eval(node, {"xs": eval(xs), "n": eval(n)}), (code, test, xs, n)
        line = next(each for each in facts(text) if f"`{test}`" in each)
        for xs, n in others if "path" not in line else ():
            assert eval(node, {"xs": eval(xs), "n": eval(n)}), (code, test, xs, n)


def test_arguments_are_bound_as_python_binds_them() -> None:
    traced = case("def f(a, b=2, *, c=3):\n    return a + b + c", "1", c="5")
    root = tree(traced.trace.events)
    assert arguments(listing(traced.program.code).functions[root.line], traced.test) == root.arguments
    several = case("def f(a, *b, **c):\n    return a, b, c", "1", "2", d="3")
    root = tree(several.trace.events)
    assert arguments(listing(several.program.code).functions[1], several.test) == root.arguments
    assert root.arguments == {"a": "1", "b": "(2,)", "c": "{'d': 3}"}
