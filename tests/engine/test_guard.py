"""Cases as a safety net: they run beside the session, give way to races, and are kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.api.guard import guarding
from workbench.api.setup import settings_for
from workbench.api.wiring import make_tools
from workbench.engine.inprocess import InProcessEngine
from workbench.engine.plan import Cancel, OpenSession, RacePlan, StartGuard, StartRace
from workbench.model.attempt import Cost
from workbench.model.events import CaseJudged, CasesRun, IterationEnded, Notice
from workbench.model.prompt import Message, Prompt
from workbench.store.sessions import load
from workbench.suites.case import Case, Evidence
from workbench.suites.file import append_cases

PROMPT = Prompt("Which country is {{ city }} in?")


def case(name: str, check: str, **changes) -> Case:
    return Case(name, (Message("user", name),), checks=(check,), **changes)


CASES = (
    case("fr", "contains:France", variables={"city": "Paris"}, tags=("core",)),
    case("de", "contains:Germany", variables={"city": "Berlin"}),
    case("other", "json", variables={"invoice": "x"}),
    case("rejected", "json", variables={"city": "x"}, review="rejected"),
)

PROJECT = """\
[lanes.quick]
provider = "scripted"
model = "s"
options = { text = "It is in France." }

[lanes.slow]
provider = "scripted"
model = "s"
options = { text = "It is in France and so on and on.", tokens_per_s = 5, ttft_ms = 60000 }
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(tmp_path / name.lower()))
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "workbench.toml").write_text(PROJECT)
    append_cases(folder / "cases.jsonl", CASES)
    return folder


class Talk:
    """An engine and everything it says."""

    def __init__(self, project: Path) -> None:
        self.settings = settings_for(project)
        self.tools = make_tools(self.settings)
        self.client = InProcessEngine(self.tools)
        self.said: list[object] = []

    async def __aenter__(self):
        self.reader = asyncio.create_task(self._read())
        return self

    async def _read(self):
        async for batch in self.client.events():
            self.said += batch

    async def __aexit__(self, *_):
        await self.client.close()
        await self.reader

    async def until(self, kind, true=lambda _: True):
        for _ in range(2000):
            found = [e for e in self.said if isinstance(e, kind) and true(e)]
            if found:
                return found[-1]
            await asyncio.sleep(0.002)
        raise AssertionError(self.said)

    async def race(self, lane="quick", number=1):
        plan = RacePlan(PROMPT, (self.settings.lane(lane),), variables={"city": "Paris"})
        await self.client.send(StartRace(plan))
        await self.until(IterationEnded, lambda e: e.iteration == number)

    def guard(self, number=1, lane="quick", **changes):
        given = StartGuard(number, PROMPT, (self.settings.lane(lane),), "cases.jsonl")
        return replace(given, **changes)


def ended(event: CasesRun) -> bool:
    return event.state != "running"


async def test_every_case_that_fits_is_sent_with_the_new_prompt_and_kept_apart(project: Path):
    async with Talk(project) as talk:
        await talk.client.send(OpenSession(title="mine"))
        await talk.race()
        await talk.client.send(talk.guard())
        end = await talk.until(CasesRun, ended)
        judged = {e.case: e for e in talk.said if isinstance(e, CaseJudged)}
        assert (end.state, end.total, end.left_out) == ("done", 2, 1)
        assert {name: e.verdict for name, e in judged.items()} == {"fr": "pass", "de": "fail"}
        assert judged["de"].check == "contains:Germany"
        assert judged["de"].text == "It is in France."
        mine = talk.client.engine.session_id
    sessions = {s.stem: load(s).session for s in (project / "sessions").glob("*.jsonl")}
    assert [i.number for i in sessions.pop(mine).iterations] == [1]
    (kept,) = sessions.values()
    assert kept.title == f"cases of {mine}"
    assert kept.iterations[0].name == "after iteration 1"
    assert kept.iterations[0].prompt == PROMPT
    assert {a.row: a.verdict for a in kept.iterations[0].attempts} == {"fr": "pass", "de": "fail"}


async def test_a_race_ends_the_cases_at_once_and_what_was_judged_stays(project: Path):
    async with Talk(project) as talk:
        await talk.client.send(OpenSession(title="mine"))
        await talk.client.send(talk.guard(lane="slow"))
        await talk.until(CasesRun, lambda e: e.state == "running")
        await talk.race()
        end = await talk.until(CasesRun, ended)
        assert end.state == "stopped"
        assert not [e for e in talk.said if isinstance(e, CaseJudged)]


async def test_nothing_is_sent_beside_a_race_that_runs(project: Path):
    async with Talk(project) as talk:
        plan = RacePlan(PROMPT, (talk.settings.lane("slow"),), variables={"city": "x"})
        await talk.client.send(StartRace(plan))
        await talk.client.send(talk.guard())
        await talk.client.send(Cancel())
        await talk.until(IterationEnded)
        assert not [e for e in talk.said if isinstance(e, CasesRun)]


async def test_a_later_screen_hears_what_came_of_the_cases_before(project: Path):
    async with Talk(project) as talk:
        await talk.client.send(OpenSession(title="mine"))
        await talk.race()
        await talk.client.send(talk.guard())
        await talk.until(CasesRun, ended)
        mine = talk.client.engine.session_id
    async with Talk(project) as talk:
        await talk.client.send(OpenSession(id=mine))
        await talk.race(number=2)
        await talk.client.send(talk.guard(2))
        await talk.until(CasesRun, ended)
        judged = [e for e in talk.said if isinstance(e, CaseJudged)]
        assert [(e.iteration, e.case) for e in judged][:2] == [(1, "fr"), (1, "de")]
        assert {e.iteration for e in judged} == {1, 2}
    assert len(list((project / "sessions").glob("*.jsonl"))) == 2


async def test_a_budget_ends_the_run(project: Path):
    async with Talk(project) as talk:
        priced = replace(talk.tools, price=lambda _lane, _tokens: Cost(1.0, "measured"))
        talk.client = InProcessEngine(priced)
        talk.reader.cancel()
        talk.reader = asyncio.create_task(talk._read())
        await talk.client.send(OpenSession(title="mine"))
        await talk.client.send(talk.guard(budget=0.5, at_once=1))
        end = await talk.until(CasesRun, ended)
        assert end.state == "budget"
        assert len([e for e in talk.said if isinstance(e, CaseJudged)]) == 1


async def test_a_missing_suite_is_told_and_harms_nothing(project: Path):
    (project / "cases.jsonl").unlink()
    async with Talk(project) as talk:
        await talk.client.send(OpenSession(title="mine"))
        await talk.client.send(talk.guard())
        notice = await talk.until(Notice)
        assert notice.level == "warning"
        assert "There is no suite" in notice.message
        await talk.race()


def test_tags_choose_and_cases_without_a_value_are_left_out():
    rows, left = guarding(PROMPT, CASES, (), "s")
    assert [(row.id, row.values, row.checks) for row in rows] == [
        ("fr", {"city": "Paris"}, ("contains:France",)),
        ("de", {"city": "Berlin"}, ("contains:Germany",)),
    ]
    assert left == 1
    assert [row.id for row in guarding(PROMPT, CASES, ("core",), "s")[0]] == ["fr"]


def test_a_prompt_without_variables_is_guarded_by_cases_of_its_own_session():
    here = case("here", "json", evidence=Evidence("a", "m", "x", session="s"))
    there = case("there", "json", evidence=Evidence("a", "m", "x", session="t"))
    assert [row.id for row in guarding(Prompt("Hi"), (here, there), (), "s")[0]] == ["here"]
