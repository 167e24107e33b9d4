"""Slices: they hold what is needed, nothing else, and do what the whole file does."""

import ast
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semcoder.seeds.names import BUILTINS, names_of
from semcoder.seeds.slicing import Module, NotSliceable, Unit


def unit_of(module: Module, name: str) -> Unit:
    return next(
        unit for unit in module.units if any(getattr(node, "name", "") == name for node in unit.nodes)
    )


def context(text: str, name: str = "f", max_lines: int = 80) -> str:
    module = Module(textwrap.dedent(text).lstrip("\n"))
    unit = unit_of(module, name)
    return module.context(module.source(unit.first, unit.last), name, unit, False, max_lines)


def refused(text: str, name: str = "f", max_lines: int = 80) -> str:
    with pytest.raises(NotSliceable) as error:
        context(text, name, max_lines)
    return error.value.reason


def test_helpers_classes_and_constants_are_taken_transitively_and_in_file_order() -> None:
    assert context("""
        '''The module.'''
        import os
        LIMIT = BASE = 3
        UNUSED = os.name
        class Box(list):
            size = LIMIT
        def helper(x):
            return Box([x])
        def f(x):
            return helper(x) + later(x)
        def later(x):
            return len(x)
        f(2)
    """) == (
        "LIMIT = BASE = 3\nclass Box(list):\n    size = LIMIT\n"
        "def helper(x):\n    return Box([x])\ndef later(x):\n    return len(x)\n"
    )


def test_imports_keep_the_needed_names_alone() -> None:
    assert (
        context("""
        import os, sys as system
        import xml.dom
        import xml.sax  # both bind xml
        from math import (
            pi,
            tau as turn,
        )
        def f(x):
            return system.maxsize + turn + xml.dom.Node
    """)
        == "import sys as system\nimport xml.dom\nimport xml.sax  # both bind xml\nfrom math import tau as turn\n"
    )


def test_decorators_defaults_and_annotations_are_needed_too() -> None:
    text = context("""
        import functools
        from typing import List, Dict
        SIZE = 2
        @functools.lru_cache(maxsize=SIZE)
        def f(x: List[int], y=SIZE):
            z: Dict = {}
            return x
    """)
    assert text == "import functools\nfrom typing import List\nSIZE = 2\n"


def test_future_annotations_need_no_more_than_plain_imports() -> None:
    text = context("""
        from __future__ import annotations, generator_stop
        from typing import TYPE_CHECKING, Iterable
        from .near import Near
        if TYPE_CHECKING:
            from far import Far
        def f(x: Iterable[Far], y: Near) -> Nowhere:
            return x
    """)
    assert text == "from __future__ import annotations\nfrom typing import Iterable\n"


def test_conditional_definitions_are_taken_whole() -> None:
    branches = textwrap.dedent("""
        import sys
        if sys.version_info >= (3, 0):
            text = str
        else:
            text = unicode
        try:
            from fast import g
        except ImportError:
            def g(x):
                return text(x)
    """).lstrip()
    assert context(branches + "def f(x):\n    return g(x)\n") == branches


def test_a_missing_name_is_spared_in_a_branch_alone() -> None:
    branch = "try:\n    import a\nexcept ImportError:\n    a = nowhere\n"
    assert context(branch + "def f(x):\n    return a\n") == branch
    assert refused(branch + "def f(x):\n    return a, nowhere\n") == "unresolved name"
    assert refused("if 1:\n    def g():\n        return nowhere\ndef f():\n    g()\n") == "unresolved name"


def test_a_python_definition_is_preferred_to_its_compiled_twin() -> None:
    assert (
        context("""
        def g(x):
            return x
        def f(x):
            return g(f(x))
        try:
            from _fast import f, g
        except ImportError:
            pass
    """)
        == "def g(x):\n    return x\n"
    )


def test_globals_bound_or_changed_in_several_places_come_with_all_of_them() -> None:
    assert context("""
        table = {}
        table["a"] = 1
        other = {}
        other["b"] = 1
        total = 0
        total += 2
        for i in range(3):
            table[i] = i
        table.update(z=total)
        print(table)
        def f(x):
            return table[x]
        @f.register
        def g(x):
            pass
        if __name__ == "__main__":
            table.clear()
            total = 5
    """) == (
        'table = {}\ntable["a"] = 1\ntotal = 0\ntotal += 2\nfor i in range(3):\n    table[i] = i\n'
        "table.update(z=total)\n"
    )


def test_what_a_class_binds_for_itself_is_not_the_module_s() -> None:
    assert context("""
        item = 1
        word = 2
        class Box:
            item = 3
            twice = item * 2
            word = word
            def get(self):
                return item_of(self)
        def item_of(box):
            return box.twice
        def f():
            return Box().get()
    """).startswith("word = 2\nclass Box:")


