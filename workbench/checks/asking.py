"""Which checks need another lane, told without what they need to run."""

from __future__ import annotations

from workbench.checks.base import Argument


def lane_asked(check: str, argument: Argument) -> str | None:
    """Return the lane that a check of this kind asks or compares with, None when it needs none."""
    if check == "judge":
        return argument.options.get("lane") or None
    return argument.text.strip() if check == "agree" else None
