"""The form of a lane: its fields, what is typed into them, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.config.lane_fields import FIELD_OF, LANE_FIELDS
from workbench.tui.view.lines import Line, cut, width
from workbench.tui.view.setup import CheckFault, CheckLanguage

if TYPE_CHECKING:
    from workbench.api.lane_desk import Fault, LaneDesk

NAME = "name"
_NAME_DOC = "What the lane is called."
_LABEL = 30
_VALUE = 54
"""Cells of a field's key and value where its meaning stands behind them."""
_ROOMY = 110
_LINES = frozenset(field.key for field in LANE_FIELDS if field.kind == "list")


@dataclass
class LaneForm:
    """One lane being written. ``new`` ones have a name to type, too, and may begin ``like``
    another; ``at`` is the field in hand.

    ``texts`` holds what stands in the fields, ``faults`` what is wrong with them: under an empty
    key what is wrong with the whole.
    """

    desk: LaneDesk
    name: str
    texts: dict[str, str]
    checks: CheckLanguage
    new: bool = False
    at: int = 0
    like: str | None = None

    def __post_init__(self) -> None:
        """Look at what there is already."""
        self.begun = (self.name, dict(self.texts))
        self.faults: Mapping[str, Fault] = {}
        self.usual: Mapping[str, str] = {}
        self.look()

    @property
    def keys(self) -> tuple[str, ...]:
        """The fields in order."""
        return (NAME, *FIELD_OF) if self.new else tuple(FIELD_OF)

    @property
    def key(self) -> str:
        """The field in hand."""
        return self.keys[self.at]

    @property
    def changed(self) -> bool:
        """True when something was typed that is not saved."""
        return self.begun != (self.name, self.texts)

    def text(self) -> str:
        """Return what stands in the field in hand."""
        return self.name if self.key == NAME else self.texts.get(self.key, "")

    def put(self, text: str) -> None:
        """Take what was typed into the field in hand."""
        if self.key == NAME:
            self.name = text.strip()
        elif text.strip():
            self.texts[self.key] = text
        else:
            self.texts.pop(self.key, None)
        self.look()

    def look(self) -> None:
        """Find out again what is wrong, and what holds where nothing is said."""
        name_fault = self.desk.name_fault(self.name) if self.new else None
        wrong = self.desk.faults(self.texts, self.name, self.like)
        self.faults = {NAME: name_fault, **wrong} if name_fault else wrong
        self.usual = self.desk.usual(self.texts)

    def long(self) -> bool:
        """Return whether the field in hand takes several lines."""
        return self.key in _LINES

    def doc(self) -> str:
        """Return what the field in hand means."""
        return _NAME_DOC if self.key == NAME else FIELD_OF[self.key].doc

    def language(self) -> CheckLanguage:
        """Return what an editor of the field in hand needs to know."""
        if self.key == "checks":
            return self.checks
        return CheckLanguage(self._fault, self._completions, lambda _line: self.doc())

    def _fault(self, line: str) -> CheckFault | None:
        fault = self.faults.get(self.key)
        lines = self.text().splitlines()
        if fault is None or (fault.line < len(lines) and lines[fault.line].strip() != line.strip()):
            return None
        return CheckFault(0, fault.message, fault.hint)

    def _completions(self, text: str) -> Sequence[str]:
        offers = () if self.key == NAME else self.desk.offers(self.key, self.name)
        return [offer for offer in offers if offer.startswith(text.strip())]

    @property
    def untouched(self) -> bool:
        """True for a new lane of which nothing was written yet: nothing of it is wrong."""
        return self.new and not self.changed and not self.texts

    def rows(self, cells: int = 0) -> list[Line]:
        """Return a line for each field: a mark where something is wrong, its key, its value; on
        enough *cells* also what it means.
        """
        return [self._row(key, cells) for key in self.keys]

    def _row(self, key: str, cells: int) -> Line:
        wrong = key in self.faults and not self.untouched
        text = self.name if key == NAME else self.texts.get(key, "")
        usual = self.usual.get(key, "")
        shown = (" \u00b7 ".join(text.splitlines()), "fail" if wrong else "bold")
        value = shown if text else (usual, "muted")
        label = f"{key:<{_LABEL - 2}}"
        mark = ("! " if wrong else "  ", "fail bold")
        line: Line = (mark, (label, "" if text else "muted"), value)
        if cells < _ROOMY:
            return line
        doc = _NAME_DOC if key == NAME else FIELD_OF[key].doc
        line = cut(line, _VALUE)
        return (*line, (" " * (_VALUE - width(line) + 2), ""), (doc, "muted"))

    def verdict(self) -> Line:
        """Return in one line whether the lane can be saved, else the first thing wrong with it."""
        if not self.faults:
            return (("\u2713 ", "pass bold"), (self.desk.key_note(self.texts), "muted"))
        key, fault = next(iter(self.faults.items()))
        if self.untouched:
            return (("A name, a provider and a model make a lane.", "muted"),)
        where = f"{key}: " if key else ""
        hint = f"  {fault.hint}" if fault.hint else ""
        return (("! ", "fail bold"), (where + fault.message, "fail"), (hint, "muted"))


def lane_item(row: Mapping[str, str], cells: int) -> Line:
    """Return a lane as a list shows it: name, provider and model, and where its key is."""
    key = row["key"]
    tone = {"missing": "fail", "not needed": "muted"}.get(key, "pass")
    said = {"not needed": "no key needed", "missing": f"{row['key_name']} is not set"}.get(
        key, f"key in the {key}"
    )
    name: Line = ((f"{row['name']:<16.16} ", "bold"),)
    room = max(10, cells - width(name) - len(said) - 2)
    what = f"{row['provider']}  {row['model']}"
    return (*name, (f"{what:<{room}.{room}}  ", ""), (said, tone))
