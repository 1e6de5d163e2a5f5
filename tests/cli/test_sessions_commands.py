"""The commands on saved sessions, from a shell's point of view."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.cli.output import table_lines
from workbench.model.prompt import Message
from workbench.suites.case import Case
from workbench.suites.file import append_cases


@pytest.fixture
def saved(workbench) -> str:
    first = workbench("send", "Say JSON", "-l", "good", "-l", "prose", "-c", "json", "--json")
    name = first.document["session"]
    workbench("send", "Say more JSON", "-l", "good", "-l", "prose", "-c", "json", "--session", name)
    return name


def test_sessions_are_listed_shown_and_found(workbench, saved) -> None:
    listed = workbench("sessions", "list", "--json").document["sessions"]
    assert [(s["session"], s["iterations"], s["attempts"]) for s in listed] == [(saved, 2, 4)]
    assert saved in workbench("sessions", "list").out
    shown = workbench("sessions", "show", saved).out
    assert "Say more JSON" in shown
    assert "prose" in shown
    one = workbench("sessions", "show", saved, "-i", "2", "--json").document
    assert (one["iteration"], len(one["attempts"])) == (2, 2)
    whole = workbench("sessions", "show", saved, "--json").document
    assert len(whole["iterations"]) == 2
    assert "Sure!" in workbench("sessions", "show", saved, "-i", "1").out
    hits = workbench("sessions", "search", "sure", "--verdict", "fail", "--json").document["hits"]
    assert {(h["kind"], h["lane"]) for h in hits} == {("answer", "prose")}
    assert workbench("sessions", "search", "nowhere-to-be-found").code == 1


def test_marks_show_up(workbench, saved) -> None:
    assert workbench("sessions", "annotate", saved, "1", "--name", "plain", "--star").code == 0
    assert "★ 1" in workbench("sessions", "show", saved).out
    assert workbench("sessions", "annotate", saved, "9", "--star").code == 2


def test_recheck_shows_old_and_new_and_changes_nothing(workbench, saved, project) -> None:
    path = project / "sessions" / f"{saved}.jsonl"
    before = path.read_bytes()
    found = workbench(
        "sessions", "recheck", saved, "--drop", "json", "-c", "contains:JSON", "--json"
    )
    rows = found.document["attempts"]
    assert [(r["original"]["verdict"], r["now"]["verdict"]) for r in rows] == [
        ("pass", "fail"),
        ("fail", "pass"),
    ] * 2
    assert found.code == 1
    assert path.read_bytes() == before


def test_two_replays_are_the_same_to_the_byte(workbench, saved) -> None:
    once = workbench("replay", saved, "--speed", "100", "--json")
    again = workbench("replay", saved, "--speed", "instant", "--json")
    assert once.code == 0
    assert once.out == again.out
    assert {a["origin"] for a in once.document["attempts"]} == {"replay"}
    only = workbench("replay", saved, "-i", "1", "-l", "good", "--speed", "instant", "--json")
    assert [a["lane"] for a in only.document["attempts"]] == ["good"]
    assert workbench("replay", saved, "--speed", "fast").code == 2
    assert workbench("replay", "nothing").code == 2


def test_bisect_uses_recordings_before_it_sends(workbench, saved) -> None:
    found = workbench("bisect", saved, "-c", "json", "-l", "prose", "--recorded-only", "--json")
    assert (found.code, found.document["first_bad"], found.document["last_good"]) == (0, 1, None)
    assert [p["source"] for p in found.document["probes"]] == ["recorded", "recorded"]
    assert workbench("bisect", saved, "-c", "json", "-l", "good").code == 2


def test_bisect_sends_what_is_not_recorded_and_keeps_it(workbench, saved) -> None:
    found = workbench("bisect", saved, "-c", "contains:Sure", "-l", "down", "--bad", "1")
    assert found.code == 2  # a provider that fails gives no verdict
    shown = workbench("sessions", "show", saved, "--json").document
    assert shown["iterations"][-1]["parent"] == 1
    assert (
        "bisect: iteration 1 again, for contains:Sure" in workbench("sessions", "show", saved).out
    )


def test_a_cached_answer_is_taken_only_when_asked_for_and_marked(workbench) -> None:
    ask = ("send", "Say JSON", "-l", "good", "-c", "json", "--session", "none", "--json")
    origins = []
    for extra in ((), ("--cached",), ("--cached",), ()):
        found = workbench(*ask, *extra)
        origins.append(found.document["attempts"][0]["origin"])
        assert found.code == 0
    assert origins == ["live", "live", "cache", "live"]


def test_a_cached_run_has_verdicts_but_neither_times_nor_goodput(workbench, project: Path) -> None:
    case = Case("one", (Message("user", "Say JSON"),), checks=("json",))
    append_cases(project / "suites" / "s.jsonl", [case])
    ask = ("run", "s", "-l", "good", "--cached", "--json")
    first, again = (workbench(*ask).document["lanes"][0] for _ in range(2))
    assert [lane["rate"]["value"] for lane in (first, again)] == [1.0, 1.0]
    assert first["ttft_ms"] is not None
    assert (again["ttft_ms"], again["total_ms"], again["goodput"]) == (None, None, 0)


def test_one_can_go_back_to_an_earlier_iteration_and_branch_off(workbench, saved) -> None:
    back = workbench("send", "--session", saved, "--from", "1", "--json").document
    assert (back["prompt"]["user"], back["parent"], back["checks"]) == ("Say JSON", 1, ["json"])
    assert [a["lane"] for a in back["attempts"]] == ["good", "prose"]
    other = workbench("send", "Other", "-l", "good", "--session", saved, "--from", "1", "--json")
    assert (other.document["prompt"]["user"], other.document["checks"]) == ("Other", ["json"])
    on = workbench("send", "On", "-l", "good", "--session", saved, "--json").document
    assert (on["iteration"], on["parent"]) == (5, 4)
    tree = [line.split()[0] for line in workbench("sessions", "show", saved).out.splitlines()[3:8]]
    assert tree == ["1", "2", "3", "4", "5"]
    assert workbench("send").code == 2
    assert workbench("send", "--from", "1").code == 2
    assert workbench("send", "--session", saved, "--from", "99").code == 2


def test_a_report_is_one_file(workbench, saved, project: Path) -> None:
    assert workbench("report", saved, "-o", "r.html").code == 0
    page = (project / "r.html").read_text()
    assert "Content-Security-Policy" in page
    assert "Here is the JSON you asked for." in page


def test_conversations_are_imported_with_what_did_not_map(workbench, project: Path) -> None:
    chat = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
    (project / "chats.jsonl").write_text(json.dumps(chat) + "\n{}\n")
    made = workbench("sessions", "import", "chats.jsonl", "--json")
    assert made.document["attempts"] == 1
    assert "without messages" in made.err
    assert workbench("sessions", "show", made.document["session"]).code == 0
    assert workbench("sessions", "import", "nothing.jsonl").code == 2


def test_a_damaged_session_says_what_is_lost_and_is_salvaged(workbench, saved, project) -> None:
    path = project / "sessions" / f"{saved}.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"t":"end"', b'"t":"e\xffd"', 1) + b'{"v":1,')
    shown = workbench("sessions", "show", saved)
    assert "is lost" in shown.err
    assert "unfinished" in shown.err
    into = project / "saved.jsonl"
    assert workbench("sessions", "salvage", saved, "-o", str(into)).code == 0
    assert workbench("sessions", "show", str(into)).err == ""
    assert workbench("sessions", "salvage", saved, "-o", str(into)).code == 3


def test_the_name_of_a_session_is_never_cut_and_a_pipe_gets_everything() -> None:
    name, title = "a-long-session-name-" * 4, "what it was about " * 9
    narrow = table_lines(("session", "title"), [(name, title)], 60)
    assert name in narrow[2]
    assert narrow[2].endswith("…")
    assert title.rstrip() in table_lines(("session", "title"), [(name, title)])[2]
