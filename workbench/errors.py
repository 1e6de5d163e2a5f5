"""Every error Workbench raises on purpose, in one tree.

Each carries what happened (``str(error)``) and what to do next (``error.hint``). ``exit_code`` is
what a headless command ends with when the error reaches it.

::

    WorkbenchError
    ├── UsageError                 2   wrong usage or bad input
    │   ├── UnknownName                a lane, check, theme, model or session nobody declared
    │   ├── CheckSyntaxError           a check's argument cannot be read; knows the column
    │   ├── PromptError                empty prompt, missing variable, unreadable prompt file
    │   ├── ConfigError                a value in a configuration file is wrong
    │   ├── NotATerminal               a screen was asked for where there is none
    │   └── SessionError               a session file cannot be opened, read or replayed
    │       └── SessionVersionError    written by a newer Workbench
    ├── ProviderError              3   a lane's provider failed; knows the kind
    │   ├── MissingKey                 no API key for the lane
    │   ├── ConnectFailed              no connection (refused, DNS, TLS, timeout)
    │   ├── LaneResting                not sent: the provider has just failed several times
    │   ├── StreamBroken               the stream is not what the protocol says
    │   └── LocalModelError            the embedded model could not start, or died
    │       └── ModelFileError         weights missing, or size or hash differ
    ├── CheckCrashed               1   a check itself failed; never counts as pass or fail
    ├── NotSaved                   3   a session could not be written; the answers are in memory
    │   └── SessionLocked              another process keeps it locked
    └── EngineDied                 3   the engine process ended by itself
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal, get_args

ProviderFailure = Literal[
    "auth",
    "connect",
    "timeout",
    "rate_limit",
    "bad_request",
    "not_found",
    "server",
    "protocol",
    "too_large",
    "local_model",
]
"""Why a provider failed: the ``kind`` of a :class:`ProviderError`."""

PROVIDER_FAILURES: tuple[str, ...] = get_args(ProviderFailure)


class WorkbenchError(Exception):
    """Base of the tree: a sentence about what happened, and a hint at what to do."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(WorkbenchError):
    """Wrong usage or bad input."""

    exit_code = 2


_NAMES_SHOWN = 60


class UnknownName(UsageError):
    """A name nobody declared. The hint offers the nearest known ones. ``column`` counts from 1 in
    *text*, where the name was written; ``bare`` is the message without the place.
    """

    def __init__(
        self, what: str, name: str, known: Iterable[str], *, text: str = "", column: int = 1
    ) -> None:
        names = sorted(known)
        near = get_close_matches(name, names, n=3, cutoff=0.5)
        if near:
            hint = "Did you mean " + " or ".join(near) + "?"
        elif names:
            more = len(names) - _NAMES_SHOWN
            rest = f" and {more} more" if more > 0 else ""
            hint = "Known: " + ", ".join(names[:_NAMES_SHOWN]) + rest + "."
        else:
            hint = "There is none here."
        where = f" (column {column} of {_around(text, column)!r})" if text else ""
        super().__init__(f"Unknown {what} {name!r}{where}.", hint)
        self.name = name
        self.bare = f"Unknown {what} {name!r}."
        self.column = column


class CheckSyntaxError(UsageError):
    """A check cannot be read. ``column`` counts from 1 in the text the user wrote; ``bare`` is the
    message without the place.
    """

    def __init__(self, message: str, *, text: str = "", column: int = 1, hint: str = "") -> None:
        where = f" (column {column} of {_around(text, column)!r})" if text else ""
        super().__init__(message + where, hint)
        self.bare = message
        self.text = text
        self.column = column


def _around(text: str, column: int, reach: int = 40) -> str:
    """Cut *text* to what stands around *column*, so that a message stays one readable line."""
    start, stop = max(0, column - 1 - reach), column - 1 + reach
    cut = text[start:stop]
    return ("\u2026" if start else "") + cut + ("\u2026" if stop < len(text) else "")


class PromptError(UsageError):
    """The prompt is empty, lacks a variable, or its file cannot be read."""


class ConfigError(UsageError):
    """A value in a configuration file is wrong; the message names file and key."""


class NotATerminal(UsageError):
    """A screen was asked for, but standard input or output is not a terminal."""


class SessionError(UsageError):
    """A session cannot be opened, read or replayed."""


class SessionVersionError(SessionError):
    """The session was written by a newer Workbench."""


class ProviderError(WorkbenchError):
    """A lane's provider failed.

    ``kind`` says how, ``status`` is the HTTP status if there was one, ``body`` holds at most the
    first 4 kB of what came, for the person to read, and ``retry_after`` is in seconds.
    """

    exit_code = 3
    kind: ProviderFailure = "server"

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        kind: ProviderFailure | None = None,
        status: int | None = None,
        body: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint)
        if kind is not None:
            self.kind = kind
        self.status = status
        self.body = body[:4096]
        self.retry_after = retry_after


class MissingKey(ProviderError):
    """The lane needs an API key and none was found."""

    kind: ProviderFailure = "auth"


class ConnectFailed(ProviderError):
    """No connection: refused, unknown host, TLS failure or a time-out on the way."""

    kind: ProviderFailure = "connect"


class LaneResting(ProviderError):
    """Nothing was sent: the lane's provider failed several times in a row and is left alone."""


class StreamBroken(ProviderError):
    """What came over the wire is not what the protocol says."""

    kind: ProviderFailure = "protocol"


class LocalModelError(ProviderError):
    """The embedded model could not start, or its process died."""

    kind: ProviderFailure = "local_model"


class ModelFileError(LocalModelError):
    """Model weights are missing, incomplete, or differ from their pinned size or hash."""


class CheckCrashed(WorkbenchError):
    """A check itself failed or timed out; it is neither a pass nor a fail."""


class NotSaved(WorkbenchError):
    """A session could not be written. The stream goes on in memory."""

    exit_code = 3


class SessionLocked(NotSaved):
    """Another process keeps the session locked."""


class EngineDied(WorkbenchError):
    """The engine process ended by itself."""

    exit_code = 3
