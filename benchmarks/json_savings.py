"""How much of broken JSON answers failing early saves, on the embedded models.

Asks both embedded lanes for JSON in many ways and lets every answer end. Reported for the answers
that fail ``json``: the share of their characters that came after the failure was known.

    python -m benchmarks.json_savings --prompts 20
"""

from __future__ import annotations

import argparse
from statistics import median

from workbench.api.send import send
from workbench.api.setup import settings_for
from workbench.api.wiring import make_tools
from workbench.engine.plan import OpenSession, RacePlan
from workbench.model.attempt import Attempt
from workbench.model.prompt import Prompt

THINGS = (
    "a book with title, author and year",
    "a train from Oslo to Bergen with times and price",
    "three cities with their countries",
    "a recipe for pancakes with ingredients and steps",
    "a person with name, age and two hobbies",
    "an invoice with two items and a total",
    "the planets with their order from the sun",
    "a weather report for Lisbon",
    "a to-do list with done flags",
    "a bug report with severity and steps",
)
ASKS = (
    "Return only a JSON object describing {}.",
    "Give me {} as raw JSON, no Markdown, no prose.",
)


def main() -> None:
    """Ask, and print what failing early would have saved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=20)
    options = parser.parse_args()
    settings = settings_for()
    lanes = (settings.lane("smollm2"), settings.lane("qwen"))
    found: list[Attempt] = []
    prompts = [ask.format(thing) for thing in THINGS for ask in ASKS][: options.prompts]
    for text in prompts:
        plan = RacePlan(Prompt(text), lanes, ("json",))
        found += send(make_tools(settings, 2), plan, OpenSession(saved=False)).iteration.attempts
    for lane in lanes:
        mine = [a for a in found if a.lane == lane.name]
        broken = [a for a in mine if a.first_failure and a.first_failure.at_char is not None]
        chars = sum(len(a.text) for a in broken)
        after = sum(len(a.text) - (a.first_failure.at_char or 0) for a in broken if a.first_failure)
        at = [a.first_failure.at_char or 0 for a in broken if a.first_failure]
        print(
            f"{lane.name}: {len(broken)} of {len(mine)} answers fail json; "
            f"{after} of {chars} characters came after the failure ({after / max(1, chars):.0%}); "
            f"failed at character {median(at) if at else 0:.0f} (median)"
        )


if __name__ == "__main__":
    main()
