"""What is kept line by line: cases and the guard they make, lanes, weights, what was not sent."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.tui.plain_talk import LANES, Person, at_home
from workbench.tui.view.fetch import Shelf

ROOT = Path(__file__).resolve().parents[2]
FLIPS = """
[defaults]
lanes = ["small"]
checks = ["json"]

[lanes.small]
provider = "scripted"
model = "script"
options = { texts = ["no", "no", "no", "no", '{"a": 1}', "no", "no"], tokens_per_s = 5000 }
"""

SECRET = """
[lanes.inside]
base_url = "https://inside.example/v1"
model = "m"
options = { headers = { Authorization = "Bearer abcdef-0123456789" } }
"""


@pytest.fixture
async def guarded(tmp_path, monkeypatch):
    """One case, saved from the first answer; the guard's fifth answer is another one."""
    at_home(tmp_path, monkeypatch, FLIPS)
    person = Person(tmp_path)
    await person.start()
    await person.do("user Which country is {{ city }} in?")
    await person.do("set city Oslo")
    await person.do("send")
    await person.do("case small", "")
    yield person
    await person.leave()


async def until(happened) -> None:
    """Let the loop run until something has happened."""
    for _ in range(3000):
        if happened():
            return
        await asyncio.sleep(0.01)
    raise AssertionError


# -- cases --------------------------------------------------------------------------------------


async def test_a_case_is_heard_before_it_is_saved_and_a_known_one_is_recognised(guarded, tmp_path):
    (case,) = map(json.loads, (tmp_path / "cases.jsonl").read_text().splitlines()[-1:])
    said = await guarded.do("case", "-")
    assert said[0] == f"Case {case['id']}, for cases.jsonl."
    assert said[-3] == f"This failure is known already, as {case['id']}."
    assert said[-1] == "Nothing is saved."
    assert (await guarded.do("case", None))[-1] == "Nothing is saved."
    assert "It is known already" in (await guarded.do("case", ""))[-1]
    assert (await guarded.do("case", "Norway"))[-1].startswith("Added to what ")
    await guarded.do("check - 1")
    await guarded.do("send")
    assert await guarded.do("case") == ["Nothing failed here. A case is made of a failure."]


async def test_cases_guard_the_prompt_and_what_flipped_is_heard(guarded):
    assert (await guarded.do("guard"))[0] == "The guard is off. To switch it on: guard on."
    assert await guarded.do("flips") == [
        "No case has flipped. To have cases run after each race: guard on"
    ]
    assert await guarded.do("guard on") == ["The guard is on. Cases run after each race."]
    await guarded.do("send")
    said = await guarded.do("guard wait")
    assert said[-1] == "Cases after iteration 2: 0 of 1 passed."
    await guarded.do("send")
    said = await guarded.do("guard wait")
    assert said[-1] == (
        "Cases after iteration 3: 1 of 1 passed, 1 fixed. To hear what flipped: flips"
    )
    said = await guarded.do("flips")
    assert re.match(r"fixed \S+, small, iteration 2 against iteration 3: 1 change, ", said[0])
    assert said[1].startswith('Changed "no" to ')
    assert re.match(r"Fixed: case \S+, small passed\.", (await guarded.do("guard"))[-1])
    await guarded.do("send")
    assert "1 broken" in (await guarded.do("guard wait"))[-1]
    assert re.match(r"Broken: case \S+, small failed, json: ", (await guarded.do("guard"))[-1])
    assert await guarded.do("guard off") == ["The guard is off. To switch it on: guard on."]


async def test_what_came_of_the_cases_is_said_at_the_next_command_and_never_in_between(guarded):
    await guarded.do("guard on")
    await guarded.do("send")
    said = len(guarded.heard)
    await until(lambda: not guarded.engine.engine._chores)
    assert len(guarded.heard) == said
    assert (await guarded.do("star"))[0].startswith("Cases after iteration 2: ")


