"""Bisect finds the iteration that broke a check and sends only what is not recorded."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.api.bisect import bisect
from workbench.errors import SessionError
from workbench.model.lane import Lane
from workbench.model.prompt import Prompt
from workbench.model.session import Iteration


def line(count: int) -> list[Iteration]:
    lane = Lane("a", "p", "m")
    return [Iteration(n, Prompt("x"), (lane,), (), "") for n in range(1, count + 1)]


def hunt(truth: str, recorded: str = "", *, sending: bool = True):
    """*truth* and *recorded* hold p, f or ? for each iteration."""
    words = {"p": "pass", "f": "fail", "?": "unknown"}
    sent: list[int] = []

    async def send(it: Iteration) -> str:
        sent.append(it.number)
        return words[truth[it.number - 1]]

    known = recorded or "?" * len(truth)
    found = asyncio.run(
        bisect(
            line(len(truth)),
            lambda it: (words[known[it.number - 1]], "recorded"),
            send if sending else None,
        )
    )
    return found, sent


@given(st.integers(1, 200), st.data())
def test_the_culprit_is_found_in_few_requests(count, data) -> None:
    bad = data.draw(st.integers(1, count))
    found, sent = hunt("p" * (bad - 1) + "f" * (count - bad + 1))
    assert found.first_bad == bad
    assert found.last_good == (bad - 1 or None)
    assert found.suspects == ()
    assert len(sent) == len(set(sent)) <= 3 + count.bit_length()


def test_what_is_recorded_is_never_sent() -> None:
    found, sent = hunt("ppppffff", "ppppffff")
    assert (found.first_bad, sent) == (5, [])
    found, sent = hunt("ppppffff", "p??????f")
    assert found.first_bad == 5
    assert 1 not in sent
    assert 8 not in sent
    assert all(p.source == ("sent" if p.iteration in sent else "recorded") for p in found.probes)


def test_what_was_fixed_in_between_is_not_the_culprit() -> None:
    found, sent = hunt("pfpf", "pfpf")
    assert (found.last_good, found.first_bad, sent) == (3, 4, [])


def test_iterations_that_cannot_be_judged_stay_suspects() -> None:
    found, _ = hunt("pp???fff", "pp???fff", sending=False)
    assert (found.last_good, found.first_bad, found.suspects) == (2, 6, (3, 4, 5))
    found, _ = hunt("???f", "???f", sending=False)
    assert (found.last_good, found.first_bad, found.suspects) == (None, 4, (1, 2, 3))


def test_a_check_that_always_failed_was_broken_from_the_start() -> None:
    found, _ = hunt("ffff")
    assert (found.last_good, found.first_bad) == (None, 1)


@pytest.mark.parametrize("truth", ["pp", "p?", ""])
def test_without_a_failing_last_iteration_there_is_nothing_to_find(truth) -> None:
    with pytest.raises(SessionError):
        hunt(truth)
