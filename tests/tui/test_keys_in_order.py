"""Keys act in the order they were pressed: a burst does what the same keys do one by one."""

from __future__ import annotations

from textual import events

from tests.tui.conftest import settled, until
from tests.tui.stories import PROMPT
from tests.tui.test_screen import SIZE, app_of, races

NAMES = {" ": "space", "\n": "enter", ":": "colon", "_": "underscore"}
SPECIAL = {"ctrl+j", "f1", "f2", "f3", "end", "escape"}


def burst(app, *keys: str) -> None:
    """All at once, as a terminal hands over what came in one read."""
    for key in keys:
        for name in [key] if key in SPECIAL else key:
            char = name if len(name) == 1 else None
            app.post_message(events.Key(NAMES.get(name, name), char))


async def test_what_is_sent_is_what_was_typed_before_the_key():
    app, engine = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        burst(app, "hello ", "ctrl+j")
        await until(pilot, lambda: bool(races(engine)))
        assert races(engine)[0].plan.prompt.user == "hello " + PROMPT.user


async def test_a_check_typed_in_one_burst_from_another_widget_is_part_of_what_is_sent():
    app, engine = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+l")
        burst(app, "f3", "end", "\n", "max_words:9", "ctrl+j")
        await until(pilot, lambda: bool(races(engine)))
        assert races(engine)[0].plan.checks[-1] == "max_words:9"
        assert races(engine)[0].plan.prompt.user == PROMPT.user


async def test_a_paste_keeps_its_place_between_keys():
    app, engine = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        burst(app, "a")
        app.post_message(events.Paste("bc "))
        burst(app, "d ", "ctrl+j")
        await until(pilot, lambda: bool(races(engine)))
        assert races(engine)[0].plan.prompt.user == "abc d " + PROMPT.user


async def test_a_burst_after_a_widget_has_gone_is_not_lost():
    app, engine = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        burst(app, "f1", "escape", "f2", "x ", "ctrl+j")
        await until(pilot, lambda: bool(races(engine)))
        assert races(engine)[0].plan.prompt.user == "x " + PROMPT.user
