"""Options that contradict each other or mean nothing, and input that is none: said, never run."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Result
from workbench.model.prompt import Message
from workbench.suites.case import Case
from workbench.suites.file import append_cases

Call = Callable[..., Result]


@pytest.fixture
def suite(project: Path) -> Path:
    path = project / "suites" / "s.jsonl"
    append_cases(path, [Case("one", (Message("user", "x"),), checks=("json",))])
    return path


@pytest.mark.usefixtures("suite")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("run s -l good --again", "--again says nothing without --resume"),
        ("run s -l good --on-interval", "--on-interval says nothing without --min-pass"),
        ("run s -l good --audit 0.5", "--audit says nothing without --abort"),
        ("run s -l good --resume x --no-save", "--no-save keeps no session"),
        ("run s -l good --budget -1", "-1 is not more than 0"),
        ("run s -l good --timeout nan", "nan is not more than 0"),
        ("send hi -l good --audit 0.5", "--audit says nothing without --abort"),
        ("send hi -l good -c json --abort-on jsn", "Did you mean json?"),
        ("diff s 1 2 --attempts --prompt", "--prompt compares iterations"),
        ("diff s \u00b2 2", "is no number of an iteration"),
        ("sessions search hi --since yesterday", "'yesterday' is no date"),
        ("sessions import nowhere.json", "nowhere.json cannot be read"),
        ("sessions show nothing", "none is saved here"),
        ("run workbench.toml -l good", "workbench.toml is no suite"),
        ("checks try json --file /proc/self/mem", "'/proc/self/mem' cannot be read"),
        ("checks try json --jsonl --file /proc/self/mem", "'/proc/self/mem' cannot be read"),
        ("run s -l good --baseline deep.json", "deep.json is no baseline"),
        ("checks try json --file /dev/zero", "is longer than 1 MB"),
        ("checks try json --jsonl --file /dev/zero", "Line 1 is longer than 1 MB"),
        ("run /dev/zero -l good", "is larger than 1 MB"),
    ],
)
def test_it_is_said_and_nothing_is_sent(
    workbench: Call,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: str,
    said: str,
) -> None:
    for module in ("cli.checks", "suites.file"):
        monkeypatch.setattr(f"workbench.{module}.MOST_BYTES", 1 << 20)
    (project / "deep.json").write_text("[" * 100_000)
    done = workbench(*arguments.split())
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert not (project / "sessions").exists()


def test_noting_nothing_is_told(workbench: Call, project: Path) -> None:
    workbench("send", "hi", "-l", "good")
    name = next((project / "sessions").iterdir()).stem
    done = workbench("sessions", "annotate", name, "1")
    assert (done.code, "There is nothing to note." in done.err) == (2, True)


def test_a_session_that_is_no_run_of_the_suite_is_not_gone_on_with(
    workbench: Call, project: Path, suite: Path
) -> None:
    workbench("send", "hi", "-l", "good")
    (session,) = (project / "sessions").iterdir()
    before = session.read_bytes()
    done = workbench("run", suite.stem, "-l", "good", "--resume", session.stem)
    assert (done.code, "is no run of this suite" in done.err) == (2, True)
    assert session.read_bytes() == before


def test_a_suite_with_a_line_that_is_no_case_is_never_a_success(
    workbench: Call, suite: Path
) -> None:
    assert workbench("run", "s", "-l", "good").code == 0
    with suite.open("a") as file:
        file.write("not a case\n")
    done = workbench("run", "s", "-l", "good", "--json")
    assert (done.code, done.document["unread"], done.document["sent"]) == (1, 1, 1)
    assert "line 2: not JSON" in done.err
    assert workbench("run", "s", "-l", "good", "--min-pass", "10%").code == 1
    rows = workbench("send", "x", "-l", "good", "--data", "s")
    assert (rows.code, "line 2: not JSON" in rows.err) == (2, True)
    exported = workbench("export", "s", "--to", "promptfoo", "-o", "out")
    assert (exported.code, "line 2: not JSON" in exported.err) == (0, True)


@pytest.mark.parametrize("text", ["", "not a case\n"])
@pytest.mark.parametrize("command", ["run s -l good", "export s --to promptfoo -o out"])
def test_a_suite_without_any_case_is_an_error(
    workbench: Call, suite: Path, text: str, command: str
) -> None:
    suite.write_text(text)
    done = workbench(*command.split())
    assert done.code == 2
    assert "has no case to go by" in done.err
    assert not Path("out").exists()


@pytest.mark.usefixtures("suite")
def test_a_run_that_finds_nothing_to_send_says_so(workbench: Call) -> None:
    assert workbench("run", "s", "-l", "good").code == 0
    done = workbench("run", "s", "-l", "good", "--only", "failing")
    assert (done.code, "--only failing: no case" in done.err) == (0, True)


@pytest.mark.usefixtures("suite")
def test_a_label_that_no_case_has_is_told(workbench: Call) -> None:
    done = workbench("run", "s", "-l", "good", "--high-risk", "fraud")
    assert "--high-risk fraud: no case of the suite has that label" in done.err


def test_a_suite_in_a_folder_that_takes_no_file_is_told_at_once(
    workbench: Call, project: Path
) -> None:
    workbench("send", "hi", "-l", "prose", "-c", "json")
    name = next((project / "sessions").iterdir()).stem
    done = workbench("cases", "add", name, "--suite", "/proc/nowhere.jsonl")
    assert (done.code, "cannot be written" in done.err) == (3, True)


@pytest.mark.usefixtures("suite")
def test_a_report_that_cannot_be_written_costs_no_result(workbench: Call, project: Path) -> None:
    (project / "taken").mkdir()
    done = workbench("run", "s", "-l", "good", "--junit", "taken")
    assert (done.code, "1   1  100.0%" in done.out) == (3, True)


def test_a_session_of_a_newer_version_keeps_no_other_from_being_found(
    workbench: Call, project: Path
) -> None:
    workbench("send", "umbrella", "-l", "good")
    (own,) = (project / "sessions").iterdir()
    newer = own.read_text().replace('"v":1', '"v":99', 1)
    (project / "sessions" / "newer.jsonl").write_text(newer)
    found = workbench("sessions", "search", "umbrella")
    assert (found.code, found.out.startswith(own.stem)) == (0, True)
    assert "a newer Workbench wrote them: newer." in found.err


@pytest.mark.parametrize("command", ["sessions list", "sessions show x"])
def test_a_folder_of_sessions_that_cannot_be_read_is_not_called_empty(
    workbench: Call, project: Path, command: str
) -> None:
    (project / "sessions").write_text("a file in its place")
    done = workbench(*command.split())
    assert (done.code, "cannot be read: Not a directory" in done.err) == (2, True)


def test_who_holds_a_session_or_a_suite_is_told_to_be_waited_for(
    workbench: Call, project: Path, suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.suites.file.PATIENCE_S", 0.0)
    monkeypatch.setattr("workbench.store.journal.LONG_PATIENCE_S", 0.0)
    workbench("send", "hi", "-l", "good")
    (session,) = (project / "sessions").iterdir()
    for held, command in (
        (suite, ("cases", "rm", "s", "one")),
        (session, ("sessions", "annotate", session.stem, "1", "--star")),
    ):
        with held.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            done = workbench(*command)
        assert (done.code, "Another process is writing to" in done.err) == (3, True)
        assert "Try again when it is done." in done.err


@pytest.mark.usefixtures("suite")
def test_a_run_is_gone_on_with_by_cases_it_had_not_come_to(workbench: Call, suite: Path) -> None:
    begun = workbench("run", "s", "-l", "good", "--json").document["session"]
    more = Case("two", (Message("user", "y"),), checks=("json",), tags=("late",))
    append_cases(suite, [more])
    done = workbench("run", "s", "-l", "good", "--only", "late", "--resume", str(begun), "--json")
    assert (done.code, done.document["sent"]) == (0, 1)


def test_a_lane_that_may_cost_so_much_has_a_check_of_that_name(
    workbench: Call, project: Path
) -> None:
    with (project / "workbench.toml").open("a") as file:
        file.write('[lanes.thrifty]\nprovider = "scripted"\nmodel = "m"\nmax_cost = 0.5\n')
        file.write('options = { text = "{}" }\n')
    done = workbench("send", "hi", "-l", "thrifty", "-c", "json", "--abort-on", "max_cost")
    assert (done.code, "Unknown check" in done.err) == (0, False)
