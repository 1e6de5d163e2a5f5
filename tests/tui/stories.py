"""Setups and answers that look like real work, and texts that mean harm."""

from __future__ import annotations

import json
import re

from tests.tui.fake_engine import Answer
from workbench.model.lane import Lane
from workbench.model.prompt import Prompt
from workbench.tui.view.setup import Setup

SMALL = Lane("smollm2", "local", "SmolLM2-135M-Instruct")
LARGE = Lane("qwen", "local", "Qwen2.5-Coder-0.5B-Instruct")
PROMPT = Prompt(
    user="Extract vendor, total and date as JSON from this invoice:\n\n{{ invoice }}",
    system="You extract data. Answer with JSON only.",
)
CHECKS = ("json", "max_chars:200", "deadline:ttft<0.5s")
INVOICE = "ACME Corp, Invoice 1042, 3 May 2026, total due 118.40 EUR"

GOOD = json.dumps({"vendor": "ACME Corp", "total": 118.40, "date": "2026-05-03"}, indent=2)
BAD = (
    "Sure! Here is the JSON you asked for:\n\n"
    '{"vendor": "ACME Corp", "total": "118.40 EUR", "date": "3 May 2026"}\n\n'
    "The vendor is the company that issued the invoice. The total is the amount due, and the "
    "date is when the invoice was issued. Let me know if you need anything else, such as the "
    "invoice number or the currency, and I will gladly add it to the object for you."
)


def pieces(text: str) -> list[str]:
    return re.findall(r"\s*\S+\s*?|\s+", text)


def invoice_script(iteration: int, lane: Lane) -> Answer:
    """The small lane fails until the third iteration; the large one always passes."""
    if lane.name == "qwen":
        return Answer(pieces(GOOD), first=310, gap=60)
    if iteration < 3:
        return Answer(
            pieces(BAD), first=120, gap=16, fail=("json", 0, "a JSON text cannot begin with 'S'")
        )
    return Answer(pieces(GOOD), first=120, gap=16)


def setup(**changes) -> Setup:
    given = {
        "lanes": (SMALL, LARGE),
        "prompt": PROMPT,
        "checks": CHECKS,
        "variables": {"invoice": INVOICE},
    }
    return Setup(**{**given, **changes})


HOSTILE = (
    "\x1b]52;c;aGVsbG8=\x07",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1b[2J\x1b[31mred",
    "\x9b2J\x90q\x9c",
    "[/x] [@click=app.quit]quit[/] [red]red[/red]",
    "\u202egnp.exe\u2066\u200b\ufeff\U000e0041",
    "\ud800 lone",
    "nul\x00tab\tend",
)
"""Escapes, links, markup, bidi and worse, one of each kind."""
