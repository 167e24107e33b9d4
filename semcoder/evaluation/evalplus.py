"""The facts of EvalPlus 0.3.1 that decide verdicts: when results count as equal.

Sources: evalplus/eval/__init__.py and _special_oracle.py.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from semcoder.evaluation.benchmarks.evalplus import Dataset
from semcoder.evaluation.checking import Mode, chars_of

_NOT_NONE = {"check_str", "text_match_three", "text_starta_endb"}
_SET_EQUAL = {
    "similar_elements",
    "find_char_long",
    "common_in_nested_lists",
    "extract_singly",
    "larg_nnum",
    "intersection_array",
    "find_dissimilar",
    "Diff",
}
_RTOL = 1e-7
_FLOAT_ATOL = 1e-6


def mode(dataset: Dataset, entry_point: str) -> Mode:
    """What of a result is compared."""
    if dataset == "mbpp" and entry_point in _NOT_NONE:
        return "present"
    return "set" if dataset == "mbpp" and entry_point in _SET_EQUAL else "value"


@dataclass(frozen=True)
class EvalPlusOracle:
    """EvalPlus' comparison of one list of inputs (base and plus are two lists).

    Equal results pass. Floats pass within `atol` (1e-6 where the task gives none) and rtol 1e-7; once a task's
    expected output was all floats, that tolerance also holds for its later inputs, as in EvalPlus.
    """

    dataset: Dataset
    entry_point: str
    inputs: Sequence[Sequence[Any]]
    expected: Sequence[Any]
    atol: float
    tolerances: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Fix the tolerance of each input."""
        steps = accumulate(
            (_FLOAT_ATOL if _is_floats(value) else 0.0 for value in self.expected),
            lambda now, step: now or step,
            initial=float(self.atol),
        )
        object.__setattr__(self, "tolerances", tuple(steps)[1:])

    def accepts(self, index: int, actual: Any) -> bool:
        """Whether `actual` is right for input `index`."""
        given, expected, atol = self.inputs[index], self.expected[index], self.tolerances[index]
        if self.dataset == "humaneval" and self.entry_point == "find_zero":
            return _is_number(actual) and abs(_polynomial(given[0], actual)) <= self.atol
        if actual == expected or (self.dataset == "mbpp" and self._special(given, actual)):
            return True
        return atol != 0 and type(actual) is type(expected) and _close(actual, expected, atol)

    def chars(self, index: int) -> int:
        """The length of the expected value's literal."""
        return chars_of(self.expected[index])

    def _special(self, given: Sequence[Any], actual: Any) -> bool:
        """Other readings of a task's text that EvalPlus accepts."""
        if self.entry_point == "are_equivalent":
            return True
        if self.entry_point == "sum_div":
            return bool(actual == 0)
        if self.entry_point == "surface_Area":
            return _is_number(actual) and abs(actual - _pyramid_surface(*given)) <= self.atol
        if self.entry_point == "digit_distance_nums":
            return bool(actual == _digit_distance(*given))
        return False


def _is_floats(value: Any) -> bool:
    if isinstance(value, list | tuple) and value:
        return all(isinstance(item, float) for item in value)
    return isinstance(value, float)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _close(actual: Any, expected: Any, atol: float) -> bool:
    """`numpy.allclose` on numbers and regular nestings of them; False for anything else."""
    if isinstance(actual, list | tuple) and isinstance(expected, list | tuple):
        return len(actual) == len(expected) and all(
            _close(*pair, atol) for pair in zip(actual, expected, strict=True)
        )
    if not isinstance(actual, int | float | complex) or not isinstance(expected, int | float | complex):
        return False
    if actual == expected:
        return True
    try:
        difference, size = abs(actual - expected), abs(expected)
        return math.isfinite(difference) and difference <= atol + _RTOL * size
    except OverflowError:
        return False


def _polynomial(coefficients: Sequence[float], x: float) -> float:
    """Value of the polynomial at x (HumanEval/32); infinite where a power overflows."""
    try:
        return sum(coefficient * math.pow(x, power) for power, coefficient in enumerate(coefficients))
    except (OverflowError, ValueError):
        return math.inf


def _pyramid_surface(base: float, height: float) -> int:
    """Surface of a square pyramid whose `height` is measured at right angles to its base (Mbpp/581)."""
    slant = math.hypot(base / 2, height)
    return round(base**2 + 2 * base * slant)


def _digit_distance(first: int, second: int) -> int | None:
    """Sum of the differences of digits at equal places, counted from the right (Mbpp/558); None with signs."""
    if not f"{first}{second}".isdigit():
        return None
    width = max(len(str(first)), len(str(second)))
    pairs = zip(str(first).zfill(width), str(second).zfill(width), strict=True)
    return sum(abs(int(a) - int(b)) for a, b in pairs)
