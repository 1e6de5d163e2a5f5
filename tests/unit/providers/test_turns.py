"""Readers go on in the order their bytes came, a few in each turn of the loop."""

import asyncio

import pytest

from workbench.providers.turns import MOST, TURN_NS, Turns


async def _reader(turns: Turns, number: int, went_on: list[int]) -> None:
    waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    turns.wake(waiter)
    await waiter
    went_on.append(number)


async def test_readers_that_are_woken_together_go_on_in_order_and_few_at_a_time() -> None:
    turns, went_on = Turns(), []
    readers = [asyncio.create_task(_reader(turns, n, went_on)) for n in range(200)]
    most, before = 0, 0
    while len(went_on) < len(readers):
        await asyncio.sleep(0)
        most, before = max(most, len(went_on) - before), len(went_on)
    assert went_on == sorted(went_on)
    assert most <= MOST + 1


async def test_a_reader_that_gave_up_costs_no_turn() -> None:
    turns, went_on = Turns(), []
    lost = [asyncio.create_task(_reader(turns, n, went_on)) for n in range(20)]
    await asyncio.sleep(0)
    for task in lost:
        task.cancel()
    last = asyncio.create_task(_reader(turns, 99, went_on))
    await asyncio.wait_for(last, 1)
    assert went_on[-1] == 99


async def test_what_comes_after_the_readers_finds_them_gone_on() -> None:
    turns, went_on = Turns(), []
    readers = [asyncio.create_task(_reader(turns, n, went_on)) for n in range(9)]
    seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    await asyncio.sleep(0)
    turns.after(lambda: seen.get_loop().call_soon(lambda: seen.set_result(len(went_on))))
    late = asyncio.create_task(_reader(turns, 100, went_on))
    assert await asyncio.wait_for(seen, 1) >= len(readers)
    await asyncio.gather(*readers, late)


@pytest.mark.parametrize(("takes", "most"), [(TURN_NS * 2, 1), (TURN_NS // 100, MOST)])
async def test_the_longer_readers_take_the_fewer_go_on_in_a_turn(takes: int, most: int) -> None:
    now = 0

    def clock() -> int:
        nonlocal now
        now += takes
        return now

    turns, went_on = Turns(clock), []
    readers = [asyncio.create_task(_reader(turns, n, went_on)) for n in range(300)]
    found, before = [], 0
    while len(went_on) < len(readers):
        await asyncio.sleep(0)
        found.append(len(went_on) - before)
        before = len(went_on)
    assert max(found[len(found) // 2 :]) == most
