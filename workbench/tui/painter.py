"""From tones to colours: turns lines of spans into strips a terminal can show."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.theme import Theme

from workbench.config.themes import ThemeFile
from workbench.tui.view.lines import Line, Span, cut

_ATTRIBUTES = frozenset({"bold", "underline", "reverse", "italic", "strike"})
_GROUNDS = {"on-surface": "surface", "on-panel": "panel"}
_NAMES = {"": "foreground"}


class Painter:
    """Gives tones the colours of the theme in force.

    One painter is passed to all widgets; :meth:`use` changes the theme for all of them, and
    ``version`` tells them that what they cached is stale.
    """

    def __init__(self, theme: ThemeFile) -> None:
        self.version = 0
        self.theme = theme
        self._styles: dict[tuple[str, str], Style] = {}

    def use(self, theme: ThemeFile) -> None:
        """Wear another theme from now on."""
        self.theme = theme
        self.version += 1
        self._styles.clear()

    def style(self, tones: str, ground: str = "background") -> Style:
        """Return the style of *tones* on a ground (``background``, ``surface`` or ``panel``)."""
        found = self._styles.get((tones, ground))
        if found is None:
            found = self._styles[tones, ground] = self._make(tones, ground)
        return found

    def _make(self, tones: str, ground: str) -> Style:
        words = set(tones.split())
        attributes = words & _ATTRIBUTES
        for word in words & _GROUNDS.keys():
            ground = _GROUNDS[word]
        if self.theme.ansi and ground == "panel":
            return self._chosen(attributes)
        names = words - _ATTRIBUTES - _GROUNDS.keys()
        name = next(iter(names), "foreground")
        colors = self.theme.colors
        return Style(
            color=_rich(colors.get(name, colors["foreground"])),
            bgcolor=_rich(colors[ground]),
            bold="bold" in attributes or None,
            underline="underline" in attributes or None,
            reverse="reverse" in attributes or None,
            italic="italic" in attributes or None,
            strike="strike" in attributes or None,
        )

    def _chosen(self, attributes: set[str]) -> Style:
        """Return the look of a chosen row in the terminal's own colours, of which nobody knows
        which can be read on which: its foreground and background change places.
        """
        return Style(
            color=_rich(self.theme.colors["foreground"]),
            bgcolor=_rich(self.theme.colors["background"]),
            reverse="reverse" not in attributes,
            bold="bold" in attributes or None,
            underline="underline" in attributes or None,
        )

    def segments(self, spans: Iterable[Span], ground: str = "background") -> list[Segment]:
        """Return segments of spans that are visible already."""
        return [Segment(text, self.style(tones, ground)) for text, tones in spans]

    def strip(self, line: Line, cells: int, ground: str = "background") -> Strip:
        """Make *line* visible, cut or fill it to exactly *cells* cells, and colour it."""
        segments = self.segments(cut(line, cells), ground)
        return filled(segments, cells, self.style("", ground))


def filled(segments: list[Segment], cells: int, blank: Style) -> Strip:
    """Return a strip of exactly *cells* cells: what is missing is blank, what is over is cut."""
    used = sum(cell_len(segment.text) for segment in segments)
    if used < cells:
        segments.append(Segment(" " * (cells - used), blank))
    strip = Strip(segments, max(used, cells))
    return strip if used <= cells else strip.crop(0, cells)


def _rich(color: str) -> str:
    """Return the name rich has for a theme's colour."""
    if not color.startswith("ansi_"):
        return color
    return color.removeprefix("ansi_")


def textual_theme(theme: ThemeFile) -> Theme:
    """Return the theme as the toolkit's own widgets need it."""
    colors = theme.colors
    return Theme(
        name=theme.name,
        primary=colors["accent"],
        secondary=colors["live"],
        accent=colors["accent"],
        warning=colors["warn"],
        error=colors["fail"],
        success=colors["pass"],
        foreground=colors["foreground"],
        background=colors["background"],
        surface=colors["surface"],
        panel=colors["panel"],
        dark=theme.dark,
        ansi=theme.ansi,
        variables={
            "muted": colors["muted"],
            "line": colors["line"],
            "live": colors["live"],
            "block-cursor-background": colors["accent"],
            "block-cursor-foreground": colors["background"],
            "block-cursor-text-style": "none",
            "input-cursor-background": colors["foreground"],
            "input-cursor-foreground": colors["background"],
            "input-cursor-text-style": "none",
            "border": colors["accent"],
            "border-blurred": colors["line"],
            "scrollbar": colors["panel"],
            "scrollbar-hover": colors["line"],
            "scrollbar-active": colors["accent"],
            "scrollbar-background": colors["background"],
            "scrollbar-background-hover": colors["background"],
            "scrollbar-background-active": colors["background"],
            "scrollbar-corner-color": colors["background"],
            "ansi-background": colors["background"],
            "ansi-foreground": colors["foreground"],
        },
    )


VARIABLE_DEFAULTS = {"muted": "#888888", "line": "#444444", "live": "#66aaff"}
"""What the style sheet needs before the first theme of ours is worn."""
