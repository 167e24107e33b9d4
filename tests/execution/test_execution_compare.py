"""Results are compared by value and type, outside the sandbox."""

import pytest

from semcoder.execution.compare import same


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("1", "1"),
        ("1", " +1 "),
        ("float('nan')", "float('nan')"),
        ("[float('nan')]", "[ float('nan') ]"),
        ("{1: 2, 3: 4}", "{3: 4, 1: 2}"),
        ("{1, 2}", "{2, 1}"),
        ("0.0", "-0.0"),
        ("1e3", "1000.0"),
        ("'a'", '"a"'),
        ("1j", "complex(0.0, 1.0)"),
        ("set()", "set()"),
        ("(1,)", "(1,)"),
        ("{float('nan'): 1}", "{float('nan'): 1}"),
    ],
)
def test_same(a: str, b: str) -> None:
    assert same(a, b)
    assert same(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("1", "True"),
        ("1", "1.0"),
        ("True", "1.0"),
        ("[1]", "(1,)"),
        ("[1]", "[True]"),
        ("{1: 0}", "{True: 0}"),
        ("{1: 0}", "{1: False}"),
        ("{1}", "frozenset({1})"),
        ("'a'", "b'a'"),
        ("1", "complex(1.0, 0.0)"),
        ("[1, 2]", "[2, 1]"),
        ("float('nan')", "None"),
        ("(1, (2, 3))", "(1, (2, 3.0))"),
        ("x", "x"),
        ("f()", "f()"),
        ("", ""),
        ("1", "1 1"),
    ],
)
def test_not_same(a: str, b: str) -> None:
    assert not same(a, b)
    assert not same(b, a)
