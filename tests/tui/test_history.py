"""The list of iterations: as a tree, with names and notes, and further back than was loaded."""

from __future__ import annotations

from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import FakeEngine, race
from tests.tui.stories import invoice_script, setup
from tests.tui.test_state import model
from workbench.engine.plan import LoadEarlier, Mark, StartRace
from workbench.model.events import Earlier, Event
from workbench.tui.app import WorkbenchApp

SIZE = (110, 34)


def raced(first: int, last: int) -> list[Event]:
    """The events of iterations *first* to *last*, two attempts each."""
    out: list[Event] = []
    for number in range(first, last + 1):
        view = model()
        view.edit(user=f"prompt {number} {{{{ invoice }}}}")
        told = race(StartRace(view.plan()), number, 2 * number - 1, invoice_script)
        out += [event for _, event in told]
    return out


def past(command: LoadEarlier) -> list[Event]:
    first = max(1, command.before - min(4, command.count))
    return [*raced(first, command.before - 1), Earlier(first - 1)]


def long_session() -> tuple[WorkbenchApp, FakeEngine]:
    engine = FakeEngine(invoice_script, history=(*raced(9, 10), Earlier(8)), past=past)
    return WorkbenchApp(engine, setup()), engine


async def test_going_back_past_the_oldest_loaded_iteration_loads_earlier_ones():
    app, engine = long_session()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, 2)
        assert "\u2039" in shown(app)
        await pilot.press("ctrl+o", "ctrl+o")
        await until(pilot, lambda: app.model.selected == 8)
        assert "prompt 8" in shown(app)
        assert [c.before for c in engine.sent if isinstance(c, LoadEarlier)] == [9]
        assert app.model.fold.earlier == 4
        await pilot.press(*["ctrl+o"] * 3)
        await until(pilot, lambda: app.model.selected == 5)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: app.model.selected == 4)
        await pilot.press(*["ctrl+o"] * 9)
        await until(pilot, lambda: app.model.selected == 1)
        assert list(app.model.fold.iterations) == list(range(1, 11))
        assert len([c for c in engine.sent if isinstance(c, LoadEarlier)]) == 2


async def test_the_list_loads_earlier_ones_and_keeps_its_place():
    app, _ = long_session()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, 2)
        await pilot.press("f8")
        await until(pilot, lambda: "8 earlier ones are not loaded" in shown(app))
        await pilot.press("down", "l")
        await until(pilot, lambda: "4 earlier ones are not loaded" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.model.selected == 9)
        assert "prompt 9" in shown(app)


async def test_the_measures_say_that_earlier_iterations_are_missing():
    app, _ = long_session()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, 2)
        await pilot.press("alt+m")
        await until(pilot, lambda: "without 8 earlier iterations" in shown(app))


async def test_an_iteration_is_named_annotated_and_starred_from_the_list():
    engine = FakeEngine(invoice_script, history=raced(1, 3))
    app = WorkbenchApp(engine, setup())
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, 3)
        await pilot.press("f8")
        await until(pilot, lambda: "Iterations" in shown(app))
        await pilot.press("down", "n")
        await until(pilot, lambda: "Name of iteration 2" in shown(app))
        await pilot.press(*"short", "enter")
        await until(pilot, lambda: app.model.fold.iterations[2].marks.name == "short")
        await until(pilot, lambda: "short" in shown(app))
        await pilot.press("t")
        await until(pilot, lambda: "Note of iteration 2" in shown(app))
        await pilot.press(*"try", "enter", "s")
        await until(pilot, lambda: bool(app.model.fold.iterations[2].marks.star))
        await until(pilot, lambda: "2\u2605" in shown(app))
        assert "short  try" in shown(app)
        await pilot.press("n")
        await until(pilot, lambda: "Name of iteration 2" in shown(app))
        await pilot.press("ctrl+u", "enter")
        await until(pilot, lambda: app.model.fold.iterations[2].marks.name == "")
        assert [c for c in engine.sent if isinstance(c, Mark)][-1] == Mark(2, name="")


async def test_any_iteration_is_compared_with_the_one_in_view():
    engine = FakeEngine(invoice_script, history=raced(1, 4))
    app = WorkbenchApp(engine, setup())
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, 4)
        await pilot.press("f8")
        await until(pilot, lambda: "Iterations" in shown(app))
        await pilot.press("end", "d")
        await until(pilot, lambda: "iteration 1 \u2192 iteration 4" in shown(app))


async def test_branches_stand_under_what_they_came_from():
    engine = FakeEngine(invoice_script)
    app = WorkbenchApp(engine, setup())
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        for count in (1, 2):
            await pilot.press("ctrl+j")
            await settled(pilot, count)
        await pilot.press("ctrl+o", "ctrl+j")
        await settled(pilot, 3)
        await pilot.press("f8", "b")
        await until(pilot, lambda: "Iterations" in shown(app))
        listed = [line for line in shown(app).splitlines() if "Extract vendor" in line]
        one, two, three = listed[-3:]
        assert three.index("\u2514 from 1") == one.index("Extract") == two.index("Extract")
        assert one.index(" of 2") == two.index(" of 2") == three.index(" of 2")
