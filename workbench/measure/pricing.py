"""What tokens cost: the lane's own prices, else a maintained price list, else unknown.

The list is the package ``genai-prices`` (extra ``prices``). Importing it costs a third of a second,
so it is done once, for a lane that needs it, before that lane's first attempt starts its clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

from workbench.model.attempt import Cost, Tokens
from workbench.model.lane import Lane, Prices

LISTED: Mapping[str, str] = {
    "openai": "openai",
    "cerebras": "cerebras",
    "groq": "groq",
    "openrouter": "openrouter",
    "together": "together",
    "mistral": "mistral",
    "deepseek": "deepseek",
}
"""Our provider's name: its name in the price list."""


class PriceList(Protocol):
    """A list of prices. ``name`` says which, and of when."""

    name: str

    def usd(self, provider: str, model: str, tokens: Tokens) -> float | None:
        """Return the price in US dollars, or None when the list does not know the model."""
        ...


class GenaiPrices:
    """The list of the package ``genai-prices``.

    Raises:
        ImportError: the package is not installed.
    """

    def __init__(self) -> None:
        from importlib.metadata import version

        import genai_prices

        self._package = genai_prices
        installed = datetime.fromtimestamp(Path(genai_prices.__file__).stat().st_mtime, UTC).date()
        newest = newest_price(installed)
        dated = f"newest dated price {newest}, " if newest is not None else ""
        self.name = f"genai-prices {version('genai-prices')} ({dated}installed {installed})"

    def usd(self, provider: str, model: str, tokens: Tokens) -> float | None:
        """Return the price in US dollars, or None when the list does not know the model."""
        usage = self._package.Usage(
            input_tokens=tokens.prompt or 0,
            output_tokens=tokens.output or 0,
            cache_read_tokens=min(tokens.cached or 0, tokens.prompt or 0),
        )
        try:
            found = self._package.calc_price(usage, model_ref=model, provider_id=provider)
        except (LookupError, ValueError):
            return None
        return float(found.total_price)


def newest_price(until: date) -> date | None:
    """Return the day of the newest price of the list that is dated, up to *until*.

    The list carries no date of its own. Some of its prices say from when on they hold, and the list
    cannot be older than those: that is the truest date there is.
    """
    from genai_prices import data_snapshot

    found: list[date] = []
    for provider in data_snapshot.get_snapshot().providers:
        for model in provider.models:
            prices = getattr(model, "prices", None)
            for price in prices if isinstance(prices, list) else ():
                start = getattr(getattr(price, "constraint", None), "start_date", None)
                if isinstance(start, date) and start <= until:
                    found.append(start)
    return max(found, default=None)


Price = Callable[[Lane, Tokens], Cost]
"""Says what tokens cost on a lane; unknown stays unknown."""


class PriceBook:
    """Knows what lanes cost."""

    def __init__(self) -> None:
        self._list: PriceList | None = None
        self._looked = False
        self._rates: dict[tuple[str, str], float | None] = {}

    @classmethod
    def of(cls, lanes: Iterable[Lane]) -> PriceBook:
        """Return a book that is ready for these lanes; see :meth:`prepare`."""
        book = cls()
        for lane in lanes:
            book.prepare(lane)
        return book

    def prepare(self, lane: Lane) -> None:
        """Load the price list if *lane* will need it: before its clock starts, not after."""
        own = lane.prices is not None and lane.prices.output is not None
        if lane.provider in LISTED and not own and not self._looked:
            self._looked = True
            try:
                self._list = GenaiPrices()
            except ImportError:
                self._list = None

    def cost(self, lane: Lane, tokens: Tokens) -> Cost:
        """Return what *tokens* cost on *lane*; unknown stays unknown, never zero.

        Without the number of prompt tokens only the output is priced, and ``how`` says so. The
        tag is that of the tokens: estimated tokens cost an estimate.
        """
        if lane.free:
            return Cost(0.0, "measured", "runs on this machine")
        if tokens.output is None:
            return Cost()
        own = lane.prices
        if own is not None and own.output is not None:
            return _tagged(own_usd(own, tokens), tokens, "the lane's own prices")
        if self._list is None or lane.provider not in LISTED:
            return Cost()
        usd = self._listed(lane, tokens)
        return Cost() if usd is None else _tagged(usd, tokens, self._list.name)

    def _listed(self, lane: Lane, tokens: Tokens) -> float | None:
        """Price by the list; output alone (asked for while streaming) by a rate kept aside."""
        if self._list is None:
            return None
        provider = LISTED[lane.provider]
        if tokens.prompt or tokens.output is None:
            return self._list.usd(provider, lane.model, tokens)
        key = provider, lane.model
        if key not in self._rates:
            thousand = self._list.usd(provider, lane.model, Tokens(0, 1000))
            self._rates[key] = None if thousand is None else thousand / 1000
        rate = self._rates[key]
        return None if rate is None else rate * tokens.output


def _tagged(usd: float, tokens: Tokens, how: str) -> Cost:
    if tokens.prompt is None:
        how += "; output only, the prompt's tokens are unknown"
    return Cost(usd, tokens.source, how)


def own_usd(prices: Prices, tokens: Tokens) -> float:
    """Return the price in US dollars by a lane's own prices (per million tokens).

    Cached prompt tokens cost ``cached_input`` where it is set, else as much as others.
    """
    cached = min(tokens.cached or 0, tokens.prompt or 0)
    full = prices.input or 0.0
    reduced = full if prices.cached_input is None else prices.cached_input
    prompt = ((tokens.prompt or 0) - cached) * full + cached * reduced
    return (prompt + (tokens.output or 0) * (prices.output or 0.0)) / 1e6
