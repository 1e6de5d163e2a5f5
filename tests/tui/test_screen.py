"""Flows on the one screen: edit, send, see it fail, fix; by keys alone."""

from __future__ import annotations

import pytest
from textual.app import App

from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import Answer, FakeEngine, race
from tests.tui.stories import HOSTILE, PROMPT, SMALL, invoice_script, setup
from workbench.engine.plan import Cancel, Mark, OpenSession, RacePlan, StartRace, Warm
from workbench.errors import ConfigError
from workbench.model.lane import Lane
from workbench.model.prompt import Prompt
from workbench.tui.app import WorkbenchApp
from workbench.tui.bindings import ACTIONS
from workbench.tui.widgets.lane_view import LaneView

SIZE = (100, 30)


def app_of(script=invoice_script, pace: float | None = 0.0, **changes):
    engine = FakeEngine(script, pace=pace)
    return WorkbenchApp(engine, setup(**changes)), engine


def races(engine: FakeEngine) -> list[StartRace]:
    return [command for command in engine.sent if isinstance(command, StartRace)]


async def test_the_whole_loop_with_keys_alone():
    app, engine = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert isinstance(engine.sent[0], OpenSession)
        assert isinstance(engine.sent[1], Warm)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        assert "json at 0  a JSON text cannot" in shown(app)
        assert "passed 1 of 2" in shown(app)
        await pilot.press(*"Only JSON. ", "ctrl+j")
        await settled(pilot, 2)
        assert races(engine)[1].plan.prompt.user == "Only JSON. " + PROMPT.user
        assert races(engine)[1].plan.parent == 1
        await pilot.press("ctrl+j")
        await settled(pilot, 3)
        assert "passed 2 of 2 +1" in shown(app)
        await pilot.press("ctrl+o", "ctrl+o")
        await pilot.pause()
        assert "[1 \u2717\u2713]" in shown(app)
        assert "Only JSON." not in shown(app)
        await pilot.press("ctrl+n")
        await pilot.pause()
        assert "Only JSON." in shown(app)


async def test_answers_stream_side_by_side_while_the_prompt_can_be_edited():
    app, engine = app_of(pace=None)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: bool(engine.told))
        engine.until(350)
        await until(pilot, lambda: "streaming" in shown(app))
        assert "Sure! Here is the JSON" in shown(app)
        await pilot.press(*"typed")
        assert "typed" in shown(app)
        assert app.model.edited
        engine.until(1e9)
        await settled(pilot, 1)
        assert "typed" in shown(app)


async def test_escape_cancels_what_runs():
    app, engine = app_of(pace=None)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: bool(engine.told))
        engine.until(350)
        await until(pilot, lambda: "streaming" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: Cancel() in engine.sent)
        await settled(pilot, 1)
        assert "cancelled" in shown(app)
        assert "Sure! Here is the JSON" in shown(app)


async def test_one_lane_can_be_stopped_alone():
    app, engine = app_of(pace=None)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: bool(engine.told))
        engine.until(350)
        await until(pilot, lambda: "streaming" in shown(app))
        await pilot.press("ctrl+l", "ctrl+l", "x")
        await until(pilot, lambda: Cancel(2) in engine.sent)
        engine.until(1e9)


async def test_what_cannot_be_sent_says_why_and_sends_nothing():
    app, engine = app_of(
        prompt=Prompt(" "), check_problem=lambda c: "No such check." if c == "jsn" else None
    )
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await pilot.pause()
        assert "The prompt is empty.  Write a user message before sending." in shown(app)
        await pilot.press("f2", *"hi", "f3", "enter", *"jsn", "ctrl+j")
        await pilot.pause()
        assert "No such check." in shown(app)
        assert not races(engine)
        await pilot.press("backspace", "backspace", "backspace", "ctrl+j")
        await settled(pilot, 1)
        assert "No such check." not in shown(app)


