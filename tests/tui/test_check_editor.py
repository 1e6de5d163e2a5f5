"""Writing checks on the screen: completed, and wrong ones named with their column."""

from __future__ import annotations

import pytest

from tests.tui.conftest import settled, shown
from tests.tui.fake_engine import FakeEngine
from tests.tui.stories import invoice_script, setup
from workbench.tui.app import WorkbenchApp
from workbench.tui.view.language import check_language, fault, meaning
from workbench.tui.widgets.check_editor import CheckEditor


def app_in(folder, checks: tuple[str, ...] = ()) -> WorkbenchApp:
    return WorkbenchApp(
        FakeEngine(invoice_script), setup(checks=checks, language=check_language(folder))
    )


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_an_error_names_its_column_while_it_is_typed(tmp_path, size):
    app = app_in(tmp_path)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press("f3", *"max_words:x")
        await pilot.pause()
        assert "column 11:" in shown(app)
        await pilot.press("backspace", "5")
        await pilot.pause()
        assert "column" not in shown(app)


async def test_an_error_stays_in_sight_when_the_editor_is_left(tmp_path):
    app = app_in(tmp_path, ("json", "jsn"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert "line 2, column 1: Unknown check" in shown(app)


async def test_tab_completes_the_shared_start_then_each_candidate_in_turn(tmp_path):
    app = app_in(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        editor = app.main.query_one("#checks", CheckEditor)
        await pilot.press("f3", *"warn max", "tab")
        assert editor.text == "warn max_"
        await pilot.press("tab")
        first = editor.text
        await pilot.press("tab")
        assert editor.text != first
        assert editor.text.startswith("warn max_")
        assert editor.has_focus
        assert app.model.draft.checks == (editor.text,)


async def test_tab_completes_the_members_of_a_group_and_errors_name_their_column(tmp_path):
    app = app_in(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        editor = app.main.query_one("#checks", CheckEditor)
        await pilot.press("f3", *"all:(max_w", "tab")
        assert editor.text == "all:(max_words"
        await pilot.press(*":x)")
        await pilot.pause()
        assert "column 16:" in shown(app)


@pytest.mark.parametrize(
    ("typed", "made"),
    [("max_w", "max_words:"), ("warn conta", "warn contains"), ("one_", "one_of:")],
)
async def test_tab_goes_on_to_the_argument_of_a_check_that_needs_one(tmp_path, typed, made):
    app = app_in(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("f3", *typed, "tab")
        editor = app.main.query_one("#checks", CheckEditor)
        assert editor.text == made
        assert editor.has_focus


async def test_tab_leaves_a_finished_check_alone_and_goes_on(tmp_path):
    app = app_in(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        editor = app.main.query_one("#checks", CheckEditor)
        await pilot.press("f3", *"json", "tab")
        assert editor.text == "json"
        assert not editor.has_focus


async def test_options_are_completed_too(tmp_path):
    app = app_in(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("f3", *"json/o", "tab")
        assert app.main.query_one("#checks", CheckEditor).text.startswith("json/o")


@pytest.mark.parametrize(
    ("line", "column"),
    [("  jsn", 3), ("warn jsn", 6), ("max_words:x", 11), ("json/nope", 6), ("regex:a(", 7)],
)
def test_the_column_is_that_of_the_line_as_it_was_typed(line: str, column: int):
    found = fault(line)
    assert found is not None
    assert found.column == column
    assert "column" not in found.message


def test_an_error_in_a_file_stands_where_the_line_names_it(tmp_path):
    (tmp_path / "s.json").write_text('{"type": "nothing"}')
    found = fault("json_schema:@s.json", tmp_path)
    assert found is not None
    assert found.column == len("json_schema:@")


def test_what_a_check_means_is_told_before_its_argument_is_complete():
    assert "max_words:" in meaning("max_words:")
    assert meaning("nonsense") == ""
