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
