"""Every command there is, and how a typed line is carried out."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.errors import UnknownName, UsageError
from workbench.tui.plain.commands import keep, lane, listening, look, prompt, race, rows, session
from workbench.tui.plain.commands.action import Action, Group, named
from workbench.tui.plain.talk import Talk

QUESTION = "?"


async def help_me(talk: Talk, text: str) -> None:
    """Say the commands by subject, or everything about one."""
    if text.casefold() == "all":
        talk.voice.read([f"{a.word}: {a.short}" for a in every()])
    elif text:
        talk.voice.read(about(action_of(text)))
    else:
        talk.voice.read(
            [
                "The loop: user TEXT, send, fail, diff, case. The beginning of a word is enough.",
                *(f"{g.title}: {', '.join(a.word for a in g.actions)}." for g in GROUPS),
                "About one: help send. A line about each: help all. To leave: quit",
            ]
        )


GROUPS: tuple[Group, ...] = (
    race.GROUP,
    prompt.GROUP,
    rows.GROUP,
    look.GROUP,
    session.ITERATIONS,
    session.SESSIONS,
    Group("Keeping", (*keep.ACTIONS, *lane.ACTIONS)),
    Group(
        "Listening",
        (
            Action(
                "help",
                "hear the commands",
                help_me,
                (("help", "by subject"), ("help send", "one"), ("help all", "a line about each")),
            ),
            *listening.ACTIONS,
        ),
    ),
)


def every() -> Iterator[Action]:
    """Yield every command."""
    for group in GROUPS:
        yield from group.actions


def about(action: Action) -> list[str]:
    """Return everything there is to say about a command."""
    out = [f"{action.word}: {action.short}."]
    out += [f"{how}: {what}." for how, what in action.usage]
    return out + ([f"Also called {', '.join(action.others)}."] if action.others else [])


def action_of(word: str) -> Action:
    """Return the command that a word means: in any case, or by its beginning.

    Raises:
        UnknownName: there is none.
        UsageError: the word begins several.
    """
    known = {name: action for action in every() for name in (action.word, *action.others)}
    known[QUESTION] = known["help"]
    try:
        return known[named("command", word, known)]
    except UnknownName as error:
        if "Known:" not in error.hint:
            raise
        raise UsageError(error.message, "To hear the commands: help") from error


async def carry_out(talk: Talk, line: str) -> None:
    """Carry out one line; an empty one says on, or what has come meanwhile.

    Raises:
        WorkbenchError: it cannot be done; a sentence and a hint.
    """
    word, _, rest = line.strip().partition(" ")
    if not word and talk.voice.waiting:
        word = "more"
    if word.endswith(QUESTION) and len(word) > 1:  # send? and ?send ask about a command
        word, rest = QUESTION, word[:-1]
    elif word.startswith(QUESTION) and len(word) > 1:
        word, rest = QUESTION, word[1:]
    action = action_of(word) if word else None
    if action is None or not action.quiet:
        talk.voice.begin()
    await talk.catch_up()
    if action is None:
        return
    model = talk.model
    selected, draft = model.selected, model.draft
    undoing = action.word == "undo"
    try:
        await action.run(talk, rest.strip())
    finally:
        talk.remember(model.selected if undoing else selected, model.draft if undoing else draft)
