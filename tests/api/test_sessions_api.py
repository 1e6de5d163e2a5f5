"""Sessions for users: the shelf, the tree, notes, going back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.store.racing import run
from workbench.api.sessions import Query, Sessions, ancestry, restore, story, tree
from workbench.errors import SessionError, UnknownName
from workbench.model.lane import Lane
from workbench.model.prompt import Prompt
from workbench.model.session import Iteration, Session
from workbench.store.journal import Journal

NOW = datetime(2026, 11, 22, tzinfo=UTC)
NAME = "tickets-2026-11-22"


@pytest.fixture
def shelf(tmp_path):
    journal = Journal.create(tmp_path / "mine", "Tickets", now=NOW)
    for n in range(3):
        run(journal, f"prompt {n}", ["a b c", "d e"])
    journal.close()
    examples = Journal.create(tmp_path / "shipped", "Demo", now=NOW)
    run(examples, "shipped prompt", ["x"])
    examples.close()
    return Sessions(tmp_path / "mine", tmp_path / "cache" / "s.sqlite", tmp_path / "shipped")


def iterations(*parents: int | None) -> Session:
    its = tuple(
        Iteration(n, Prompt(f"p{n}"), (Lane("a", "p", "m"),), (), "", parent=parent)
        for n, parent in enumerate(parents, 1)
    )
    return Session("s", "S", "", "", its)


def test_a_session_is_listed_loaded_and_found(shelf) -> None:
    assert [(i.id, i.iterations) for i in shelf.list()] == [(NAME, 3)]
    assert [i.title for i in shelf.list_examples()] == ["Demo"]
    assert len(shelf.load("tick").session.iterations) == 3
    assert shelf.load("examples/demo").session.title == "Demo"
    assert {h.iteration for h in shelf.search(Query("prompt")).hits} == {1, 2, 3}


def test_marks_are_laid_over_each_other_and_found(shelf) -> None:
    shelf.annotate(NAME, 2, label="short one", star=True)
    shelf.annotate(NAME, 2, note="keeps the walrus")
    it = shelf.load(NAME).session.iteration(2)
    assert (it.name, it.star, it.note) == ("short one", True, "keeps the walrus")
    assert [h.kind for h in shelf.search(Query("walrus")).hits] == ["note"]
    shelf.annotate(NAME, 2, star=False, note="")
    it = shelf.load(NAME).session.iteration(2)
    assert (it.name, it.star, it.note) == ("short one", False, "")
    assert shelf.search(Query("walrus")).hits == ()


def test_marks_go_to_iterations_that_exist_and_never_into_examples(shelf) -> None:
    with pytest.raises(UnknownName, match="iteration"):
        shelf.annotate(NAME, 9, note="x")
    before = shelf.path("examples/demo").read_bytes()
    with pytest.raises(SessionError, match="example"):
        shelf.annotate("examples/demo", 1, note="x")
    assert shelf.path("examples/demo").read_bytes() == before


def test_secrets_in_a_note_are_masked(tmp_path, shelf) -> None:
    careful = Sessions(tmp_path / "mine", tmp_path / "s.sqlite", secrets=["sk-123456789"])
    careful.annotate(NAME, 1, note="my key sk-123456789")
    assert b"sk-123456789" not in shelf.path(NAME).read_bytes()


def test_the_tree_keeps_lines_of_work_together() -> None:
    rows = [(b.iteration.number, b.depth) for b in tree(iterations(None, 1, 2, 1, 4, 2))]
    assert rows == [(1, 0), (2, 0), (3, 0), (6, 1), (4, 1), (5, 1)]


def test_a_damaged_tree_still_shows_every_iteration_once() -> None:
    for parents in ((9, 1, 2), (1, 2, 3), (2, 1, None), (None, None, None)):
        rows = [b.iteration.number for b in tree(iterations(*parents))]
        assert sorted(rows) == [1, 2, 3]
    deep = iterations(None, *range(1, 5000))
    assert len(tree(deep)) == 5000
    assert len(ancestry(deep, 5000)) == 5000
    assert [i.number for i in ancestry(iterations(2, 1), 2)] == [1, 2]
    assert [i.number for i in ancestry(iterations(None, None, None), 2)] == [1, 2]


def test_going_back_gives_the_old_prompt_as_a_plan_that_branches_from_it(shelf) -> None:
    session = shelf.load(NAME).session
    plan = restore(session, 2)
    assert (plan.prompt.user, plan.parent, plan.checks) == ("prompt 1", 2, ("json",))
    assert [lane.name for lane in plan.lanes] == ["lane0", "lane1"]
    with pytest.raises(UnknownName):
        restore(session, 7)


def test_the_story_counts_every_lane_and_turn(shelf) -> None:
    told = story(shelf.load(NAME).session)
    assert [(lane.lane, lane.attempts) for lane in told.lanes] == [("lane0", 3), ("lane1", 3)]
    assert told.lanes[0].passed.value == 1.0
    assert [(t.iteration, t.lane) for t in told.turns][:2] == [(1, "lane0"), (1, "lane1")]
    assert story(iterations(None)).lanes == ()
