"""Trying a lane: key, connection, models, one token, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from workbench.tui.view import format as fmt
from workbench.tui.view.lines import Line

if TYPE_CHECKING:
    from workbench.api.lane_desk import LaneDesk

CHECK_SECONDS = 120.0


async def check_lane(desk: LaneDesk, name: str) -> list[Line]:
    """Check a lane as ``workbench lanes check`` does; return a line for each step. A check that is
    not waited for to its end is ended.
    """
    process = None
    try:
        process = await asyncio.create_subprocess_exec(
            *desk.check_command(name),
            cwd=desk.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        out, err = await asyncio.wait_for(process.communicate(), CHECK_SECONDS)
        return check_lines(name, out.decode(), err.decode())
    except (TimeoutError, OSError, UnicodeDecodeError) as error:
        why = "it took too long" if isinstance(error, TimeoutError) else str(error)
        return [((f"The check of {name} did not end: {why}.", "fail"),)]
    finally:
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()


def check_lines(name: str, out: str, err: str) -> list[Line]:
    """Return what came of checking a lane, a line for each step."""
    try:
        found: object = json.loads(out)
        steps = found["steps"] if isinstance(found, dict) else []
    except (ValueError, KeyError):
        return [((f"The check of {name} failed: {err.strip()[-300:]}", "fail"),)]
    lines: list[Line] = []
    for step in steps:
        glyph, tone = {True: ("\u2713", "pass"), False: ("\u2717", "fail")}.get(
            step["ok"], ("\u00b7", "muted")
        )
        took = "" if step["ms"] is None else f"  {fmt.duration(step['ms'])}"
        hint = f"  {step['hint']}" if step["ok"] is False and step["hint"] else ""
        lines.append(
            (
                (f"{glyph} ", f"{tone} bold"),
                (f"{step['name']:<12}", ""),
                (step["message"] + took, "muted" if step["ok"] is not False else "fail"),
                (hint, "warn"),
            )
        )
    return lines
