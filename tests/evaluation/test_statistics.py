"""pass@k against its definition, intervals against what is known of them."""

import itertools
import random

import pytest

from semcoder.evaluation.statistics import (
    bootstrap,
    difference,
    interval,
    paired,
    pass_at_k,
    student,
    wilson,
)


@pytest.mark.parametrize(("n", "c", "k"), [(5, 2, 1), (5, 2, 3), (6, 1, 6), (4, 0, 2), (4, 4, 2), (10, 3, 5)])
def test_pass_at_k_is_the_share_of_draws_with_a_pass(n: int, c: int, k: int) -> None:
    outcomes = [True] * c + [False] * (n - c)
    draws = list(itertools.combinations(outcomes, k))
    assert pass_at_k(n, c, k) == pytest.approx(sum(any(draw) for draw in draws) / len(draws))


@pytest.mark.parametrize(("n", "c", "k"), [(3, 1, 4), (3, 4, 1), (3, 1, 0)])
def test_undefined_pass_at_k_is_refused(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="not defined"):
        pass_at_k(n, c, k)


def test_wilson() -> None:
    low, high = wilson(50, 100)
    assert (low, high) == (pytest.approx(0.4038, abs=1e-4), pytest.approx(0.5962, abs=1e-4))  # by hand
    assert wilson(0, 20) == (0.0, pytest.approx(0.1611, abs=1e-4))
    assert wilson(20, 20)[1] == 1.0


def test_interval_is_stable_and_covers() -> None:
    draw = random.Random(1)
    shares = [draw.choice([0.0, 0.1, 0.5, 1.0]) for _ in range(200)]
    assert interval(shares) == interval(shares)
    low, high = interval(shares)
    average = sum(shares) / len(shares)
    assert low < average < high and high - low < 0.2
    assert interval([0.0, 1.0] * 50) == wilson(50, 100)
    assert interval([0.0, 1.0], ["a", "b"]) == wilson(1, 2)


def test_items_that_agree_do_not_make_certain() -> None:
    low, high = interval([0.5] * 10)
    assert low < 0.3 and high > 0.7
    assert interval([0.0] * 16, list("abcdefgh") * 2)[1] > wilson(0, 16)[1]
    assert interval([1.0] * 16, ["one program"] * 16) == (0.0, 1.0)
    more = interval([0.4, 0.6] * 5, samples=10)
    assert low < more[0] < more[1] < high  # ten samples an item tell more than one


def test_a_design_effect_by_hand() -> None:
    # Four programs with two tests each, solved both or none: half of the programs pass, so n is about 4, not 8.
    shares, groups = [1.0, 1.0, 0.0, 0.0] * 2, ["a", "a", "b", "b", "c", "c", "d", "d"]
    assert interval(shares, groups) == pytest.approx(wilson(1.5, 3, student(3)))


@pytest.mark.parametrize(("freedom", "quantile"), [(3, 3.182), (5, 2.571), (10, 2.228), (30, 2.042)])
def test_students_quantile(freedom: int, quantile: float) -> None:
    assert student(freedom) == pytest.approx(quantile, rel=0.04)


@pytest.mark.parametrize(
    ("programs", "most", "share"), [(8, 3, 0.3), (20, 10, 0.3), (40, 10, 0.5), (60, 10, 0.15)]
)
def test_the_interval_holds_the_truth_where_tests_of_a_program_hang_together(
    programs: int, most: int, share: float
) -> None:
    """Simulated: each program has its own difficulty. An interval over tests holds it 58 to 86 times in 100."""
    draw, held, trials = random.Random(7), 0, 300
    for _ in range(trials):
        shares, groups = [], []
        for program in range(programs):
            chance = draw.betavariate(share / 2, (1 - share) / 2)
            for _ in range(draw.randint(1, most)):
                shares.append(float(draw.random() < chance))
                groups.append(str(program))
        low, high = interval(shares, groups)
        held += low <= share <= high
    assert 0.9 <= held / trials <= 1.0


def test_a_difference_is_wider_than_either_and_holds_its_value() -> None:
    low, high = difference((0.6, 0.5, 0.7), (0.4, 0.3, 0.5))
    assert low == pytest.approx(0.2 - 0.1 * 2**0.5) and high == pytest.approx(0.2 + 0.1 * 2**0.5)


def test_the_bootstrap_agrees_with_theory_and_with_itself() -> None:
    shares = [1.0] * 120 + [0.0] * 80
    low, high = bootstrap(shares)
    assert (low, high) == bootstrap(shares)
    spread = 1.96 * (0.6 * 0.4 / 200) ** 0.5
    assert low == pytest.approx(0.6 - spread, abs=0.015) and high == pytest.approx(0.6 + spread, abs=0.015)
    together = bootstrap(
        shares, [str(n // 10) for n in range(200)]
    )  # ten items that always agree count as one
    assert together[1] - together[0] > 2 * (high - low)


def test_pairs_see_what_independent_samples_do_not() -> None:
    first, second = [1.0] * 60 + [0.0] * 40, [1.0] * 52 + [0.0] * 48
    found = paired(first, second)
    assert found.difference == pytest.approx(0.08) and found.interval[0] > 0
    assert found.p == pytest.approx(2 / 2**8)  # eight items, all to one side
    assert difference((0.6, 0.5, 0.7), (0.52, 0.42, 0.62))[0] < 0
    low, high = paired(first, first).interval  # a hundred items say little of the ones that were not asked
    assert paired(first, first).p == 1 and -0.04 < low < 0 < high < 0.04


def test_pairs_of_one_group_count_once() -> None:
    first, second = [1.0] * 60 + [0.0] * 40, [1.0] * 48 + [0.0] * 52
    alone, together = paired(first, second), paired(first, second, [str(n // 12) for n in range(100)])
    assert alone.difference == together.difference == pytest.approx(0.12)
    assert alone.p < 0.001 and together.p == 1 and together.interval[0] <= 0 < alone.interval[0]
