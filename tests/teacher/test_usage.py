import ast
from typing import Any

import pytest

from semcoder.teacher.constants import folded
from semcoder.teacher.shapes import NONE, Shape, shape_of
from semcoder.teacher.usage import read_uses

INT, STR = Shape("int"), Shape("str")


def uses(code: str) -> Any:
    module = folded(ast.parse(code))
    function = [node for node in module.body if isinstance(node, ast.FunctionDef)][-1]
    return read_uses(module, function)


def first(code: str, name: str = "x") -> Shape | None:
    shapes = uses(code)[name].shapes()
    return shapes[0] if shapes else None


@pytest.mark.parametrize(
    ("code", "shape"),
    [
        ("def f(x): return x.upper()", STR),
        ("def f(x): return x.append(1)", Shape("list", (INT,))),
        ("def f(x): return x.decode()", Shape("bytes")),
        ("def f(x): return x // 2", INT),
        ("def f(x): return x / 2", Shape("float")),
        ("def f(x): return math.sqrt(x)", Shape("float")),
        ("def f(x): return range(x)", INT),
        ("def f(x): return 'a' + x", STR),
        ("def f(x): return re.match('a', x)", STR),
        ("PATTERN = re.compile('a')\ndef f(x): return PATTERN.sub('', x)", STR),
        ("def f(x): return x == 'on'", STR),
        ("def f(x): return x in ('a', 'b')", STR),
        ("def f(x): return ', '.join(x)", Shape("list", (STR,))),
        ("def f(x): return sum(x)", Shape("list", (INT,))),
        ("def f(x): return [y.lower() for y in x]", Shape("list", (STR,))),
        ("def f(x): return {k: v + 1 for k, v in x.items()}", Shape("dict", (STR, INT))),
        ("def f(x): return x['name'].upper() + x['age'] // 2", Shape("dict", (STR, INT), ("name", "age"))),
        ("def f(x): return [a.strip() * b for a, b in x]", Shape("list", (Shape("tuple", (STR, INT)),))),
        ("def f(x):\n    a, b = x\n    return a.lower(), b - 1", Shape("tuple", (STR, INT))),
        ("def f(x):\n    y = x\n    return y.title()", STR),
        ("def g(a): return a.split()\ndef f(x): return g(x)", STR),
        ("def f(x: int): return x", INT),
        ("def f(x: 'list[str] | None' = None): return x", Shape("list", (STR,))),
        ("def f(x: Dict[str, int]): return x", Shape("dict", (STR, INT))),
        ("def f(x: tuple[int, ...]): return x", Shape("tuple", (INT,) * 3)),
        ("def f(x='a'): return x", STR),
        ("MODE = 'w'\ndef f(x=MODE): return x", STR),
        ("def f(x): return isinstance(x, bytes)", Shape("bytes")),
        ("def f(x): return 1 if x else 2", Shape("bool")),
        ("def f(x): return x.no_such_attribute", Shape("object")),
        ("def f(x): return x(1)", Shape("object")),
        ("def f(x): return issubclass(int, x)", Shape("object")),
        ("def f(*x): return [y.lower() for y in x]", STR),
        ("def f(x): return x", None),
    ],
)
def test_uses_say_what_a_parameter_is(code: str, shape: Shape | None) -> None:
    assert first(code) == shape


def test_comparing_with_none_allows_none() -> None:
    assert uses("def f(x):\n    if x is None: return 1\n    return x.upper()")["x"].shapes() == [STR, NONE]


def test_constants_compared_with_are_remembered() -> None:
    code = "ON = 'on'\ndef f(x): return x == ON or x in ['off', 'auto']"
    assert set(uses(code)["x"].constants) == {"on", "off", "auto"}


def test_recursion_ends() -> None:
    assert first("def g(a): return f(a)\ndef f(x): return g(x) + x[1:]") == STR


def test_shapes_of_values() -> None:
    assert shape_of([(1, "a")]) == Shape("list", (Shape("tuple", (INT, STR)),))
    assert shape_of({"a": None}) == Shape("dict", (STR, NONE))
    assert shape_of(set()) == Shape("set") and shape_of(True) == Shape("bool")
