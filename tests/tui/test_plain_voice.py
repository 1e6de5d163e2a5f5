"""How it sounds: pages, breaks, silence and floods, with a clock of the test's own."""

from __future__ import annotations

import pytest

from tests.tui.stories import HOSTILE, LARGE, PROMPT, SMALL
from workbench.model.events import (
    AttemptEnded,
    AttemptQueued,
    AttemptStarted,
    Chunks,
    FailedFirst,
    IterationEnded,
    IterationStarted,
    VerdictReached,
)
from workbench.model.prompt import DataRow
from workbench.text import cell_width
from workbench.tui.plain.narrator import Narrator
from workbench.tui.plain.spelling import in_words, quoted, spelled
from workbench.tui.plain.voice import LINE, Voice
from workbench.tui.plain.words import time
from workbench.tui.view.draft import Draft
from workbench.tui.view.state import ViewModel

UTC = "2026-11-22T09:00:00Z"


class Story:
    """A race told event by event to a narrator whose clock stands still."""

    def __init__(self, rows: int = 0, repeat: int = 1) -> None:
        self.now = 0.0
        self.heard: list[str] = []
        self.model = ViewModel((SMALL, LARGE), Draft(PROMPT))
        voice = Voice(self.heard.append, None)
        self.narrator = Narrator(self.model, voice, clock=lambda: self.now)
        self.narrator.begin()
        made = tuple(DataRow(f"r{n}", {}) for n in range(rows))
        lanes = (SMALL, LARGE)
        self.tell(IterationStarted(1, PROMPT, lanes, (), UTC, rows=made, repeat=repeat))

    def tell(self, *events) -> list[str]:
        before = len(self.heard)
        for event in events:
            self.model.apply([event])
            self.narrator.tell(event)
        return self.heard[before:]

    def wait(self, seconds: float) -> list[str]:
        before = len(self.heard)
        self.now += seconds
        self.narrator.breathe()
        return self.heard[before:]


def queued(number: int, lane: str, row: str | None = None) -> AttemptQueued:
    return AttemptQueued(number, 1, lane, "m", row=row, checks=("json",))


def test_a_race_is_never_silent_for_long_and_ever_more_rarely_says_the_same():
    story = Story()
    story.tell(queued(1, "smollm2"), queued(2, "qwen"), AttemptStarted(1, UTC, 0.0))
    assert story.wait(9) == []
    assert story.wait(1) == ["Still running after 10.0 s: smollm2 is waiting, qwen is queued."]
    story.tell(Chunks(1, ((5.0, "twelve chars"),)))
    assert story.wait(19) == []
    assert story.wait(1) == [
        "Still running after 30.0 s: smollm2 has said 12 characters, qwen is queued."
    ]
    assert story.wait(39) == []
    assert len(story.wait(1)) == 1
    assert len(story.wait(60)) == 1
    assert "after 3 min 10 s" in story.wait(60)[0]


def test_many_answers_are_told_by_their_first_failure_and_now_and_then_how_far_they_are():
    story = Story(rows=100)
    assert story.heard == [
        "Iteration 1 goes to smollm2, qwen. 100 data rows, 200 answers. Ctrl+C stops it."
    ]
    failure = ("check", "json", 0, 1, 5.0, "no JSON")
    said: list[str] = []
    for n in range(1, 101):
        story.now += 0.5
        said += story.tell(
            queued(n, "qwen", f"r{n - 1}"),
            AttemptStarted(n, UTC, 0.0),
            Chunks(n, ((1.0, "text"),)),
            FailedFirst(n, *failure) if n % 2 else VerdictReached(n, 0, "json", "pass", 4, 1, 5.0),
            AttemptEnded(n, "complete", 9.0),
        )
    assert said == [
        "First failure: row r0, qwen failed json after 5.0 ms, at character 0: no JSON.",
        "20 of 200 answers, 10 failed.",
        "40 of 200 answers, 20 failed.",
        "60 of 200 answers, 30 failed.",
        "80 of 200 answers, 40 failed.",
        "100 of 200 answers, 50 failed.",
    ]
    before = len(story.heard)
    end = IterationEnded(1, 9.0)
    story.tell(end)
    story.narrator.finish(end)
    assert story.heard[before].startswith("Iteration 1: 50 of 100 passed, ")
    assert "qwen: 50 of 100 rows passed, 95 % interval 40% to 60%." in story.heard
    assert story.heard[-1] == "To hear which rows failed: rows"


