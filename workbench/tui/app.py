"""The application: wiring, themes, and every way it can end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

from rich.segment import Segment, Segments
from textual.driver import Driver

from workbench.config.themes import DEFAULT_THEME, ThemeFile, find_theme, load_theme, theme_paths
from workbench.engine.plan import Warm
from workbench.errors import NotATerminal, WorkbenchError
from workbench.model.events import Notice
from workbench.model.lane import Lane
from workbench.signs import spell_out
from workbench.text import visible
from workbench.tui.bindings import Action, bindings, unknown_keys
from workbench.tui.bridge import Bridge
from workbench.tui.hangup import watch_terminal
from workbench.tui.keys import KeysInOrder
from workbench.tui.painter import VARIABLE_DEFAULTS, Painter, textual_theme
from workbench.tui.screens.workbench import WorkbenchScreen
from workbench.tui.view.case_watch import CaseWatch
from workbench.tui.view.draft import Draft
from workbench.tui.view.keeper import RESTORED, DraftKeeper
from workbench.tui.view.ready import asked
from workbench.tui.view.setup import ClientFactory, Setup
from workbench.tui.view.state import ViewModel

AGAIN = 2.0
"""Seconds within which a second Ctrl+C leaves."""

GARBAGE = (10_000, 5, 500)
"""When to look for garbage. By default the screen would stop for 40 to 70 ms every other second as
lanes stream: what it holds then lives long, and is looked through again and again. All of it is
looked through when a race has ended (:data:`TIDY` seconds later, at most).
"""

TIDY = 5.0
OVERDUE = 60.0
"""Where races follow each other without a pause, one is not waited for longer than this."""

PLAIN_THEME = "terminal"
_SIXTEEN = frozenset({"linux", "xterm", "xterm-16color", "vt100", "vt220", "ansi", "cons25"})

STUCK_SECONDS = 1.8
EXIT_BY_SIGNAL = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGINT: 130}


def _leave_even_if_stuck(number: int, _frame: object) -> None:
    """End the process if the loop cannot: painting to a terminal that is gone blocks it for ever.

    The loop still hears the signal and leaves in order; this is only for when it does not. The
    engine's process notices the closed line and saves what runs.
    """
    code = EXIT_BY_SIGNAL[signal.Signals(number)]
    watchdog = threading.Timer(STUCK_SECONDS, os._exit, (code,))
    watchdog.daemon = True
    watchdog.start()


class WorkbenchApp(KeysInOrder):
    """The workbench on a terminal."""

    CSS_PATH = Path(__file__).with_name("workbench.tcss")
    TITLE = "workbench"
    BINDINGS = bindings("app")
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self, factory: ClientFactory, setup: Setup, driver: type[Driver] | None = None
    ) -> None:
        theme, problem = _first_theme(setup)
        self.painter = Painter(theme)
        super().__init__(driver, ansi_color=True if "NO_COLOR" in os.environ else None)
        self.setup = setup
        self.model = ViewModel(
            setup.lanes,
            Draft(setup.prompt, setup.checks, dict(setup.variables), setup.rows),
            in_view=setup.in_view,
            abort=setup.abort,
            rules=setup.rules,
        )
        self.model.notice = problem or unknown_keys(setup.keymap) or setup.notice
        self.keeper = DraftKeeper.of(setup)
        self._interrupted = float("-inf")
        self._tidied, self._tidied_at = 0, time.monotonic()
        self._worn = _stamp(theme.path)
        self._unreadable: Notice | None = None
        self.bridge = Bridge(factory, self.model, self._painted)
        self.bridge.cases = CaseWatch(self.model, setup.guard, setup.live)
        self.main = WorkbenchScreen(setup, self.model, self.painter, self.bridge)
        self.register_theme(textual_theme(theme))
        self.theme = theme.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return what the style sheet needs beside a theme's own colours."""
        return dict(VARIABLE_DEFAULTS)

    def refresh_css(self, animate: bool = True) -> None:
        """Wear other colours. Before there is a screen nothing wears any, and the toolkit would
        read the style sheet twice.
        """
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> WorkbenchScreen:
        """Return the one screen of the main loop."""
        self.main.begin_at(self.size)
        return self.main

    @property
    def keymap(self) -> dict[str, str]:
        """The person's own keys, by binding id."""
        return dict(self.setup.keymap)

    def on_mount(self) -> None:
        """Open the session and get the lanes ready, once there is something to look at."""
        if self.setup.keymap:
            self.set_keymap(self.keymap)
        loop = asyncio.get_running_loop()
        for number, code in EXIT_BY_SIGNAL.items():
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self._leave, code)
                signal.signal(number, _leave_even_if_stuck)
        racing = tuple(self.model.lanes[name] for name in self.model.in_view)
        self.call_after_refresh(self._begin, racing)
        self.set_interval(1.0, self.reload_theme, name="theme file")
        self.set_interval(1.0, self.look_at_draft, name="draft")
        self.set_interval(self.frame_seconds, self.bridge.tick, name="frame")
        self.set_interval(TIDY, self._tidy, name="tidy")

    def _begin(self, racing: tuple[Lane, ...]) -> None:
        """The first frame is there: what lives now lives for good, and the work begins."""
        if not gc.isenabled():
            gc.freeze()
            gc.set_threshold(*GARBAGE)
            gc.enable()
        self.model.apply(asked(lane.name) for lane in racing)
        self.main.paint()
        self.bridge.start(self.setup.session, Warm(racing))

    def look_at_draft(self, *, leaving: bool = False) -> None:
        """Keep what was written and not sent; bring back what was left last time."""
        if self.keeper is None or not self.main.is_mounted:
            return
        if self.keeper.restore(self.model):
            self.main.paint(reload=True)
            self.main.tell(RESTORED)
        self.main.take_edits()
        self.keeper.look(self.model, wait=leaving)

    def _tidy(self) -> None:
        """Look for garbage after a race, while nothing streams if that comes soon."""
        races = self.model.fold.iterations.items()
        ended = max((number for number, race in races if not race.running), default=0)
        waited = time.monotonic() - self._tidied_at
        if ended != self._tidied and (not self.model.running or waited > OVERDUE):
            self._tidied, self._tidied_at = ended, time.monotonic()
            gc.collect()

    @property
    def frame_seconds(self) -> float:
        """Seconds between two frames, as configured."""
        return 1 / self.setup.fps

    def _painted(self, reload: bool) -> None:
        self.main.paint(reload=reload)
        self.main.offer_models()

    def _leave(self, code: int) -> None:
        self.look_at_draft(leaving=True)
        self.exit(code, return_code=code)

    async def action_quit(self) -> None:
        """Leave."""
        self.look_at_draft(leaving=True)
        self.exit(0)

    def action_help_quit(self) -> None:
        """Ctrl+C, where it copies nothing: the first says so, a second soon after leaves."""
        now = time.monotonic()
        if now - self._interrupted < AGAIN:
            self._leave(EXIT_BY_SIGNAL[signal.SIGINT])
            return
        self._interrupted = now
        said = Notice("info", "Press Ctrl+C again to leave.", "Everything is saved.")
        self.main.tell(said)
        self.set_timer(AGAIN, lambda: self.main.tell(None) if self.model.notice is said else None)

    async def action_help(self) -> None:
        """Show every key."""
        from workbench.tui.screens.dialogs import HelpScreen

        await self.push_screen(HelpScreen(self.painter, self.setup.keymap))

    def action_palette(self) -> None:
        """Find an action by name; what another screen can do is found while that is open."""
        from workbench.tui.commands import Entry, entries, own_entries
        from workbench.tui.screens.palette import PaletteScreen

        here = self.screen
        if isinstance(here, PaletteScreen):
            here.dismiss(None)
            return
        found = entries(self.keymap)
        if here is not self.main:
            own = own_entries(here.BINDINGS)
            found = [
                *own,
                *(e for e in found if isinstance(e.what, Action) and e.what.scope == "app"),
            ]

        async def do(entry: Entry | None) -> None:
            if entry is None:
                return
            if isinstance(entry.what, Action):
                await self.main.run(entry.what)
            else:
                await self.run_action(entry.what, here)

        self.push_screen(PaletteScreen(self.painter, found), do)

    # -- themes ---------------------------------------------------------------------------------

    def reload_theme(self) -> None:
        """Wear the theme again when its file was edited; a broken one is said, and not worn."""
        path = self.painter.theme.path
        stamp = _stamp(path)
        if path is None or stamp is None or stamp == self._worn:
            return
        self._worn = stamp
        try:
            self._wear(load_theme(path))
        except WorkbenchError as error:
            self._unreadable = Notice("warning", error.message, error.hint)
            self.main.tell(self._unreadable)
        else:
            if self._unreadable is not None and self.model.notice == self._unreadable:
                self.main.tell(None)

    def _wear(self, theme: ThemeFile) -> None:
        self._worn = _stamp(theme.path)
        self.painter.use(theme)
        self.register_theme(textual_theme(theme))
        self.theme = theme.name
        if self.main.is_mounted:
            self.main.wear()
            self.refresh_css(animate=False)
            self.main.paint()

    def action_themes(self) -> None:
        """Try on themes; the chosen one is remembered, leaving puts the old one back."""
        from workbench.tui.screens.dialogs import Choice, Picker

        themes: list[ThemeFile] = []
        for path in theme_paths(self.setup.theme_folders).values():
            try:
                themes.append(load_theme(path))
            except WorkbenchError as error:
                self.main.tell(Notice("warning", error.message, error.hint))
        before = self.painter.theme
        names = [theme.name for theme in themes]
        items = [
            ((f"{theme.label:<20.20}", ""), ("dark" if theme.dark else "light", "muted"))
            for theme in themes
        ]

        def chosen(index: int | None) -> None:
            self._wear(before if index is None else themes[index])
            if index is not None:
                self._remember("theme", themes[index].name)

        choice = Choice(
            "Theme",
            items,
            names.index(before.name) if before.name in names else 0,
            highlighted=lambda index: self._wear(themes[index]),
        )
        self.push_screen(Picker(self.painter, choice), chosen)

    def _remember(self, name: str, value: str) -> None:
        try:
            self.setup.save_setting(name, value)
        except WorkbenchError as error:
            self.main.tell(Notice("warning", error.message, error.hint))

    # -- ends -----------------------------------------------------------------------------------

    def _fatal_error(self) -> None:
        """A crash shows where it happened and no values: they may hold keys and prompts."""
        text = visible(self.setup.mask(traceback.format_exc()))
        self._exit_renderables.append(Segments([Segment(text), Segment.line()]))
        self._close_messages_no_wait()


