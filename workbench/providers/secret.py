"""Keys: wrapped so that no repr, traceback or log shows them."""

from __future__ import annotations

from typing import Final

from workbench.redact import Redactor


class Secret:
    """A key. ``str()``, ``repr()`` and formatting show a placeholder; it cannot be pickled."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value: Final = value

    def reveal(self) -> str:
        """Return the key itself: for the request that needs it, and for nothing else."""
        return self._value

    def scrub(self, text: str) -> str:
        """Return *text* with every occurrence of the key masked (servers echo keys)."""
        return Redactor([self._value])(text)

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("A key is never pickled.")
