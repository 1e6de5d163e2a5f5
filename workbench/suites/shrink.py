"""Making a failing input smaller while it still fails: delta debugging.

Zeller and Hildebrandt (2002), *Simplifying and isolating failure-inducing input*, IEEE TSE 28(2):
parts are taken away in ever finer pieces. Here first whole lines, then sentences, then words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from workbench.diffing.tokens import lines, sentences, words
from workbench.records import dataclass

Fails = Callable[[str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The smallest failing text found, with how many tries it took. ``minimal`` is False when the
    budget ended the search.
    """

    text: str
    tries: int
    minimal: bool


class _Spent(Exception):
    """The budget is used up."""


class _Search:
    def __init__(self, fails: Fails, budget: int) -> None:
        self._fails = fails
        self._budget = budget
        self._known: dict[str, bool] = {}
        self.best = ""

    @property
    def tries(self) -> int:
        return len(self._known)

    async def fails(self, units: Sequence[str]) -> bool:
        """Ask about a text once; nothing but white space is never tried."""
        text = "".join(units)
        if not text.strip():
            return False
        if text not in self._known:
            if self.tries >= self._budget:
                raise _Spent
            self._known[text] = await self._fails(text)
            if self._known[text]:
                self.best = text
        return self._known[text]

    async def minimise(self, units: list[str]) -> list[str]:
        """Return a part of *units* that fails and of which no single unit can be taken away."""
        parts = 2
        while len(units) >= 2:
            size = -(-len(units) // parts)
            for start in range(0, len(units), size):
                rest = units[:start] + units[start + size :]
                if await self.fails(rest):
                    units, parts = rest, max(parts - 1, 2)
                    break
            else:
                if size == 1:
                    break
                parts = min(2 * parts, len(units))
        return units


async def shrink(text: str, fails: Fails, budget: int = 60) -> Shrunk | None:
    """Return the smallest text found that still fails, in at most *budget* tries.

    None when *text* itself does not fail (any more).
    """
    search = _Search(fails, budget)
    try:
        if not await search.fails([text]):
            return None
        for cut in (lines, sentences, words):
            await search.minimise(cut(search.best))
    except _Spent:
        return Shrunk(search.best, search.tries, minimal=False) if search.best else None
    return Shrunk(search.best, search.tries, minimal=True)
