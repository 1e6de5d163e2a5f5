"""Races as they are configured, lanes asked several times, and everything known of an attempt."""

from __future__ import annotations

import pytest

from tests.tui.conftest import settled, shown
from tests.tui.fake_engine import Answer, FakeEngine
from tests.tui.stories import SMALL, invoice_script, setup
from workbench.config.settings import Settings, load_settings
from workbench.engine.plan import StartRace
from workbench.errors import ConfigError
from workbench.model.attempt import Attempt, AttemptError, Cost, JudgeReply, Tokens
from workbench.model.events import AttemptEnded, AttemptQueued, Chunks, IterationStarted
from workbench.model.lane import Lane
from workbench.model.prompt import Prompt
from workbench.model.verdict import CheckResult
from workbench.tui.app import WorkbenchApp
from workbench.tui.launch import make_setup
from workbench.tui.view.details import details
from workbench.tui.view.draft import Draft, Rules
from workbench.tui.view.lines import plain
from workbench.tui.view.rows import head
from workbench.tui.view.state import ViewModel
from workbench.tui.view.tries import tries_lines, tries_of


def settings_of(folder, text: str) -> Settings:
    (folder / "workbench.toml").write_text(text)
    return load_settings(folder / "none.toml", folder, folder)


def test_what_the_settings_say_of_races_reaches_the_plan(tmp_path):
    settings = settings_of(
        tmp_path,
        """
        [defaults]
        lanes = ["first"]
        abort = "named"
        abort_on = ["json"]
        repeat = 3
        sequential = true
        audit = 0.25

        [screen]
        fps = 12

        [lanes.first]
        provider = "scripted"
        model = "one"
        fallback = "second"

        [lanes.second]
        provider = "scripted"
        model = "two"
        """,
    )
    found = make_setup(settings)
    model = ViewModel(
        found.lanes,
        Draft(found.prompt, found.checks, found.variables),
        in_view=found.in_view,
        abort=found.abort,
        rules=found.rules,
    )
    plan = model.plan()
    assert (plan.repeat, plan.sequential, plan.audit) == (3, True, 0.25)
    assert (plan.abort, plan.abort_on) == ("named", ("json",))
    assert [lane.name for lane in plan.fallbacks] == ["second"]
    assert WorkbenchApp(FakeEngine(invoice_script), found).setup.fps == 12


@pytest.mark.parametrize("text", ["[screen]\nfps = 0", "[defaults]\naudit = 2.0"])
def test_a_setting_out_of_its_range_names_file_and_key(tmp_path, text: str):
    with pytest.raises(ConfigError, match=r"workbench\.toml.*(screen\.fps|defaults\.audit)"):
        settings_of(tmp_path, text)


async def test_a_fallback_that_nobody_declared_is_said_and_nothing_is_sent(tmp_path):
    settings = settings_of(
        tmp_path,
        '[defaults]\nlanes = ["a"]\n[lanes.a]\nprovider = "scripted"\nmodel = "m"\nfallback = "b"',
    )
    engine = FakeEngine(invoice_script)
    app = WorkbenchApp(engine, make_setup(settings))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await pilot.pause()
        assert "Unknown lane 'b'" in shown(app)
        assert not [c for c in engine.sent if isinstance(c, StartRace)]


@pytest.mark.parametrize(
    ("keymap", "says"), [({"sned": "f2"}, "Did you mean send"), ({"send": ""}, "smollm2")]
)
async def test_a_keymap_by_hand_never_keeps_the_screen_from_opening(keymap, says):
    app = WorkbenchApp(FakeEngine(invoice_script), setup(keymap=keymap))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert says in shown(app)


def test_switching_aborts_on_again_gives_back_what_was_configured():
    rules = Rules(abort_on=("json",))
    model = ViewModel((SMALL,), Draft(Prompt("p")), rules=rules)
    assert [model.toggle_abort(), model.toggle_abort()] == ["named", "off"]


def thrice() -> list:
    """The small lane's three attempts: passed, failed by its end, passed."""
    head = IterationStarted(1, Prompt("p"), (SMALL,), (), "", repeat=3)
    queued = [AttemptQueued(n, 1, SMALL.name, SMALL.model, repeat=n) for n in (1, 2, 3)]
    ends = [AttemptEnded(n, "error" if n == 2 else "complete", 9.0) for n in (1, 2, 3)]
    return [head, *queued, *ends]


def test_a_lane_asked_several_times_shows_the_attempt_that_runs():
    model = ViewModel((SMALL,), Draft(Prompt("p")))
    head, one, two, three, end, *_ = thrice()
    model.apply([head, one, two, three])
    assert model.attempt(SMALL.name).number == 1
    model.apply([end])
    assert model.attempt(SMALL.name).number == 2


async def test_every_attempt_of_a_lane_can_be_stepped_to():
    engine = FakeEngine(invoice_script, history=thrice())
    app = WorkbenchApp(engine, setup(lanes=(SMALL,)))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, 1)
        await pilot.press("ctrl+l", "left", "left", "left")
        await pilot.pause()
        assert "2 of 3 passed  \u20391\u203a" in shown(app)
        await pilot.press("right")
        await pilot.pause()
        assert "\u20392\u203a" in shown(app)
        assert "! error" in shown(app)


