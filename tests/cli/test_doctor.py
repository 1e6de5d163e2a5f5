"""``workbench doctor``: each lane is ready, or says what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Result

LANES = """
proxy = "http://127.0.0.1:1"

[defaults]
lanes = ["fine"]

[lanes.fine]
provider = "scripted"
model = "script"
options = { text = "yes" }

[lanes.nowhere]
provider = "compatible"
model = "m"

[lanes.odd]
provider = "scripted"
model = "script"
options = { chunk_chars = "four" }

[lanes.nobody]
provider = "grok"
model = "m"
"""


def test_a_lane_that_cannot_be_used_as_declared_is_not_called_ready(
    workbench: Callable[..., Result], project: Path
) -> None:
    (project / "workbench.toml").write_text(LANES)
    done = workbench("doctor", "--json")
    lanes = done.document["lanes"]
    assert isinstance(lanes, list)
    states = {row["lane"]: row["state"] for row in lanes}
    assert states["fine"] == "ready"
    assert states["nowhere"].startswith("The lane nowhere has no base_url. Add one")
    assert "chunk_chars = 'four' has the wrong type" in states["odd"]
    assert states["nobody"].startswith("Unknown provider 'grok'. Did you mean groq")
    assert done.code == 0


def test_a_proxy_for_all_lanes_is_no_option_of_those_that_send_nothing(
    workbench: Callable[..., Result], project: Path
) -> None:
    (project / "workbench.toml").write_text(LANES)
    done = workbench("send", "hello", "--lane", "fine")
    assert (done.code, done.err.count("proxy")) == (0, 0)


WRONG = """
proxy = "https://p.example"

[defaults]
lanes = ["fine"]
checks = ["jsn"]

[screen]
theme = "no-such-theme"

[guard]
on = true
suite = "nowhere"
lanes = ["fin"]

[lanes.fine]
provider = "scripted"
model = "script"
options = { text = "yes" }

[lanes.leans]
provider = "scripted"
model = "script"
fallback = "fin"

[lanes.checked]
provider = "scripted"
model = "script"
checks = ["max_chars:many"]

[lanes.filed]
provider = "scripted"
model = "script"
checks = ["equals:@want.txt"]

[lanes.there]
base_url = "https://x.example/v1"
model = "m"
"""


def test_names_that_lead_nowhere_are_problems(
    workbench: Callable[..., Result], project: Path
) -> None:
    (project / "workbench.toml").write_text(WRONG)
    (project / "want.txt").write_text("yes")
    done = workbench("doctor", "--json")
    lanes, problems = done.document["lanes"], done.document["problems"]
    assert isinstance(lanes, list)
    assert isinstance(problems, list)
    states = {row["lane"]: row["state"] for row in lanes}
    assert "Unknown lane 'fin'. Did you mean fine" in states["leans"]
    assert "many" in states["checked"]
    assert "'want.txt' cannot be read here" in states["filed"]  # nor when the lane is sent to
    assert "is not a proxy this client can use" in states["there"]
    said = {row["key"]: row["problem"] for row in problems}
    assert said.keys() == {"defaults.checks", "screen.theme", "guard.suite", "guard.lanes"}
    assert "Unknown check 'jsn'" in said["defaults.checks"]
    assert done.code == 1
    assert "workbench: screen.theme: " in workbench("doctor").err


def test_a_suite_of_the_guard_without_a_name_is_a_problem_among_the_others(
    workbench: Callable[..., Result], project: Path
) -> None:
    (project / "workbench.toml").write_text(LANES + '[guard]\non = true\nsuite = ""\n')
    done = workbench("doctor", "--json")
    assert done.document["problems"] == [
        {
            "key": "guard.suite",
            "problem": "A suite needs a name. Like cases, or tests/cases.jsonl.",
        }
    ]
    assert done.code == 1
