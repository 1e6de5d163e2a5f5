"""How a check is written: one line, the same on the command line, in TOML and on the screen.

::

    [warn] [not] [label=NAME] [lanes=A,B] name[/option[=value]]...[:argument]

The modifiers come first, in any order, with spaces between. ``warn`` makes a failure a warning,
``not`` turns pass and fail around, ``label=`` gives the check a name of its own, ``lanes=``
limits it to some lanes; values with spaces or commas stand in double quotes. Everything after
the first colon behind the name is the argument, as it stands. Where a check says so, the
argument ``@path`` stands for the text of a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from workbench.checks import registry
from workbench.checks.base import Argument, Check, Definition
from workbench.errors import CheckSyntaxError, UnknownName, UsageError
from workbench.files.home import from_home
from workbench.files.texts import read_text
from workbench.model.verdict import Severity
from workbench.records import dataclass

LABEL_CHARS = 48
MAX_FILE_BYTES = 4_000_000

_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,"]+')
_OPTION = re.compile(r"/([a-z_]+)(?:=([^/:\s]*))?")
_GROUP = re.compile(r"\s*(?:(?:warn|not|label=\S*|lanes=\S*)\s+)*(?:all|any|at_least):")
_SHAPE = "A check is written name:argument, e.g. max_words:100."


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """A check as it was written, read and ready to be made anew for each attempt.

    ``text`` reads back to the same check and names no file: what ``@path`` stood for is in it.
    ``label`` is what people see. ``lanes`` are the lanes it is limited to; empty means all.
    ``members`` are those of a group.
    """

    text: str
    label: str
    definition: Definition
    argument: Argument
    make: Callable[[], Check]
    negated: bool = False
    severity: Severity = "fail"
    lanes: tuple[str, ...] = ()
    members: tuple[CheckSpec, ...] = ()

    def parts(self) -> Iterator[CheckSpec]:
        """Yield the check itself and, for a group, its members and theirs."""
        yield self
        for member in self.members:
            yield from member.parts()

    @property
    def name(self) -> str:
        """The kind of check."""
        return self.definition.name

    def applies_to(self, lane: str) -> bool:
        """True when the check is to be run on *lane*."""
        return not self.lanes or lane in self.lanes


@dataclass(slots=True)
class _Modifiers:
    severity: Severity = "fail"
    negated: bool = False
    label: str = ""
    lanes: tuple[str, ...] = ()


class _Reader:
    """Reads one check text from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fail(self, message: str, at: int | None = None, hint: str = _SHAPE) -> CheckSyntaxError:
        """Return the error to raise about what stands at offset *at*."""
        column = (self.at if at is None else at) + 1
        return CheckSyntaxError(message, text=self.text, column=column, hint=hint)

    def skip_space(self) -> None:
        """Move to the next character that is not white space."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def word(self) -> str:
        """Read a name and stop behind it."""
        found = _WORD.match(self.text, self.at)
        if found is None:
            raise self.fail("A check's name must stand here.")
        self.at = found.end()
        return found.group()

    def values(self) -> tuple[str, ...]:
        """Read a comma-separated list of words and quoted texts."""
        values = []
        while True:
            found = _VALUE.match(self.text, self.at)
            if found is None:
                raise self.fail(
                    "A value must stand here.", hint='E.g. label=tone or label="my tone".'
                )
            word = found.group()
            if word.startswith('"'):
                try:
                    word = str(json.loads(word))
                except ValueError:
                    raise self.fail("This quoted text is not a JSON string.") from None
            values.append(word)
            self.at = found.end()
            if not self.text.startswith(",", self.at):
                return tuple(values)
            self.at += 1

    def modifiers(self) -> tuple[_Modifiers, str, int]:
        """Read the modifiers; return them, the check's name and where the name begins."""
        mods = _Modifiers()
        while True:
            self.skip_space()
            start = self.at
            word = self.word()
            follows = self.text[self.at : self.at + 1]
            if word in ("warn", "not") and follows.isspace():
                if word == "warn":
                    mods.severity = "warn"
                else:
                    mods.negated = not mods.negated
            elif word in ("label", "lanes") and follows == "=":
                self.at += 1
                values = self.values()
                if word == "lanes":
                    mods.lanes = values
                elif len(values) == 1:
                    mods.label = values[0]
                else:
                    raise self.fail("A check has one label.", start)
            else:
                return mods, word, start

    def options(self, definition: Definition) -> dict[str, str]:
        """Read ``/option`` and ``/option=value`` behind the name."""
        known = {option.name: option for option in definition.options}
        given: dict[str, str] = {}
        while self.text.startswith("/", self.at):
            found = _OPTION.match(self.text, self.at)
            if found is None:
                raise self.fail("An option's name must stand here.", self.at + 1)
            name, value = found.group(1), found.group(2)
            if name not in known:
                unknown = UnknownName(f"option of {definition.name}", name, known)
                raise self.fail(unknown.message, self.at + 1, unknown.hint)
            if bool(known[name].value) != (value is not None):
                form = f"/{name}={known[name].value}" if known[name].value else f"/{name}"
                raise self.fail("This option is written otherwise.", self.at, f"Write {form}.")
            given[name] = value or ""
            self.at = found.end()
        return given

    def argument(self, options: dict[str, str]) -> Argument:
        """Read what stands behind the name and its options."""
        rest = self.text[self.at :]
        if rest.startswith(":"):
            self.at += 1
            return Argument(rest[1:], given=True, options=options)
        if rest.strip():
            raise self.fail("A colon must stand between the check's name and its argument.")
        return Argument("", options=options)


