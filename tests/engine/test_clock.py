"""The ± beside every time: the 95th percentile of the loop's busy turns."""

import asyncio
import time

from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.clock import LoopClock, MeteredSelector, metered_loop


class _Turns(MeteredSelector):
    """Takes the lengths of its turns from a list."""

    def take(self, lengths: list[int]) -> None:
        for ns in lengths:
            self._left_ns = time.monotonic_ns() - ns
            self.select(0)


@given(
    st.lists(st.integers(0, 10**9), max_size=30),
    st.lists(st.integers(10**6, 10**9), min_size=1, max_size=100),
)
def test_the_error_is_the_95th_percentile_of_the_turns_since_the_mark(
    before: list[int], since: list[int]
) -> None:
    selector = _Turns()
    try:
        clock = LoopClock(selector)
        selector.take(before)
        mark = clock.mark()
        assert clock.error_ms(mark) is None
        selector.take(since)
        exact = sorted(since)[min(len(since) - 1, int(0.95 * len(since)))] / 1e6
        found = clock.error_ms(mark)
    finally:
        selector.close()
    assert found is not None
    assert exact <= found + 1e-3
    assert found <= (exact + 50) * 17 / 16  # taking a turn takes a moment itself


def test_a_loop_that_was_blocked_says_so() -> None:
    async def blocked() -> float | None:
        clock = LoopClock.of_running_loop()
        mark = clock.mark()
        time.sleep(0.03)  # noqa: ASYNC251 - blocking the loop is what is measured
        await asyncio.sleep(0)
        return clock.error_ms(mark)

    with asyncio.Runner(loop_factory=metered_loop) as runner:
        found = runner.run(blocked())
    assert found is not None
    assert found >= 30


def test_a_turn_of_an_hour_counts_as_a_long_one() -> None:
    selector = _Turns()
    clock = LoopClock(selector)
    mark = clock.mark()
    selector.take([3600 * 10**9])
    found = clock.error_ms(mark)
    selector.close()
    assert found is not None
    assert found > 500_000
