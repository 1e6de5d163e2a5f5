"""``workbench run``: exit codes, thresholds, reports, resume."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.conftest import Result
from workbench.model.prompt import Message
from workbench.store.sessions import load
from workbench.suites.case import Case
from workbench.suites.file import append_cases

Call = Callable[..., Result]
ROOT = Path(__file__).parents[2]
LANES = """
[lanes.turns]
provider = "scripted"
model = "script"
options = { texts = ["{}", "no", "{}", "no"] }

[lanes.slow]
provider = "scripted"
model = "script"
options = { text = "{}", ttft_ms = 40 }

[lanes.stuck]
provider = "scripted"
model = "script"
options = { text = "{}", ttft_ms = 600000 }
"""


@pytest.fixture
def suite(project: Path) -> Path:
    with (project / "workbench.toml").open("a") as file:
        file.write(LANES)
    path = project / "suites" / "s.jsonl"
    append_cases(
        path,
        [
            Case("json", (Message("user", "Give {{ JSON }}."),), checks=("json",), tags=("t",)),
            Case("chat", (Message("system", "s"), Message("user", "a"), Message("assistant", "b"),
                          Message("user", "c")), checks=("max_chars:99",)),
            Case("wanted", (Message("user", "x"),), expected=("nothing like it",)),
            Case("out", (Message("user", "y"),), checks=("json",), review="rejected"),
        ],
    )  # fmt: skip
    return path


@pytest.mark.usefixtures("suite")
def test_a_runs_audited_aborts_are_told_with_n_rate_and_interval(workbench: Call) -> None:
    done = workbench("run", "s", "-l", "prose", "--abort", "--audit", "1", "--json")
    audit = done.document["audit"]
    assert isinstance(audit, dict)
    assert (audit["aborted"], audit["audited"], audit["false_aborts"]) == (2, 2, 0)
    assert audit["rate"]["total"] == 2
    assert "2 of 2 aborted answers ran on, unseen; 0 false aborts, 0%" in done.err
    plain = workbench("run", "s", "-l", "prose", "--abort", "--json")
    assert (plain.document["audit"]["aborted"], plain.document["audit"]["rate"]) == (2, None)
    assert "audit" not in plain.err


def status(result: Result, lane: int = 0) -> dict[str, str]:
    return {c["case"]: c["status"] for c in result.document["lanes"][lane]["cases"]}


def test_every_case_is_judged_on_every_lane_and_saved_as_a_session(
    workbench: Call, suite: Path, project: Path
) -> None:
    result = workbench("run", "s", "-l", "good", "-l", "prose", "--json")
    assert result.code == 1
    assert status(result) == {"json": "pass", "chat": "pass", "wanted": "fail"}
    assert status(result, 1) == {"json": "fail", "chat": "pass", "wanted": "fail"}
    session = load(project / "sessions" / f"{result.document['session']}.jsonl").session
    assert [i.name for i in session.iterations] == ["json", "chat", "wanted"]
    assert [a.lane for a in session.attempts()] == ["good", "prose"] * 3
    assert all(i.total_ms is not None for i in session.iterations)
    assert session.iterations[0].prompt.render()[0].content == "Give {{ JSON }}."
    assert suite.exists()


@pytest.mark.usefixtures("suite")
def test_the_table_says_rate_interval_and_the_paired_comparison(workbench: Call) -> None:
    result = workbench("run", "s", "-l", "good", "-l", "prose", "--no-save")
    assert "66.7%" in result.out
    assert "21% to 94%" in result.out
    line = next(line for line in result.out.splitlines() if "against" in line)
    assert line.startswith("good against prose: +33.3% (-31.6% to +71.8%), p = 1 (McNemar, exact)")
    assert line.endswith("on 3 cases, about 9 more needed")


def test_the_interval_of_many_cases_keeps_two_ends(workbench: Call, project: Path) -> None:
    cases = [Case(f"n{n}", (Message("user", f"{n}"),), checks=("json",)) for n in range(800)]
    append_cases(project / "suites" / "n.jsonl", cases)
    out = workbench("run", "n", "-l", "good", "-j", "64", "--no-save").out
    assert "99.5% to 100.0%" in out


@pytest.mark.usefixtures("suite")
def test_exit_codes(workbench: Call) -> None:
    assert workbench("run", "s", "-l", "good", "--only", "t").code == 0
    assert workbench("run", "s", "-l", "good").code == 1
    assert workbench("run", "s", "-l", "down").code == 3
    assert workbench("run", "nosuch", "-l", "good").code == 2
    assert workbench("run", "s", "-l", "nobody").code == 2
    assert workbench("run", "s", "-l", "good", "--only", "no-such-tag").code == 2
    assert workbench("run", "s", "-l", "good", "--min-pass", "60%").code == 0
    assert workbench("run", "s", "-l", "good", "--min-pass", "good=67%").code == 1
    assert workbench("run", "s", "-l", "good", "--min-pass", "60%", "--on-interval").code == 1
    assert workbench("run", "s", "-l", "good", "--min-pass", "most").code == 2
    assert workbench("run", "s", "-l", "good", "-l", "down", "--min-pass", "good=60%").code == 3


@pytest.mark.usefixtures("suite")
def test_a_run_that_stopped_early_is_no_success_whatever_its_threshold(workbench: Call) -> None:
    fast = "run", "s", "-l", "prose", "-l", "good", "-j", "1", "--fail-fast"
    assert workbench(*fast, "--min-pass", "good=0%").code == 1
    assert workbench("run", "s", "-l", "good", "--write-baseline", "b.json").code == 1
    assert workbench("run", "s", "-l", "good", "--baseline", "b.json").code == 0
    stopped = workbench("run", "s", "-l", "good", "-j", "1", "--fail-fast", "--baseline", "b.json")
    assert ("stopped: fail-fast" in stopped.err, stopped.code) == (True, 1)
    nothing = workbench("run", "s", "-l", "stuck", "--timeout", "0.1", "--min-pass", "50%")
    assert ("stopped: timeout" in nothing.err, nothing.code) == (True, 1)


@pytest.mark.usefixtures("suite")
def test_a_threshold_for_another_lane_is_refused_before_anything_is_sent(
    workbench: Call, project: Path
) -> None:
    refused = workbench("run", "s", "-l", "good", "--min-pass", "goood=90%")
    assert refused.code == 2
    assert "--min-pass names the lane goood" in refused.err
    assert not list(project.glob("sessions/*.jsonl"))


@pytest.mark.usefixtures("suite")
def test_a_lane_that_the_baseline_does_not_know_is_named(workbench: Call) -> None:
    workbench("run", "s", "-l", "good", "--write-baseline", "b.json")
    other = workbench("run", "s", "-l", "good", "-l", "prose", "--baseline", "b.json")
    assert "prose: not in the baseline, so nothing of it can be worse" in other.err
    assert "good: not in the baseline" not in other.err


@pytest.mark.usefixtures("suite")
def test_a_flaky_case_is_named_and_says_what_varies(workbench: Call) -> None:
    result = workbench("run", "s", "-l", "turns", "-n", "4", "--only", "t", "-j", "1", "--json")
    (lane,) = result.document["lanes"]
    assert lane["flaky"] == ["json"]
    assert lane["cases"][0]["varies"] == "answer"
    assert lane["pass_at"]["2"] == pytest.approx(1 - 1 / 6)
    assert lane["pass_hat"]["2"] == pytest.approx(1 / 6)


@pytest.mark.usefixtures("suite")
def test_fail_fast_starts_nothing_after_the_first_failure(workbench: Call) -> None:
    result = workbench("run", "s", "-l", "prose", "-j", "1", "--fail-fast", "--json")
    assert (result.document["stopped"], result.document["sent"]) == ("fail-fast", 1)


@pytest.mark.usefixtures("suite")
def test_a_timeout_cancels_what_runs(workbench: Call) -> None:
    result = workbench("run", "s", "-l", "stuck", "--timeout", "0.2", "--json")
    assert result.document["stopped"] == "timeout"
    assert result.code == 1


def test_a_budget_stops_new_cases_and_needs_prices(
    workbench: Call, suite: Path, project: Path
) -> None:
    with (project / "workbench.toml").open("a") as file:
        file.write(
            '[lanes.web]\nprovider = "compatible"\nmodel = "m"\nbase_url = "http://127.0.0.1:9/v1"\n'
        )
    refused = workbench("run", "s", "-l", "web", "--budget", "1")
    assert (refused.code, "price of the lane web is not known" in refused.err) == (2, True)
    assert workbench("run", "s", "-l", "good", "--budget", "1").code == 1
    assert suite.exists()


@pytest.mark.usefixtures("suite")
def test_a_baseline_fails_only_on_what_got_worse(workbench: Call, project: Path) -> None:
    workbench("run", "s", "-l", "good", "--write-baseline", "base.json")
    assert workbench("run", "s", "-l", "good", "--baseline", "base.json").code == 0
    text = (project / "base.json").read_text().replace('"fail"', '"pass"')
    (project / "base.json").write_text(text)
    result = workbench("run", "s", "-l", "good", "--baseline", "base.json")
    assert (result.code, "wanted passed in the baseline" in result.err) == (1, True)
    (project / "base.json").write_text("[]")
    assert workbench("run", "s", "-l", "good", "--baseline", "base.json").code == 2


def test_reports_hold_hostile_texts_as_texts(workbench: Call, project: Path, suite: Path) -> None:
    evil = "</failure>]]>\x00\x1b[31m<script>|`@a` ![x](http://e)\ud800"
    append_cases(
        suite, [Case(evil.replace("\ud800", ""), (Message("user", "z"),), checks=("json",))]
    )
    with (project / "workbench.toml").open("a") as file:
        file.write(
            '[lanes.evil]\nprovider = "scripted"\nmodel = "m"\noptions = { text = '
            + json.dumps(evil.replace("\ud800", "").replace("\x00", "")) + " }\n"
        )  # fmt: skip
    workbench("run", "s", "-l", "evil", "--junit", "out/j.xml", "--md", "out/s.md")
    root = ET.fromstring((project / "out" / "j.xml").read_text())  # noqa: S314 -- ours
    assert [s.get("tests") for s in root.iter("testsuite")] == ["4"]
    assert len(list(root.iter("failure"))) == 3
    markdown = (project / "out" / "s.md").read_text()
    assert "<script>" not in markdown
    assert "![x]" not in markdown
    assert "\x1b" not in markdown


@pytest.mark.usefixtures("suite")
def test_only_failing_and_changed_look_at_the_last_run(workbench: Call) -> None:
    workbench("run", "s", "-l", "good")
    again = workbench("run", "s", "-l", "good", "--only", "failing", "--json")
    assert list(status(again)) == ["wanted"]
    workbench("run", "s", "-l", "good")
    workbench("cases", "review", "s", "chat", "--note", "only a note")
    none = workbench("run", "s", "-l", "good", "--only", "changed", "--json")
    assert none.document["planned"] == 0


@pytest.mark.usefixtures("suite")
def test_only_failing_and_changed_remember_cases_that_the_last_run_left_out(
    workbench: Call,
) -> None:
    workbench("run", "s", "-l", "good")
    assert list(status(workbench("run", "s", "-l", "good", "--only", "t", "--json"))) == ["json"]
    failing = workbench("run", "s", "-l", "good", "--only", "failing", "--json")
    assert list(status(failing)) == ["wanted"]
    unchanged = workbench("run", "s", "-l", "good", "--only", "changed", "--json")
    assert unchanged.document["planned"] == 0


@pytest.mark.usefixtures("suite")
def test_labels_are_scored_with_the_misses_of_those_at_risk(workbench: Call, project: Path) -> None:
    cases = [
        Case(f"l{n}", (Message("user", f"m{c}"),), labels=(label,), checks=("max_chars:99",))
        for n, (label, c) in enumerate((("spam", "a"), ("spam", "b"), ("ham", "c"), ("ham", "d")))
    ]
    append_cases(project / "suites" / "l.jsonl", cases)
    with (project / "workbench.toml").open("a") as file:
        file.write(
            '[lanes.says]\nprovider = "scripted"\nmodel = "m"\n'
            'options = { texts = ["Spam.", "ham", "It is ham", "ham or spam"] }\n'
        )
    result = workbench("run", "l", "-l", "says", "-j", "1", "--high-risk", "spam")
    assert "accuracy 50.0%" in result.out
    assert "spam (high risk) missed 1 of 2" in result.out


@pytest.mark.usefixtures("suite")
def test_resume_sends_only_what_has_no_result(workbench: Call, project: Path) -> None:
    first = workbench("run", "s", "-l", "good", "-j", "1", "--timeout", "600", "--json")
    session = str(first.document["session"])
    path = project / "sessions" / f"{session}.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    cut = next(n for n, line in enumerate(lines) if '"wanted"' in line) - 1
    path.write_text("".join(lines[:cut]))
    second = workbench("run", "s", "-l", "good", "--resume", session, "--json")
    assert (second.document["sent"], second.document["planned"]) == (1, 3)
    assert status(second) == status(first)
    third = workbench("run", "s", "-l", "good", "--resume", session, "--json")
    assert third.document["sent"] == 0


def _sent(path: Path) -> list[tuple[str, str, int]]:
    if not path.exists():
        return []
    session = load(path).session
    return [(i.name, a.lane, a.repeat) for i in session.iterations for a in i.attempts]


@pytest.mark.usefixtures("suite")
def test_after_a_kill_nothing_is_sent_twice(workbench: Call, project: Path) -> None:
    append_cases(
        project / "suites" / "k.jsonl",
        [Case(f"c{n}", (Message("user", "x" * (n + 1)),), checks=("json",)) for n in range(30)],
    )
    command = [sys.executable, "-m", "workbench", "run", "k", "-l", "slow", "-j", "4"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    session = ""
    for _ in range(3):
        resume = ["--resume", session] if session else []
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen([*command, *resume], cwd=project, env=env, **silent)
        before = len(_sent(project / "sessions" / f"{session}.jsonl")) if session else 0
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            found = sorted((project / "sessions").glob("run-k*.jsonl"))
            session = found[0].stem if found else session
            if session and len(_sent(found[0])) > before + 4:
                break
        process.send_signal(signal.SIGKILL)
        process.wait()
    last = workbench("run", "k", "-l", "slow", "-j", "8", "--resume", session, "--json")
    sent = _sent(project / "sessions" / f"{session}.jsonl")
    assert len(sent) == len(set(sent)) == 30
    assert len(list((project / "sessions").glob("run-k*.jsonl"))) == 1
    lost = len(last.document["interrupted"])
    assert lost <= 12
    assert last.document["planned"] == 30 - lost


@pytest.mark.usefixtures("suite")
def test_a_failure_in_passing_is_tried_again_visibly_and_counts_once(
    workbench: Call, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.engine.retry.FIRST_PAUSE_S", 0)
    with (project / "workbench.toml").open("a") as file:
        file.write(
            '[lanes.shaky]\nprovider = "scripted"\nmodel = "m"\n'
            'options = { text = "{}", fail_after = 0, fail_times = 1 }\n'
        )
    result = workbench("run", "s", "-l", "shaky", "--only", "t", "-j", "1", "--json")
    assert (result.code, status(result)) == (0, {"json": "pass"})
    session = load(project / "sessions" / f"{result.document['session']}.jsonl").session
    assert [(a.state, a.retry_of) for a in session.attempts()] == [("error", None), ("complete", 1)]


@pytest.mark.usefixtures("suite")
def test_what_a_provider_failed_on_is_sent_again_only_when_asked_for(workbench: Call) -> None:
    first = workbench("run", "s", "-l", "down", "--only", "t", "--json")
    resume = ("run", "s", "-l", "down", "--only", "t", "--resume", str(first.document["session"]))
    assert workbench(*resume, "--json").document["sent"] == 0
    assert workbench(*resume, "--again", "--json").document["sent"] == 1


@pytest.mark.usefixtures("suite")
def test_valid_json_and_exact_fields_are_counted_and_survive_a_resume(
    workbench: Call, project: Path
) -> None:
    right = '{"city": "Oslo", "zip": 150}'
    cases = [Case(f"j{n}", (Message("user", f"m{n}"),), expected=(right,)) for n in range(4)]
    append_cases(project / "suites" / "j.jsonl", cases)
    texts = ['{"zip": 150.0, "city": "Oslo"}', '{"city": "Rome", "zip": 150}', "Oslo", "{}"]
    with (project / "workbench.toml").open("a") as file:
        file.write(
            f'[lanes.fields]\nprovider = "scripted"\nmodel = "m"\n'
            f"options = {{ texts = {json.dumps(texts)} }}\n"
        )
    result = workbench("run", "j", "-l", "fields", "-j", "1")
    assert "fields: 3 of 4 valid JSON, 1 of 4 exact, city 25%, zip 50%" in result.out
    first = workbench("run", "j", "-l", "fields", "-j", "1", "--json").document
    again = workbench("run", "j", "-l", "fields", "--resume", str(first["session"]), "--json")
    assert again.document["lanes"][0]["json"] == first["lanes"][0]["json"]
    assert first["lanes"][0]["json"]["fields"]["zip"]["count"] == 2


@pytest.mark.usefixtures("suite")
def test_what_did_not_pass_is_listed_with_its_reason(workbench: Call) -> None:
    result = workbench("run", "s", "-l", "prose", "--no-save")
    lines = [line for line in result.out.splitlines() if line.startswith("prose: fail ")]
    assert len(lines) == 2
    assert any("json: json" in line and "not JSON" in line for line in lines)


def test_a_fence_that_a_check_lets_be_makes_an_answer_no_less_json(
    workbench: Call, project: Path
) -> None:
    with (project / "workbench.toml").open("a") as file:
        file.write(
            '[lanes.fenced]\nprovider = "scripted"\nmodel = "m"\n'
            'options = { text = "```json\\n{\\"a\\": 1}\\n```\\n" }\n'
        )
    messages, expected = (Message("user", "x"),), ('{"a": 1.0}',)
    cases = [
        Case("free", messages, checks=("json/fence",), expected=expected),
        Case("bare", messages, checks=("json",), expected=expected),
    ]
    append_cases(project / "suites" / "f.jsonl", cases)
    found = workbench("run", "f", "-l", "fenced", "--json").document["lanes"][0]["json"]
    assert (found["valid"]["count"], found["exact"]["count"]) == (1, 1)
    added = workbench("run", "f", "-l", "fenced", "-c", "json/fence", "--json")
    assert added.document["lanes"][0]["json"]["exact"]["count"] == 2
