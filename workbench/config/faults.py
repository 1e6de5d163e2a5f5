"""What is wrong in a settings file, in the words of whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

import msgspec

_PLACE = re.compile(r"(?: - at `\$\.?(?P<place>[^`]*)`)?$")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>[^`]*)`")
_ENUM = re.compile(r"Invalid enum value (?P<value>.*)$")
_LIST = "docs/configuration.md lists every setting and its values."


def fault_of(error: msgspec.ValidationError, root: type) -> tuple[str, str]:
    """Return what is wrong and what to do about it; *root* is the type of the whole file."""
    text = str(error)
    found = _PLACE.search(text)
    place = (found["place"] or "") if found else ""
    what = text[: found.start()] if found else text
    where = f" in [{_named(place)}]" if place else ""
    kind = _type_at(root, place)
    if unknown := _UNKNOWN.match(what):
        known = [f.name for k in _kinds(kind) if _is_struct(k) for f in msgspec.structs.fields(k)]
        return no_setting(unknown["name"], where, known)
    if enum := _ENUM.match(what):
        values = [str(value) for k in _kinds(kind) for value in get_args(k)]
        hint = f"Write {_listed(values, 'or')}." if values else _LIST
        return f"{enum['value']} is no value of {_named(place)}.", hint
    plain = what.replace("`", "").replace("str", "text").replace("object", "table")
    return f"{_named(place) or 'the file'}: {plain[:1].lower()}{plain[1:]}.", _LIST


def no_setting(
    name: str, where: str, known: Sequence[str], what: str = "setting"
) -> tuple[str, str]:
    """Return what to say of a setting that is none of the *known*; *where* follows its name."""
    near = get_close_matches(name, known, n=2, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"It may hold {_listed(known)}."
    return f"{name!r}{where} is no {what}.", hint if known else _LIST


def _named(place: str) -> str:
    """Name a place as it is written; the name of a lane is not told by the reader of the file."""
    return place.replace("[...]", ".NAME")


def _listed(names: Iterable[str], last: str = "and") -> str:
    *rest, end = [*names]
    return f"{', '.join(rest)} {last} {end}" if rest else end


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _kinds(kind: object) -> list[type]:
    """Return the alternatives of a type."""
    found = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    return list(found)


def _type_at(root: type, place: str) -> object:
    """Return the type of what stands at a place such as ``lanes[...].params``."""
    kind: object = root
    for part in re.findall(r"[\w-]+|\[[^\]]*\]", place):
        if part.startswith("["):
            kind = next((get_args(k)[-1] for k in _kinds(kind) if get_args(k)), None)
        else:
            structs = [k for k in _kinds(kind) if _is_struct(k)]
            kind = next((h[part] for k in structs if part in (h := get_type_hints(k))), None)
    return kind
