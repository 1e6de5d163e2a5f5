"""Which parts of a lane's settings are secrets, told by their names.

Keys belong into the environment or the keyring, but a lane may carry others: a header such as
``Authorization``, a field of the request body such as ``api_key``, a ``?key=`` in the base URL.
A value ``env:NAME`` (or ``Bearer env:NAME``) is a reference to the variable *NAME*, and no secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from workbench.model.lane import Lane

MASKED = "***"

_HEADER = re.compile(r"(?i)(authorization|cookie|credentials?|key|token|secret|password)$")
_FIELD = re.compile(
    r"(?i)(authorization|cookie|credentials?|password|secret|bearer"
    r"|(api|access|auth|client|private|secret|session)[-_]?(key|token|secret))$"
)
_QUERY = re.compile(r"(?i)(^|[-_])(key|apikey|token|secret|sig|signature|password)$")
_REFERENCE = re.compile(r"(?:(\w+) )?env:([A-Za-z_][A-Za-z0-9_]*)")


class Reference(NamedTuple):
    """A value that stands in a variable: ``Bearer env:NAME`` has the scheme ``Bearer``."""

    scheme: str
    name: str


def reference(value: str) -> Reference | None:
    """Return what a value refers to, or None when it stands for itself."""
    found = _REFERENCE.fullmatch(value.strip())
    return Reference(found[1] or "", found[2]) if found else None


def references(lane: Lane) -> set[str]:
    """Return the names of all variables that a lane's headers refer to."""
    found = (reference(value) for _, value in _headers(lane))
    return {one.name for one in found if one is not None}


def secrets_of(lane: Lane) -> set[str]:
    """Return every secret that stands in a lane's settings: each whole, and without the scheme
    (``Bearer``) or the name (``session=``) before it.
    """
    values = [value for name, value in _headers(lane) if _is_secret(_HEADER, name, value)]
    values += _fields(lane.params.extra)
    values += _fields({k: v for k, v in lane.options.items() if k != "headers"})
    query = urlsplit(lane.base_url or "").query if _splits(lane.base_url) else ""
    values += [value for name, value in parse_qsl(query) if _QUERY.search(name)]
    return {text for value in values for text in (value, *_parts(value)) if text}


def _parts(value: str) -> Iterator[str]:
    """The token behind a scheme (``Bearer``), and the values of cookies: never a scheme or a name,
    which are ordinary words.
    """
    for piece in re.split(r"[;,]\s*", value):
        token = piece.strip().rpartition(" ")[2]
        _, equals, rest = token.partition("=")
        padding = not rest.strip("=")  # of base64, at the end of a token
        yield token if not equals or padding else rest


def public(lane: Lane) -> Lane:
    """Return the lane as it may be shown and written: every secret replaced by stars."""
    return replace(
        lane,
        base_url=_public_url(lane.base_url),
        params=replace(lane.params, extra=public_fields(lane.params.extra)),
        options={
            name: _public_headers(value) if name == "headers" else _public_field(name, value)
            for name, value in lane.options.items()
        },
    )


def restored(typed: object, shown: object, own: object) -> object:
    """Return what was *typed* over *shown*, the public side of *own*, with stars that were left
    as they stood replaced by the secret behind them.
    """
    if isinstance(typed, Mapping) and isinstance(shown, Mapping) and isinstance(own, Mapping):
        return {
            name: restored(value, shown.get(name), own.get(name)) for name, value in typed.items()
        }
    if typed == shown and own is not None:
        return own
    if isinstance(typed, str) and isinstance(own, str) and "?" in typed and _splits(own):
        return _restored_url(typed, own)
    return typed


def _restored_url(typed: str, own: str) -> str:
    """Put the values of a query back where stars stand, whatever else of the URL was changed."""
    kept = {_name(piece): piece for piece in urlsplit(own).query.split("&")}
    head, _, query = typed.partition("?")
    pieces = (
        kept.get(_name(piece), piece) if piece == f"{_name(piece)}={MASKED}" else piece
        for piece in query.split("&")
    )
    return f"{head}?{'&'.join(pieces)}"


def _name(piece: str) -> str:
    return piece.partition("=")[0]


def public_fields(table: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of a request body with every secret replaced by stars."""
    return {name: _public_field(str(name), value) for name, value in table.items()}


def _is_secret(names: re.Pattern[str], name: str, value: str) -> bool:
    return names.search(name) is not None and reference(value) is None


def _headers(lane: Lane) -> Iterator[tuple[str, str]]:
    found = lane.options.get("headers")
    for name, value in found.items() if isinstance(found, Mapping) else ():
        if isinstance(value, str):
            yield str(name), value


def _fields(table: Mapping[object, object] | Mapping[str, object]) -> list[str]:
    found: list[str] = []
    for name, value in table.items():
        if isinstance(value, Mapping):
            found += _fields(value)
        elif isinstance(value, str) and _is_secret(_FIELD, str(name), value):
            found.append(value)
    return found


def _public_headers(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    return {
        name: MASKED if isinstance(item, str) and _is_secret(_HEADER, str(name), item) else item
        for name, item in value.items()
    }


def _public_field(name: str, value: object) -> object:
    if isinstance(value, Mapping):
        return public_fields(value)
    if isinstance(value, str) and _is_secret(_FIELD, name, value):
        return MASKED
    return value


def _splits(url: str | None) -> bool:
    try:
        return bool(url) and urlsplit(url) is not None
    except ValueError:
        return False


def _public_url(url: str | None) -> str | None:
    if url is None or "?" not in url or not _splits(url):
        return url
    parts = urlsplit(url)
    shown = "&".join(
        f"{_name(piece)}={MASKED}" if _QUERY.search(_name(piece)) else piece
        for piece in parts.query.split("&")
    )
    return urlunsplit(parts._replace(query=shown))
