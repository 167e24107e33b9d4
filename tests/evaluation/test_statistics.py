"""pass@k against its definition, intervals against what is known of them."""

import itertools
import random

import pytest

from semcoder.evaluation.statistics import interval, pass_at_k, wilson


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
    assert interval([0.5] * 30) == (0.5, 0.5)
