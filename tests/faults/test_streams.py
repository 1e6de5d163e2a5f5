"""Every fault script, at every chunking: terminal state, text, usage and number of requests."""

import asyncio

import pytest

from tests.faults.scripts import ALL, Fault
from tests.faults.server import fault_server
from workbench.errors import ProviderError
from workbench.model.lane import Deadlines, Lane
from workbench.model.prompt import Message
from workbench.providers.base import Delta, Final, Request, Services
from workbench.providers.compatible import CompatibleProvider, make
from workbench.providers.http.pool import Pool

LIMITS = Deadlines(connect=5, first_token=5, between_tokens=5, total=20)


class Outcome:
    """What an attempt came to."""

    def __init__(self) -> None:
        self.text = self.reasoning = ""
        self.final: Final | None = None
        self.error: ProviderError | None = None

    @property
    def state(self) -> str:
        if self.error is not None:
            return "error"
        return "complete" if self.final is not None and self.final.complete else "truncated"


async def attempt(provider: CompatibleProvider, limits: Deadlines = LIMITS) -> Outcome:
    found = Outcome()
    try:
        async for batch in provider.stream(
            Request("m", (Message("user", "hi"),), deadlines=limits)
        ):
            for item in batch:
                if isinstance(item, Final):
                    assert found.final is None
                    found.final = item
                elif isinstance(item, Delta) and item.channel == "answer":
                    found.text += item.text
                elif isinstance(item, Delta):
                    found.reasoning += item.text
    except ProviderError as error:
        found.error = error
    return found


def provider_of(url: str, services: Services) -> CompatibleProvider:
    return make(Lane("a", "compatible", "m", base_url=url), services)


@pytest.mark.parametrize("cut", [1, 7, None], ids=["bytes", "sevens", "whole"])
@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.name)
async def test_a_fault_ends_as_it_must(fault: Fault, cut: int | None) -> None:
    size = sum(len(s) for answer in fault.answers for s in answer if not isinstance(s, str))
    if cut and size > 5_000:
        cut = 4_099  # still cut inside everything that matters, at an odd place
    services = Services(lambda _name, _url: None)
    async with fault_server(fault.answers, cut) as (url, seen):
        found = await attempt(provider_of(url, services))
        await services.close()
    assert (found.state, found.error and found.error.kind) == (fault.state, fault.kind)
    if fault.name != "reset in mid-answer":  # a reset may overtake what was sent before it
        assert found.text == fault.text
    assert found.reasoning == fault.reasoning
    assert len(seen.requests) == fault.requests
    if found.final is not None:
        assert found.final.tokens.output == fault.output
        assert (found.final.tokens.source == "measured") == (fault.output is not None)
    if fault.finish:
        assert found.final is not None
        assert found.final.finish_reason == fault.finish
    if fault.body is not None:
        assert found.error is not None
        assert fault.body in found.error.body
    if found.error is not None:
        assert str(found.error)
        assert len(found.error.body) <= 4096


async def test_a_warm_connection_closed_by_the_server_is_replaced_once() -> None:
    from tests.faults.scripts import WHOLE, ok

    services = Services(lambda _name, _url: None)
    async with fault_server([ok(*WHOLE), ("reset",), ok(*WHOLE)]) as (url, seen):
        provider = provider_of(url, services)
        assert (await attempt(provider)).state == "complete"
        found = await attempt(provider)
        await services.close()
    assert (found.state, found.text) == ("complete", "Hello")
    assert found.final is not None
    assert found.final.provider_data["reconnected"] is True
    assert (len(seen.requests), seen.connections) == (3, 2)


async def test_a_request_is_not_sent_again_once_a_byte_was_answered_or_on_a_new_connection() -> (
    None
):
    from tests.faults.scripts import WHOLE, ok

    services = Services(lambda _name, _url: None)
    script = [ok(*WHOLE), (b"HTTP/1.1 200", "reset"), ("reset",)]
    async with fault_server(script) as (url, seen):
        provider = provider_of(url, services)
        await attempt(provider)
        assert (await attempt(provider)).state == "error"
        assert len(seen.requests) == 2
        assert (await attempt(provider)).state == "error"
        assert len(seen.requests) == 3
        await services.close()


async def test_comments_for_ever_are_no_tokens_and_memory_stays_bounded() -> None:
    from tests.faults.scripts import head

    services = Services(lambda _name, _url: None)
    limits = Deadlines(first_token=0.3)
    async with fault_server([(head(), "flood-comments")]) as (url, seen):
        found = await attempt(provider_of(url, services), limits)
        assert found.error is not None
        assert (found.error.kind, found.text) == ("timeout", "")
        await asyncio.wait_for(seen.client_closed.wait(), 1)
        await services.close()


async def test_a_cancel_reaches_the_server_within_a_second() -> None:
    from tests.faults.scripts import HELLO, frame, head

    services = Services(lambda _name, _url: None)
    async with fault_server([(head(), frame(HELLO[0]), "hold")]) as (url, seen):
        provider = provider_of(url, services)
        task = asyncio.create_task(attempt(provider))
        await asyncio.wait_for(seen.asked.wait(), 5)
        task.cancel()
        await asyncio.wait_for(seen.client_closed.wait(), 1)
        assert services.share(Pool, Pool).open_count == 0
        await services.close()


async def test_an_unread_flood_stops_at_the_socket() -> None:
    """The reader takes one batch and goes to sleep: what waits in memory stays bounded."""
    from tests.faults.scripts import HELLO, frame, head

    services = Services(lambda _name, _url: None)
    async with fault_server([(head(), frame(HELLO[0]), "flood-comments")]) as (url, seen):
        stream = provider_of(url, services).stream(
            Request("m", (Message("user", "hi"),), deadlines=LIMITS)
        )
        await anext(stream)
        await anext(stream)
        before = -1
        while seen.written != before:  # until the server is blocked by the unread socket
            before = seen.written
            for _ in range(200):
                await asyncio.sleep(0)
        assert seen.written < 32 << 20
        await stream.aclose()  # type: ignore[attr-defined]
        await services.close()


async def test_the_answer_of_one_lane_does_not_depend_on_the_flood_of_another() -> None:
    from tests.faults.scripts import HELLO, WHOLE, frame, head, ok

    services = Services(lambda _name, _url: None)
    async with (
        fault_server([(head(), frame(HELLO[0]), "flood-line")]) as (bad, _),
        fault_server([ok(*WHOLE)]) as (good, _),
    ):
        flooded, fine = await asyncio.gather(
            attempt(provider_of(bad, services)), attempt(provider_of(good, services))
        )
        await services.close()
    assert (fine.state, fine.text) == ("complete", "Hello")
    assert flooded.error is not None


def test_the_collection_has_no_two_scripts_of_one_name() -> None:
    names = [fault.name for fault in ALL]
    assert len(names) == len(set(names)) >= 60
