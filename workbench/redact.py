"""Redaction: the exact values of secrets never reach a file.

A :class:`Redactor` knows the values in use and masks them, character by character, so that lengths
and offsets stay what they were: a verdict that says ``at_char 120`` still points at the same place
in the saved text. It also knows how a value looks inside JSON and inside a URL.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "*"
MIN_SECRET = 8
"""Shorter values are not masked: they would eat ordinary words of the answers."""

PLACEHOLDERS = frozenset(
    {"lm-studio", "not-needed", "no-key-required", "sk-no-key-required", "placeholder", "dummy-key"}
)
"""Keys people give to local servers that want none; they are no secrets."""

HOLD = 4
"""A text that ends in this many first characters of a secret waits for what follows."""


def _forms(value: str) -> set[str]:
    escaped = json.dumps(value)[1:-1]
    return {
        value,
        escaped,
        escaped.replace("/", "\\/"),
        json.dumps(value, ensure_ascii=False)[1:-1],
        quote(value, safe="", errors="replace"),
        quote(value, errors="replace"),
        quote_plus(value, errors="replace"),
    }


_LONG = 500
"""Characters from which on looking for one head after another is faster than for all at once."""


def _nowhere(_text: str) -> re.Match[str] | None:
    return None


class Redactor:
    """Masks the given values wherever they appear in a text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        values = {s for s in secrets if len(s) >= MIN_SECRET and s not in PLACEHOLDERS}
        forms = {form for value in values for form in _forms(value)}
        self.forms: tuple[str, ...] = tuple(sorted(forms, key=len, reverse=True))
        self.longest = len(self.forms[0]) if self.forms else 0
        self._heads = tuple({form[:HOLD] for form in forms})
        heads = "|".join(map(re.escape, self._heads))
        self._search = re.compile(heads).search if heads else _nowhere

    def __bool__(self) -> bool:
        """True when there is anything to mask."""
        return bool(self.forms)

    def __call__(self, text: str) -> str:
        """Return *text* with every known value masked; the length stays the same."""
        if not self.suspects(text):
            return text
        for form in self.forms:
            if form in text:
                text = text.replace(form, MASK * len(form))
        return text

    def suspects(self, text: str) -> bool:
        """Return whether a known value begins in *text*: cheap, and rarely true."""
        if len(text) > _LONG:
            return any(head in text for head in self._heads)
        return self._search(text) is not None

    def begun(self, text: str, least: int = HOLD) -> int:
        """Return how many of the last characters of *text* are the beginning of a known value.

        0 when fewer than *least*. The whole value does not count: it has been masked before.
        """
        size = 0
        for form in self.forms:
            tail = text[1 - len(form) :]
            at = tail.find(form[:least])
            while at >= 0:
                if form.startswith(tail[at:]):
                    size = max(size, len(tail) - at)
                    break
                at = tail.find(form[:least], at + 1)
        return size


class StreamRedactor:
    """Masks values in a stream of timed pieces, even when one is split over many pieces.

    A piece that may hold the beginning of a secret waits until the next piece, or the end of the
    answer, tells. Less than :data:`HOLD` characters are never held: they say nothing.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._passed = ""
        self._clean = True
        self._held: list[tuple[float, str]] = []

    def passes(self, text: str) -> bool:
        """Return True, and note *text*, if it may be written as it is: nothing waits, and no
        value begins in it or in what came just before. Else nothing has happened: :meth:`feed` it.
        """
        if not self._clean:
            return False
        near = self._passed + text
        if self._redactor.suspects(near):
            return False
        self._passed = near[1 - HOLD :]
        return True

    def feed(
        self, pieces: Iterable[tuple[float, str]], *, end: bool = False
    ) -> list[tuple[float, str]]:
        """Return the pieces that may be written now, in order and with their own times."""
        pending = [*self._held, *pieces]
        self._held = []
        if not pending:
            return []
        raw = "".join(text for _, text in pending)
        joined = self._passed + raw
        if not self._redactor.suspects(joined):
            self._pass(joined)
            return pending
        masked = self._redactor(joined)[len(self._passed) :]
        cut = len(raw)
        if end:
            partial = min(self._redactor.begun(joined, MIN_SECRET), cut)
            masked = masked[: cut - partial] + MASK * partial
        else:
            cut -= min(self._redactor.begun(joined), cut)
        out: list[tuple[float, str]] = []
        at = 0
        for index, (ms, text) in enumerate(pending):
            if at + len(text) > cut:
                self._held = pending[index:]
                break
            out.append((ms, masked[at : at + len(text)]))
            at += len(text)
        self._pass(self._passed + raw[:at])
        return out

    def _pass(self, text: str) -> None:
        """Keep the end of what has been written: all of it in which a value may have begun."""
        text = text[1 - self._redactor.longest :]
        self._clean = not self._held and not self._redactor.suspects(text)
        self._passed = text[1 - HOLD :] if self._clean else text
