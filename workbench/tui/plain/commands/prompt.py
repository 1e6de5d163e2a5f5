"""Commands that change what is sent: messages, variables, checks, prompt files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from workbench.errors import UsageError
from workbench.tui.plain import listing, words
from workbench.tui.plain.commands.action import Action, Group, named, number_of
from workbench.tui.plain.talk import Talk
from workbench.tui.view.prompt_files import known_as, read_prompt, write_prompt


async def _message(talk: Talk, text: str, what: str, take: Callable[[str], None]) -> None:
    prompt = talk.model.draft.prompt
    old = prompt.user if what == "user" else prompt.system or ""
    if text:
        take(text)
    elif not await talk.several(f"Type the {what} message", take, old):
        talk.say(f"The {what} message is as it was.")
        return
    talk.say(f"The {what} message is set.")
    prompt = talk.model.draft.prompt
    talk.say(*words.no_variables(prompt.user if what == "user" else prompt.system or ""))


async def user(talk: Talk, text: str) -> None:
    """Set the user message."""
    await _message(talk, text, "user", lambda given: talk.model.edit(user=given))


async def system(talk: Talk, text: str) -> None:
    """Set the system message, or take it away."""
    if text == "-":
        talk.model.edit(system="")
        talk.say("The system message is gone.")
    else:
        await _message(talk, text, "system", lambda given: talk.model.edit(system=given))


async def line(talk: Talk, text: str) -> None:
    """Hear the user message by lines; change, add or remove one."""
    lines = talk.model.draft.prompt.user.split("\n")
    first, _, rest = text.partition(" ")
    if not text:
        talk.voice.read(listing.numbered(talk.model.draft.prompt.user))
        return
    if first == "+":
        lines.append(rest)
        said = f"Line {len(lines)} is added."
    else:
        at = number_of(first, len(lines), "line")
        if rest == "-":
            del lines[at - 1]
            said = f"Line {at} is gone."
        elif rest.startswith("+"):
            lines.insert(at, rest[1:].removeprefix(" "))
            said = f"Line {at + 1} is added."
        elif rest:
            lines[at - 1] = rest
            said = f"Line {at} is changed."
        else:
            talk.voice.read([f"{at}: {lines[at - 1]}"])
            return
    talk.model.edit(user="\n".join(lines))
    talk.say(said)


async def set_variable(talk: Talk, text: str) -> None:
    """Give a variable a value; alone: hear them."""
    known = talk.model.draft.prompt.variables()
    if not text:
        none = "The prompt has no variables. Write {{ name }} into it to make one."
        talk.voice.read(listing.variables(talk.model) or [none])
        return
    word, _, value = text.partition(" ")
    name = named("variable of the prompt", word, known)

    def take(given: str) -> None:
        talk.model.edit(variables={**talk.model.draft.variables, name: given})

    if value:
        take(value)
    elif not await talk.several(
        f"Type the value of {name}", take, talk.model.draft.variables.get(name, "")
    ):
        talk.say(f"{name} is as it was.")
        return
    talk.say(f"{name} is set.")


async def check(talk: Talk, text: str) -> None:
    """Hear the checks; add, change or take one away."""
    checks = list(talk.model.draft.checks)
    first, _, rest = text.partition(" ")
    if not text:
        talk.voice.read(listing.checks(checks) or ["There are no checks. To add one: check json"])
    elif first == "-":
        gone = checks.pop(number_of(rest, len(checks), "check") - 1)
        talk.say(f"{gone} is gone.")
    elif first == "?":
        talk.say(*_about_check(talk, rest))
    elif first.isdecimal() and rest:
        at = number_of(first, len(checks), "check")
        checks[at - 1] = readable(talk, rest)
        talk.say(f"Check {at}: {rest}")
    elif first.isdecimal():
        talk.say(f"Check {text}: {checks[number_of(first, len(checks), 'check') - 1]}")
    else:
        checks.append(readable(talk, text))
        talk.say(f"Check {len(checks)}: {text}")
    talk.model.edit(checks=checks)


def readable(talk: Talk, text: str) -> str:
    """Return a check that can be read.

    Raises:
        UsageError: it cannot.
    """
    problem = talk.setup.check_problem(text)
    if problem:
        raise UsageError(problem, "To hear how a check is written: check ? NAME")
    return text


def _about_check(talk: Talk, name: str) -> list[str]:
    language = talk.setup.language
    meaning = language.meaning(name) if name else ""
    offers = [offer.strip(":") for offer in language.completions(name)]
    others = ", ".join(offer for offer in offers if offer != name)
    out = [meaning] if meaning else []
    if others:
        out.append(f"{'Others that begin so' if meaning else 'Checks'}: {others}.")
    return out or [f"No check begins with {name}."]


async def edit(talk: Talk, text: str) -> None:
    """Edit a message or a variable in the person's own editor."""
    from workbench.tui.external import edit as edit_in_editor

    draft = talk.model.draft
    texts = {"user": draft.prompt.user, "system": draft.prompt.system or ""}
    texts |= {name: draft.variables.get(name, "") for name in draft.prompt.variables()}
    name = named("message or variable", text or "user", texts)
    given = await talk.aside(partial(edit_in_editor, texts[name]))
    if name == "user":
        talk.model.edit(user=given)
    elif name == "system":
        talk.model.edit(system=given)
    else:
        talk.model.edit(variables={**draft.variables, name: given})
    talk.say(f"{name} is {'as it was' if given == texts[name] else 'set'}.")


