"""Commands about what is heard: help, more, again, pages, leaving."""

from __future__ import annotations

from workbench.errors import UsageError
from workbench.tui.plain.commands.action import Action, count_of
from workbench.tui.plain.talk import Talk


async def more(talk: Talk, _text: str) -> None:
    """Say the next page of a long text."""
    if not talk.voice.more():
        talk.say("There is no more.")


async def again(talk: Talk, text: str) -> None:
    """Say the last message again, or its last lines."""
    count = count_of(text)
    if text and not count:
        raise UsageError(f"{text} is no number of lines.", "Like: again 3")
    if not talk.voice.again(count):
        talk.say("Nothing was said yet.")


async def page(talk: Talk, text: str) -> None:
    """Set how many lines of a long text are said at once."""
    if text.casefold() == "all":
        talk.voice.page = None
    elif count := count_of(text):
        talk.voice.page = count
    elif text:
        raise UsageError(f"{text} is no number of lines.", "Like: page 20, or: page all")
    held = talk.voice.page
    lines = "as a whole" if held is None else f"{held} lines at a time"
    talk.say(f"Long texts are said {lines}.")


async def leave(talk: Talk, _text: str) -> None:
    """Leave; everything is saved."""
    talk.left = True


ACTIONS = (
    Action("more", "hear on; Enter alone does it, too", more),
    Action(
        "again",
        "hear the last message again",
        again,
        (("again", "all of it"), ("again 3", "its last three lines")),
        ("repeat",),
        quiet=True,
    ),
    Action(
        "page",
        "how many lines of a long text are said at once",
        page,
        (("page 20", "twenty lines"), ("page all", "everything")),
    ),
    Action("quit", "leave; everything is saved", leave, others=("exit",)),
)
