"""How MBPP+ spells inputs that JSON cannot (EvalPlus 0.3.1, evalplus/data/mbpp.py)."""

from collections.abc import Callable, Sequence
from typing import Any


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _row_of_tuples(row: list[Any]) -> list[Any]:
    return [tuple(item) for item in row]


def _rows_of_tuples(row: list[Any]) -> list[Any]:
    return [[tuple(inner) for inner in item] for item in row]


def _first_of_tuples(row: list[Any]) -> list[Any]:
    return [[tuple(item) for item in row[0]], row[1]]


def _first_tuple(row: list[Any]) -> list[Any]:
    return [tuple(row[0]), *row[1:]]


def _mixed_first(row: list[Any]) -> list[Any]:
    return [tuple(tuple(item) if isinstance(item, list) else item for item in row[0])]


_JSON_TO_PYTHON: tuple[tuple[set[int], Callable[[list[Any]], list[Any]]], ...] = (
    (
        {
            2,
            116,
            132,
            143,
            222,
            261,
            273,
            394,
            399,
            421,
            424,
            429,
            470,
            560,
            579,
            596,
            616,
            630,
            726,
            740,
            744,
            809,
        },
        _row_of_tuples,
    ),
    ({63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780}, _rows_of_tuples),
    ({75, 413, 444, 753}, _first_of_tuples),
    ({106, 750}, lambda row: [row[0], tuple(row[1])]),
    ({115}, lambda row: [[set(item) if isinstance(item, list) and item else {} for item in row[0]]]),
    ({124}, lambda row: [float(row[0]), complex(row[1])]),
    ({250, 307, 405, 446, 617, 720, 763, 808}, _first_tuple),
    ({259, 401, 445}, lambda row: [tuple(item) for item in _rows_of_tuples(row)]),
    ({278}, _mixed_first),
    ({722}, lambda row: [{key: tuple(value) for key, value in row[0].items()}, *row[1:]]),
    ({252}, lambda row: [complex(row[0])]),
    ({580, 615, 791}, lambda row: [_tuples(item) for item in row]),
)


def mbpp_inputs(task_id: str, rows: Sequence[list[Any]]) -> list[list[Any]]:
    """The argument lists of an MBPP+ task: JSON has no tuples, sets and complex numbers, so the task says."""
    number = int(task_id.rpartition("/")[2])
    for numbers, convert in _JSON_TO_PYTHON:
        if number in numbers:
            return [convert(list(row)) for row in rows]
    return [list(row) for row in rows]