def _stamp(path: Path | None) -> tuple[Path, int] | None:
    """Return what changes when a theme's file does; None while an editor is replacing it."""
    try:
        return None if path is None else (path, path.stat().st_mtime_ns)
    except OSError:
        return None


def _first_theme(setup: Setup) -> tuple[ThemeFile, Notice | None]:
    """Load the theme asked for; when it cannot be, the default one and a notice. A terminal that
    has few colours, or shall show none, gets its own.
    """
    name = PLAIN_THEME if few_colors() else setup.theme
    try:
        return find_theme(name, setup.theme_folders), None
    except WorkbenchError as error:
        return find_theme(DEFAULT_THEME), Notice("warning", error.message, error.hint)


def few_colors() -> bool:
    """Return whether the terminal says that it has sixteen colours or fewer, or NO_COLOR is set."""
    if "NO_COLOR" in os.environ:
        return True
    if os.environ.get("COLORTERM"):
        return False
    return os.environ.get("TERM", "") in _SIXTEEN


def need_terminal() -> None:
    """Make sure that there is a terminal to draw on.

    Raises:
        NotATerminal: input or output is none, or it can do nothing (``TERM=dumb``).
    """
    hint = "Line by line: workbench --plain. One prompt: workbench send PROMPT"
    streams = (sys.stdin, sys.stdout, sys.__stderr__)  # the toolkit draws on the last one
    if not all(stream is not None and stream.isatty() for stream in streams):
        raise NotATerminal("The screen needs a terminal for input, output and errors.", hint)
    if os.environ.get("TERM", "dumb") in ("dumb", ""):
        raise NotATerminal("This terminal (TERM=dumb) cannot show a screen.", hint)


def run(factory: ClientFactory, setup: Setup) -> int:
    """Open the screen and stay until it is left. Returns the exit code: 0, 1 after a crash,
    143, 129 or 130 after a signal.

    Raises:
        NotATerminal: there is no terminal to draw on.
    """
    need_terminal()
    watch_terminal(sys.stdin.fileno())
    spell_out(sys.__stderr__)  # the toolkit draws on it
    return asyncio.run(_run(factory, setup))


async def _run(factory: ClientFactory, setup: Setup) -> int:
    app = WorkbenchApp(factory, setup)
    try:
        await app.run_async()
    finally:
        await app.bridge.close()
    return app.return_code or 0