async def test_a_missing_value_opens_the_variables_and_is_sent_once_given():
    app, engine = app_of(variables={})
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert "no value yet" in shown(app)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "a value is missing: invoice" in shown(app))
        await pilot.press(*"ACME", "ctrl+j")
        await settled(pilot, 1)
        assert races(engine)[0].plan.variables == {"invoice": "ACME"}


async def test_the_history_lists_iterations_and_goes_to_one():
    app, _ = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await pilot.press("ctrl+j")
        await settled(pilot, 2)
        await pilot.press("f8")
        await until(pilot, lambda: "Iterations" in shown(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.model.selected == 1)


async def test_a_theme_is_tried_on_and_remembered_or_put_back():
    saved = {}
    app, _ = app_of(save_setting=saved.__setitem__)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("f9")
        await until(pilot, lambda: "High contrast" in shown(app))
        await pilot.press("down")
        await until(pilot, lambda: app.theme == "paper")
        await pilot.press("escape")
        await until(pilot, lambda: app.theme == "ink")
        assert saved == {}
        await pilot.press("f9")
        await pilot.pause()
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.theme == "paper")
        assert saved == {"theme": "paper"}


async def test_lanes_and_abort_are_chosen_by_key_and_go_into_the_plan():
    app, engine = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "Lanes in the race" in shown(app))
        await pilot.press("down", "space", "escape", "ctrl+t", "ctrl+j")
        await settled(pilot, 1)
        plan = races(engine)[0].plan
        assert plan.lanes == (SMALL,)
        assert plan.abort == "first"
        assert "aborted" in shown(app)


async def test_a_star_is_put_and_taken():
    app, engine = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "\u26051" in shown(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "\u26051" not in shown(app))
        assert [c.star for c in engine.sent if isinstance(c, Mark)] == [True, False]


async def test_lanes_that_do_not_fit_are_one_key_away():
    lanes = tuple(Lane(f"lane-{n}", "local", "m") for n in range(1, 8))
    app, _ = app_of(lambda *_: Answer(("hello",)), lanes=lanes)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        visible = [p.lane.name for p in app.main.query(LaneView) if p.display]
        assert visible == ["lane-1", "lane-2"]
        for _ in range(7):
            await pilot.press("ctrl+l")
            await pilot.pause()
        visible = [p.lane.name for p in app.main.query(LaneView) if p.display]
        assert visible == ["lane-6", "lane-7"]
        assert app.focused is app.main.query(LaneView).last()


async def test_the_reader_is_left_alone_and_follows_again_at_the_end():
    app, engine = app_of(
        lambda *_: Answer([f"line {n}\n" for n in range(80)], first=0, gap=10), pace=None
    )
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: bool(engine.told))
        engine.until(400)
        await until(pilot, lambda: "line 39" in shown(app))
        await pilot.press("ctrl+l", "home")
        pane = app.main.query(LaneView).first()
        assert pane.top == 0
        engine.until(600)
        await until(pilot, lambda: len(pane.text.rows) > 55)
        assert pane.top == 0
        assert "line 59" in shown(app), "the other lane still follows"
        await pilot.press("end")
        engine.until(1e9)
        await settled(pilot, 1)
        assert pane.following
        assert pane.text.rows[-2] == "line 79"


async def test_help_and_palette_list_every_action():
    app, _ = app_of()
    async with app.run_test(size=(100, 86)) as pilot:
        await settled(pilot)
        await pilot.press("f1")
        await until(pilot, lambda: "Keys and signs" in shown(app))
        listed = shown(app)
        assert [a.id for a in ACTIONS if a.help[:50] not in listed] == []
        await pilot.press("escape", "ctrl+p")
        await until(pilot, lambda: ACTIONS[0].title in shown(app))
        await pilot.press(*"theme")
        await until(pilot, lambda: ACTIONS[1].title not in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "High contrast" in shown(app))


async def test_every_action_is_answered_by_something():
    app, _ = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        targets = {"workbench": app.main, "lane": app.main.query(LaneView).first(), "app": app}
        for action in ACTIONS:
            target = app.main if action.on_screen else targets[action.scope]
            name = "action_" + action.id.replace("-", "_")
            assert callable(getattr(target, name, None)), action.id


