"""Keys that come back are masked in whatever pieces they come; what is not a key stays as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ProviderError
from workbench.model.prompt import Message
from workbench.providers.base import Delta, Final, Request, Sent, StreamItem
from workbench.providers.masked import MaskedProvider
from workbench.redact import Redactor

KEY = "sk-canary-0123456789"
REQUEST = Request("m", (Message("user", "x"),))


class Saying:
    """An adapter that says what it is told to."""

    def __init__(self, items: Sequence[StreamItem], error: Exception | None = None) -> None:
        self.items, self.error = items, error

    async def prepare(self, status) -> None:
        status(f"waiting with {KEY}")

    async def stream(self, request: Request) -> AsyncIterator[Sequence[StreamItem]]:
        for item in self.items:
            yield [item]
        if self.error is not None:
            raise self.error

    async def close(self) -> None:
        """Nothing to release."""


async def said(inner: Saying) -> list[StreamItem]:
    stream = MaskedProvider(inner, Redactor([KEY])).stream(REQUEST)
    return [item async for batch in stream for item in batch]


def deltas(texts: Sequence[str]) -> list[StreamItem]:
    return [Sent(0), *(Delta(10 * n, text) for n, text in enumerate(texts, 1))]


@given(st.lists(st.integers(0, 60), max_size=12), st.sampled_from(["", "s", "sk-", "sk-canary-0"]))
async def test_a_key_is_masked_in_any_pieces_and_nothing_else_changes(
    cuts: list[int], ending: str
) -> None:
    text = f"one {KEY} two {KEY}{KEY} {ending}"
    places = sorted({0, *(min(c, len(text)) for c in cuts), len(text)})
    pieces = [text[a:b] for a, b in pairwise(places)]
    found = await said(Saying([*deltas(pieces), Final(999, True)]))
    got = [item for item in found if isinstance(item, Delta)]
    assert [(d.stamp_ns, len(d.text)) for d in got] == [
        (10 * n, len(piece)) for n, piece in enumerate(pieces, 1)
    ]
    whole = "".join(d.text for d in got)
    assert KEY[3:11] not in whole
    assert (whole[:4], whole[24:29]) == ("one ", " two ")
    assert isinstance(found[-1], Final)


async def test_a_key_between_two_channels_is_masked_in_both() -> None:
    items = [Delta(1, KEY[:12]), Delta(2, "hm", "reasoning"), Delta(3, KEY[12:] + " end")]
    found = await said(Saying([*items, Final(9, True)]))
    texts = [item.text for item in found if isinstance(item, Delta)]
    assert texts == ["*" * 12, "hm", "*" * 8 + " end"]


async def test_what_was_held_back_comes_before_the_error_and_the_error_shows_no_key() -> None:
    error = ProviderError(f"bad {KEY}", f"not {KEY}", kind="auth", body=f"<{KEY}>")
    seen: list[StreamItem] = []
    stream = MaskedProvider(Saying(deltas(["it is sk-ca"]), error), Redactor([KEY])).stream(REQUEST)
    with pytest.raises(ProviderError) as caught:
        seen.extend([item async for batch in stream for item in batch])
    assert KEY not in f"{caught.value!r} {caught.value.hint} {caught.value.body}"
    assert caught.value.kind == "auth"


async def test_a_broken_adapter_shows_no_key_either() -> None:
    with pytest.raises(ProviderError, match=r"Illegal header value b'Bearer \*+'"):
        await said(Saying([], ValueError(f"Illegal header value b'Bearer {KEY}'")))
    with pytest.raises(ZeroDivisionError):
        await said(Saying([], ZeroDivisionError("as it was")))


async def test_everything_of_the_end_is_masked() -> None:
    data = {"tool_calls": [{"id": KEY, KEY: (1, None, {"deep": f"x{KEY}"})}]}
    final = Final(9, True, KEY, served_model=KEY, request_id=KEY, provider_data=data)
    (found,) = await said(Saying([final]))
    assert KEY not in repr(found)
    told: list[str] = []
    await MaskedProvider(Saying([]), Redactor([KEY])).prepare(told.append)
    assert told == ["waiting with " + "*" * len(KEY)]


async def test_nesting_without_end_breaks_nothing() -> None:
    deep: object = KEY
    for _ in range(5000):
        deep = [deep]
    (found,) = await said(Saying([Final(9, True, provider_data={"a": deep})]))
    assert isinstance(found, Final)
