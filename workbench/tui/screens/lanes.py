"""All lanes: which of them race, what they are, and how to change them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from workbench.errors import WorkbenchError
from workbench.model.lane import Lane
from workbench.records import dataclass
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys, Words
from workbench.tui.screens.modal import Modal
from workbench.tui.view.lane_check import check_lane
from workbench.tui.view.lane_form import LaneForm, lane_item
from workbench.tui.view.lines import Line, wrapped
from workbench.tui.view.setup import CheckLanguage
from workbench.tui.widgets.pick_list import PickList

if TYPE_CHECKING:
    from workbench.api.lane_desk import LaneDesk
    from workbench.api.lanes import LaneRow

_RACE = ("Space", "race or not")
_EDIT = (("Enter", "edit"), ("n", "new"), ("c", "copy"), ("t", "try it"), ("x", "remove"))

_CELLS = 60
"""Cells of what is said of a lane before the screen is laid out."""


@dataclass(frozen=True, slots=True)
class LaneActions:
    """What the screen asks of the workbench: is a lane in the race, take it in or out, and take
    what is configured now, with the lane that was changed (None: it was removed).
    """

    racing: Callable[[str], bool]
    toggle: Callable[[str], bool]
    changed: Callable[[Sequence[Lane], str | None], None]


class LanesScreen(Modal[None]):
    """Every change takes effect at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Close", show=False),
        Binding("enter,e", "edit", "Edit", show=False, priority=True),
        Binding("n", "new", "New lane", show=False),
        Binding("c", "copy", "Copy", show=False),
        Binding("x,delete", "remove", "Remove", show=False),
        Binding("t", "try", "Try the lane", show=False),
    ]

    def __init__(
        self,
        painter: Painter,
        lanes: Sequence[Lane],
        desk: LaneDesk | None,
        language: CheckLanguage,
        actions: LaneActions,
    ) -> None:
        super().__init__()
        self.painter = painter
        self.lanes = list(lanes)
        self.desk = desk
        self.language = language
        self.actions = actions
        self.rows: list[LaneRow] = []
        self._said: list[Line] = []
        self._doomed = ""
        self._checking: asyncio.Task[None] | None = None

    def compose(self) -> ComposeResult:
        """Title, list, what is known of the lane, keys."""
        with Vertical(classes="dialog wide"):
            yield Words(
                self.painter,
                (("Lanes in the race", "bold"), ("   and those that are not", "muted")),
                (),
            )
            yield PickList(self.painter, (), marked=set(), id="lane-list")
            yield Words(self.painter, *[()] * 8, id="lane-said")
            yield Keys(self.painter, _RACE, *(_EDIT if self.desk else ()))

    def on_mount(self) -> None:
        """Show what there is."""
        self.call_after_refresh(self.load)

    def load(self, at: str | None = None) -> None:
        """Read the lanes again; the highlight goes to the lane called *at*."""
        if self.desk is not None:
            try:
                self.rows = self.desk.rows()
                self.lanes = list(self.desk.settings().lanes.values())
            except WorkbenchError as error:
                self._say((error.message, "fail"), (f"  {error.hint}", "muted"))
        listed = self.query_one(PickList)
        names = [lane.name for lane in self.lanes]
        listed.marked = {i for i, name in enumerate(names) if self.actions.racing(name)}
        cells = max(20, listed.size.width - 5)
        place = names.index(at) if at in names else listed.at
        listed.replace([self._item(lane, cells) for lane in self.lanes], place)
        listed.focus()
        self._describe()

    def _item(self, lane: Lane, cells: int) -> Line:
        found = next((row for row in self.rows if row.name == lane.name), None)
        if found is None:
            return ((lane.name, "bold"), (f"  {lane.model}  {lane.provider}", "muted"))
        return lane_item({k: str(v or "") for k, v in asdict(found).items()}, cells)

    @property
    def lane(self) -> Lane | None:
        """The highlighted lane."""
        at = self.query_one(PickList).at
        return self.lanes[at] if at < len(self.lanes) else None

    # -- words ----------------------------------------------------------------------------------

    def _say(self, *spans: tuple[str, str]) -> None:
        self._said = [spans]
        self._show()

    def _show(self) -> None:
        words = self.query_one("#lane-said", Words)
        cells = words.size.width or _CELLS
        said = [part for line in self._said for part in wrapped(line, cells)][:7]
        words.words = ((), *said, *[()] * (7 - len(said)))
        words.repaint()

    def _describe(self) -> None:
        """Say of the highlighted lane where it is declared and where it sends."""
        lane = self.lane
        found = next((row for row in self.rows if lane and row.name == lane.name), None)
        if found is None or self._checking is not None:
            return
        declared = "comes with Workbench" if found.declared == "default" else found.declared
        self._said = [
            (("where     ", "muted"), (found.where, "")),
            (("declared  ", "muted"), (declared, "")),
        ]
        if found.key == "missing":
            how = f"set it in the environment, or: workbench lanes key {found.name}"
            self._said.append((("key       ", "muted"), (f"{found.key_name}: {how}", "warn")))
        self._show()

    # -- what can be done -----------------------------------------------------------------------

    def on_pick_list_highlighted(self, _event: PickList.Highlighted) -> None:
        """Another lane."""
        self._doomed = ""
        self._describe()

    def on_pick_list_ticked(self, event: PickList.Ticked) -> None:
        """Into the race or out of it."""
        listed = self.query_one(PickList)
        if listed.marked is not None:
            on = self.actions.toggle(self.lanes[event.index].name)
            (listed.marked.add if on else listed.marked.discard)(event.index)
            listed.repaint()

    def action_edit(self) -> None:
        """Change the highlighted lane."""
        lane = self.lane
        if self.desk is not None and lane is not None:
            self._open(lane.name, lane.name, new=False)

    def action_new(self) -> None:
        """Write a new lane."""
        self._open("", None, new=True)

    def action_copy(self) -> None:
        """Write a new lane that begins as a copy of the highlighted one."""
        lane = self.lane
        if lane is not None:
            self._open(f"{lane.name}-2", lane.name, new=True)

    def _open(self, name: str, like: str | None, *, new: bool) -> None:
        if self.desk is None:
            return
        from workbench.tui.screens.lane_form import LaneFormScreen

        try:
            texts = self.desk.texts(like) if like else {}
            form = LaneForm(self.desk, name, texts, self.language, new=new, like=like)
        except WorkbenchError as error:
            self._say((error.message, "fail"), (f"  {error.hint}", "muted"))
            return
        self.app.push_screen(LaneFormScreen(self.painter, form), self._saved)

    def _saved(self, name: str | None) -> None:
        self.query_one(PickList).focus()
        if name is not None and self.desk is not None:
            self.actions.changed(tuple(self.desk.settings().lanes.values()), name)
            self.load(name)
            self._say((f"{name} is saved in {self.desk.target(name)}.", "pass"))

    def action_remove(self) -> None:
        """Remove the highlighted lane from its file, at the second time of asking."""
        lane = self.lane
        if self.desk is None or lane is None:
            return
        if self._doomed != lane.name:
            self._doomed = lane.name
            self._say(
                (f"x again takes [lanes.{lane.name}] out of {self.desk.target(lane.name)}.", "warn")
            )
            return
        self._doomed = ""
        try:
            path = self.desk.remove(lane.name)
            self.actions.changed(tuple(self.desk.settings().lanes.values()), None)
        except WorkbenchError as error:
            self._say((error.message, "fail"), (f"  {error.hint}", "muted"))
            return
        self.load()
        self._say((f"{lane.name} was taken out of {path}.", "pass"))

    def action_try(self) -> None:
        """Check the highlighted lane: key, connection, models, one token."""
        lane = self.lane
        if self.desk is not None and lane is not None and self._checking is None:
            self._say((f"Checking {lane.name}: one short request is sent...", "live"))
            self._checking = asyncio.create_task(self._check(self.desk, lane.name))

    async def _check(self, desk: LaneDesk, name: str) -> None:
        try:
            self._said = await check_lane(desk, name)
        finally:
            self._checking = None
        self._show()

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)

    def on_unmount(self) -> None:
        """A check nobody waits for is ended."""
        if self._checking is not None:
            self._checking.cancel()
