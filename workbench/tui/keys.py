"""Keys act in the order they were pressed, however fast they come.

The toolkit hands a letter to the focused widget's queue and acts on a priority key at once, so that
in a burst (a slow line, a macro, a fast typist) *send* would overtake the text typed before it, and
text would still go to the widget that a key before it has just left. Here a key waits until the
one before it has been to every queue it can go through.
"""

from __future__ import annotations

from collections import deque
from functools import partial

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.driver import Driver

LOST_SECONDS = 0.5
"""A key is followed no longer than this: the widget it went to may have gone."""


class KeysInOrder(App[int]):
    """An application whose keys and pastes never overtake each other."""

    def __init__(self, driver: type[Driver] | None = None, *, ansi_color: bool | None) -> None:
        super().__init__(driver, ansi_color=ansi_color)
        self._flight = 0
        self._flying = False
        self._held: deque[events.Key | events.Paste] = deque()

    async def on_event(self, event: events.Event) -> None:
        """Take a key when the one before it has landed; everything else at once."""
        if isinstance(event, events.Key) and event.key.startswith("alt+"):
            event.character = None  # a terminal sends the letter too: it is no text to type
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._flying:
            if not self._held:
                self.set_timer(LOST_SECONDS, partial(self._landed, self._flight))
            self._held.append(event)
        else:
            await self._take(event)

    async def _take(self, event: events.Key | events.Paste) -> None:
        self._flying = True
        self._flight += 1
        target = self.focused or self.screen
        await super().on_event(event)
        self._follow(target, self._flight)

    def _follow(self, node: DOMNode | None, flight: int) -> None:
        """Go the way the key goes: through the queue of each widget above the one it went to."""
        while node is not None and node is not self:
            if node.call_later(self._follow, node.parent, flight):
                return
            node = node.parent
        # One turn more: a change of focus is queued by what the key did.
        self.call_later(self._landed, flight)

    async def _landed(self, flight: int) -> None:
        if flight != self._flight or not self._flying:
            return
        self._flying = False
        if self._held:
            await self._take(self._held.popleft())
            if self._held:
                self.set_timer(LOST_SECONDS, partial(self._landed, self._flight))
