"""What belongs together falls on one side of the split, and the share held out is the one asked for."""

import random

import pytest

from semcoder.pyx.split import families, held_out
from semcoder.records import Program

HELPER = "def _div_nearest(a, b):\n    q, r = divmod(a, b)\n    return q + (2 * r + (q & 1) > b)\n"


def program(code: str, problem: str = "") -> Program:
    return Program(code=code, entry_point="f", parents=(problem or f"problem-{hash(code)}",))


def together(one: str, other: str) -> bool:
    return len(families([program(one), program(other)], 0.7, 128, 0)) == 1


FAR = "def f(rows):\n    return {row.strip(): [len(row)] * _d(row.count(' '), 3) for row in rows if row not in '#;'}\n"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # a function that is another program's helper, under another name
        (HELPER, HELPER.replace("_div_nearest", "_d") + FAR),
        # the same helper in two programs, its names and constants changed
        (
            HELPER + "def f(x):\n    return [_div_nearest(x, 7)] + list(range(x)) + [y for y in (x, 3)]\n",
            HELPER.replace("_div_nearest", "_d").replace("q", "quotient").replace("2", "4") + FAR,
        ),
        # names, constants and one more statement
        (
            "def f(s):\n    out = []\n    for p in s.split(','):\n        if p.startswith('turtle'):\n"
            "            out.append(p[3:])\n    return ', '.join(out)\n",
            "def g(text):\n    keep = []\n    seen = 0\n    for part in text.split(';'):\n"
            "        if part.startswith('screen'):\n            keep.append(part[5:])\n    return ' '.join(keep)\n",
        ),
    ],
)
def test_what_is_alike_belongs_together(one: str, other: str) -> None:
    assert together(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # a body of one short line is nobody's own
        (
            "def head(x):\n    return x[0]\n\ndef f(x):\n    return head(x) + sum(y * y for y in x[2:] if y > 3)\n",
            "def first(a):\n    return a[0]\n\n" + FAR.replace("_d(", "first("),
        ),
        (HELPER, FAR),
    ],
)
def test_what_is_not_alike_stays_apart(one: str, other: str) -> None:
    assert not together(one, other)


def test_the_same_problem_ties_programs() -> None:
    assert len(families([program(HELPER, "problem-a"), program(FAR, "problem-a")], 0.7, 128, 0)) == 1


def uneven() -> list[Program]:
    """300 programs: a family of 60, ten of 7, and others alone; each its own words."""
    rng = random.Random(1)
    names = [f"call_{number}" for number in range(4000)]
    sizes = [60] + [7] * 10 + [1] * 170
    found = []
    for family, size in enumerate(sizes):
        shared = "def shared(x):\n" + "".join(f"    {rng.choice(names)}(x, {family})\n" for _ in range(8))
        for _ in range(size):
            own = " + ".join(f"{rng.choice(names)}(y)" for _ in range(12))
            found.append(program(f"{shared}\n\ndef f(y):\n    return {own}\n", f"problem-{len(found)}"))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_the_share_is_kept_though_families_are_uneven_and_order_does_not_matter(seed: int) -> None:
    programs = uneven()
    groups = families(programs, 0.7, 128, seed)
    assert sorted(map(len, groups))[-11:] == [*[7] * 10, 60]
    ids = {each.id for each in programs}
    chosen = held_out(groups, ids, 0.1, seed)
    assert abs(len(chosen) - 0.1 * len(programs)) < 2
    assert all(len({each.id in chosen for each in group}) == 1 for group in groups)
    random.Random(seed).shuffle(programs)
    assert held_out(families(programs, 0.7, 128, seed), ids, 0.1, seed) == chosen
    assert held_out(groups, ids, 0.0, seed) == set() and held_out(groups, ids, 1.0, seed) == ids
