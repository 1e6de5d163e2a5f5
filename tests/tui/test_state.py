"""The view-model: events in, what the screen says out. No event loop anywhere."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.tui.fake_engine import Answer, race
from tests.tui.stories import CHECKS, HOSTILE, INVOICE, LARGE, PROMPT, SMALL, invoice_script
from workbench.engine.plan import StartRace
from workbench.errors import PromptError
from workbench.model.attempt import AttemptError
from workbench.model.events import (
    AttemptEnded,
    AttemptQueued,
    FailedFirst,
    IterationEnded,
    IterationStarted,
)
from workbench.model.lane import Lane
from workbench.model.prompt import DataRow, Prompt
from workbench.tui.view import memory, rows
from workbench.tui.view import race as strip
from workbench.tui.view.draft import Draft
from workbench.tui.view.lines import plain, width
from workbench.tui.view.memory import FEW
from workbench.tui.view.setup import MOST
from workbench.tui.view.state import ViewModel
from workbench.tui.view.trail import trail


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def model(**changes) -> ViewModel:
    draft = Draft(PROMPT, CHECKS, {"invoice": INVOICE})
    return ViewModel(**{"lanes": (SMALL, LARGE), "draft": draft, "clock": Clock(), **changes})


def play(view: ViewModel, script=invoice_script, until: float = 1e9, count: int = 1) -> None:
    """Send the draft *count* times and fold what happens up to a moment."""
    for _ in range(count):
        number = max(view.fold.iterations, default=0) + 1
        first = max(view.fold.attempts, default=0) + 1
        events = race(StartRace(view.plan()), number, first, script)
        view.apply(event for ms, event in events if ms <= until)


def test_before_the_first_race_every_lane_is_ready():
    view = model()
    assert [rows.badge(view.attempt(lane.name)).word for lane in view.panes()] == ["ready"] * 2
    assert plain(rows.totals_line(view)) == "Nothing sent yet."


def test_a_lane_passes_through_its_states():
    view = model()
    play(view, until=0)
    assert rows.badge(view.attempt("qwen")).word == "connecting"
    view = model()
    play(view, until=100)
    assert rows.badge(view.attempt("qwen")).word == "waiting"
    view = model()
    play(view, until=400)
    assert rows.badge(view.attempt("qwen")).word == "streaming"
    assert rows.badge(view.attempt("smollm2")).word == "failed, streaming"
    view = model()
    play(view)
    assert rows.badge(view.attempt("qwen")).word == "passed"
    assert rows.badge(view.attempt("smollm2")).word == "failed"


def test_reasoning_before_the_answer_is_thinking():
    view = model()
    play(view, lambda *_: Answer(("42",), first=900, reasoning=("hmm", " well")), until=200)
    assert rows.badge(view.attempt("qwen")).word == "thinking"


def test_every_state_has_a_glyph_of_its_own_kind_and_a_word():
    seen = {}
    for state in ("complete", "truncated", "cancelled", "aborted", "error"):
        view = model()
        play(view, lambda *_, state=state: Answer(("x",), state=state))
        badge = rows.badge(view.attempt("qwen"))
        seen[badge.word] = badge.glyph
    assert set(seen) == {"passed", "truncated", "cancelled", "aborted", "error"}
    assert len(set(seen.values())) == len(seen)


def test_the_verdict_line_names_the_failed_check_where_and_why():
    view = model()
    play(view)
    line = plain(rows.verdict_line(view.attempt("smollm2")))
    assert line == "json at 0  a JSON text cannot begin with 'S'"


def test_a_provider_error_is_shown_with_its_hint():
    view = model()
    error = AttemptError("connect", "The server refused the connection.", "Is it running?")
    play(view, lambda *_: Answer((), error=error))
    line = plain(rows.verdict_line(view.attempt("qwen")))
    assert line == "The server refused the connection. Is it running?"
    assert rows.badge(view.attempt("qwen")).word == "error"


def test_totals_stand_beside_the_iteration_before():
    view = model()
    play(view, count=3)
    line = plain(rows.totals_line(view))
    assert "passed 2 of 2 +1" in line
    assert "first failure none" in line
    assert "cost unknown" in line


def test_totals_of_other_lanes_are_not_compared():
    view = model()
    play(view)
    view.toggle_lane("qwen")
    play(view)
    line = plain(rows.totals_line(view))
    assert "1 asked others" in line
    assert "+" not in line
    assert "\u2212" not in line


def test_what_a_stopped_answer_used_is_not_compared():
    view = model()
    play(view)
    error = AttemptError("server", "It broke.")
    play(view, lambda *_: Answer(("a",), error=error))
    line = plain(rows.totals_line(view))
    assert "passed 0 of 2 \u22121" in line
    assert not re.search(r"(tokens|slowest) \S+( m?s)? [+\u2212]", line)


def test_totals_leave_out_whole_figures_where_there_is_no_room():
    view = model()
    play(view)
    for cells in range(10, 120, 7):
        line = rows.totals_line(view, cells)
        assert plain(line).startswith("passed 1 of 2")
        assert width(line) <= max(cells, len("passed 1 of 2"))


def test_stepping_back_shows_that_prompt_and_coming_back_keeps_the_edits():
    view = model()
    play(view, count=2)
    view.edit(user="a third version {{ invoice }}")
    assert view.edited
    assert view.step(-1)
    assert view.selected == 1
    assert view.draft.prompt == PROMPT
    assert not view.edited
    assert view.step(1)
    assert view.draft.prompt.user == "a third version {{ invoice }}"
    assert not view.step(1)


def test_sending_from_an_older_iteration_branches_from_it():
    view = model()
    play(view, count=2)
    view.step(-1)
    view.edit(user="another way {{ invoice }}")
    assert view.plan().parent == 1
    play(view)
    assert view.selected == 3
    assert view.previous is not None
    assert view.previous.number == 1


def test_a_race_seen_by_chance_does_not_overwrite_what_is_being_typed():
    view = model()
    play(view)
    view.edit(user="typing")
    other = model()
    play(other)
    events = race(StartRace(other.plan()), 2, 3, invoice_script)
    reload = view.apply(event for _, event in events)
    assert not reload
    assert view.draft.prompt.user == "typing"
    assert view.selected == 1


def test_an_empty_prompt_or_a_missing_variable_is_refused_before_anything_is_sent():
    with pytest.raises(PromptError):
        model(draft=Draft(Prompt("  "))).plan()
    view = model(draft=Draft(PROMPT))
    assert view.draft.missing() == ("invoice",)
    with pytest.raises(PromptError):
        view.plan()


def test_values_of_unused_variables_are_kept_but_not_sent():
    view = model(draft=Draft(Prompt("hi"), (), {"invoice": "x"}))
    assert view.plan().variables == {}
    assert view.draft.variables == {"invoice": "x"}


def test_the_last_lane_in_the_race_stays_in_it():
    view = model()
    assert not view.toggle_lane("qwen")
    assert view.toggle_lane("smollm2")
    assert view.in_view == ["smollm2"]
    view.toggle_lane("qwen")
    assert view.in_view == ["smollm2", "qwen"]


def test_the_race_strip_marks_first_token_failure_and_end_on_one_axis():
    view = model()
    play(view)
    axis, small, large = strip.strip(view, 100)
    assert plain(axis).split()[-4:] == list(strip.FIGURES)
    assert plain(axis).split()[:3] == ["0", "500", "ms"]
    text = plain(small)
    assert text.index(strip.FIRST) < text.index(strip.FAIL) < text.index(strip.END)
    assert strip.WASTE in text
    assert strip.FAIL not in plain(large)
    assert "\u2713" in plain(large)
    assert plain(large).index(strip.FIRST) > text.index(strip.FIRST)


def test_marks_that_fall_together_stay_visible_beside_each_other():
    view = model()
    play(view, lambda *_: Answer(("x",), first=1, fail=("json", 0, "no")))
    text = plain(strip.strip(view, 60)[1])
    assert strip.FIRST + strip.FAIL in text


def test_a_running_lane_grows_with_the_clock():
    clock = Clock()
    view = model(clock=clock)
    play(view, until=150)
    drawn = []
    for clock.now in (0.2, 0.4, 0.8):
        text = plain(strip.bar(strip.tracks(view)[1], 1000, 50))
        drawn.append(len(text.rstrip()))
        assert len(text) == 50
    assert drawn == [11, 21, 41]


@pytest.mark.parametrize("cells", range(1, 140, 9))
def test_every_line_of_the_strip_fits_any_width(cells: int):
    view = model()
    play(view)
    assert all(width(line) <= max(cells, 10) for line in strip.strip(view, cells))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_data_like_any_other(text: str):
    lane = Lane(text, "local", text)
    view = model(lanes=(lane,), draft=Draft(Prompt(text.replace("\ud800", "?"))))
    play(view, lambda *_: Answer((text,)))
    assert plain(rows.head(lane, view.attempt(text))[0]).startswith(text)
    assert strip.strip(view, 80)


def test_the_trail_shows_at_most_five_iterations_around_the_one_in_view():
    view = model()
    play(view, count=8)
    assert plain(trail(view)).startswith("\u2039  4 ")
    for _ in range(7):
        view.step(-1)
    assert plain(trail(view)).startswith("[1 ")


def test_a_saved_race_that_never_ended_is_closed_with_what_had_arrived():
    other = model()
    events = [event for _, event in race(StartRace(other.plan()), 1, 1, invoice_script)]
    view = model()
    view.apply(events[: len(events) // 2])
    assert not view.running
    assert view.close_interrupted()
    assert not view.close_interrupted()
    assert {rows.badge(a).word for a in view.fold.attempts.values()} == {
        "cancelled",
        "failed, cancelled",
    }
    assert view.notice is not None
    assert "interrupted" in view.notice.message


def test_two_races_sent_in_one_breath_are_both_ours():
    view = model()
    first, second = StartRace(view.plan()), StartRace(view.plan())
    view.apply(event for ms, event in race(first, 1, 1, invoice_script) if ms < 200)
    view.apply(event for ms, event in race(second, 2, 3, invoice_script) if ms < 200)
    assert view.running
    assert not view.close_interrupted()


def test_a_screen_that_runs_for_hours_holds_the_latest_and_knows_that_there_are_earlier_ones():
    view = model()
    for _ in range(MOST + 20):
        play(view)
        assert view.index is not None  # what a frame asks for
    assert sorted(view.fold.iterations) == list(range(21, MOST + 21))
    assert set(view._indexes) <= set(view.fold.iterations)
    assert {a.iteration for a in view.fold.attempts.values()} == set(view.fold.iterations)
    assert view.fold.earlier == 20
    assert view.selected == MOST + 20


def test_earlier_iterations_that_were_loaded_stay_until_the_next_race():
    view = model()
    play(view, count=MOST + 1)
    view.apply([IterationStarted(1, PROMPT, (SMALL,), CHECKS, ""), IterationEnded(1, 1.0)])
    assert min(view.fold.iterations) == 1
    play(view)
    assert len(view.fold.iterations) == MOST


def test_what_is_in_view_is_never_let_go_and_edits_come_back_with_their_iteration():
    view = model()
    play(view)
    view.edit(user="not sent yet {{ invoice }}")
    play(view)
    view.select(1)
    view.edit(user="another one")
    for number in range(3, MOST + 30):
        view.apply([IterationStarted(number, PROMPT, (SMALL,), CHECKS, "")])
        view.apply([IterationEnded(number, 1.0)])
    assert view.draft.prompt.user == "another one"
    assert view.iteration is not None
    assert view.iteration.number == 1


def test_long_answers_are_let_go_earlier_but_never_the_latest_few(monkeypatch):
    monkeypatch.setattr(memory, "MOST_CHUNKS", 1200)
    view = model(lanes=(SMALL,))
    play(view, lambda *_: Answer(["x"] * 100), count=30)
    assert sorted(view.fold.iterations) == list(range(18, 31))  # twelve, and the one that began
    play(view, lambda *_: Answer(["x"] * 5000), count=30)
    assert sorted(view.fold.iterations) == list(range(61 - FEW, 61))


def test_a_lane_that_never_started_shows_when_it_failed():
    """The totals count it as the first failure: the strip says whose it was."""
    view = model()
    view.apply(
        (
            IterationStarted(1, PROMPT, (SMALL,), (), ""),
            AttemptQueued(1, 1, SMALL.name, SMALL.model),
            FailedFirst(1, "provider", None, None, 0, 4.2, "Nothing answers."),
            AttemptEnded(1, "error", 4.2, error=AttemptError("connect", "Nothing answers.")),
            IterationEnded(1, 5.0),
        )
    )
    assert strip.track(SMALL.name, view.fold.attempts[1], 5.0).figures[1] == "4.2 ms"


def test_the_rows_live_mode_did_not_send_are_there_when_its_iteration_is_come_back_to():
    view = model()
    rows_ = tuple(DataRow(str(n), {"invoice": str(n)}) for n in range(4))
    view.edit(rows=rows_)
    play(view)
    plan = replace(view.plan(), rows=rows_[1:2])
    events = [event for _, event in race(StartRace(plan), 2, 9, invoice_script)]
    assert isinstance(events[0], IterationStarted)
    view.apply([replace(events[0], rows=plan.rows), *events[1:]])
    assert view.selected == 2
    assert view.step(-1)
    assert view.step(1)
    assert view.draft.rows == rows_
    assert not view.edited
