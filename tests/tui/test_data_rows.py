"""Data rows on the screen: a table that is edited, sent and filled, a real engine behind it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.app import App

from tests.engine.helpers import lane, tools
from tests.tui.conftest import shown, until
from tests.tui.stories import HOSTILE, setup
from workbench.api.data_rows import load_rows
from workbench.api.setup import settings_for
from workbench.engine.inprocess import InProcessEngine
from workbench.model.events import AttemptEnded, AttemptQueued, IterationStarted, SessionStarted
from workbench.model.fold import LiveIteration, SessionFold
from workbench.model.prompt import DataRow, Prompt
from workbench.suites.case import Case
from workbench.suites.file import Added
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.case import CaseScreen
from workbench.tui.screens.data import DataScreen
from workbench.tui.screens.replay import ReplayScreen
from workbench.tui.view.compare import pairs
from workbench.tui.view.data_table import DataTable
from workbench.tui.view.draft import Draft
from workbench.tui.view.lines import plain, width
from workbench.tui.view.row_index import RowIndex
from workbench.tui.view.state import ViewModel

SIZE = (100, 26)
PROMPT = Prompt("Which country is {{ city }} in?")
ROWS = (
    DataRow("fr", {"city": "Paris"}, ("contains:France",)),
    DataRow("de", {"city": "Berlin"}, ("contains:Germany",)),
    DataRow("no", {"city": "Oslo"}, ("contains:Norway",)),
)
TALKS = replace(lane("talks", texts=["France", "Berlin", "Norway"]), model="m")
SURE = replace(lane("sure", text="France Germany Norway"), model="m")


def app_of(**changes) -> WorkbenchApp:
    async def engine():
        return InProcessEngine(tools())

    given = {"lanes": (TALKS, SURE), "prompt": PROMPT, "checks": (), "variables": {}, **changes}
    app = WorkbenchApp(engine, setup(**given))
    app.model.rules = replace(app.model.rules, at_once=1)
    return app


def on(app: App, kind: type) -> bool:
    return isinstance(app.screen, kind)


async def ready(pilot) -> None:
    app = pilot.app
    await until(pilot, lambda: app.bridge.client is not None)


async def sent(pilot, iterations: int) -> None:
    app = pilot.app

    def done() -> bool:
        return len(app.model.fold.iterations) == iterations and not app.model.running

    await until(pilot, done)
    app.bridge.tick()
    await pilot.pause()


async def test_rows_are_typed_sent_and_every_cell_gets_its_verdict():
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("alt+d")
        await until(pilot, lambda: on(app, DataScreen))
        await pilot.press("a", "right", "enter", *"Paris", "tab")  # on to the checks
        await pilot.press("enter", *"contains:France", "escape")
        await until(pilot, lambda: "contains:Fran" in shown(app))
        await pilot.press("a", "left", "enter")
        await pilot.press(*["backspace"] * 5, *"Berlin", "escape", "ctrl+j")
        await sent(pilot, 1)
        await until(pilot, lambda: "1 of 2" in shown(app))
        assert "2 of 2" in shown(app)
        assert "9%" in shown(app)  # Wilson, 1 of 2
        assert app.model.draft.rows == app.model.iteration.started.rows
        assert [row.values["city"] for row in app.model.draft.rows] == ["Paris", "Berlin"]


async def test_a_file_is_opened_and_one_key_leads_to_the_failure_and_its_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "c"))
    path = tmp_path / "cities.csv"
    path.write_text("id,city,checks\nfr,Paris,contains:France\nde,Berlin,contains:Germany\n")
    settings = settings_for(tmp_path)
    app = app_of(load_rows=lambda source: load_rows(settings, source))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("alt+d", "o", *"nowhere.csv", "enter")
        await until(pilot, lambda: "nowhere.csv cannot be read" in shown(app))
        await pilot.press("escape", "o", *str(path), "enter")
        await until(pilot, lambda: "2 rows of" in shown(app))
        await pilot.press("ctrl+j")
        await sent(pilot, 1)
        await pilot.press("f")
        await until(pilot, lambda: "\u2717 failed" in shown(app))
        await pilot.press("v")
        await until(pilot, lambda: on(app, type(app.main)))
        assert app.model.row == "de"
        assert "\u2039de\u203a  1 of 2 rows passed" in shown(app)
        assert "Berlin" in shown(app)
        await pilot.press("alt+left")
        await until(pilot, lambda: "\u2039fr\u203a" in shown(app))
        assert "[1 1/2 2/2]" in shown(app)


async def test_a_failed_row_becomes_a_case_of_its_own_input_and_replays_by_row():
    saved: list[Case] = []

    def save(case: Case) -> Added:
        saved.append(case)
        return Added((case,), ())

    app = app_of(save_case=save)
    app.model.edit(rows=ROWS)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("ctrl+j")
        await sent(pilot, 1)
        await pilot.press("alt+right", "f10")
        await until(pilot, lambda: on(app, CaseScreen))
        await pilot.press("ctrl+j")
        await until(pilot, lambda: bool(saved))
        assert saved[0].variables == {"city": "Berlin"}
        assert saved[0].checks == ("contains:Germany",)
        await pilot.press("f7")
        await until(pilot, lambda: on(app, ReplayScreen))
        await pilot.press("end")
        await until(pilot, lambda: "\u2039de\u203a" in shown(app) and "Berlin" in shown(app))
        await pilot.press("n")
        await until(pilot, lambda: "\u2039no\u203a" in shown(app))


async def test_a_row_without_a_value_opens_the_table_and_sends_nothing():
    app = app_of()
    app.model.edit(rows=(*ROWS, DataRow("x")))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: on(app, DataScreen) and "no value" in shown(app))
        await until(pilot, lambda: "Row x has no value for city" in shown(app))
        await pilot.press("ctrl+j", "ctrl+j")  # it stays one table, and the value is in hand
        await pilot.press("enter")
        await until(pilot, lambda: "back to the rows" in shown(app))
        await pilot.press(*"Rome", "escape")
        await until(pilot, lambda: "a add" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        assert not app.model.fold.iterations
        assert app.model.draft.rows[-1] == DataRow("x", {"city": "Rome"})


async def test_iterations_are_compared_row_by_row():
    app = app_of()
    app.model.edit(rows=ROWS)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        for number in (1, 2):
            await pilot.press("ctrl+j")
            await sent(pilot, number)
        app.model.show_row("no")
        found = pairs(app.model)
        assert [p.what for p in found] == ["talks, row no", "sure, row no", "prompt", "lanes"]
        assert (found[0].a, found[0].b) == ("Norway", "Norway")


def view(rows=ROWS) -> ViewModel:
    model = ViewModel((TALKS, SURE), Draft(PROMPT, rows=rows))
    start = IterationStarted(1, PROMPT, (TALKS, SURE), (), "", rows=rows)
    model.apply([SessionStarted("s", "", "", ""), start])
    return model


def test_ids_stay_unique_and_names_and_values_are_what_was_typed():
    model = view()
    table = DataTable(model)
    assert table.put("de") == "Every row needs an id of its own."
    assert table.put("xx") == ""
    table.column = "city"
    table.put("Lyon")
    table.add()
    assert [row.id for row in model.draft.rows] == ["xx", "4", "de", "no"]
    assert model.draft.rows[1].values == {"city": "Lyon"}
    table.remove()
    table.remove()
    assert [row.id for row in model.draft.rows] == ["xx", "no"]
    assert model.edited
    assert table.undo()
    assert table.undo()
    assert [row.id for row in model.draft.rows] == ["xx", "4", "de", "no"]
    assert table.undo()
    assert [row.id for row in model.draft.rows] == ["xx", "de", "no"]


def test_undo_takes_back_one_change_and_not_what_was_typed_before_or_after_it():
    table = DataTable(view())
    before = table.rows
    table.add()
    table.column = "city"
    for typed in ("Ly", "Lyon"):
        table.put(typed)
    table.column = "id"
    table.put("mine")
    table.put("mine")
    assert table.undo()
    assert (table.rows[1].id, table.rows[1].values["city"]) == ("4", "Lyon")
    table.put("ours")
    assert table.undo()
    assert (table.rows[1].id, table.rows[1].values["city"]) == ("4", "Lyon")
    assert table.undo()
    assert table.rows[1].values == before[0].values
    assert table.undo()
    assert table.rows == before
    assert not table.undo()


@pytest.mark.parametrize("cells", [20, 40, 80, 200])
@pytest.mark.parametrize("text", HOSTILE)
def test_every_line_fits_and_nothing_is_obeyed(cells: int, text: str):
    model = view((DataRow(text or "x", {text: text, "city": text}, (text,)), *ROWS))
    table = DataTable(model)
    for column in table.columns():
        table.column = column
        for line in table.lines(cells, 12, 0):
            assert width(line) <= max(cells, 50)
        table.about()


def test_a_cell_of_a_row_changed_since_it_was_sent_is_faded():
    model = view()
    queued = AttemptQueued(1, 1, "talks", "m", row="fr")
    model.apply([queued, AttemptEnded(1, "complete", 5.0)])
    table = DataTable(model)
    line = table.lines(100, 10, 0)[1]
    assert ("\u2713 5.0 ms", "") in [(t.strip(), tone.split(" on-")[0].strip()) for t, tone in line]
    table.column = "city"
    table.put("Nice")
    line = table.lines(100, 10, 0)[1]
    assert any(t.strip() == "\u2713 5.0 ms" and "muted" in tone for t, tone in line)
    assert plain(table.about()) == ""


def test_the_tally_counts_the_last_try_of_each_row_and_nothing_twice():
    fold = SessionFold()
    fold.apply(IterationStarted(1, PROMPT, (TALKS,), (), "", rows=ROWS))
    live: LiveIteration = fold.iterations[1]
    index = RowIndex(live)
    for number, row in enumerate(ROWS, 1):
        fold.apply(AttemptQueued(number, 1, "talks", "m", row=row.id))
    assert (index.tally("talks").total, index.tally("talks").decided) == (3, 0)
    for event in (AttemptEnded(1, "error", 1.0), AttemptEnded(2, "complete", 1.0)):
        fold.apply(event)
        index.changed(fold.attempts[event.attempt])
    tally = index.tally("talks")
    assert (tally.decided, tally.passed) == (2, 1)
    fold.apply(AttemptQueued(4, 1, "talks", "m", retry_of=1, row="fr"))
    tally = index.tally("talks")
    assert (tally.total, tally.decided, tally.passed) == (3, 1, 1)
    fold.apply(AttemptQueued(5, 1, "other", "m", fallback_of=4, row="fr"))
    fold.apply(AttemptEnded(5, "complete", 1.0))
    index.changed(fold.attempts[5])
    tally = index.tally("talks")
    assert (tally.total, tally.decided, tally.passed) == (3, 2, 2)
    assert index.tally("other").total == 0
    assert [a.number for a in index.attempts("fr", "talks")] == [1, 4, 5]  # its fallback last


async def test_alt_and_a_letter_as_a_terminal_sends_them_are_a_key_and_no_text():
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        app.post_message(events.Key("alt+d", "d"))
        await until(pilot, lambda: on(app, DataScreen))
        assert app.model.draft.prompt == PROMPT