async def test_keys_can_be_given_to_other_actions():
    app, engine = app_of(keymap={"send": "f6"})
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await pilot.pause()
        assert not races(engine)
        assert "F6 send" in shown(app)
        await pilot.press("f6")
        await settled(pilot, 1)


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (20, 5), (1, 1), (200, 60)])
async def test_any_size_is_survived_and_left_again(size):
    app, _ = app_of()
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "passed 1 of 2" in shown(app))


def harmless(app: App) -> bool:
    text = shown(app)
    return not any(
        ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u202e\u2066\u200b\ufeff" or c >= "\U000e0000"
        for c in text.replace("\n", "")
    )


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_shown_and_never_obeyed(text: str):
    lane = Lane(text, "local", text)
    app, engine = app_of(
        lambda *_: Answer((text, text), fail=("json", 0, text)),
        lanes=(lane,),
        prompt=Prompt(f"{text} {{{{ v }}}}", text),
        variables={"v": text},
        checks=("json",),
        session=OpenSession(title=text),
    )
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        assert harmless(app)
        for keys in (["f8"], ["f4"], ["ctrl+r"], ["f1"]):
            await pilot.press(*keys)
            await pilot.pause()
            assert harmless(app)
            await pilot.press("escape")
        assert engine.sent
        assert app.is_running


@pytest.mark.parametrize(
    ("name", "value"), [("TERM", "linux"), ("NO_COLOR", "1"), ("TERM", "xterm-16color")]
)
async def test_a_terminal_with_few_colours_gets_its_own(monkeypatch, name, value):
    monkeypatch.delenv("COLORTERM")
    monkeypatch.setenv(name, value)
    app, _ = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        assert app.theme == "terminal"
        for keys in (["f9"], ["f6"], ["ctrl+l", "m"], ["ctrl+p"]):
            await pilot.press(*keys)
            await pilot.pause()
            await pilot.press("escape")
        colors = {
            getattr(segment.style, part).name
            for strip in app.screen._compositor.render_strips(app.size)
            for segment in strip
            for part in ("color", "bgcolor")
            if segment.style is not None and getattr(segment.style, part) is not None
        }
        assert not [color for color in colors if color.startswith("#")]


async def test_a_choice_that_cannot_be_kept_says_so():
    def refuse(_name, _value):
        raise ConfigError("config.toml cannot be written.", "Is the disk full?")

    app, _ = app_of(save_setting=refuse)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("f9")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: "config.toml cannot be written." in shown(app))


async def test_the_word_on_leaving_goes_when_it_no_longer_holds(monkeypatch):
    monkeypatch.setattr("workbench.tui.app.AGAIN", 0.05)
    app, _ = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        said, tell = [], app.main.tell
        monkeypatch.setattr(app.main, "tell", lambda notice: (said.append(notice), tell(notice)))
        await pilot.press("ctrl+c")
        await until(pilot, lambda: len(said) == 2)
        assert said[0].message == "Press Ctrl+C again to leave."
        assert said[1] is None
        assert app.model.notice is None


async def test_an_opened_session_aborts_as_it_did():
    plan = RacePlan(PROMPT, (SMALL,), ("json",), abort="first")
    history = [event for _, event in race(StartRace(plan), 1, 1, invoice_script)]
    engine = FakeEngine(invoice_script, pace=0.0, history=history)
    app = WorkbenchApp(engine, setup())
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, 1)
        assert app.model.abort == "first"


async def test_garbage_is_looked_for_after_every_race_also_when_old_ones_are_forgotten(monkeypatch):
    looks = []
    app, _ = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        monkeypatch.setattr("workbench.tui.app.gc.collect", lambda: looks.append(1))
        for number in (1, 2, 3):
            await pilot.press("ctrl+j")
            await settled(pilot)
            await until(pilot, lambda n=number: n in app.model.fold.iterations)
            await until(pilot, lambda: not app.model.running)
            app.model.fold.iterations.pop(number - 1, None)
            app._tidy()
            app._tidy()
        assert len(looks) == 3
