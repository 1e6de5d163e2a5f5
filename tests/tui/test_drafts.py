"""What was written and not sent is there again, whatever ended the screen."""

from __future__ import annotations

import pytest

from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import FakeEngine
from tests.tui.stories import PROMPT, SMALL, invoice_script, setup
from tests.tui.test_screen import SIZE
from workbench.api.drafts import DraftFile
from workbench.config.prompt_file import PromptFile
from workbench.engine.plan import OpenSession
from workbench.model.events import IterationStarted, SessionStarted
from workbench.model.prompt import DataRow, Prompt
from workbench.tui.app import WorkbenchApp
from workbench.tui.view.draft import Draft, draft_of
from workbench.tui.view.keeper import DraftKeeper, begin_with
from workbench.tui.view.setup import SessionEntry
from workbench.tui.view.state import ViewModel


@pytest.fixture
def drafts(tmp_path):
    return lambda session: DraftFile(tmp_path / "drafts" / f"{session or 'new'}.json")


def app_with(drafts, pace: float | None = 0.0, **changes):
    given = begin_with(setup(**changes), drafts)
    return WorkbenchApp(FakeEngine(invoice_script, pace=pace), given)


def user_of(app) -> str:
    return app.main.query_one("#user").text


async def test_what_was_not_sent_is_there_at_the_next_start(drafts):
    app = app_with(drafts)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press(*"half a thought ", "f3", "end", "enter", *"max_words:9", "ctrl+q")
    again = app_with(drafts)
    async with again.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert user_of(again) == "half a thought " + PROMPT.user
        assert again.model.draft.checks[-1] == "max_words:9"
        assert "not sent last time is here again" in shown(again)


async def test_a_draft_is_kept_while_it_is_written_not_only_at_the_end(drafts):
    app = app_with(drafts)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press(*"killed ")
        app.look_at_draft()
        await until(pilot, lambda: drafts(None).load() is not None)
        assert drafts(None).load().prompt.user == "killed " + PROMPT.user


async def test_what_was_sent_is_no_draft_any_more(drafts):
    app = app_with(drafts)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press(*"sent ")
        app.look_at_draft()
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await pilot.press("ctrl+q")
    assert drafts(None).load() is None


async def test_a_screen_that_changed_nothing_leaves_no_draft(drafts):
    app = app_with(drafts)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+q")
    assert drafts(None).load() is None


async def test_older_on_a_new_session_opens_the_last_one_and_each_keeps_its_draft(drafts):
    entries = [SessionEntry("examples/a-city", "x", "", 1), SessionEntry("before", "y", "", 1)]
    app = app_with(drafts, sessions=lambda _: entries[::-1])
    drafts("before").save(PromptFile(Prompt("left there"), ("json",)))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press(*"here ", "ctrl+o")
        engine = app.bridge.client
        await until(pilot, lambda: OpenSession("before", last=50) in engine.sent)
    assert drafts(None).load().prompt.user == "here " + PROMPT.user
    assert drafts("before").load().prompt.user == "left there"


async def test_older_on_a_new_session_says_when_there_is_no_other(drafts):
    example = SessionEntry("examples/a-city", "x", "", 1)
    app = app_with(drafts, sessions=lambda _: [example])
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+o")
        await pilot.pause()
        assert "There is no earlier prompt yet" in shown(app)
        await pilot.press("ctrl+f")
        await until(pilot, lambda: "1 iteration" in shown(app))
        await pilot.press("enter")
        opened = OpenSession(example.id, last=50)
        await until(pilot, lambda: opened in app.bridge.client.sent)
        assert "There is no earlier prompt yet" not in shown(app)


async def test_a_new_session_begins_empty_and_what_was_not_sent_stays_with_the_old_one(drafts):
    app = app_with(drafts, blank=Draft(Prompt(""), ("json",)))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        old = app.model.fold.head.id
        await pilot.press(*"edited ", "alt+e")
        await until(pilot, lambda: OpenSession(last=50) in app.bridge.client.sent)
        await until(pilot, lambda: user_of(app) == "")
        assert app.model.draft.checks == ("json",)
        assert app.model.iteration is None
        assert "A new session." in shown(app)
        await pilot.press(*"another", "alt+e")
        await until(pilot, lambda: user_of(app) == "")
        await pilot.press("ctrl+z")
        await until(pilot, lambda: user_of(app) == "another")
        await pilot.press("ctrl+q")
    assert drafts(old).load().prompt.user == "edited " + PROMPT.user
    assert drafts(None).load().prompt.user == "another"


async def test_a_new_session_waits_for_the_race(drafts):
    app = app_with(drafts, pace=None)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        engine = app.bridge.client
        await pilot.press("ctrl+j")
        await until(pilot, lambda: bool(engine.told))
        engine.until(100)
        await until(pilot, lambda: app.model.running)
        await pilot.press("alt+e")
        await until(pilot, lambda: "A race is running." in shown(app))
        assert user_of(app) == PROMPT.user
        engine.until(1e9)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"prompt": 5}', b"\xff\xfe", b"[" * 9999])
def test_a_draft_that_cannot_be_read_is_no_draft(tmp_path, data):
    (tmp_path / "d.json").write_bytes(data)
    assert DraftFile(tmp_path / "d.json").load() is None


def test_a_draft_comes_back_as_it_was_and_secrets_do_not(tmp_path):
    file = DraftFile(tmp_path / "a" / "d.json", lambda text: text.replace("sk-1", "***"))
    rows = (DataRow("1", {"x": "\ud800 é"}, ("json",)),)
    held = PromptFile(Prompt("use sk-1", "be\x00brief"), ("json",), {"v": "1"}, rows)
    assert file.save(held)
    back = file.load()
    assert back is not None
    assert back.prompt == Prompt("use ***", "be\x00brief")
    assert (back.checks, dict(back.variables), back.rows) == (("json",), {"v": "1"}, rows)
    assert (tmp_path / "a" / "d.json").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_keeps_nobody_from_working(tmp_path):
    (tmp_path / "file").write_text("")
    assert not DraftFile(tmp_path / "file" / "d.json").save(PromptFile(Prompt("x")))


def test_the_rows_live_mode_did_not_send_are_there_when_the_session_is_opened_again(drafts):
    rows = tuple(DataRow(str(n), {"invoice": str(n)}) for n in range(4))
    started = IterationStarted(1, PROMPT, (SMALL,), (), "", rows=rows[1:2])

    def opened(draft: Draft) -> ViewModel:
        model = ViewModel((SMALL,), Draft(PROMPT))
        model.apply([SessionStarted("s", "s", "", ""), started])
        model.select(1)
        model.edit(rows=draft.rows)
        return model

    DraftKeeper(drafts, Draft(PROMPT), "s").look(opened(Draft(PROMPT, rows=rows)), wait=True)
    again = opened(draft_of(started))
    assert DraftKeeper(drafts, Draft(PROMPT), "s").restore(again)
    assert again.draft.rows == rows
