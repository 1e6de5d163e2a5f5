"""Other ways to look: zoom, matrix, comparison, replay, Markdown, sessions, an editor."""

from __future__ import annotations

import pytest

from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import Answer
from tests.tui.stories import BAD, HOSTILE, PROMPT
from tests.tui.test_screen import SIZE, app_of, harmless
from workbench.diffing.records import Options
from workbench.engine.plan import OpenSession
from workbench.errors import UsageError
from workbench.model.attempt import AttemptError
from workbench.model.lane import Lane
from workbench.tui import external
from workbench.tui.screens.compare import CompareScreen
from workbench.tui.screens.replay import ReplayScreen
from workbench.tui.view.compare import Pair, columns, compare, pairs, single, structure, summary
from workbench.tui.view.lines import plain, width
from workbench.tui.view.setup import RECENT, SessionEntry
from workbench.tui.widgets.editor import Editor
from workbench.tui.widgets.lane_view import LaneView


async def raced(pilot, count: int = 1) -> None:
    await settled(pilot)
    for number in range(1, count + 1):
        await pilot.press("ctrl+j")
        await settled(pilot, number)


async def test_a_zoomed_lane_has_the_screen_and_gives_it_back():
    app, _ = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await raced(pilot)
        await pilot.press("ctrl+l", "z")
        await until(pilot, lambda: "system" not in shown(app))
        assert [p.lane.name for p in app.main.query(LaneView) if p.display] == ["smollm2"]
        assert "Sure! Here is the JSON" in shown(app)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: '"vendor"' in shown(app) and "Sure!" not in shown(app))
        await pilot.press("z")
        await until(pilot, lambda: "system" in shown(app))


async def test_a_hidden_lane_still_races_and_comes_back():
    app, engine = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await raced(pilot)
        await pilot.press("ctrl+l", "h")
        await until(pilot, lambda: "Sure!" not in shown(app))
        await pilot.press("ctrl+j")
        await settled(pilot, 2)
        assert len(engine.sent[-1].plan.lanes) == 2
        await pilot.press("ctrl+l", "H")
        await until(pilot, lambda: "gladly add it" in shown(app))


async def test_the_prompt_grows_and_shrinks_by_key():
    app, _ = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        top = app.main.query_one("#top")
        before = top.outer_size.height
        await pilot.press("alt+down", "alt+down")
        await until(pilot, lambda: top.outer_size.height == before + 2)
        for _ in range(20):
            await pilot.press("alt+up")
        await until(pilot, lambda: top.outer_size.height == 4)


async def test_the_matrix_shows_every_check_of_every_lane_and_why_it_failed():
    app, _ = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await raced(pilot)
        await pilot.press("f6")
        await until(pilot, lambda: "Checks by lane" in shown(app))
        text = shown(app)
        for name in ("json", "max_chars", "deadline"):
            assert name in text
        assert "\u2717 120 ms" in text
        assert "smollm2  json at 0  a JSON text cannot begin with 'S'" in text
        await pilot.press("escape")
        await until(pilot, lambda: "Checks by lane" not in shown(app))


async def test_on_a_tall_screen_the_matrix_stands_beside_the_prompt():
    app, _ = app_of()
    async with app.run_test(size=(120, 40)) as pilot:
        await raced(pilot)
        assert "\u2717 120 ms" in shown(app)


async def test_reasoning_is_folded_until_asked_for():
    app, _ = app_of(lambda *_: Answer(("42",), reasoning=("first", " I think")))
    async with app.run_test(size=SIZE) as pilot:
        await raced(pilot)
        assert "\u25b8 reasoning, 13 chars" in shown(app)
        assert "first I think" not in shown(app)
        await pilot.press("ctrl+l", "r")
        await until(pilot, lambda: "first I think" in shown(app))
        await pilot.press("r")
        await until(pilot, lambda: "first I think" not in shown(app))


async def test_a_lane_that_sent_no_reasoning_says_so_and_keeps_its_answer_in_sight():
    app, _ = app_of(lambda *_: Answer(("forty-two",)))
    async with app.run_test(size=SIZE) as pilot:
        await raced(pilot)
        await pilot.press("ctrl+l", "r")
        await until(pilot, lambda: "smollm2 sent no reasoning." in shown(app))
        assert shown(app).count("forty-two") == 2