def test_a_try_after_a_failed_one_counts_as_the_same_attempt():
    model = ViewModel((SMALL,), Draft(Prompt("p")))
    events = thrice()
    again = AttemptQueued(4, 1, SMALL.name, SMALL.model, repeat=2, retry_of=2)
    model.apply([*events, again])
    assert [a.number for a in model.attempts(SMALL.name)] == [1, 4, 3]


ATTEMPT = Attempt(
    7,
    1,
    "small",
    "m",
    state="complete",
    checks=(
        CheckResult("json", "fail", 4, 2, 120.0, "no JSON"),
        CheckResult("judge", "pass", ms=900.0),
        CheckResult("max_words", "fail", 40, 9, 300.0, "too long", severity="warn"),
    ),
    tokens=Tokens(11, 22, source="measured"),
    cost=Cost(0.5, "measured", "list price"),
    judged=(JudgeReply(1, "PASS\nbecause \x1b]52;c;x\x07", 800.0, 5, 0.001),),
)


def test_details_keep_warnings_and_what_judges_replied_apart():
    text = "\n".join(plain(line) for line in details(ATTEMPT))
    assert text.index("Warnings") < text.index("max_words") < text.index("What judges replied")
    assert "judge  800 ms, 5 tokens, $0.001" in text
    assert "    PASS" in text
    assert "list price" in text


def test_details_show_all_that_the_provider_sent_and_was_sent():
    data = {
        "system_fingerprint": "fp_7",
        "refusal": "I cannot",
        "tool_calls": [{"id": "c", "name": "look", "arguments": '{"at": 1}'}],
        "logprobs": [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -1.5}],
        "timings": {"predicted_ms": 12.345678},
        "rate_limits": {"x-ratelimit-remaining-tokens": "59000"},
        "reserved_tokens": 2100,
        "request": {"model": "m", "stream": True, "seed": 7, "max_completion_tokens": 2048},
    }
    attempt = Attempt(
        2, 1, "b", "m", request_id="req-1", fallback_of=1, provider_data=data,
        tokens=Tokens(9, 4, 3, 8, "measured"),
    )  # fmt: skip
    text = "\n".join(plain(line) for line in details(attempt))
    for part in (
        "9 in (8 cached), 4 out (3 reasoning)  measured",
        "fallback    for attempt 1",
        "request id  req-1",
        "fingerprint fp_7",
        "refusal     I cannot",
        'look({"at": 1})  not executed',
        "of 2 tokens, mean -1.000",
        "predicted_ms 12.3457",
        "x-ratelimit-remaining-tokens 59000",
        "seed        7",
        "max_completion_tokens 2048",
        "2\u202f100 tokens  the prompt, estimated, and max_tokens",
    ):
        assert part in text, part


def test_details_of_an_attempt_that_has_only_been_queued_claim_nothing():
    text = "\n".join(plain(line) for line in details(Attempt(1, 1, "a", "m")))
    assert "unknown" in text
    assert "Times" not in text


def test_a_fallback_answers_in_the_pane_of_the_lane_whose_place_it_takes():
    first, other = Lane("a", "scripted", "m", fallback="b"), Lane("b", "scripted", "m2")
    model = ViewModel((first, other), Draft(Prompt("hi"), ()), in_view=("a",))
    error = AttemptError("server", "It broke.")
    model.apply(
        [
            IterationStarted(1, Prompt("hi"), (first,), (), "now"),
            AttemptQueued(1, 1, "a", "m"),
            AttemptEnded(1, "error", 1.0, error=error),
            AttemptQueued(2, 1, "a", "m", retry_of=1),
            AttemptEnded(2, "error", 2.0, error=error),
            AttemptQueued(3, 1, "b", "m2", fallback_of=2),
            Chunks(3, ((1.0, "from b"),)),
            AttemptEnded(3, "complete", 2.0),
        ]
    )
    shown_now = model.attempt("a")
    assert (shown_now.queued.attempt, shown_now.text) == (3, "from b")
    assert model.attempt("b") is None
    assert "fallback b" in "".join(text for text, _ in head(first, shown_now)[1])
    rows = [plain(row) for row in tries_lines(tries_of(shown_now, model.iteration.attempts))]
    assert [row.split()[:4] for row in rows[1:]] == [
        ["1", "first", "a", "error"],
        ["2", "retry", "a", "error"],
        ["3", "fallback", "b", "complete"],
    ]
    assert "It broke." in rows[2]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_details_of_a_lane_open_on_a_key(size):
    app = WorkbenchApp(FakeEngine(invoice_script), setup())
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await pilot.press("ctrl+l", "d")
        await pilot.pause()
        assert "a JSON text cannot begin" in shown(app)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.main


async def test_live_mode_survives_a_lane_whose_fallback_is_unknown(tmp_path):
    lane = Lane("a", "scripted", "m", fallback="nobody")
    settings = settings_of(tmp_path, "")
    found = setup(lanes=(lane,), rules=make_setup(settings).rules, checks=())
    app = WorkbenchApp(FakeEngine(lambda *_: Answer(["x"])), found)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        app.main.live.toggle()
        app.main.live_send()
        await pilot.pause()
        assert "Unknown lane 'nobody'" in shown(app)
