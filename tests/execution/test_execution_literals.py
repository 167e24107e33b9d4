"""Literals: what is rendered is read back the same, and nothing else is read."""

import ast
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semcoder.execution import literals
from semcoder.execution.compare import same

FINITE = st.floats(allow_nan=False)
ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | FINITE
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
)
HASHABLE = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.frozensets(inner, max_size=4),
    max_leaves=8,
)
PLAIN = st.recursive(
    HASHABLE | st.sets(HASHABLE, max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(HASHABLE, inner)
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_what_is_rendered_is_read_back(value: object) -> None:
    text = literals.render(value)
    again = literals.parse(text)
    assert again == value
    assert literals.render(again) == text  # types too: the text shows them
    assert same(text, text)


@given(st.from_regex(r"-?[0-9]{1,4}|'[^']{0,6}'|'[\\'a\n]{0,4}'", fullmatch=True))
def test_short_numbers_and_strings_are_read_as_python_reads_them(text: str) -> None:
    try:
        wanted = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        with pytest.raises(ValueError, match="not a literal"):
            literals.parse(text)
    else:
        assert (got := literals.parse(text)) == wanted and type(got) is type(wanted)


@given(st.text(max_size=40))
def test_any_text_is_a_value_or_a_value_error(text: str) -> None:
    try:
        value = literals.parse(text)
    except ValueError:
        return
    assert literals.parse(literals.render(value)) is not ...


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "...",
        "f()",
        "__import__('os')",
        "[].append(1)",
        "1 + 1",
        "not 1",
        "lambda: 1",
        "float('1')",
        "float(10)",
        "set([1])",
        "set({1}, {2})",
        "complex('1', '2')",
        "complex(real=1)",
        "{**{}}",
        "{[]: 1}",
        "{[]}",
        "f'{1}'",
        "1; 2",
        pytest.param("\x00", id="null"),
        pytest.param("'\ud800'", id="surrogate"),
        pytest.param("9" * 5000, id="10"),
        pytest.param("(" * 5000, id="10"),
        pytest.param("-" * 100_000 + "1", id="19"),
        "[" * 80 + "]" * 5,
    ],
)
def test_nothing_else_is_read(text: str) -> None:
    with pytest.raises(ValueError):
        literals.parse(text)


class Sneaky(int):
    """Equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


def _cyclic() -> list[object]:
    cycle: list[object] = []
    cycle.append(cycle)
    return cycle


@pytest.mark.parametrize(
    "value",
    [Sneaky(1), object(), [Sneaky(1)], {1: Sneaky}, _cyclic(), [10**5000], range(3), ...],
    ids=lambda value: type(value).__name__,
)
def test_only_exact_builtin_types_have_a_literal(value: object) -> None:
    with pytest.raises(literals.NotPlain):
        literals.render(value)


def test_special_numbers() -> None:
    text = literals.render([math.nan, math.inf, -math.inf, -0.0, complex(-0.0, math.inf)])
    nan, inf, minus, zero, number = literals.parse(text)
    assert math.isnan(nan) and inf == math.inf and minus == -math.inf
    assert math.copysign(1, zero) == -1 and math.copysign(1, number.real) == -1 and number.imag == math.inf
    longest = 2**literals.MAX_INT_BITS - 1
    assert literals.parse(literals.render(-longest)) == -longest


def test_the_text_of_a_set_does_not_depend_on_the_hash_seed() -> None:
    program = (
        "from semcoder.execution.literals import render\n"
        "names = ['a', 'bc', 'd', 'efg', 'h']\n"
        "print(render({frozenset({a, b}) for a in names for b in names} | {1, None, 2.5, (1, 'x'), (1, 'w'),"
        " ('y', frozenset(names)), float('nan'), b'z'}))\n"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "1", "2", "3")
    }
    assert len(texts) == 1


def test_describe_never_cuts_silently() -> None:
    assert literals.describe([1, 2]) == ("[1, 2]", True)
    assert literals.describe(list(range(1000)), limit=100) == ("<list of 1000 items, 4890 characters>", False)
    assert literals.describe(Sneaky(3)) == ("<Sneaky object>", False)


@pytest.mark.parametrize(
    "text",
    [
        *("[1, -2, 3.5]", "[[1], [], [2.0, -0.0]]", "[1e400]", "[-0]", "[1E5, 1e-7]", "[]", "[ 1,2 ]"),
        *(
            "[01]",
            "[1,]",
            "[1 2]",
            "[--1]",
            "[+1]",
            "[1.]",
            "[.5]",
            "[1e]",
            "[1]]",
            "[" * 3000,
            "[" + "9" * 5000 + "]",
        ),
    ],
)
def test_lists_of_numbers_are_read_as_python_reads_them(text: str) -> None:
    try:
        wanted = literals._build(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        with pytest.raises(ValueError):
            literals.parse(text)
        return
    assert repr(literals.parse(text)) == repr(wanted)


@given(st.lists(st.integers() | st.floats() | st.booleans() | st.text() | st.none()))
def test_a_list_is_rendered_at_once_as_piece_by_piece(items: list[object]) -> None:
    wanted = ", ".join(map(literals.render, items))
    assert literals.render(items) == f"[{wanted}]"
    assert literals.render((*items, 1)) == f"({wanted}{', ' if wanted else ''}1{')' if items else ',)'}"