async def test_answers_are_compared_with_the_iteration_before_and_with_each_other():
    app, _ = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+d")
        await until(pilot, lambda: "nothing to compare" in shown(app))
        await raced(pilot, 3)
        await pilot.press("ctrl+d")
        await until(pilot, lambda: "iteration 2 \u2192 iteration 3" in shown(app))
        assert "smollm2" in shown(app)
        await pilot.press("right")
        await until(pilot, lambda: "identical" in shown(app))
        await pilot.press("right")
        await until(pilot, lambda: "prompt" in shown(app))
        await pilot.press("right", "w", "s", "n", "p")
        await until(pilot, lambda: "smollm2 \u2192 qwen" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, CompareScreen))


async def test_an_iteration_plays_again_on_a_screen_of_its_own():
    app, _ = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await raced(pilot)
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        screen = app.screen
        assert isinstance(screen, ReplayScreen)
        await pilot.press("f")
        await until(pilot, lambda: "124 ms of" in shown(app))
        assert "gladly" not in shown(app)
        await pilot.press("end")
        await until(pilot, lambda: "gladly" in shown(app))
        await pilot.press("home")
        await until(pilot, lambda: "gladly" not in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        assert "gladly" in shown(app)


async def test_an_answer_is_read_as_markdown_and_its_links_are_not_opened():
    opened = []
    text = "# Title\n\n- *one*\n- [link](http://evil.example)\n\n\x1b]52;c;x\x07[/x]"
    app, _ = app_of(lambda *_: Answer((text,)))
    app.open_url = opened.append
    async with app.run_test(size=SIZE) as pilot:
        await raced(pilot)
        await pilot.press("ctrl+l", "m")
        await until(pilot, lambda: "as Markdown" in shown(app))
        await until(pilot, lambda: "Title" in shown(app))
        assert harmless(app)
        await pilot.click(offset=(5, 8))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        assert opened == []


async def test_sessions_are_searched_and_one_is_opened():
    entries = [
        SessionEntry("one", "first idea", "2026-11-20T10:00:00Z", 3),
        SessionEntry("two", "[/x] second", "2026-11-21T10:00:00Z", 1),
    ]
    app, engine = app_of(sessions=lambda q: [e for e in entries if q in e.title])
    async with app.run_test(size=SIZE) as pilot:
        await raced(pilot)
        await pilot.press("ctrl+f")
        await until(pilot, lambda: "first idea     3 iterations" in shown(app))
        await pilot.press(*"sec")
        await until(pilot, lambda: "first idea" not in shown(app))
        assert "[/x] second     1 iteration " in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: OpenSession("two", last=RECENT) in engine.sent)
        await until(pilot, lambda: app.model.fold.iterations == {})
        assert PROMPT.user[:20] in shown(app)


async def test_a_long_title_leaves_room_for_what_tells_two_sessions_apart():
    entries = [SessionEntry(f"s{n}", "long title " * 20, "2026-11-20T10:00Z", n) for n in (2, 30)]
    app, _ = app_of(sessions=lambda _: entries)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+f")
        await until(pilot, lambda: "30 iterations" in shown(app))
        assert "2 iterations" in shown(app)


async def test_what_was_said_of_one_iteration_is_not_said_of_the_next():
    app, _ = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await raced(pilot, 3)
        await pilot.press("f10")
        await until(pilot, lambda: "Nothing failed here" in shown(app))
        await pilot.press("ctrl+o")
        await until(pilot, lambda: app.model.selected == 2)
        assert "Nothing failed here" not in shown(app)


async def test_the_last_lane_in_sight_is_not_hidden_and_that_is_said():
    app, _ = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await raced(pilot)
        await pilot.press("ctrl+l", "h", "h")
        await until(pilot, lambda: "is the last lane in sight: it stays" in shown(app))


async def test_the_editor_of_ones_own_changes_the_focused_text(monkeypatch):
    app, _ = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+g")
        await until(pilot, lambda: "cannot be lent" in shown(app))
        assert app.main.query_one("#user", Editor).text == PROMPT.user
    del monkeypatch