async def prompt(talk: Talk, _text: str) -> None:
    """Say the draft."""
    talk.voice.read(listing.prompt(talk.model))


async def undo(talk: Talk, _text: str) -> None:
    """Take the last change to the draft back."""
    if not talk.undo():
        raise UsageError("There is nothing to take back.")
    talk.say("The last change is taken back. To hear the prompt: prompt")


async def load(talk: Talk, name: str) -> None:
    """Load a prompt file."""
    held = read_prompt(_file(name, "load"))
    talk.model.edit(
        system=held.prompt.system or "",
        user=held.prompt.user,
        checks=held.checks,
        variables={**talk.model.draft.variables, **held.variables},
        rows=held.rows,
    )
    talk.prompt_file = known_as(name)
    rows = len(held.rows)
    talk.say(f"Loaded {name}{f', {rows} data rows' if rows else ''}.")


async def write(talk: Talk, name: str) -> None:
    """Write the prompt to a file."""
    there = known_as(_file(name, "write"))
    if there.stamp is not None and there != talk.prompt_file:
        talk.say(f"{name} is there already. Type yes to write over it.")
        if ((await talk.ask()) or "").strip().casefold() != "yes":
            talk.say(f"Nothing is written: {name} is as it was.")
            return
    write_prompt(talk.model.draft, name)
    talk.prompt_file = known_as(name)
    talk.say(f"Written to {name}.")


def _file(name: str, word: str) -> str:
    if not name:
        raise UsageError("Which file?", f"Like: {word} prompt.toml")
    return name


GROUP = Group(
    "Prompt",
    (
        Action("prompt", "hear the prompt, its variables, checks and lanes", prompt),
        Action(
            "user",
            "set the user message",
            user,
            (("user TEXT", "one line"), ("user", "several lines; a line with a dot alone ends it")),
        ),
        Action(
            "system",
            "set the system message",
            system,
            (("system TEXT", "one line"), ("system", "several lines"), ("system -", "none")),
        ),
        Action(
            "line",
            "hear and change the user message line by line",
            line,
            (
                ("line", "hear every line with its number"),
                ("line 3 TEXT", "change line 3"),
                ("line 3 -", "remove line 3"),
                ("line 3 + TEXT", "add a line after line 3"),
                ("line + TEXT", "add a line at the end"),
            ),
        ),
        Action(
            "set",
            "give a variable a value",
            set_variable,
            (
                ("set", "hear the variables"),
                ("set NAME VALUE", "one line"),
                ("set NAME", "several lines"),
            ),
        ),
        Action(
            "check",
            "hear, add, change and drop checks",
            check,
            (
                ("check", "hear them"),
                ("check json", "add one"),
                ("check 2 max_words:9", "change check 2"),
                ("check - 2", "drop check 2"),
                ("check ? max", "hear how a check is written; check ? alone: which there are"),
            ),
        ),
        Action(
            "edit",
            "edit a text in your own editor ($VISUAL, $EDITOR)",
            edit,
            (
                ("edit", "the user message"),
                ("edit system", "the system message"),
                ("edit NAME", "the value of a variable"),
            ),
        ),
        Action("undo", "take the last change to the prompt back", undo),
        Action(
            "load", "load a prompt file", load, (("load FILE", "messages, checks, values, rows"),)
        ),
        Action("write", "write the prompt to a file", write, (("write FILE", "as TOML"),)),
    ),
)
