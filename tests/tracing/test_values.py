"""Values as text: literals for plain data, stable text for the rest, never a cut, never the program's own code."""

import re
from collections import Counter, OrderedDict, defaultdict, deque
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semcoder.execution import literals
from semcoder.tracing.values import error_text, show, unchanging

HASHABLE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)
PLAIN = st.recursive(
    HASHABLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=4),
        st.sets(HASHABLE, max_size=4),
    ),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None)
@given(PLAIN)
def test_plain_data_is_its_literal(value: Any) -> None:
    assert show(value, 100_000) == (literals.render(value), True)


@settings(max_examples=150, deadline=None)
@given(PLAIN, st.integers(5, 60))
def test_a_text_is_whole_or_named_by_its_size(value: Any, limit: int) -> None:
    text, whole = show(value, limit)
    full = literals.render(value)
    assert whole == (len(full) <= limit)
    assert text == full if whole else re.fullmatch(r"<\w+ of \d+ \w+>|<large \w+ object>", text)


def test_order_of_sets_does_not_depend_on_how_they_were_made() -> None:
    parts = [frozenset({1}), frozenset({2}), frozenset({3}), frozenset({1, 2})]
    assert len({show(set(order), 100)[0] for order in (parts, parts[::-1], parts[2:] + parts[:2])}) == 1


class Point:
    def __init__(self, x: Any, y: Any = None) -> None:
        self.x, self.y = x, y


class Pair(NamedTuple):
    left: int
    right: int


class Slots:
    __slots__ = ("a", "b")


class Words(list[str]):
    pass


class Hostile:
    """Everything that could be called says so."""

    def __init__(self) -> None:
        self.n = 1

    def called(self, *_: Any) -> Any:
        raise AssertionError("the program's own method was called")

    __repr__ = __str__ = __eq__ = __lt__ = __hash__ = __len__ = __iter__ = __bool__ = __getattr__ = called  # type: ignore[assignment]
    __dir__ = __reduce__ = __format__ = __contains__ = __getitem__ = called  # type: ignore[assignment]

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError("the program's own method was called")

    @property
    def __class__(self) -> Any:  # type: ignore[override]
        raise AssertionError("the program's own method was called")


def _slots() -> Slots:
    value = Slots()
    value.b = [1]
    return value


def _cycle() -> list[Any]:
    value: list[Any] = [1]
    value.append({"again": value})
    return value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Point(1, [Point("a")]), "Point(x=1, y=[Point(x='a', y=None)])"),
        (Pair(1, 2), "Pair(left=1, right=2)"),
        (_slots(), "Slots(b=[1])"),
        (Words(["a"]), "Words(['a'])"),
        (Counter("aab"), "Counter({'a': 2, 'b': 1})"),
        (OrderedDict(a=1), "OrderedDict({'a': 1})"),
        (defaultdict(int, {1: 2}), "defaultdict(<class 'int'>, {1: 2})"),
        (deque([1], 3), "deque([1], maxlen=3)"),
        (_cycle(), "[1, {'again': <cycle>}]"),
        (iter([1]), "<list_iterator object>"),
        (len, "<function len>"),
        (re, "<module 're'>"),
        (int, "<class 'int'>"),
        (ValueError("a", 1), "ValueError('a', 1)"),
        (..., "<ellipsis object>"),
        (range(2), "range(0, 2)"),
    ],
)
def test_objects_have_stable_text(value: Any, text: str) -> None:
    assert show(value, 1000) == (text, True)


def test_looking_at_a_value_runs_none_of_its_methods() -> None:
    assert show(Hostile(), 100)[0] == "Hostile(n=1)"
    assert show([{1: Hostile()}], 100)[0] == "[{1: Hostile(n=1)}]"
    assert error_text(ValueError(Hostile()), 100)[0] == "Hostile(n=1)"
    assert not unchanging(Hostile())


def test_attributes_with_odd_names_are_shown() -> None:
    value = Point(1)
    setattr(value, "not a name", 2)
    assert show(value, 100)[0] == "Point({'x': 1, 'y': None, 'not a name': 2})"


def test_large_values_cost_little() -> None:
    shared: Any = []
    for _ in range(60):
        shared = [shared, shared]
    assert show(shared, 400) == ("<list of 2 items>", False)
    assert show(10**100_000, 400) == ("<int of 332193 bits>", False)
    assert show("x" * 10**7, 400) == ("<str of 10000000 characters>", False)
    assert show([0] * 10**7, 400) == ("<list of 10000000 items>", False)
    assert show(Point([0] * 1000), 400) == ("<large Point object>", False)


def test_what_can_change_is_not_unchanging() -> None:
    assert all(map(unchanging, (1, "a", (1, ("b",)), frozenset({1}), len, int, None)))
    assert not any(map(unchanging, ([], (1, []), {}, Point(1), iter([]), Pair(1, 2))))


class Loud(Exception):
    def __str__(self) -> str:
        raise AssertionError("the program's own method was called")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (KeyError("a"), "'a'"),
        (ValueError(), ""),
        (ValueError("it's"), "it's"),
        (Loud("bad", 3), "bad, 3"),
        (OSError(2, "gone"), "[Errno 2] gone"),
        (ValueError("x" * 50), "<message of 50 characters>"),
    ],
)
def test_messages(error: BaseException, text: str) -> None:
    assert error_text(error, 40)[0] == text
