"""Commands that keep things: cases of failures, and the embedded models' weights."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from workbench.errors import UsageError
from workbench.tui.plain import words
from workbench.tui.plain.commands.action import Action, named
from workbench.tui.plain.commands.look import attempts
from workbench.tui.plain.spelling import quoted
from workbench.tui.plain.talk import Talk
from workbench.tui.view.fetch import Fetch

LOOK = 0.2
"""Seconds between two looks at a download."""

MOST_SAID = 10
"""How far a download is, is said so many times."""


async def case(talk: Talk, lane: str) -> None:
    """Save a failure as a case, once it was said what is saved."""
    from workbench.suites.case import case_of

    failed = [a for a in attempts(talk, lane) if a.first_failure is not None]
    if not failed or talk.setup.save_case is None:
        raise UsageError("Nothing failed here.", "A case is made of a failure.")
    made = case_of(talk.model.fold.session(), failed[0].record())
    talk.say(*words.case(made, talk.setup.suite))
    if (twin := talk.setup.known_case(made)) is not None:
        right = f", with {quoted(twin.expected[0])} as right" if twin.expected else ""
        talk.say(f"This failure is known already, as {twin.id}{right}.")
    talk.say("What would be right? Empty if unknown, - to save nothing.")
    expected = await talk.ask()
    if expected is None or expected.strip() == "-":
        talk.say("Nothing is saved.")
        return
    if expected.strip():
        made = replace(made, expected=(expected.strip(),))
    added = talk.setup.save_case(made)
    if added.written:
        talk.say(f"Saved as {added.written[0].id} in {talk.setup.suite}.")
    elif added.changed:
        talk.say(f"Added to what {added.changed[0].id} expects in {talk.setup.suite}.")
    else:
        talk.say(f"It is known already, as {added.known[0].id}. Nothing was added.")


async def pull(talk: Talk, name: str) -> None:
    """Fetch the embedded models, saying now and then how far it is."""
    shelf = talk.setup.shelf
    if shelf is None:
        raise UsageError("There is nothing to fetch.")
    models = shelf.models()
    for model in models:
        state = "here" if model.state == "ready" else "not fetched"
        talk.say(f"{model.name}, {model.size / 1e6:.0f} MB: {state}.")
    missing = [model.name for model in models if model.state != "ready"]
    wanted = [named("model", name, missing)] if name else missing
    if not wanted:
        return
    fetch = Fetch(shelf, wanted)
    try:
        await _follow(talk, fetch)
    finally:
        fetch.stop()
    if fetch.error is not None:
        raise fetch.error
    talk.say(f"{', '.join(fetch.arrived)} is here.")
    await talk.warm(*talk.model.in_view)


async def _follow(talk: Talk, fetch: Fetch) -> None:
    said: set[tuple[str, str, int]] = set()
    talk.say("Fetching. Ctrl+C stops it; what came is kept.")
    while fetch.running:
        at = (fetch.name, fetch.stage, MOST_SAID * fetch.done // max(1, fetch.total))
        if at not in said and (fetch.stage or at[2]):
            said.add(at)
            talk.say(f"{fetch.name}: {fetch.words()}")
        await asyncio.sleep(LOOK)


ACTIONS = (
    Action(
        "case",
        "save a failure as an eval case",
        case,
        (
            ("case LANE", "of one lane; you hear what is saved and can say what is right"),
            ("case", "of the first lane that failed"),
        ),
    ),
    Action(
        "pull",
        "fetch the embedded models",
        pull,
        (("pull", "all that are missing"), ("pull NAME", "one")),
    ),
)
