"""What the tests of secrets share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.echo import echo_server
from tests.faults.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with echo_server() as mine, echo_server() as other:
        made = World(tmp_path, mine, other)
        made.foreign_session()
        yield made
