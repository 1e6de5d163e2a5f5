"""Iterations read one by one are those of the whole session."""

from pathlib import Path

import pytest

from workbench.model.iterations import iterations_of
from workbench.store.sessions import Reading, load

EXAMPLES = sorted((Path(__file__).parents[2] / "sessions").glob("*.jsonl"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_one_by_one_they_are_what_the_session_holds(path: Path) -> None:
    one_by_one = sorted(iterations_of(Reading(path)), key=lambda i: i.number)
    assert len(one_by_one) > 1
    assert [_unmarked(i) for i in one_by_one] == [
        _unmarked(i) for i in load(path).session.iterations
    ]


def test_an_iteration_comes_when_it_ends_and_what_never_ended_comes_last() -> None:
    events = list(Reading(EXAMPLES[0]))
    cut = next(n for n, e in enumerate(events) if type(e).__name__ == "IterationEnded")
    taken: list[int] = []

    def told():
        for place, event in enumerate(events):
            taken.append(place)
            yield event

    found = iterations_of(told())
    first = next(found)
    assert (first.total_ms is not None, taken[-1]) == (True, cut)
    without_end = list(iterations_of(events[:cut]))
    assert [(i.number, i.total_ms) for i in without_end] == [(first.number, None)]


def _unmarked(iteration):
    return (iteration.number, iteration.prompt, iteration.checks, iteration.attempts)
