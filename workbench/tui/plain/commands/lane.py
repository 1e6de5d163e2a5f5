"""Commands that write lanes into the configuration; keys are never asked for."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.config.lane_fields import FIELD_OF
from workbench.engine.plan import Reload
from workbench.errors import UsageError
from workbench.tui.plain import words
from workbench.tui.plain.commands.action import Action, named
from workbench.tui.plain.spelling import in_words
from workbench.tui.plain.talk import Talk
from workbench.tui.view.lane_check import check_lane

if TYPE_CHECKING:
    from workbench.api.lane_desk import LaneDesk


async def lane(talk: Talk, text: str) -> None:
    """Hear what a lane is, and write lanes into the configuration."""
    if talk.setup.desk is None:
        raise UsageError("Lanes cannot be written here.")
    desk = talk.setup.desk()
    first, _, rest = text.partition(" ")
    what, _, value = rest.strip().partition(" ")
    if not first:
        raise UsageError("Which lane?", "To hear them: lanes. More: help lane")
    if what.casefold() in ("new", "copy"):
        await _new(talk, desk, first, what.casefold(), value.strip())
        return
    name = named("lane", first, desk.names())
    if not what:
        talk.voice.read(_about(desk, name))
    elif what.casefold() == "remove":
        await _remove(talk, desk, name)
    elif what.casefold() == "try":
        talk.say(f"Trying {name}: one short request is sent.")
        lines = await check_lane(desk, name)
        talk.voice.read([in_words(line, "without") for line in lines])
    else:
        await _field(talk, desk, name, _key(what), value.strip())


def _about(desk: LaneDesk, name: str) -> list[str]:
    found = next(row for row in desk.rows() if row.name == name)
    texts = desk.texts(name)
    declared = "comes with Workbench" if found.declared == "default" else f"in {found.declared}"
    out = [f"Lane {name}, {declared}."]
    for key, text in texts.items():
        head, *more = words.quote(text)
        out += [f"{key}: {head.strip()}", *more]
    return [*out, desk.key_note(texts)]


def _key(text: str) -> str:
    short: dict[str, list[str]] = {}
    for key in FIELD_OF:
        short.setdefault(key.rpartition(".")[2], []).append(key)
    alone = {word: keys[0] for word, keys in short.items() if len(keys) == 1}
    known = {**alone, **{key: key for key in FIELD_OF}}
    return known[named("setting of a lane", text, known)]


async def _field(talk: Talk, desk: LaneDesk, name: str, key: str, value: str) -> None:
    texts = desk.texts(name)
    if not value:
        usual = desk.usual(texts).get(key, "nothing")
        held = f"is {texts[key]}" if key in texts else f"is not set: {usual} holds"
        choices = f" One of {', '.join(offers)}." if (offers := desk.offers(key, name)) else ""
        talk.say(f"{key} {held}.", f"{FIELD_OF[key].doc}{choices}")
        return
    if value == "lines":
        given: list[str] = []
        if not await talk.several(f"Type {key}", given.append):
            return
        value = given[0]
    changed = {**texts, key: value}
    if value == "-":
        del changed[key]
    path = desk.save(name, changed)
    await _changed(talk, desk, name)
    talk.say(f"{key} of {name} is {'gone' if value == '-' else 'set'}, in {path}.")


async def _new(talk: Talk, desk: LaneDesk, name: str, how: str, text: str) -> None:
    like = named("lane", text, desk.names()) if how == "copy" else None
    if like is not None:
        texts: Mapping[str, str] = desk.texts(like)
    else:
        try:
            pairs = [part.partition("=") for part in shlex.split(text)]
        except ValueError as error:
            raise UsageError(f"This cannot be read: {error}.", "Close every quote.") from error
        texts = {_key(key): value for key, _, value in pairs}
    path = desk.save(name, texts, new=True, like=like)
    await _changed(talk, desk, name, new=True)
    talk.say(f"{name} is written to {path}, and in the race.")


async def _remove(talk: Talk, desk: LaneDesk, name: str) -> None:
    talk.say(f"This takes {name} out of {desk.target(name)}. Type yes to do it.")
    if ((await talk.ask()) or "").strip().casefold() != "yes":
        talk.say("Nothing is changed.")
        return
    path = desk.remove(name)
    await _changed(talk, desk, None)
    talk.say(f"{name} was taken out of {path}.")


async def _changed(talk: Talk, desk: LaneDesk, name: str | None, *, new: bool = False) -> None:
    """Use what is configured now: in the engine before anything else is sent."""
    talk.model.declare(tuple(desk.settings().lanes.values()))
    if new and name is not None and name not in talk.model.in_view:
        talk.model.toggle_lane(name)
    await talk.send(Reload())
    if name is not None:
        await talk.warm(name, again=True)


ACTIONS = (
    Action(
        "lane",
        "hear, write, copy, try and remove lanes",
        lane,
        (
            ("lane NAME", "hear its settings and where its key is"),
            ("lane NAME temperature 0.2", "change a setting; - unsets it, lines asks for more"),
            ("lane NAME temperature", "hear a setting and what it means"),
            ("lane NAME new provider=openai model=gpt-4o-mini", "write a new one"),
            ("lane NAME copy OTHER", "write a new one like another"),
            ("lane NAME try", "send one short request: key, connection, model"),
            ("lane NAME remove", "remove it, once you have typed yes"),
        ),
    ),
)
