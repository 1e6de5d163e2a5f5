"""The sessions that ship with Workbench open whole, and show what their titles promise."""

from pathlib import Path

import pytest

from workbench.config.paths import data_folder
from workbench.model.attempt import Attempt
from workbench.model.session import Session
from workbench.store.sessions import load

FOLDER = data_folder("sessions")
FILES = sorted(FOLDER.glob("*.jsonl"))
LARGEST = 200_000


def opened(slug: str) -> Session:
    found = [path for path in FILES if path.name.startswith(slug)]
    assert len(found) == 1
    return load(found[0]).session


def by_lane(session: Session, iteration: int) -> dict[str, Attempt]:
    found = session.iteration(iteration)
    assert found is not None
    return {attempt.lane: attempt for attempt in found.attempts}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_opens_undamaged_and_is_small(path: Path) -> None:
    loaded = load(path)
    assert loaded.damage == ()
    assert loaded.session.id == path.stem
    assert path.stat().st_size < LARGEST
    for attempt in loaded.session.attempts():
        assert attempt.state in ("complete", "aborted")
        assert attempt.chunks
        assert attempt.text == "".join(text for _, text in attempt.chunks)
        assert attempt.ttft_ms is not None
        assert attempt.total_ms is not None
        assert 0 < attempt.ttft_ms <= attempt.total_ms
        assert list(attempt.chunk_times) == sorted(attempt.chunk_times)


def test_a_city_as_json_fails_at_the_first_character_and_is_fixed_in_a_few_iterations() -> None:
    session = opened("a-city-as-json")
    first = by_lane(session, 1)["smollm2"]
    assert first.state == "aborted"
    assert first.first_failure is not None
    assert (first.first_failure.check, first.first_failure.at_char) == ("json", 0)
    last = by_lane(session, len(session.iterations))
    assert {attempt.verdict for attempt in last.values()} == {"pass"}
    assert len(session.iterations) <= 6


def test_counting_rows_in_sql_is_confidently_wrong_on_the_small_lane_alone() -> None:
    session = opened("counting-rows-in-sql")
    shape_only = by_lane(session, 1)
    assert {attempt.verdict for attempt in shape_only.values()} == {"pass"}
    for number in (2, 3):
        checked = by_lane(session, number)
        assert checked["smollm2"].verdict == "fail"
        assert checked["qwen"].verdict == "pass"


def test_mood_of_five_reviews_is_one_prompt_with_five_inputs() -> None:
    session = opened("mood-of-five-reviews")
    assert len({iteration.prompt for iteration in session.iterations}) == 1
    assert len({iteration.variables["text"] for iteration in session.iterations}) == 5
    verdicts = {attempt.verdict for attempt in session.attempts()}
    assert verdicts == {"pass", "fail"}
