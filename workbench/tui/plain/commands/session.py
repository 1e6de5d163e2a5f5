"""Commands about iterations and sessions: going back, branching, marking, opening others."""

from __future__ import annotations

from workbench.engine.plan import Mark, OpenSession
from workbench.errors import UnknownName, UsageError
from workbench.model.fold import LiveIteration
from workbench.text import plural
from workbench.tui.plain import listing, words
from workbench.tui.plain.commands.action import Action, Group, named, number_of
from workbench.tui.plain.talk import Talk
from workbench.tui.view.setup import RECENT, worked_on
from workbench.tui.view.trail import branches


def _say_where(talk: Talk) -> None:
    model, current = talk.model, talk.model.iteration
    if current is None:
        return
    edits = " Your edits of it are here." if model.edited else ""
    talk.say(words.summary(model, current) + edits)


async def older(talk: Talk, _text: str) -> None:
    """Go to the older iteration; in a new session, open the last one."""
    model = talk.model
    if not model.fold.iterations:
        await _open_last(talk)
        return
    if not model.step(-1) and not (await talk.earlier() and model.step(-1)):
        raise UsageError("There is no older iteration.")
    _say_where(talk)


async def newer(talk: Talk, _text: str) -> None:
    """Go to the newer iteration."""
    if not talk.model.step(1):
        raise UsageError("There is no newer iteration.")
    _say_where(talk)


async def branch(talk: Talk, text: str) -> None:
    """Go to an iteration; the next send comes from it."""
    talk.model.select(_iteration(talk, text).number)
    _say_where(talk)


def _iteration(talk: Talk, text: str) -> LiveIteration:
    talk.need_answers()
    known = talk.model.fold.iterations
    number = number_of(text, max(known), "iteration")
    if number not in known:
        raise UnknownName("iteration", text, map(str, known))
    return known[number]


async def history(talk: Talk, text: str) -> None:
    """Say every iteration, newest first, or as the tree they are."""
    talk.need_answers()
    numbers = sorted(talk.model.fold.iterations, reverse=True)
    if text.casefold() == "tree":
        numbers = [number for number, _ in branches(talk.model)]
    elif text:
        raise UsageError(f"{text} is no way to list iterations.", "Like: history tree")
    lines = listing.history(talk.model, numbers)
    if left := talk.model.fold.earlier:
        lines.append(f"{left} earlier iterations are not loaded. To load some: earlier")
    talk.voice.read(lines)


async def earlier(talk: Talk, _text: str) -> None:
    """Load iterations before the oldest one that is loaded."""
    before = len(talk.model.fold.iterations)
    if not await talk.earlier():
        raise UsageError("All iterations are loaded.")
    talk.say(f"{plural(len(talk.model.fold.iterations) - before, 'iteration')} more.")


async def star(talk: Talk, text: str) -> None:
    """Put a star on an iteration or take it away."""
    talk.need_answers()
    current = _iteration(talk, text) if text else talk.model.iteration
    if current is not None:
        wanted = not current.marks.star
        await talk.mark(Mark(current.number, star=wanted))
        talk.say(f"Iteration {current.number} has {'a' if wanted else 'no'} star.")


async def name(talk: Talk, text: str) -> None:
    """Name the iteration in view."""
    await _describe(talk, text, "name")


async def note(talk: Talk, text: str) -> None:
    """Write a note on the iteration in view."""
    await _describe(talk, text, "note")


async def _describe(talk: Talk, text: str, what: str) -> None:
    talk.need_answers()
    current = talk.model.iteration
    if current is None:
        return
    marks = current.marks
    if not text:
        held = marks.name if what == "name" else marks.note
        talk.say(
            f"Iteration {current.number} has {f'the {what}: {held}' if held else f'no {what}'}"
        )
        return
    given = "" if text == "-" else text
    name, note = (given, None) if what == "name" else (None, given)
    await talk.mark(Mark(current.number, name=name, note=note))
    talk.say(f"The {what} of iteration {current.number} is {'set' if given else 'gone'}.")