async def test_a_guard_that_nothing_fits_says_so(guarded):
    await guarded.do("user Hello {{ other }}")
    await guarded.do("set other you")
    await guarded.do("guard on")
    await guarded.do("send")
    assert (await guarded.do("guard wait"))[-1] == (
        "Cases: 1 case in cases.jsonl, none fits this prompt."
    )


# -- lanes --------------------------------------------------------------------------------------


async def test_a_lane_is_heard_changed_copied_tried_and_removed(tmp_path, monkeypatch):
    at_home(tmp_path, monkeypatch, LANES)
    person = Person(tmp_path)
    await person.start()
    said = await person.do("lane small")
    assert said[0] == f"Lane small, in {tmp_path / 'workbench.toml'}."
    assert "provider: scripted" in said
    assert said[-1] == "This lane needs no key."
    said = await person.do("lane small temperature 0.2")
    assert said[0] == f"params.temperature of small is set, in {tmp_path / 'workbench.toml'}."
    assert "temperature = 0.2" in (tmp_path / "workbench.toml").read_text()
    assert (await person.do("lane small params.temp"))[-2] == "params.temperature is 0.2."
    assert "temperature" in (await person.do("lane small temperature warm"))[-1]
    assert "temperature = 0.2" in (tmp_path / "workbench.toml").read_text()
    assert " is gone, in " in (await person.do("lane small temperature -"))[-1]
    said = await person.do("lane small checks lines", "json", "max_words:9", ".")
    assert person.talk.model.lanes["small"].checks == ("json", "max_words:9")
    said = await person.do("lane twin copy small")
    assert said[-1].startswith("twin is written to ")
    assert "twin" in person.talk.model.in_view
    await person.do("lane third new provider=scripted model='a b'")
    assert person.talk.model.lanes["third"].model == "a b"
    said = await person.do("lane x new colour=red")
    assert said[-1].startswith("Unknown setting of a lane 'colour'.")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    said = await person.do("lane twin try")
    assert said[1].startswith("without key, ")
    assert said[-1].startswith("passed answer, ")
    assert (await person.do("lane twin remove", "no"))[-1] == "Nothing is changed."
    assert " was taken out of " in (await person.do("lane twin remove", "YES"))[-1]
    assert "twin" not in person.talk.model.lanes
    assert (await person.do("lane"))[0].startswith("Which lane?")
    await person.leave()


async def test_a_copied_lane_has_the_secret_that_is_not_said(tmp_path, monkeypatch):
    at_home(tmp_path, monkeypatch, LANES + SECRET)
    person = Person(tmp_path)
    await person.start()
    assert "abcdef" not in "".join(await person.do("lane inside"))
    assert (await person.do("lane twin copy ins"))[-1].startswith("twin is written to ")
    lanes = person.talk.model.lanes
    assert lanes["twin"].options == lanes["inside"].options
    assert "abcdef" not in "".join(person.heard)
    await person.leave()


# -- weights ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Weights:
    name: str
    state: str
    title: str = "A model"
    licence: str = "MIT"
    size: int = 10_000_000


async def test_a_download_is_told_in_tenths_and_stopped(tmp_path, monkeypatch):
    at_home(tmp_path, monkeypatch, LANES)
    stopped = threading.Event()

    def pull(name, watch):
        watch.status("downloading")
        for done in range(1001):
            watch.progress(done, 1000)
        if name == "big":
            try:
                while True:
                    watch.progress(1000, 1000)
            finally:
                stopped.set()

    shelf = Shelf(lambda: [Weights("tiny", "missing"), Weights("big", "missing")], pull)
    person = Person(tmp_path, shelf=shelf)
    await person.start()
    said = await person.do("pull ti")
    assert said[:2] == ["tiny, 10 MB: not fetched.", "big, 10 MB: not fetched."]
    assert said[-1] == "tiny is here."
    assert len(said) < 16
    assert (await person.do("pull nothing"))[-1].startswith("Unknown model 'nothing'.")
    task = asyncio.ensure_future(person.do("pull big"))
    await until(lambda: any(line.startswith("big: ") for line in person.heard))
    task.cancel()  # what Ctrl+C does
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(stopped.wait, 10)
    await person.leave()


