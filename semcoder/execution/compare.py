"""Whether two results are the same, decided outside the sandbox on their literal text."""

import math
from collections import Counter
from collections.abc import Hashable
from typing import Any

from semcoder.execution import literals


def same(a: str, b: str) -> bool:
    """Whether two literals stand for equal values of equal types, all the way down.

    Stricter than `==`: 1, True and 1.0 all differ, and so do a list and a tuple; and wider: nan equals nan.
    As for `==`, the order of dict keys and set items does not count, and 0.0 equals -0.0.
    False where either text is not a literal.
    """
    try:
        return _canonical(literals.parse(a)) == _canonical(literals.parse(b))
    except ValueError:
        return False


def _canonical(value: Any) -> Hashable:
    """A hashable stand-in that is equal exactly where value and types are."""
    kind = type(value).__name__
    if type(value) is float and math.isnan(value):
        return kind, "nan"
    if type(value) is complex:
        return kind, _canonical(value.real), _canonical(value.imag)
    if type(value) in (list, tuple):
        return kind, tuple([_canonical(item) for item in value])
    if type(value) in (set, frozenset):
        return kind, _bag(_canonical(item) for item in value)
    if type(value) is dict:
        return kind, _bag((_canonical(key), _canonical(item)) for key, item in value.items())
    return kind, value


def _bag(items: Any) -> frozenset[tuple[Hashable, int]]:
    """The items with their counts: two nan keys are two keys."""
    return frozenset(Counter(items).items())