def _read_file(reader: _Reader, folder: Path | None, path: str) -> str:
    if folder is None:
        raise reader.fail(
            f"The file {path!r} cannot be read here.",
            hint="Files are read where a check is written, not where it is run.",
        )
    try:
        text = read_text(folder / from_home(path), MAX_FILE_BYTES)
    except UsageError as error:
        raise reader.fail(error.message, hint=error.hint) from None
    text = text.removesuffix("\n").removesuffix("\r")
    return json.dumps(text, ensure_ascii=False) if text.startswith(('"', "@")) else text


def parse_check(text: str, folder: Path | None = None) -> CheckSpec:
    """Read one check.

    *folder* is where ``@path`` arguments are looked up; without it they are refused, so that a
    check from somebody else's session cannot read files.

    Raises:
        CheckSyntaxError: it cannot be read; the column counts from 1 in *text*.
        UnknownName: no check has that name.
    """
    reader = _Reader(text)
    if not text.strip():
        raise reader.fail("The check is empty.")
    mods, name, start = reader.modifiers()
    if name not in registry.CHECKS:
        raise UnknownName("check", name, registry.CHECKS, text=text, column=start + 1)
    definition = registry.get(name)
    argument = reader.argument(reader.options(definition))
    argument_at = reader.at
    written = text[start:].strip() if not argument.given else text[start:]
    label = mods.label
    if definition.files and argument.text.startswith("@"):
        label = label or _label(mods.negated, written)
        loaded = _read_file(reader, folder, argument.text[1:])
        written = text[start:argument_at] + loaded
        argument = Argument(loaded, given=True, options=argument.options)
        mods.label = label
        text = _prefix(mods) + written
        argument_at = len(text) - len(loaded)
    try:
        make = definition.parse(replace(argument, folder=folder))
    except CheckSyntaxError as error:
        column = min(argument_at + error.column, len(text) + 1)
        raise CheckSyntaxError(
            error.message,
            text=text,
            column=column,
            hint=error.hint or f"Write {definition.syntax}.",
        ) from error
    inlined = getattr(make, "inlined", None)
    if inlined is not None:
        mods.label = label = label or _label(mods.negated, written)
        argument = replace(argument, text=inlined)
        text = _prefix(mods) + text[start:argument_at] + inlined
    return CheckSpec(
        text=text,
        label=label or _label(mods.negated, written),
        definition=definition,
        argument=argument,
        make=make,
        negated=mods.negated,
        severity=mods.severity,
        lanes=mods.lanes,
        members=getattr(make, "members", ()),
    )


def _label(negated: bool, written: str) -> str:
    label = " ".join(("not " if negated else "", written.strip())).strip()
    label = " ".join(label.split())
    return label if len(label) <= LABEL_CHARS else label[: LABEL_CHARS - 1] + "\u2026"


def _prefix(mods: _Modifiers) -> str:
    words = []
    if mods.severity == "warn":
        words.append("warn")
    if mods.negated:
        words.append("not")
    words.append("label=" + json.dumps(mods.label, ensure_ascii=False))
    if mods.lanes:
        words.append(
            "lanes=" + ",".join(json.dumps(lane, ensure_ascii=False) for lane in mods.lanes)
        )
    return " ".join(words) + " "


def parse_checks(texts: Iterable[str], folder: Path | None = None) -> tuple[CheckSpec, ...]:
    """Read many checks; see :func:`parse_check`."""
    return tuple(parse_check(text, folder) for text in texts)


def for_lane(specs: Iterable[CheckSpec], lane: str) -> tuple[CheckSpec, ...]:
    """Return the checks that are to be run on *lane*."""
    return tuple(spec for spec in specs if spec.applies_to(lane))


def completions(text: str) -> tuple[str, ...]:
    """Return what could replace the word at the end of *text*: modifiers, names, options."""
    member = text.rfind("(")
    if member > text.rfind(")") and _GROUP.match(text):
        before = text[text.rfind(" ") + 1 : member + 1]
        return tuple(before + found for found in completions(text[member + 1 :]))
    head, _, tail = text.rpartition(" ")
    if ":" in head:
        return ()
    name, slash, option = tail.rpartition("/")
    if slash and name:
        kind = name.split("/", 1)[0]
        if kind not in registry.CHECKS or ":" in tail:
            return ()
        options = registry.get(kind).options
        forms = (o.name + ("=" if o.value else "") for o in options)
        return tuple(f"{name}/{form}" for form in forms if form.startswith(option))
    words = (*registry.names(), "warn ", "not ", "label=", "lanes=")
    return tuple(word for word in words if word.startswith(tail))
