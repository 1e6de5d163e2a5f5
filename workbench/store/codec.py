r"""Events as lines of a session file, and back.

One event is one line of JSON: ``{"v":1,"t":"<tag>",...fields}`` with the tags of
:data:`workbench.model.events.EVENT_TAGS`. Fields that hold their default are left out. Times are
rounded to a thousandth of a millisecond. ``docs/session-format.md`` describes every field.

msgspec does the work. It refuses lone surrogates, which models do emit: a line that holds one is
written with ``\u`` escapes by the standard library, and read by it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import msgspec

from workbench.errors import SessionVersionError
from workbench.model.events import EVENT_TAGS, TAG_OF, Chunks, Event
from workbench.records import dataclass

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

VERSION = 1
"""The version this Workbench writes. It reads this one and every older one."""

MAX_DEPTH = 64
"""Values of a provider nested deeper than this are written as text."""

Mask = Callable[[str], str]
Migration = Callable[[dict[str, object]], dict[str, object]]

MIGRATIONS: Mapping[int, Migration] = {}
"""For each older version, what makes its line one of the next version."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that is no event of ours: damaged, or of an unknown tag."""

    kind: Literal["damaged", "unknown"]
    reason: str


@cache
def _fields(kind: type[DataclassInstance]) -> tuple[tuple[str, object, bool], ...]:
    """Name, default and "is a time" of each field."""
    out = []
    for f in fields(kind):
        default: object = f.default
        if f.default is MISSING and f.default_factory is not MISSING:
            default = f.default_factory()
        out.append((f.name, default, f.name == "ms" or f.name.endswith("_ms")))
    return tuple(out)


def _record(value: DataclassInstance, mask: Mask | None) -> dict[str, object]:
    out: dict[str, object] = {}
    for name, default, is_time in _fields(type(value)):
        item = getattr(value, name)
        if item is default or (default is not MISSING and item == default):
            continue
        if is_time and item is not None:
            out[name] = round(item, 3)
        elif type(item) in (int, float) or (type(item) is str and mask is None):
            out[name] = item
        else:
            out[name] = plain(item, mask)
    return out


def plain(value: object, mask: Mask | None, depth: int = 0) -> object:
    """Return *value* as what JSON knows, every text masked."""
    if isinstance(value, str):
        return mask(value) if mask else value
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return _record(value, mask)
    if depth > MAX_DEPTH:
        value = "(nested too deeply to be kept)"
    if isinstance(value, Mapping):
        text = mask or str
        return {text(str(key)): plain(item, mask, depth + 1) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item, mask, depth + 1) for item in value]
    return plain(str(value), mask)


def _dump(record: dict[str, object]) -> bytes:
    try:
        return msgspec.json.encode(record) + b"\n"
    except UnicodeEncodeError:
        return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def encode(event: Event, mask: Mask | None = None) -> bytes:
    """Return the line of *event*, line feed included; *mask* is applied to every text in it."""
    head: dict[str, object] = {"v": VERSION, "t": TAG_OF[type(event)]}
    if type(event) is Chunks:
        head["attempt"] = event.attempt
        text = mask or str
        head["pieces"] = [(round(ms, 3), text(piece)) for ms, piece in event.pieces]
        if event.channel != "answer":
            head["channel"] = event.channel
        return _dump(head)
    return _dump(head | _record(event, mask))


class _Head(msgspec.Struct):
    t: str
    v: int


_PREFIX = b'{"v":%d,"t":"' % VERSION


def _is_utf8(line: bytes) -> bool:
    """Msgspec passes over unknown fields without looking: broken bytes must not hide there."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


class Decoder:
    """Reads lines. Keep one per file: it holds the decoders of all tags."""

    def __init__(self, migrations: Mapping[int, Migration] = MIGRATIONS) -> None:
        self._migrations = migrations
        self._head = msgspec.json.Decoder(_Head)
        self._by_tag: dict[bytes, msgspec.json.Decoder[Event]] = {
            tag.encode(): msgspec.json.Decoder(kind) for tag, kind in EVENT_TAGS.items()
        }

    def decode(self, line: bytes) -> Event | Problem:
        """Return the event of *line*, or what is wrong with it.

        Raises:
            SessionVersionError: a newer Workbench wrote the line.
        """
        if line.startswith(_PREFIX) and (line.isascii() or _is_utf8(line)):
            start = len(_PREFIX)
            decoder = self._by_tag.get(line[start : line.find(b'"', start)])
            if decoder is not None:
                try:
                    return decoder.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    return self._slowly(line)
        return self._slowly(line)

    def _slowly(self, line: bytes) -> Event | Problem:
        """Read what is unusual: surrogates, another order of keys, an older version, damage."""
        try:
            head = self._head.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            head = None
        if head is not None and head.v > VERSION:
            raise SessionVersionError(
                f"The session was written by a newer Workbench (format {head.v}, "
                f"this one reads up to {VERSION}).",
                "Update Workbench, or open the session with the version that wrote it.",
            )
        try:
            record: object = json.loads(line)
        except (ValueError, RecursionError) as error:
            return Problem("damaged", f"not JSON: {error}")
        if not isinstance(record, dict):
            return Problem("damaged", "not a JSON object")
        return self._convert(record)

    def _convert(self, record: dict[str, object]) -> Event | Problem:
        version, tag = record.get("v"), record.get("t")
        if not isinstance(version, int) or not isinstance(tag, str):
            return Problem("damaged", "no version or no tag")
        while version < VERSION:
            migrate = self._migrations.get(version)
            if migrate is None:
                return Problem("damaged", f"no such version: {version}")
            record = migrate(record)
            version += 1
        kind = EVENT_TAGS.get(str(record.get("t")))
        if kind is None:
            return Problem("unknown", tag)
        try:
            return msgspec.convert(record, kind)
        except (msgspec.ValidationError, RecursionError) as error:
            return Problem("damaged", f"{tag}: {error}")
