"""Whole monologues, as they were read and approved. Run this file to write them anew, then read the difference."""

from pathlib import Path

import pytest
from monologue_cases import Case, case

from semcoder.monologue.compose import compose
from semcoder.records import Direction

GOLDEN = Path(__file__).parent / "golden"
PROGRAMS: dict[str, Case] = {
    "sorted_pairs": case(
        """
        def f(nums):
            pairs = []
            for n in nums:
                pairs.append((nums.count(n), n))
            pairs.sort(reverse=True)
            return pairs
        """,
        "[1, 1, 3, 1]",
    ),
    "first_upper": case(
        """
        def first_upper(text, default=None):
            for i, char in enumerate(text):
                if char.isupper():
                    return i
            return default
        """,
        "'abCd'",
        entry_point="first_upper",
    ),
    "collatz": case(
        """
        def steps(n):
            count = 0
            while n != 1:
                n = n // 2 if n % 2 == 0 else 3 * n + 1
                count += 1
            return count
        """,
        "6",
        entry_point="steps",
    ),
    "parse_numbers": case(
        """
        def parse(words, limit):
            total, bad = 0, []
            for word in words:
                try:
                    value = int(word)
                except ValueError:
                    bad.append(word)
                    continue
                if total + value > limit:
                    break
                total += value
            else:
                bad.append("end")
            return total, bad
        """,
        "['4', 'x', '3', '9']",
        "10",
        entry_point="parse",
    ),
    "memo_fib": case(
        """
        def fib(n, memo=None):
            if memo is None:
                memo = {}
            if n in memo:
                return memo[n]
            if n <= 1:
                return n
            memo[n] = fib(n - 1, memo) + fib(n - 2, memo)
            return memo[n]
        """,
        "3",
        entry_point="fib",
    ),
    "matrix_best": case(
        """
        def best(grid):
            top, where = None, ()
            for r, row in enumerate(grid):
                for c, cell in enumerate(row):
                    if top is None or cell > top:
                        top, where = cell, (r, c)
            return {"top": top, "where": where}
        """,
        "[[3, -1], [7, 7]]",
        entry_point="best",
    ),
    "bounded_stack": case(
        """
        class Stack:
            def __init__(self, limit):
                self.items = []
                self.limit = limit

            def push(self, item):
                if len(self.items) >= self.limit:
                    raise OverflowError("full")
                self.items.append(item)


        def fill(words, limit):
            stack = Stack(limit)
            for word in words:
                try:
                    stack.push(word.upper())
                except OverflowError:
                    return stack.items, word
            return stack.items, None
        """,
        "['a', 'b']",
        "1",
        entry_point="fill",
    ),
    "long_sum": case(
        """
        def weigh(values):
            seen = set()
            total = 0
            for value in values:
                if value in seen:
                    continue
                seen.add(value)
                total += value * len(seen)
            return total
        """,
        "[5, 3, 5, 8, 2, 9, 1, 8, 4, 6, 7, 3, 12, 15, 11, 10, 20, 30, 5, 2]",
        entry_point="weigh",
    ),
}
PROGRAMS |= {
    "kept_digits": case(
        """
        def kept(text):
            chars = []
            for c in text:
                if c.isdigit():
                    chars.append(c)
            return "".join(chars[::-1])
        """,
        "'a4-2x'",
        entry_point="kept",
    ),
    "two_ends": case(
        """
        def two_ends(xs):
            lo, hi, moves = 0, len(xs) - 1, 0
            best = xs[0]
            while lo < hi:
                best = max(best, min(xs[lo], xs[hi]) * (hi - lo))
                if xs[lo] < xs[hi]:
                    lo += 1
                else:
                    hi -= 1
                moves += 1
            return best, moves
        """,
        "[1, 8, 6, 2, 5, 4, 8, 3, 7, 2, 9, 1, 4, 6, 3, 3, 8, 2, 1, 5, 6, 4]",
        entry_point="two_ends",
    ),
}
NAMES = [(name, direction) for name in PROGRAMS for direction in ("forward", "backward")]


def rendered(name: str, direction: Direction) -> str:
    traced = PROGRAMS[name]
    question = f"{traced.program.entry_point}({traced.test.call_arguments}) == {traced.test.output}"
    text = compose(*traced, direction, max_chars=2400)
    return f"{traced.program.code}\n{question}\n\n{text}\n"


@pytest.mark.parametrize(("name", "direction"), NAMES)
def test_golden(name: str, direction: Direction) -> None:
    assert rendered(name, direction) == (GOLDEN / f"{name}.{direction}.md").read_text(encoding="utf-8")


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, direction in NAMES:
        path = GOLDEN / f"{name}.{direction}.md"
        path.write_text(rendered(name, direction), encoding="utf-8")  # type: ignore[arg-type]
