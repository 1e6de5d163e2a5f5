"""A lane: who it is, how it stands, and its answer while it streams.

One widget draws all of it. It wraps only what arrived since the last frame, keeps the strips of
rows that cannot change any more, scrolls by an offset of its own (so that growing text causes no
layout), and follows the end only while the reader is there.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from workbench.model.events import LaneReady
from workbench.model.fold import LiveAttempt
from workbench.model.lane import Lane
from workbench.model.verdict import CheckResult
from workbench.text import cell_width, shorten, visible_line
from workbench.tui.bindings import bindings
from workbench.tui.painter import Painter, filled
from workbench.tui.view import ready, rows
from workbench.tui.view.lines import GAP, Line, spread, width, wrapped
from workbench.tui.view.marking import Marks, marks_of, settled
from workbench.tui.view.wrap import Wrapped
from workbench.tui.widgets.selecting import LEFT, Selecting

ROOMY = 14
"""Rows of a pane from which on the verdict may take two of them."""

_KEPT = 400
"""Strips kept at most; more than any screen shows."""

_RIGHT = 1
"""Columns right of the text (scroll bar); left of it are the line between panes and a space."""


class LaneView(Selecting, can_focus=True):
    """One lane's pane."""

    BINDINGS = bindings("lane")

    class NoReasoning(Message):
        """There is none to show."""

        def __init__(self, lane: str) -> None:
            super().__init__()
            self.lane = lane

    def __init__(self, painter: Painter, lane: Lane, *, id: str | None = None) -> None:
        super().__init__(painter, id=id)
        self.lane = lane
        self.attempt: LiveAttempt | None = None
        self.following = True
        self.reasoning = False
        self._taken = 0
        self._kept: dict[tuple[int, bool], Strip] = {}
        self._kept_for: tuple[int, bool] | None = None
        self.welcome: Sequence[Line] = ()
        self._head: tuple[Line, ...] = ()
        self._tally: Line = ()
        self._ready: LaneReady | None = None
        self._marks = Marks()
        self._marked: tuple[int, int] = (0, 0)
        self._chosen: CheckResult | None = None
        self._beyond = (0, 0)

    # -- what it shows --------------------------------------------------------------------------

    def show(
        self,
        lane: Lane,
        attempt: LiveAttempt | None,
        tally: Line = (),
        ready: LaneReady | None = None,
    ) -> None:
        """Show another attempt, or more of the same one. Cheap when nothing changed. *tally* says
        how the lane's other attempts stand, *ready* how far the lane is with making itself ready.
        """
        self._tally, self._ready = tally, ready
        if attempt is not self.attempt or lane is not self.lane:
            self.lane, self.attempt = lane, attempt
            self.unpick()
            self._restart()
            self.refresh()
        self.advance()

    def advance(self) -> None:
        """Take what arrived since the last call and mark what changed for drawing."""
        if not self.is_attached or not self.size:
            return
        head = self._head_lines()
        if head != self._head:
            self._head = head
            self.refresh(Region(0, 0, self.size.width, self.rows_above()))
        attempt = self.attempt
        if attempt is None or self.text.width != self._text_width():
            return
        changed = self._take(attempt)
        if changed is not None:
            self._refresh_from(changed)

    def _restart(self) -> None:
        self.text = Wrapped(self._text_width())
        self._taken = 0
        self._kept.clear()
        self._marks, self._chosen = Marks(), None
        self._marked = (0, 0)
        self.following = True
        self.top = 0

    def _take(self, attempt: LiveAttempt) -> int | None:
        """Append new text and new marks; return the first row that changed, or None."""
        changed: int | None = None
        parts = attempt.reasoning_parts if self.reasoning else attempt.parts
        if self._taken < len(parts):
            changed = self.text.stable
            before = len(self.text.rows)
            self.text.append("".join(parts[self._taken :]))
            for row in range(changed, max(before, len(self.text.rows)) + 1):
                self._kept.pop((row, False), None)
            self._taken = len(parts)
        failed = sum(c.verdict == "fail" for c in attempt.checks)
        spans = self._marks.spans
        still = settled(attempt, self.text)
        unsettled = bool(spans) and max(spans) >= self._marked[1]
        grown = changed is not None or still != self._marked[1]
        if failed != self._marked[0] or (unsettled and grown):
            self._mark(attempt)
            self._marked = (failed, still)
            self._kept.clear()
            changed = 0
        if self.following:
            before, self.top = self.top, self._bottom()
            if self.top != before:
                changed = 0 if changed is None else min(changed, before)
        return changed

    def _mark(self, attempt: LiveAttempt) -> None:
        """Find what of the text is to be marked."""
        self._marks = Marks() if self.reasoning else marks_of(attempt, self.text)

    def raw_text(self) -> str:
        """Return the answer, or the reasoning where that is shown."""
        attempt = self.attempt
        if attempt is None:
            return ""
        return "".join(attempt.reasoning_parts if self.reasoning else attempt.parts)

    def to_check(self, name: str) -> None:
        """Bring the place into sight at which a check was decided."""
        for check in self.attempt.checks if self.attempt is not None else ():
            if check.name == name and check.at_char is not None and not self.reasoning:
                row = self.text.locate(check.at_char)[0]
                self.scroll_rows(max(0, row - self._text_height() // 2) - self.top)

    # -- geometry -------------------------------------------------------------------------------

    def _text_width(self) -> int:
        return max(1, self.size.width - LEFT - _RIGHT)

    def rows_above(self) -> int:
        """Rows above the text: the head, and one or two of the verdict; all of it without text."""
        least = 1 if self.size.height < ROOMY else 2
        return 1 + max(least, len(self._why())) if self._wordless() else 1 + least

    def _wordless(self) -> bool:
        attempt = self.attempt
        if attempt is None:
            return self._ready is not None and self._ready.failed
        return attempt.ended is not None and not attempt.parts

    def _verdict(self) -> Line:
        """What is said of the checks: of the failure that was gone to, else of the first one."""
        attempt, chosen = self.attempt, self._chosen
        if attempt is None:
            return ready.words(self._ready)
        return rows.verdict_line(attempt) if chosen is None else rows.check_line(chosen)

    def _why(self) -> list[Line]:
        return wrapped(self._verdict(), self._text_width())[: max(1, self.size.height - 1)]

    def _text_height(self) -> int:
        return max(0, self.size.height - self.rows_above())

    def _bottom(self) -> int:
        return max(0, len(self.text.rows) - self._text_height())

    def _refresh_from(self, row: int) -> None:
        """Mark rows from *row* on for drawing, as far as they are in sight."""
        first = max(0, row - self.top)
        if first < self._text_height():
            top = self.rows_above() + first
            self.refresh(Region(0, top, self.size.width, self.size.height - top))

    def on_resize(self, _event: events.Resize) -> None:
        """Wrap to the new width, keeping the reader's place."""
        if self.text.width != self._text_width():
            place = self.text.locate_top(self.top)
            following = self.following
            self._restart()
            self.following = following
            if self.attempt is not None:
                self._take(self.attempt)
            self.top = self._bottom() if following else self.text.locate(place)[0]
        elif self.following:
            self.top = self._bottom()
        self.top = min(self.top, self._bottom())
        self._head = self._head_lines()
        self.refresh()

    # -- scrolling ------------------------------------------------------------------------------

    def scroll_rows(self, by: int) -> None:
        """Move by rows; reaching the end follows it again."""
        top = max(0, min(self._bottom(), self.top + by))
        self.following = top >= self._bottom()
        if top != self.top:
            self.top = top
            self.refresh()

    def action_line_up(self) -> None:
        """Scroll one row up."""
        self.scroll_rows(-1)

    def action_line_down(self) -> None:
        """Scroll one row down."""
        self.scroll_rows(1)

    def action_page_up(self) -> None:
        """Scroll one page up."""
        self.scroll_rows(1 - self._text_height())

    def action_page_down(self) -> None:
        """Scroll one page down."""
        self.scroll_rows(self._text_height() - 1)

    def action_text_start(self) -> None:
        """Go to the first row."""
        self.scroll_rows(-self.top)

    def action_text_end(self) -> None:
        """Go to the last row and follow it."""
        self.scroll_rows(len(self.text.rows))

    def action_to_failure(self) -> None:
        """Bring the first failing span into sight, then the next one; the head says why."""
        places = self._marks.places
        if places:
            checks = [check for _, check in places]
            at = checks.index(self._chosen) + 1 if self._chosen in checks else 0
            row, self._chosen = places[at % len(places)]
            self.scroll_rows(max(0, row - self._text_height() // 2) - self.top)
            self.advance()

    def beyond(self, before: int, after: int) -> None:
        """Say how many panes are out of sight on either side of this one."""
        if (before, after) != self._beyond:
            self._beyond = before, after
            self.advance()

    def action_reasoning(self) -> None:
        """Show the reasoning instead of the answer, or the answer again."""
        if not self.reasoning and self.attempt is not None and not self.attempt.reasoning_parts:
            self.post_message(self.NoReasoning(self.lane.name))
            return
        self.reasoning = not self.reasoning
        self.unpick()
        self._restart()
        self._head = ()
        self.advance()
        self.refresh()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll with the wheel."""
        event.stop()
        self.scroll_rows(-3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll with the wheel."""
        event.stop()
        self.scroll_rows(3)

    # -- drawing --------------------------------------------------------------------------------

    def on_focus(self) -> None:
        """The head shows the focus."""
        self._head = self._head_lines()
        self.refresh()

    def on_blur(self) -> None:
        """The head shows the focus."""
        self._head = self._head_lines()
        self.refresh()

    def _head_lines(self) -> tuple[Line, ...]:
        cells = max(0, self.size.width - LEFT - _RIGHT)
        name, state = rows.head(
            self.lane, self.attempt, reasoning=self.reasoning, tally=self._tally
        )
        if self.attempt is None:
            state = ready.state(self._ready)
        before, after = self._beyond
        left: Line = ((f"\u2039{before} ", "accent"),) if before else ()
        right: Line = ((f" {after}\u203a", "accent"),) if after else ()
        room = cells - width((*left, *state, *right)) - GAP
        head = spread((*left, *rows.fitting(name, room)), (*state, *right), cells)
        if self._wordless():
            return head, *self._why()
        verdict = self._verdict()
        if self.rows_above() == 2:
            return head, verdict
        one, *rest = wrapped(verdict, cells)
        return head, one, tuple(span for line in rest for span in line)

    def lines(self, size: Size) -> tuple[Line, ...]:
        """Return the head: the text is drawn from strips of its own."""
        del size
        return self._head

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the strips of *crop*."""
        size = self.size
        key = (self.painter.version, self.has_focus)
        if self._kept_for != key or len(self._kept) > _KEPT:
            self._kept.clear()
            self._kept_for = key
        head = self.rows_above()
        above = range(crop.y, min(crop.bottom, head))
        strips = [self._head_strip(y, size.width) for y in above]
        height = max(0, size.height - head)
        thumb = self._thumb(height)
        strips += [
            self._row_strip(self.top + y, y in thumb, size.width)
            for y in range(max(0, crop.y - head), min(crop.bottom - head, height))
        ]
        return self.finish(strips, crop)

    def _edge(self) -> Segment:
        focused = self.has_focus
        style = self.painter.style("accent" if focused else "line")
        return Segment("\u258c" if focused else "\u2502", style)

    def _head_strip(self, y: int, width: int) -> Strip:
        ground = "surface" if y == 0 else "background"
        space = Segment(" ", self.painter.style("", ground))
        spans = self._head[y] if y < len(self._head) else ()
        line = self.painter.strip(spans, max(0, width - LEFT), ground)
        return Strip([self._edge(), space, *line], max(width, LEFT))

    def _row_strip(self, row: int, thumb: bool, width: int) -> Strip:
        picked = self.picked_in(row)
        found = self._kept.get((row, thumb)) if picked is None else None
        if found is None:
            blank = self.painter.style("")
            bar = Segment("\u2590", self.painter.style("muted")) if thumb else Segment(" ", blank)
            strip = self._make_strip(row, max(1, width - LEFT - _RIGHT))
            if picked is not None:
                strip = self.with_picked(strip, row, picked)
            segments = [self._edge(), Segment(" ", blank), *strip, bar]
            found = Strip(segments, max(width, LEFT + _RIGHT + 1))
            if row < self.text.stable and picked is None:
                self._kept[row, thumb] = found
        return found

    def _thumb(self, height: int) -> range:
        """Return the rows of the scroll bar's thumb: none when there is nothing more to see."""
        total = len(self.text.rows)
        if total <= height or not height:
            return range(0)
        size = max(1, height * height // total)
        start = (height - size) * self.top // max(1, self._bottom())
        return range(start, start + size)

    def _make_strip(self, row: int, cells: int) -> Strip:
        blank = self.painter.style("")
        if self.attempt is None and row < len(self.welcome):
            return self.painter.strip(self.welcome[row], cells)
        if row >= len(self.text.rows):
            return Strip.blank(cells, blank)
        text = self.text.rows[row]
        segments: list[Segment] = []
        at = 0
        for left, right in sorted(self._marks.spans.get(row, ())):
            if left > at:
                segments.append(Segment(text[at:left], blank))
            if right > max(at, left):
                mark = self.painter.style("fail reverse bold")
                segments.append(Segment(text[max(at, left) : right], mark))
            at = max(at, right)
        segments.append(Segment(text[at:], blank))
        room = cells - cell_width(text)
        note = self._marks.notes.get(row)
        if note is not None and room > 0:
            segments.append(Segment(shorten(visible_line(note), room), self.painter.style("fail")))
        return filled(segments, cells, blank)