def test_an_external_editor_gets_the_text_and_gives_its_own_back(monkeypatch, tmp_path):
    script = tmp_path / "ed.sh"
    script.write_text(
        '#!/bin/sh\nprintf "changed: " > "$1.new"; cat "$1" >> "$1.new"\n'
        'echo >> "$1.new"; mv "$1.new" "$1"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(script))
    assert external.edit("h\u00e9llo") == "changed: h\u00e9llo"


@pytest.mark.parametrize(
    ("editor", "message"),
    [("false", "ended with code 1"), ("/no/such/editor", "cannot be started")],
)
def test_an_editor_that_fails_changes_nothing_and_says_so(monkeypatch, editor, message):
    monkeypatch.setenv("VISUAL", editor)
    with pytest.raises(UsageError, match=message):
        external.edit("text")


OTHER = BAD.replace("vendor", "seller") + "\nend"
PAIR = Pair("smollm2", "iteration 1", "iteration 2", BAD, OTHER)


@pytest.mark.parametrize("cells", [24, 60, 61, 120])
def test_a_comparison_fits_its_cellsand_marks_where_changes_begin(cells: int):
    found = compare(PAIR)
    for lay in (columns, single):
        text, starts = lay(found, PAIR, cells)
        assert all(width(line) <= cells for line in text)
        assert starts == sorted(starts)
        assert len(starts) >= 1
    assert "changes" in plain(summary(PAIR, found))


def test_cellsstand_straight():
    text, _ = columns(compare(PAIR), PAIR, 81)
    assert {max(plain(line).find("\u2502"), plain(line).find("\u2503")) for line in text} == {40}


def test_a_comparison_by_json_names_the_places():
    pair = Pair("x", "a", "b", '{"a": 1, "b": 2}', '{"a": 3, "c": [4]}')
    text = [plain(line) for line in structure(compare(pair, Options(by="json")))]
    assert any(line.startswith("~ /a") for line in text)
    assert len(text) == 3


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_stays_harmless_on_every_other_screen(text: str):
    app, _ = app_of(
        lambda n, _: Answer((text, str(n)), fail=("json", 0, text), reasoning=(text,)),
        lanes=(Lane(text, "local", text), Lane("b", "local", text)),
        checks=("json",),
        sessions=lambda _: [SessionEntry(text, text, text, 1, text)],
    )
    async with app.run_test(size=SIZE) as pilot:
        await raced(pilot, 2)
        for keys in (
            ["f6"],
            ["ctrl+d"],
            ["f11"],
            ["f7", "end"],
            ["ctrl+f"],
            ["ctrl+l", "m"],
            ["r"],
        ):
            await pilot.press(*keys)
            await pilot.pause()
            await pilot.pause()
            assert harmless(app), keys
            await pilot.press("escape")
            await pilot.pause()
        assert pairs(app.model)


async def test_a_prompt_is_saved_to_a_file_and_opened_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app, _ = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("alt+s")
        await until(pilot, lambda: "Save the prompt to which file?" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "Saved to prompt.toml." in shown(app))
        await pilot.press("f2", *"gone ")
        await pilot.press("alt+o")
        await until(pilot, lambda: "Open which prompt file?" in shown(app))
        await pilot.press(*"none.toml", "enter")
        await until(pilot, lambda: "none.toml cannot be read" in shown(app))
        assert "gone" in shown(app)
        await pilot.press("alt+o")
        await until(pilot, lambda: "Open which prompt file?" in shown(app))
        await pilot.press(*"prompt.toml", "enter")
        await until(pilot, lambda: "Opened prompt.toml." in shown(app))
        assert app.main.query_one("#user", Editor).text == PROMPT.user
        assert app.model.draft.prompt == PROMPT


async def test_twelve_lanes_leave_room_for_everything_and_the_race_follows_the_focus():
    lanes = tuple(Lane(f"lane{n}", "scripted", "m") for n in range(1, 13))
    app, _ = app_of(lanes=lanes)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        lines = shown(app).splitlines()
        assert "^J send" in lines[-1]
        assert "passed" in lines[-2]
        assert any(line.startswith(" 1\u20137 ") for line in lines)
        await pilot.press(*["ctrl+l"] * 12)
        await until(pilot, lambda: "6\u201312" in shown(app))
        assert sum(line.startswith(" lane12 ") for line in shown(app).splitlines()) == 1
        await pilot.press("f7")
        await until(pilot, lambda: "replay of iteration 1" in shown(app))
        await until(pilot, lambda: "Space play" in shown(app).splitlines()[-1])


async def test_an_error_without_an_answer_is_told_whole():
    words = " ".join(f"word{n}" for n in range(40))
    error = AttemptError("rejected", f"The server refused it: {words}.", "Ask for less.")
    app, _ = app_of(lambda *_: Answer((), error=error, state="error"))
    async with app.run_test(size=(100, 40)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        assert "word39" in shown(app)
        assert "less." in shown(app)


async def test_a_failure_is_named_beside_its_text_only_where_there_is_room():
    text = "x" * 45 + " bad"
    fail = Answer((text + "\nmore\nand more",), fail=("json", 46, "no"), span=(46, 49))
    for cells, named in ((124, True), (112, False)):
        app, _ = app_of(lambda *_: fail)
        async with app.run_test(size=(cells, 30)) as pilot:
            await settled(pilot)
            await pilot.press("ctrl+j")
            await settled(pilot, 1)
            line = next(row for row in shown(app).splitlines() if "xxx bad" in row)
            assert ("◂" in line) == named, line
            assert named or "…" not in line