def last_of(person: Person) -> str:
    """The session that was worked on."""
    return next(name for name in person.talk.listed if not name.startswith("examples/"))


async def test_a_first_start_without_weights_says_how_to_fetch_them(tmp_path, monkeypatch):
    at_home(tmp_path, monkeypatch, "")  # the cache is empty, too
    person = Person(tmp_path)
    await person.talk.open(person.setup.session)
    ready = person.talk.model.fold.lanes
    while any(not found.ready and not found.failed for found in ready.values()):
        await person.do("")
    assert len([line for line in person.heard if "are not on this machine" in line]) == 2
    assert person.heard.count("To fetch the embedded models now: pull") == 1
    await person.leave()


# -- what was not sent --------------------------------------------------------------------------


async def test_what_was_not_sent_is_there_at_the_next_start(tmp_path, monkeypatch):
    at_home(tmp_path, monkeypatch, LANES)
    (tmp_path / "r.csv").write_text("id,city\na,Oslo\n")
    person = Person(tmp_path)
    await person.start()
    await person.do("user half a thought about {{ city }}")
    await person.do("rows r.csv")
    await person.leave()
    again = Person(tmp_path)
    assert again.setup.notice.message == "What you had not sent last time is here again."
    await again.start()
    assert "  half a thought about {{ city }}" in await again.do("prompt")
    assert [row.id for row in again.talk.model.draft.rows] == ["a"]
    await again.do("send")
    await again.leave()
    third = Person(tmp_path)
    assert third.setup.notice is None  # it was sent
    await third.start()
    await third.do("open last")
    await third.do("user and another")
    await third.do("sessions")
    await third.do("open 2")
    assert "  and another" not in await third.do("prompt")
    await third.do("sessions")
    await third.do(f"open {last_of(third)}")
    assert third.heard[-1] == "What you had not sent last time is here again."
    assert "  and another" in await third.do("prompt")
    await third.leave()


async def test_lines_being_typed_when_it_ends_are_kept(tmp_path, monkeypatch):
    at_home(tmp_path, monkeypatch, LANES)

    class HungUp(BaseException):
        pass

    person = Person(tmp_path)
    await person.start()

    def aside(job):
        person.typed.extend(["first line", "second line"])
        try:
            return job()
        except IndexError:  # nothing more is typed: the terminal is gone
            raise HungUp from None

    async def outside(job):
        return aside(job)

    person.talk.aside = outside
    with pytest.raises(HungUp):
        await person.do("user")
    await person.leave()
    again = Person(tmp_path)
    await again.start()
    assert again.talk.model.draft.prompt.user == "first line\nsecond line"
    again.talk.aside = outside
    person = again
    with pytest.raises(HungUp):  # once more: what was not sent is not replaced by half of it
        await again.do("user")
    await again.leave()
    third = Person(tmp_path)
    both = "first line\nsecond line\n\nfirst line\nsecond line"
    assert third.setup.prompt.user == both
    await third.start()
    await third.leave()


async def test_lines_that_cannot_be_taken_keep_nothing_from_ending(tmp_path, monkeypatch):
    at_home(tmp_path, monkeypatch, LANES)

    class HungUp(BaseException):
        pass

    async def aside(job):
        person.typed.append("a")
        try:
            return job()
        except IndexError:
            raise HungUp from None

    person = Person(tmp_path)
    await person.start()
    await person.do("user Say JSON.")
    for row in "ab":
        await person.do("row add")
        await person.do(f"row set id {row}")
    await person.do("send")
    person.talk.aside = aside
    with pytest.raises(HungUp):
        await person.do("row set id")  # b cannot be called a
    await person.leave()
    assert [row.id for row in person.talk.model.draft.rows] == ["a", "b"]
