"""Events: the spine. The engine yields them, the journal writes them, the screen folds them, the
command line prints them and replay re-emits them.

Times are milliseconds on the attempt's clock (zero: the request is handed to the open connection)
unless a field says ``race``: those run on the iteration's clock (zero: the race starts).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from workbench.model.attempt import (
    AttemptError,
    AttemptState,
    Audit,
    Avoided,
    Channel,
    Cost,
    Origin,
    Tokens,
)
from workbench.model.lane import Lane
from workbench.model.prompt import DataRow, Prompt
from workbench.model.verdict import FailureKind, Severity, VerdictName
from workbench.records import dataclass

AbortMode = Literal["off", "first", "named"]


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """The head of a session. ``utc`` is ISO 8601."""

    id: str
    title: str
    utc: str
    app: str


@dataclass(frozen=True, slots=True)
class IterationStarted:
    """A version of the prompt is about to be sent. ``parent`` is the iteration it came from.

    With ``rows`` it goes to each lane once for each of them, ``at_once`` of one lane at a time.
    """

    iteration: int
    prompt: Prompt
    lanes: tuple[Lane, ...]
    checks: tuple[str, ...]
    utc: str
    parent: int | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    abort: AbortMode = "off"
    abort_on: tuple[str, ...] = ()
    repeat: int = 1
    sequential: bool = False
    rows: tuple[DataRow, ...] = ()
    at_once: int = 1


@dataclass(frozen=True, slots=True)
class AttemptQueued:
    """An attempt exists; written before its request leaves. ``checks`` are its checks' names and
    ``severities`` stand in the same order. ``row`` is the data row it answers.
    """

    attempt: int
    iteration: int
    lane: str
    model: str
    repeat: int = 1
    checks: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    retry_of: int | None = None
    fallback_of: int | None = None
    origin: Literal["live", "cache", "replay"] = "live"
    row: str | None = None


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """What a lane is doing before its clock starts, e.g. ``connecting`` or ``loading model``."""

    attempt: int
    status: str


@dataclass(frozen=True, slots=True)
class LaneReady:
    """How far a lane is with making itself ready, outside any attempt; ``failed`` says that it gave
    up. Never saved.
    """

    lane: str
    ready: bool
    status: str
    hint: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """The clock's zero: the request has been handed to the open connection.

    ``origin`` is given when the answer comes from a cache or a recording, which is known only
    now; such an attempt never enters statistics of time.
    """

    attempt: int
    utc: str
    race_ms: float
    connect_ms: float | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Chunks:
    """Text as it arrived: ``pieces`` are ``(ms, text)`` in order."""

    attempt: int
    pieces: tuple[tuple[float, str], ...]
    channel: Channel = "answer"


@dataclass(frozen=True, slots=True)
class VerdictReached:
    """A check decided. ``index`` is its place among the attempt's checks."""

    attempt: int
    index: int
    name: str
    verdict: Literal["pass", "fail", "error"]
    at_char: int
    at_token: int
    ms: float
    reason: str = ""
    span: tuple[int, int] | None = None
    severity: Severity = "fail"


@dataclass(frozen=True, slots=True)
class FailedFirst:
    """The attempt's first failure: its TTFF is ``ms``."""

    attempt: int
    kind: FailureKind
    check: str | None
    at_char: int | None
    at_token: int
    ms: float
    reason: str


@dataclass(frozen=True, slots=True)
class AttemptAborted:
    """The lane is being cancelled because ``check`` failed; or, ``audited``, goes on unseen."""

    attempt: int
    ms: float
    check: str
    audited: bool = False


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """The end of an attempt, with what only the end knows."""

    attempt: int
    state: AttemptState
    ms: float
    tokens: Tokens = Tokens()
    cost: Cost = Cost()
    avoided: Avoided | None = None
    finish_reason: str | None = None
    error: AttemptError | None = None
    clock_error_ms: float | None = None
    served_model: str | None = None
    request_id: str | None = None
    provider_data: Mapping[str, object] = field(default_factory=dict)
    audit: Audit | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """Another lane was asked about the finished answer; see :class:`JudgeReply`."""

    attempt: int
    index: int
    text: str
    ms: float
    tokens: int | None = None
    usd: float | None = None


@dataclass(frozen=True, slots=True)
class IterationEnded:
    """Every attempt of the iteration has ended; ``ms`` on the iteration's clock."""

    iteration: int
    ms: float


@dataclass(frozen=True, slots=True)
class Annotated:
    """A person's mark on an iteration: a name, a star, a note. None leaves a field as it was."""

    iteration: int
    utc: str
    name: str | None = None
    star: bool | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """So many iterations before those said so far are on file and have not been said. Never saved.

    An estimate by their numbers: where some are lost there are fewer.
    """

    count: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the person should know: a sentence and a hint."""

    level: Literal["info", "warning", "error"]
    message: str
    hint: str = ""
    attempt: int | None = None


CasesState = Literal["running", "done", "stopped", "budget", "nothing"]


@dataclass(frozen=True, slots=True)
class CasesRun:
    """How the cases stand that guard the prompt of an iteration: ``total`` answers are wanted,
    ``left_out`` cases do not fit the prompt. Kept in the guard's own session, never in this one.
    """

    iteration: int
    state: CasesState
    total: int
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class CaseJudged:
    """A case was sent with the prompt of an iteration: what came of it. Kept as ``CasesRun`` is."""

    iteration: int
    case: str
    lane: str
    verdict: VerdictName
    check: str | None
    reason: str
    text: str
    usd: float | None = None


Event = (
    SessionStarted
    | IterationStarted
    | AttemptQueued
    | LaneStatus
    | LaneReady
    | AttemptStarted
    | Chunks
    | VerdictReached
    | FailedFirst
    | AttemptAborted
    | AttemptEnded
    | Judged
    | IterationEnded
    | Annotated
    | Earlier
    | CasesRun
    | CaseJudged
    | Notice
)

EVENT_TAGS: Mapping[str, type[Event]] = {
    "session": SessionStarted,
    "iteration": IterationStarted,
    "attempt": AttemptQueued,
    "status": LaneStatus,
    "lane": LaneReady,
    "start": AttemptStarted,
    "chunks": Chunks,
    "verdict": VerdictReached,
    "failed": FailedFirst,
    "abort": AttemptAborted,
    "end": AttemptEnded,
    "judged": Judged,
    "iteration_end": IterationEnded,
    "mark": Annotated,
    "earlier": Earlier,
    "cases": CasesRun,
    "case": CaseJudged,
    "notice": Notice,
}
"""The tag of each event on the wire and in a session file; tags are part of both formats."""

EPHEMERAL: tuple[type[Event], ...] = (
    LaneStatus,
    LaneReady,
    Earlier,
    CasesRun,
    CaseJudged,
    Notice,
)
"""Events that tell of the moment and are never saved."""

SAVED_TAGS: Mapping[str, type[Event]] = {
    tag: kind for tag, kind in EVENT_TAGS.items() if kind not in EPHEMERAL
}
"""The tags that stand in a session file."""

TAG_OF: Mapping[type[Event], str] = {kind: tag for tag, kind in EVENT_TAGS.items()}