def test_repeats_are_many_answers_too():
    story = Story(repeat=5)
    assert story.heard == ["Iteration 1 goes to smollm2, qwen. 10 answers. Ctrl+C stops it."]


# -- the voice ----------------------------------------------------------------------------------


def voice_of(**changes) -> tuple[Voice, list[str]]:
    heard: list[str] = []
    return Voice(heard.append, **changes), heard


def test_lines_too_long_for_the_terminal_are_broken_between_words_and_never_begin_at_the_edge():
    voice, heard = voice_of(columns=lambda: 30)
    voice.say("It says workbench: quit at the very place where a line is broken.")
    voice.read(["  somebody said that this line goes on and on"])
    assert heard[0] == "It says workbench: quit at"
    assert heard[1].startswith("  the very")
    assert heard[-2:] == ["  somebody said that this", "    line goes on and on"]
    assert max(map(len, heard)) < 30
    heard.clear()
    voice.again(1)
    assert heard == ["  somebody said that this", "    line goes on and on"]
    wide, heard = voice_of(columns=lambda: 40)
    wide.say("\u4f60\u597d " * 20)
    assert max(map(cell_width, heard)) < 40


@pytest.mark.parametrize("columns", [0, 1, 19])
def test_a_terminal_of_no_known_or_hardly_any_width_breaks_lines_itself(columns: int):
    voice, heard = voice_of(columns=lambda: columns)
    voice.say("x" * 100)
    assert heard == ["x" * 100]


def test_a_long_line_is_no_page_of_its_own_and_nothing_of_it_is_lost():
    voice, heard = voice_of(page=3)
    text = "word " * 5000
    voice.read([text, "last"])
    begun = 1
    while voice.waiting and text:
        assert sum(map(len, heard)) < 1500
        assert heard[-1].endswith("To hear on: more")
        heard.pop()
        assert all(line.startswith("  ") for line in heard[begun:])
        begun = 0
        got = "".join(line.removeprefix("  ") for line in heard)
        assert text.startswith(got)
        text = text[len(got) :]
        heard.clear()
        voice.more()
    assert heard == ["  " + text, "last"]
    voice.say("y" * (LINE + 7))
    assert heard[-1] == "y" * LINE + " (and 7 more characters)"


def test_a_rest_of_two_lines_is_not_held_back():
    voice, heard = voice_of(page=3)
    voice.read(map(str, range(5)))
    assert heard == ["0", "1", "2", "3", "4"]
    heard.clear()
    voice.read(map(str, range(6)))
    assert heard == ["0", "1", "2", "3 more lines. To hear on: more"]


# -- words --------------------------------------------------------------------------------------


def test_what_a_terminal_would_obey_is_named_in_ascii():
    assert spelled("\x1b[2J\x07\x00\x7f\t|\n\u202e\ufeff\U000e0041\ud800\x9b") == (
        "<ESC>[2J<BEL><NUL><DEL>    |<LF><U+202E><U+FEFF><U+E0041><U+D800><U+009B>"
    )
    assert spelled("Gr\u00fc\u00dfe, \u4f60\u597d") == "Gr\u00fc\u00dfe, \u4f60\u597d"
    for text in HOSTILE:
        assert all(char.isprintable() for char in spelled(text))


def test_signs_are_words_and_quotes_say_what_cannot_be_seen():
    line = (("  \u2713 212 ms", "pass"), ("  json  ", "bold"), ("\u00b1 3 ms", "muted"))
    assert in_words(line) == "passed 212 ms, json, plus or minus 3 ms"
    assert in_words((("1\u202f234", ""),)) == "1234"
    assert quoted("a\nb") == '"a (new line) b"'
    assert quoted("\n\n") == "2 line breaks"
    assert quoted("x" * 250) == f'"{"x" * 200}" and 50 more characters'
    assert [time(ms) for ms in (4.2, 212, 2310, 123_000, None)] == [
        "4.2 ms", "212 ms", "2.31 s", "2 min 3 s", "unknown",
    ]  # fmt: skip
