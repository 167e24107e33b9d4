"""Calls found by reading: which function they mean, with which arguments, and in which order."""

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semcoder.execution import literals
from semcoder.seeds.arguments import MAX_CHARS
from semcoder.seeds.calls import MAX_CALLS, CallIndex
from semcoder.seeds.doctests import doctest_calls
from semcoder.seeds.sources import Document


def file(module: str, text: str, is_package: bool = False) -> Document:
    return Document(f"code/{module}", textwrap.dedent(text), "MIT", module, is_package)


def calls(module: str, name: str, *files: Document) -> list[str]:
    return list(CallIndex(files).calls(module, name))


def own(text: str, name: str = "f") -> list[str]:
    return calls("a", name, file("a", text))


DEFINED = file(
    "pkg.a", "def f(*args, **more):\n    pass\nclass C:\n    @staticmethod\n    def m(x):\n        pass\n"
)


@pytest.mark.parametrize(
    "text",
    [
        "import pkg.a\npkg.a.f(1)",
        "import pkg.a as short\nshort.f(1)",
        "from pkg import a\na.f(1)",
        "from pkg.a import f as g\nprint([g(1)])",
        "from pkg.a import *\nf(1)",
        "def test():\n    from pkg.a import f\n    assert f(1) == 2",
        "import pkg.a\ng = pkg.a.f\ng(1)",
        "m = import_helper.import_fresh_module('pkg.a', blocked=['_a'])\nm.f(1)",
        "import importlib\nm = importlib.import_module('pkg.a')\nm.f(1)",
        "from pkg import f\nf(1)",
        "import pkg\npkg.f(1)",
        "import pkg.a\ndef tester(text): pass\ntester('pkg.a.f(1)')",
    ],
)
def test_a_call_is_resolved_through_imports(text: str) -> None:
    package = file("pkg", "from .a import f\n", is_package=True)
    assert calls("pkg.a", "f", DEFINED, package, file("test_it", text)) == ["f(1)"]


@pytest.mark.parametrize(
    "text",
    ["f(1)", "import other\nother.f(1)", "x.f(1)", "from pkg.b import f\nf(1)", "import pkg.a\npkg.a.g(1)"],
)
def test_a_call_of_something_else_is_not_taken(text: str) -> None:
    assert calls("pkg.a", "f", DEFINED, file("test_it", text)) == []


def test_relative_imports_resolve_from_modules_and_packages() -> None:
    inside = file("pkg.b", "from .a import f\nf(1)\n")
    package = file("pkg", "from . import a\na.f(2)\n", is_package=True)
    assert calls("pkg.a", "f", DEFINED, inside, package) == ["f(1)", "f(2)"]


def test_classes_hold_modules_for_the_classes_below_them() -> None:
    tests = file(
        "test_a",
        """
        import unittest
        from pkg import a
        class Base:
            def test(self):
                self.module.f(1)
                module = self.module
                module.f(2)
                self.func(3)
        class Real(Base, unittest.TestCase):
            module = a
            def setUp(self):
                self.func = a.f
            def more(self):
                self.func(4)
        """,
    )
    assert {"f(1)", "f(2)", "f(4)"} <= set(calls("pkg.a", "f", DEFINED, tests))


def test_methods_are_called_by_their_bare_name() -> None:
    text = "from pkg.a import C\nC.m(1)\n"
    assert calls("pkg.a", "C.m", DEFINED, file("test_a", text)) == ["m(1)"]
    assert own(
        "class C:\n    def go(self):\n        self.f(2)\n    @staticmethod\n    def f(x): pass\n", "C.f"
    ) == ["f(2)"]


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        ("1, -2.5, 'a' 'b', k=None", "1, -2.5, 'ab', k=None"),
        ("[1, (2,), {3}, {'a': b'c'}]", "[1, (2,), {3}, {'a': b'c'}]"),
        ("float('inf'), set(), frozenset({1})", "float('inf'), set(), frozenset({1})"),
        ("", ""),
        ("x", None),
        ("*[1]", None),
        ("**{'a': 1}", None),
        ("1 + 1", None),
        ("f'{1}'", None),
        ("...", None),
        ("{**{}}", None),
        ("[[]][0]", None),
        ("{[]}", None),
        ("'" + "a" * MAX_CHARS + "'", None),
        ("0x" + "f" * 5000, None),
    ],
)
def test_arguments_are_literals_in_one_form(arguments: str, written: str | None) -> None:
    assert own(f"def f(*a, **k): pass\nf({arguments})\n") == ([] if written is None else [f"f({written})"])