def test_comprehensions_and_lambdas_have_their_own_names() -> None:
    assert (
        context("""
        x = y = 1
        k = 2
        def f(n):
            g = lambda y: y + k
            return [x for x in range(n)], {y: g for y in n}
    """)
        == "k = 2\n"
    )


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("unresolved name", "def f(x):\n    return nowhere(x)\n"),
        ("unresolved name", "def f():\n    return __file__\n"),
        ("unresolved name", "def g():\n    del y\ndef f(x):\n    global y\n    return y\n"),
        ("star import", "from os.path import *\ndef f(x):\n    return join(x)\n"),
        ("star import", "try:\n    from a import *\nexcept ImportError:\n    pass\ndef f(x):\n    return join(x)\n"),
        ("relative import", "from . import a\ndef f(x):\n    return a.b(x)\n"),
        ("relative import", "def f(x):\n    from .a import b\n    return b(x)\n"),
        ("relative import", "def g():\n    if 1:\n        from .a import b\ndef f(x):\n    return g()\n"),
        ("used while the module loads", "def g():\n    return f(1)\ndef f(x):\n    return T\nT = [g()]\n"),
        ("used while the module loads", "def f(x):\n    return f.seen\nf.seen = 1\n"),
        ("does not compile", "def f(x):\n    return 1\n    nonlocal x\n"),
    ],
)  # fmt: skip
def test_what_cannot_stand_alone_is_refused_with_a_reason(reason: str, text: str) -> None:
    assert refused(text) == reason


def test_a_star_import_does_not_matter_where_all_names_are_known() -> None:
    assert context("from os.path import *\nK = 1\ndef f(x):\n    return K\n") == "K = 1\n"


def test_builtins_are_names_of_the_file_where_it_binds_them() -> None:
    assert context("def len(x):\n    return 1\ndef f(x):\n    return len(x) + abs(x)\n") == (
        "def len(x):\n    return 1\n"
    )


def test_the_length_of_a_context_counts_code_alone() -> None:
    text = 'def g(x):\n    """One.\n\n    Two.\n    """\n    # Three.\n\n    return x\ndef f(x):\n    return g(x)\n'
    assert context(text, max_lines=2)
    assert refused(text, max_lines=1) == "context too long"


def test_statements_that_share_a_line_stay_together() -> None:
    assert context("a = 1; b = 2\ndef f():\n    return b\n") == "a = 1; b = 2\n"


NAMES = [f"n{number}" for number in range(6)]


@st.composite
def modules(draw: st.DrawFn) -> str:
    """Files of constants, classes and functions that use each other, later ones from within functions only."""
    lines = ["import math", "total = 1"]
    for position, name in enumerate(NAMES):
        earlier = st.sampled_from([*NAMES[:position], "total", "math.pi", "abs(-2)"])
        value = draw(earlier)
        value = value if value not in NAMES else f"value({value})"
        kind = draw(st.sampled_from(["constant", "function", "class", "condition", "table"]))
        if kind == "constant":
            lines.append(f"{name} = {value} + {position}")
        elif kind == "function":
            lines.append(f"def {name}(k={value}):\n    return k + {position}")
        elif kind == "class":
            lines.append(
                f"class {name}:\n    total = {value}\n    def get(self):\n        return value(total)"
            )
        elif kind == "condition":
            lines.append(f"try:\n    {name} = nowhere\nexcept NameError:\n    {name} = {value}")
        else:
            lines.append(f"{name} = {{}}\n{name}['k'] = {value}")
        if draw(st.booleans()):
            lines.append(f"total += {position}")
    used = draw(st.lists(st.sampled_from(NAMES), max_size=3))
    body = " + ".join([f"value({name})" for name in used] or ["0"])
    # `value` reads any of the above as a number, and must stand first as the others use it while they load.
    value_code = (
        "def value(x):\n"
        "    while callable(x) or isinstance(x, dict):\n"
        "        x = x['k'] if isinstance(x, dict) else x.total if isinstance(x, type) else x()\n"
        "    return x"
    )
    return "\n".join([value_code, *lines, f"def f():\n    return {body}"]) + "\n"


@given(modules())
@settings(max_examples=150, deadline=None)
def test_a_slice_does_what_the_whole_file_does_and_needs_each_of_its_statements(text: str) -> None:
    module = Module(text)
    unit = unit_of(module, "f")
    code = module.source(unit.first, unit.last)
    needed = module.context(code, "f", unit, False, 1000)
    whole: dict[str, object] = {}
    exec(text, whole)
    alone: dict[str, object] = {}
    exec(needed + code, alone)
    assert alone["f"]() == whole["f"]()  # type: ignore[operator]
    parts = [names_of([statement]) for statement in ast.parse(needed + code).body]
    read = {name for part in parts for name in part.reads}
    assert read <= {name for part in parts for name in part.binds} | BUILTINS | {"nowhere"}
    for unit in module.units:
        if module.source(unit.first, unit.last) in needed:
            assert (unit.binds | unit.changes) & read, f"line {unit.first} is not needed"
