"""The pace of requests: it grows while the server keeps up, and steps back when it does not."""

import asyncio

from semcoder.teacher.pace import START, Pace


def test_it_doubles_until_the_first_complaint_and_then_grows_by_one_a_round() -> None:
    pace = Pace(64)
    assert pace.limit == START
    for _ in range(START):
        pace.faster()
    assert pace.limit == 2 * START
    pace.slower(0.0)
    assert pace.limit == START
    for _ in range(START):
        pace.faster()
    assert START < pace.limit <= START + 1


def test_complaints_about_one_burst_are_one_step_back_and_there_is_always_one_slot() -> None:
    pace = Pace(8)
    for _ in range(10):
        pace.slower(0.0)
    assert pace.limit == START / 2
    for _ in range(10):
        pace._calm_at = 0.0
        pace.slower(0.0)
    assert pace.limit == 1.0


def test_no_more_than_the_limit_run_and_a_cancelled_one_gives_its_slot_back() -> None:
    async def main() -> int:
        pace = Pace(2)
        running = most = 0

        async def request(seconds: float) -> None:
            nonlocal running, most
            async with pace:
                running += 1
                most = max(most, running)
                await asyncio.sleep(seconds)
                running -= 1

        tasks = [asyncio.ensure_future(request(0.01)) for _ in range(20)]
        await asyncio.sleep(0)
        for each in tasks[2:6]:  # they wait
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(1), pace, pace:
            pass
        return most

    assert asyncio.run(main()) == 2


def test_all_wait_where_one_was_told_to() -> None:
    async def main() -> float:
        pace = Pace(4)
        pace.slower(0.15)
        begun = asyncio.get_running_loop().time()
        async with pace:
            return asyncio.get_running_loop().time() - begun

    assert asyncio.run(main()) >= 0.14
