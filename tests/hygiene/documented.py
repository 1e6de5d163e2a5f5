"""What the documentation must mention, and where: one line for each kind of thing.

A new kind (exporters, settings, commands...) is one more :class:`Kind`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from workbench.providers.models.catalogue import CATALOGUE


@dataclass(frozen=True, slots=True)
class Kind:
    """Every name that ``names()`` returns stands as code (in backquotes) on the page."""

    what: str
    page: str
    names: Callable[[], Iterable[str]]


KINDS = (Kind("embedded model", "docs/models.md", lambda: (model.name for model in CATALOGUE)),)
