"""Wall time of jobs that wait for each other."""

import pytest

from semcoder.planning.dryrun import Step
from semcoder.planning.schedule import wall


def step(*after: int, gpus: int = 0) -> Step:
    return Step("rule", {}, gpus, False, "", (), after)


def test_one_at_a_time_takes_the_sum() -> None:
    steps = [step(), step(), step(0, 1), step(2)]
    assert wall(steps, [3.0, 4.0, 5.0, 6.0], 1) == 18.0


def test_with_enough_at_a_time_the_longest_chain_counts() -> None:
    steps = [step(), step(), step(0, 1), step(2)]
    assert wall(steps, [3.0, 4.0, 5.0, 6.0], 8) == 4.0 + 5.0 + 6.0


def test_the_job_with_the_longest_way_behind_it_starts_first() -> None:
    # Two at a time: 0 and 1 are short, 2 holds up 3. Started last, it would end at 2 + 9 + 9.
    steps = [step(), step(), step(), step(2)]
    assert wall(steps, [2.0, 2.0, 9.0, 9.0], 2) == 18.0


def test_gpus_and_other_jobs_do_not_take_each_others_places() -> None:
    assert wall([step(gpus=1), step()], [5.0, 5.0], 1) == 5.0
    assert wall([step(gpus=1), step(gpus=1)], [5.0, 5.0], 1) == 10.0


@pytest.mark.parametrize(("at_once", "expected"), [(1, 80.0), (4, 20.0), (8, 10.0), (32, 10.0)])
def test_with_fewer_gpus_than_a_job_asks_for_it_takes_longer(at_once: int, expected: float) -> None:
    assert wall([step(gpus=8)], [10.0], at_once) == expected


def test_nothing_to_do_takes_no_time() -> None:
    assert wall([], [], 8) == 0.0
