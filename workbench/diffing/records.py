"""What a comparison returns: plain frozen records, nothing about how they are drawn."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from workbench.diffing.tokens import By
from workbench.records import dataclass

OpKind = Literal["equal", "delete", "insert"]
Span = tuple[int, int]
"""A half-open range of a text, in code points from 0."""


@dataclass(frozen=True, slots=True)
class Options:
    """How two texts are compared.

    ``fold`` joins changes with fewer than that many equal units between them into one, which
    reads easier; None stands for 3 by word and 0 otherwise. ``moves`` recognises moved text of at
    least ``move_words`` words.
    """

    by: By = "word"
    ignore_space: bool = False
    ignore_case: bool = False
    fold: int | None = None
    moves: bool = True
    move_words: int = 6

    @property
    def folding(self) -> int:
        """The units below which an equal stretch between two changes is folded into them."""
        if self.fold is not None:
            return self.fold
        return 3 if self.by == "word" else 0


@dataclass(frozen=True, slots=True)
class Op:
    """One stretch of the alignment.

    ``removed`` is the text of ``a`` that goes and ``added`` the text of ``b`` that comes. An equal
    stretch has both empty, except where the options ignored a difference of white space or case:
    then it carries both wordings. ``move`` numbers the :class:`Move` it belongs to, from 1.
    """

    kind: OpKind
    a: Span
    b: Span
    removed: str = ""
    added: str = ""
    move: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Text that was deleted in one place and inserted, equal, in another. ``units`` long."""

    number: int
    a: Span
    b: Span
    units: int


@dataclass(frozen=True, slots=True)
class JsonChange:
    """One change of structure. Paths are JSON Pointers (RFC 6901), values JSON text.

    ``path`` is the place in the first text, ``to`` in the second; None where it does not exist.
    """

    kind: Literal["added", "removed", "changed", "moved"]
    path: str | None
    to: str | None
    a: str | None = None
    b: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """A comparison in numbers, counted in units (words, lines...) before folding.

    ``similarity`` is 2·equal ÷ (units of a + units of b): 1 for equal texts, also two empty ones.
    ``moved`` units are counted in ``deleted`` and ``inserted`` too. ``spaces`` counts the places
    where only the white space behind a unit changed (a text wrapped anew, say). ``hunks`` counts
    the separate places that changed, as a reader would step through them.
    """

    by: By
    a_units: int
    b_units: int
    equal: int
    deleted: int
    inserted: int
    moved: int
    spaces: int
    hunks: int
    similarity: float
    identical: bool


@dataclass(frozen=True, slots=True)
class Diff:
    """The comparison of two texts. ``ops`` cover both without a gap, in order.

    ``changes`` holds the changes of structure of a comparison by JSON, empty otherwise.
    """

    options: Options
    ops: tuple[Op, ...]
    summary: Summary
    moves: tuple[Move, ...] = ()
    changes: tuple[JsonChange, ...] = field(default=())

    @property
    def changed(self) -> bool:
        """True when something changed that the options do not ignore; by JSON: the structure."""
        return bool(self.changes) if self.options.by == "json" else self.summary.hunks > 0

    def hunks(self) -> tuple[tuple[Op, ...], ...]:
        """Return the changes in order, each as the ops that stand together."""
        found: list[tuple[Op, ...]] = []
        run: list[Op] = []
        for op in self.ops:
            if op.kind == "equal":
                if run:
                    found.append(tuple(run))
                    run = []
            else:
                run.append(op)
        if run:
            found.append(tuple(run))
        return tuple(found)
