"""Which functions of a file are seeds, and how those that stand inside something are lifted out."""

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semcoder.seeds.functions import Candidate, candidates, code_of, refusal
from semcoder.seeds.slicing import Module, NotSliceable


def found(text: str) -> tuple[Module, dict[str, Candidate]]:
    module = Module(textwrap.dedent(text).lstrip("\n"))
    return module, {each.qualified: each for each in candidates(module)}


def lifted(text: str, name: str) -> str:
    module, named = found(text)
    return code_of(named[name], module)


FILE = """
    def top(x):
        '''Doc.'''
        def inner(y):
            '''Doc.'''
            return y
        return inner(x)
    if True:
        def under(x):
            return x
    class A:
        def plain(self, x):
            '''Doc.'''
            return x
        def user(self, x):
            '''Doc.'''
            return self.x
        def bare(self, x):
            return x
        @staticmethod
        def static(x):
            '''Doc.'''
            return x
        @classmethod
        def made(cls, x):
            '''Doc.'''
            return x
        @property
        def held(self):
            '''Doc.'''
            return 1
        def __repr__(self):
            '''Doc.'''
            return "A"
        class B:
            @staticmethod
            def deep(x):
                '''Doc.'''
                return x
    async def later(x):
        return x
"""


def test_candidates_are_top_level_functions_and_documented_ones_that_can_be_lifted() -> None:
    _, named = found(FILE)
    assert {name: each.role for name, each in named.items()} == {
        "top": "function",
        "top.<locals>.inner": "nested",
        "under": "function",
        "A.plain": "method",
        "A.static": "static",
        "A.made": "class",
        "A.B.deep": "static",
        "later": "function",
    }


@pytest.mark.parametrize("name", ["A.plain", "A.static", "A.made", "A.B.deep"])
def test_a_lifted_method_is_a_plain_function(name: str) -> None:
    code = lifted(FILE, name)
    assert code == f"def {name.rpartition('.')[2]}(x):\n    '''Doc.'''\n    return x\n"


def test_lifting_keeps_comments_layout_and_strings() -> None:
    code = lifted(
        "class A:\n"
        "    def f(self,\n"
        '          x, *rest: int, k="a, self", **more):\n'
        '        """One.\n\n            Two.\n        """\n'
        "        # why\n"
        '        return """\nkept""" + x\n',
        "A.f",
    )
    assert code == (
        'def f(x, *rest: int, k="a, self", **more):\n'
        '    """One.\n\n        Two.\n    """\n    # why\n    return """\nkept""" + x\n'
    )


@pytest.mark.parametrize(
    "parameters", ["self", "self, /", "self, *, k=1", "self, *rest", "self, x=1, /, y=2", "self: 'A', x=1"]
)
def test_the_unused_first_parameter_goes_and_no_other(parameters: str) -> None:
    text = f"class A:\n    def f({parameters}):\n        '''Doc.'''\n        return 1\n"
    try:
        code = lifted(text, "A.f")
    except NotSliceable as error:
        assert parameters == "self, /", error  # `def f(/)` is no Python
        return
    left = [each.arg for each in ast.walk(ast.parse(code)) if isinstance(each, ast.arg)]
    assert left == [each.arg for each in ast.walk(ast.parse(text)) if isinstance(each, ast.arg)][1:]


@pytest.mark.parametrize(
    ("name", "reason", "text"),
    [
        (
            "A.f",
            "uses what stands around it",
            "class A:\n    def f(self):\n        '''D.'''\n        return super().f\n",
        ),
        (
            "g.<locals>.f",
            "uses what stands around it",
            "def g(k):\n    def f(x):\n        '''D.'''\n        return x + k\n    return f\n",
        ),
        (
            "A.f",
            "cannot be moved to the left margin",
            "class A:\n    def f(self):\n        '''D.'''\n        return '''\n    a'''\n",
        ),
    ],
)
def test_what_cannot_be_lifted_is_refused(name: str, reason: str, text: str) -> None:
    with pytest.raises(NotSliceable) as error:
        lifted(text, name)
    assert error.value.reason == reason


def test_a_lifted_name_that_means_something_else_outside_is_refused() -> None:
    module, named = found("""
        def f(x):
            return x
        class A:
            def f(self, x):
                '''Doc.'''
                return f(x)
            def g(self, x):
                '''Doc.'''
                return A
    """)
    for name, reason in (("A.f", "name means something else outside"), ("A.g", "needs what it stands in")):
        each = named[name]
        with pytest.raises(NotSliceable) as error:
            module.context(code_of(each, module), each.name, each.unit, True, 80)
        assert error.value.reason == reason


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("no docstring", "def f(x):\n    y = x\n    return y\n"),
        ("no docstring", "def f(x):\n    ''\n    return x\n"),
        ("no body", "def f(x):\n    '''D.'''\n\n    raise NotImplementedError('f')\n"),
        ("no body", "def f(x):\n    '''D.'''\n    ...\n    pass\n"),
        ("too short", "def f(x): '''D.'''; return x\n"),
        ("too long", "def f(x):\n    '''D.'''\n" + "    x += 1\n" * 5 + "    return x\n"),
        ("", "def f(x):\n    '''D.\n\n\n\n\n\n\n    '''\n    return x\n"),
    ],
)
def test_functions_are_refused_with_a_reason(reason: str, text: str) -> None:
    module, named = found(text)
    assert refusal(named["f"], module, 3, 6) == reason


@given(
    st.lists(
        st.sampled_from(
            ["x = (x, 1)", "y = '''a\nb'''", "# note", "if x:\n            x = [\n    1]", "s = 'self'", ""]
        ),
        max_size=6,
    )
)
def test_a_lifted_method_computes_what_the_method_does(lines: list[str]) -> None:
    body = "".join(f"        {line}\n" if line else "\n" for line in lines)
    text = f"class A:\n    def f(self, x, y=0):\n        '''Doc.'''\n{body}        return x, y\n"
    inside: dict[str, object] = {}
    exec(text, inside)
    outside: dict[str, object] = {}
    exec(lifted(text, "A.f"), outside)
    assert outside["f"](1) == inside["A"]().f(1)  # type: ignore[operator]
