"""What graded checks may ask of a race: another lane's judgement, another lane's answer.

A judge's request is no attempt: it has no place in the race, its time and cost are its own and are
kept beside the attempt it judged.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from time import monotonic_ns

from workbench.checks.base import Reply
from workbench.errors import StreamBroken, UnknownName
from workbench.model.attempt import Cost, Tokens
from workbench.model.lane import Lane
from workbench.model.prompt import Message
from workbench.providers.base import Delta, Final, Provider, Request, Sent

Answer = asyncio.Future[str | None]


class RaceContext:
    """The context of one attempt's graded checks; see :class:`workbench.checks.base.Context`.

    *waits* is called when a check begins to wait for an answer that is not there yet.
    """

    def __init__(
        self,
        messages: Sequence[Message],
        answers: Mapping[str, Answer],
        lane: Callable[[str], Lane],
        provider: Callable[[Lane], Provider],
        price: Callable[[Lane, Tokens], Cost],
        waits: Callable[[], None] = lambda: None,
    ) -> None:
        self._messages = messages
        self._answers = answers
        self._lane = lane
        self._provider = provider
        self._price = price
        self._waits = waits
        self._logprobs: Sequence[float] | None = None

    def heard(self, provider_data: Mapping[str, object]) -> None:
        """Take over what the provider sent with the answer."""
        self._logprobs = logprobs_of(provider_data)

    @property
    def question(self) -> str:
        """The prompt as it was sent."""
        return "\n\n".join(message.content for message in self._messages)

    @property
    def logprobs(self) -> Sequence[float] | None:
        """Natural log probabilities of the output tokens, None when the lane gave none."""
        return self._logprobs

    async def ask(self, lane: str, system: str, user: str) -> Reply:
        """Send a request of its own and return the whole reply; times are in milliseconds.

        Raises:
            UnknownName: there is no such lane.
            ProviderError: it failed, or its answer broke off.
        """
        spec = self._lane(lane)
        provider = self._provider(spec)
        await provider.prepare(lambda _: None)
        messages = (Message("system", system), Message("user", user))
        request = Request(spec.model, messages, spec.params, spec.deadlines)
        parts: list[str] = []
        zero_ns, final = monotonic_ns(), None
        async with aclosing(provider.stream(request)) as stream:
            async for batch in stream:
                for item in batch:
                    if isinstance(item, Delta):
                        parts += [item.text] if item.channel == "answer" else []
                    elif isinstance(item, Sent):
                        zero_ns = item.stamp_ns
                    else:
                        final = item
        return self._reply(spec, "".join(parts), zero_ns, final)

    def _reply(self, lane: Lane, text: str, zero_ns: int, final: Final | None) -> Reply:
        if final is None or not final.complete:
            raise StreamBroken(f"The reply of {lane.name} broke off.", "Send again.")
        ms = round((final.stamp_ns - zero_ns) / 1e6, 3)
        return Reply(text, ms, final.tokens.output, self._price(lane, final.tokens).usd)

    async def answer_of(self, lane: str) -> str | None:
        """Wait for the answer of *lane* in the same iteration; None when it has none.

        Raises:
            UnknownName: the lane is not part of the iteration.
        """
        if lane not in self._answers:
            raise UnknownName("lane in this iteration", lane, self._answers)
        answer = self._answers[lane]
        if not answer.done():
            self._waits()
        return await asyncio.shield(answer)


def logprobs_of(provider_data: Mapping[str, object]) -> Sequence[float] | None:
    """Return the tokens' log probabilities out of what a provider sent, None without any."""
    sent = provider_data.get("logprobs")
    if not isinstance(sent, list):
        return None
    values = [entry.get("logprob") for entry in sent if isinstance(entry, dict)]
    numbers = [float(v) for v in values if isinstance(v, int | float) and math.isfinite(v)]
    return numbers or None
