"""Every setting is documented."""

from dataclasses import fields
from pathlib import Path

import pytest

from workbench.config.lanes import LaneTable
from workbench.config.settings import Defaults, Guard, Screen
from workbench.model.lane import Deadlines, Limits, Params, Prices

DOCS = Path("docs/configuration.md").read_text("utf-8")
NAMES = [
    *Defaults.__struct_fields__,
    *Screen.__struct_fields__,
    *Guard.__struct_fields__,
    *LaneTable.__struct_fields__,
    *(f.name for record in (Params, Deadlines, Prices, Limits) for f in fields(record)),
]


@pytest.mark.parametrize("name", sorted(set(NAMES)))
def test_the_setting_is_documented(name: str) -> None:
    assert name in DOCS