def test_names_that_hold_literals_are_arguments_too() -> None:
    assert own("""
        def f(*a): pass
        TEXT = "t"
        def test(given):
            x, (y, z) = 1, (2, 3)
            f(x, y, z, TEXT)
            x = unknown()
            f(x)
            given = given
            f(given)
            y += 1
            f(y)
            with a as z:
                n: int = 4
                f([n])
            f(*[TEXT for TEXT in b], [f(TEXT) for TEXT in b], lambda n: f(n))
        def other(TEXT):
            f(TEXT)
    """) == ["f(1, 2, 3, 't')", "f([4])"]


def test_loops_over_literals_are_unrolled() -> None:
    assert own("""
        def f(*a): pass
        CASES = [(1, "a"), (2, "b")]
        for number, text in CASES:
            if number:
                f(text, number)
        for n in (1, 2):
            for m in (3, 4):
                f(n, m)
        for k in unknown:
            f(k)
        f(n)
    """) == ["f('a', 1)", "f('b', 2)", "f(1, 3)", "f(1, 4)"]


def test_one_level_of_helpers_is_followed() -> None:
    assert own("""
        class T:
            def check(self, text, expect, more=7, *, width=3):
                assert f(text, more, width=width) == expect
            def test(self):
                self.check("a b", ["a"], width=1)
                self.check("c", unknown(), more=8)
                self.check(unknown(), "d")
        def f(*a, **k): pass
        def outer(x):
            inner(x)
        def inner(x):
            f(x)
        outer(5)
        inner(6)
    """) == ["f('a b', 7, width=1)", "f('c', 8, width=3)", "f(6)"]


def test_helpers_that_call_themselves_come_to_an_end() -> None:
    assert own("def f(n):\n    return f(n - 1) + f(n)\nf(3)\n") == ["f(3)"]


def test_calls_are_distinct_nearest_first_and_capped() -> None:
    here = file("pkg.a", "def f(x): pass\nf(1)\nf(1)\n")
    tests = file("test_a", "from pkg.a import f\nf(2)\nf(1)\n")
    other = file("b", "from pkg.a import f\n" + "".join(f"f({number})\n" for number in range(3, 99)))
    found = calls("pkg.a", "f", other, tests, here)
    assert found == [f"f({number})" for number in range(1, MAX_CALLS + 1)]


def test_a_file_that_cannot_be_read_has_no_calls() -> None:
    deep = "f(1)\n" + "(" * 5000 + ")" * 5000
    assert calls("a", "f", file("a", "def f(x): pass\nf(2)\n"), file("b", deep), file("c", "\0")) == ["f(2)"]


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(st.lists(plain, max_size=3))
def test_arguments_keep_their_values(values: list[object]) -> None:
    written = [literals.render(value) for value in values]
    found = own(f"def f(*a): pass\nf({', '.join(written)})\n")
    if len(", ".join(written)) < MAX_CHARS:
        call = ast.parse(found[0], mode="eval").body
        assert isinstance(call, ast.Call)
        assert [literals.render(literals.parse(ast.unparse(each))) for each in call.args] == written


def test_doctests_are_read_from_the_function_s_own_docstring() -> None:
    code = textwrap.dedent('''
        def other():
            """
            >>> f(0)
            """
        def f(x, k=0):
            """Do it.

            >>> import mod
            >>> f(1)
            2
            >>> mod.f([1,
            ...        2], k="a")
            >>> text = "a b"
            >>> sorted(f(text)), f(text)
            >>> f(unknown), f(1), g(3)
            >>> for i in (5, 6):
            ...     print(Box.f(i))
            >>> not python
            """
            return x
    ''')
    assert doctest_calls(code, "f") == ["f(1)", "f([1, 2], k='a')", "f('a b')", "f(5)", "f(6)"]


@pytest.mark.parametrize("docstring", ["", "No examples.", ">>>f(1)\n    ", ">>> f(", ">>> 'f(1)'"])
def test_a_docstring_without_examples_gives_none(docstring: str) -> None:
    assert doctest_calls(f'def f(x):\n    """{docstring}"""\n    return x\n', "f") == []
    assert doctest_calls("x = 1\n", "f") == []
