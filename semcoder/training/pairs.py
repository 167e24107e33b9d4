"""The comparison set of the paper's Table 2: the same (program, input) pairs in every format (section 6.2).

A pair is left out of all mixtures when one format has no row for it, or too long a row: each format drops other
rows for length, and would else be trained on other programs. The table's chain-of-thought line has no rows here:
it is the untrained base model, asked with CRUXEval's few-shot prompt (paper section 5).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from semcoder.records import Example, TestCase


class Row(NamedTuple):
    """A row of one format: the pair that it tells, its example, and the example's length in tokens."""

    pair: str
    example: Example
    tokens: int


def pair_of(parents: Sequence[str], direction: str) -> str:
    """The name of what a rationale tells: its test case, forward or backward."""
    test = next(each for each in parents if each.startswith(f"{TestCase.prefix}-"))
    return f"{test} {direction}"


def left_out(rows: Mapping[str, Sequence[Row]], max_tokens: int) -> dict[str, str]:
    """{pair: why not every format can tell it}, of all pairs that any format has. `rows` by format.

    Rows whose examples are equal count once: of such pairs, the first by name stays, in all formats alike.
    """
    by_format = {name: {row.pair: row for row in reversed(found)} for name, found in rows.items()}
    faults: dict[str, str] = {}
    seen: set[str] = set()
    for pair in sorted({row.pair for found in rows.values() for row in found}):
        told = {name: found.get(pair) for name, found in by_format.items()}
        fault = next(_faults(told, max_tokens, seen), "")
        if fault:
            faults[pair] = fault
        else:
            seen.update(row.example.id for row in told.values() if row is not None)
    return faults


def _faults(told: Mapping[str, Row | None], max_tokens: int, seen: set[str]) -> Iterator[str]:
    for name, row in told.items():
        if row is None:
            yield f"not told as {name}"
        elif row.tokens > max_tokens:
            yield f"{row.tokens} tokens as {name}"
        elif row.example.id in seen:
            yield f"the same as another as {name}"
