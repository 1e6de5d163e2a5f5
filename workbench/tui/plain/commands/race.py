"""Commands about sending: the race, its lanes, how it ends, and the cases that guard the prompt."""

from __future__ import annotations

from workbench.engine.plan import StartRace
from workbench.errors import UsageError
from workbench.text import plural
from workbench.tui.plain import listing, nets, words
from workbench.tui.plain.commands.action import Action, Group, count_of, named
from workbench.tui.plain.commands.prompt import readable
from workbench.tui.plain.talk import Talk


async def send(talk: Talk, _text: str) -> None:
    """Send the draft."""
    draft = talk.model.draft
    missing = draft.missing()
    if missing:
        raise UsageError(f"{', '.join(missing)} has no value.", f"To give it: set {missing[0]}")
    for text in draft.checks:
        readable(talk, text)
    await talk.race(StartRace(talk.model.plan()))


async def lanes(talk: Talk, text: str) -> None:
    """Say the lanes, or take some into the race or out of it."""
    model = talk.model
    first, *others = text.split() or [""]
    if not first:
        talk.voice.read(listing.lanes(model))
        return
    if first.casefold() == "only" and others:
        wanted = [named("lane", name, model.lanes) for name in others]
        for name in wanted:
            if name not in model.in_view:
                model.toggle_lane(name)
        for name in [name for name in model.in_view if name not in wanted]:
            model.toggle_lane(name)
    else:
        for name in [named("lane", name, model.lanes) for name in (first, *others)]:
            before = name in model.in_view
            if model.toggle_lane(name) == before:
                raise UsageError(f"{name} stays: it is the only lane in the race.")
    await talk.warm(*model.in_view)
    talk.say(f"Lanes in the race: {', '.join(model.in_view)}.")


async def abort(talk: Talk, _text: str) -> None:
    """Switch aborting."""
    mode = talk.model.toggle_abort()
    talk.say("Failed lanes run on." if mode == "off" else "Failed lanes are aborted.")


async def answers(talk: Talk, text: str) -> None:
    """Say how much of each answer is said after a race, or change it."""
    count = count_of(text) if text else talk.narrator.answer_lines
    if text and count is None and text.casefold() != "all":
        raise UsageError(f"{text} is no number of lines.", "Like: answers 5, or: answers all")
    talk.narrator.answer_lines = count
    if count is None:
        talk.say("Whole answers are said after a race.")
    elif count == 0:
        talk.say("No answer is said after a race. To hear one: show")
    else:
        talk.say(f"After a race at most {plural(count, 'line')} of each answer can be heard.")


async def guard(talk: Talk, text: str) -> None:
    """Say how the cases stand that guard the prompt; switch them on or off; wait for them."""
    cases = talk.cases
    word = named("use of guard", text, ("on", "off", "wait")) if text else ""
    if word in ("on", "off"):
        cases.on = word == "on"
        cases.version += 1
        talk.say(nets.guard(cases)[0] + (" Cases run after each race." if cases.on else ""))
    elif word == "wait":
        await talk.wait_for_cases()
        if not talk.voice.has_said(summary := nets.summary(cases)):
            talk.say(summary)
    else:
        talk.voice.read(nets.guard(cases))


async def flips(talk: Talk, _text: str) -> None:
    """Say what changed in the answers of the cases that flipped."""
    pairs = talk.cases.pairs()
    if not pairs:
        hint = "" if talk.cases.on else " To have cases run after each race: guard on"
        talk.say(f"No case has flipped.{hint}")
        return
    found = await talk.work(lambda: [line for pair in pairs for line in words.difference(pair)])
    talk.voice.read(found)


GROUP = Group(
    "Sending",
    (
        Action("send", "send the prompt to the lanes in the race", send),
        Action(
            "lanes",
            "hear the lanes; take them into the race or out of it",
            lanes,
            (
                ("lanes", "hear all, those in the race first"),
                ("lanes NAME", "take one in, or out if it is in"),
                ("lanes only NAME NAME", "these and no other"),
            ),
        ),
        Action("abort", "abort lanes on their first failure, or let them run", abort),
        Action(
            "answers",
            "how much of each answer is said after a race",
            answers,
            (("answers 5", "five lines at most"), ("answers 0", "none"), ("answers all", "all")),
        ),
        Action(
            "guard",
            "cases that run in the background after each race",
            guard,
            (
                ("guard", "hear whether they do, and what came of each: flips first"),
                ("guard on", "let them run"),
                ("guard off", "do not"),
                ("guard wait", "wait until they have ended; Ctrl+C stops waiting"),
            ),
        ),
        Action("flips", "hear which cases broke or were fixed, and what changed", flips),
    ),
)