async def where(talk: Talk, _text: str) -> None:
    """Say where the person is: session, iteration, row, what will be sent."""
    model, current = talk.model, talk.model.iteration
    if current is None:
        talk.say("A new session, nothing is sent.")
    else:
        newest = max(model.fold.iterations)
        talk.say(f"Iteration {current.number} of {newest}, session {model.title.rstrip('.')}.")
    if model.edited:
        talk.say("The prompt is edited since it was sent.")
    if model.draft.rows:
        held = talk.table.row
        inside = "" if held is None else f", row {held.id} in hand"
        talk.say(f"{plural(len(model.draft.rows), 'data row')}{inside}.")
    if model.abort != "off":
        talk.say("Failed lanes are aborted.")
    if talk.cases.on:
        talk.say("The guard is on.")
    talk.say(f"Lanes in the race: {', '.join(model.in_view)}.")


# -- sessions -----------------------------------------------------------------------------------


async def sessions(talk: Talk, text: str) -> None:
    """Find sessions, newest first, each with a number to open it by."""
    found = await talk.work(lambda: talk.setup.sessions(text))
    talk.listed = [entry.id for entry in found]
    out = [f"{plural(len(found), 'session')}. To open one: open NUMBER"]
    for number, entry in enumerate(found, 1):
        when = entry.utc[:16].replace("T", " ")
        count = plural(entry.iterations, "iteration")
        note = f" {entry.note}" if entry.note else ""
        title = (entry.title or entry.id).replace("\u2026", "...")
        out.append(f"{number}: {title}, {count}, {when}.{note}")
    talk.voice.read(out if found else ["No session has that." if text else "No session yet."])


async def open_session(talk: Talk, text: str) -> None:
    """Open a session by the number it was listed with, or by its id."""
    if not text:
        raise UsageError("Which one?", "To hear them: sessions. The last one: open last")
    if text.casefold() == "last":
        await _open_last(talk)
    elif text.isdecimal() and talk.listed:
        at = number_of(text, len(talk.listed), "session in the list")
        await talk.open(OpenSession(talk.listed[at - 1], last=RECENT))
    else:
        found = await talk.work(lambda: talk.setup.sessions(""))
        known = named("session", text, [entry.id for entry in found])
        await talk.open(OpenSession(known, last=RECENT))


async def new(talk: Talk, _text: str) -> None:
    """Begin anew with an empty prompt."""
    blank = talk.setup.blank
    if talk.model.iteration is not None:
        await talk.open(OpenSession(last=RECENT), anew=True)
        return
    talk.model.edit(system=blank.prompt.system or "", user=blank.prompt.user, checks=blank.checks)
    talk.say("The prompt is empty. To take that back: undo")


async def _open_last(talk: Talk) -> None:
    found = await talk.work(lambda: talk.setup.sessions(""))
    head = talk.model.fold.head
    here = None if head is None else head.id
    last = worked_on(found, here)
    if last is None:
        raise UsageError("There is no earlier session.", "To send the prompt: send")
    await talk.open(OpenSession(last, last=RECENT))


ITERATIONS = Group(
    "Iterations",
    (
        Action("older", "go to the iteration before; in a new session, open the last", older),
        Action("where", "hear where you are: session, iteration, row, lanes", where),
        Action("newer", "go to the iteration after", newer),
        Action(
            "branch",
            "go to an iteration; the next send comes from it",
            branch,
            (("branch 3", "go to iteration 3, for example to roll a prompt back"),),
            ("go", "rollback"),
        ),
        Action(
            "history",
            "hear every iteration in one line, newest first",
            history,
            (("history", "newest first"), ("history tree", "each after the one it came from")),
        ),
        Action("earlier", "load earlier iterations of a long session", earlier),
        Action(
            "star",
            "put a star on the iteration, or take it away",
            star,
            (("star", "the one in view"), ("star 3", "iteration 3")),
        ),
        Action(
            "name",
            "name the iteration",
            name,
            (("name TEXT", "set it"), ("name -", "take it away"), ("name", "hear it")),
        ),
        Action(
            "note",
            "write a note on the iteration",
            note,
            (("note TEXT", "set it"), ("note -", "take it away"), ("note", "hear it")),
        ),
    ),
)

SESSIONS = Group(
    "Sessions",
    (
        Action(
            "sessions",
            "find sessions",
            sessions,
            (("sessions", "all, newest first"), ("sessions WORDS", "those that hold the words")),
        ),
        Action("new", "begin a new session with an empty prompt", new),
        Action(
            "open",
            "open a session",
            open_session,
            (
                ("open 2", "the second of those listed"),
                ("open ID", "by its id"),
                ("open last", "the one worked on last"),
            ),
        ),
    ),
)
