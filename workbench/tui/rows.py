"""What the screen says about attempts and iterations, as lines of toned text.

Every state is a glyph and a word, so that nothing depends on colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.model.fold import LiveAttempt
from workbench.model.lane import Lane
from workbench.model.verdict import CheckResult, FirstFailure
from workbench.records import dataclass
from workbench.text import cell_width, plural, shorten, visible_line
from workbench.tui import format as fmt
from workbench.tui.lines import Line, Span, joined, width
from workbench.tui.row_index import Tally
from workbench.tui.state import ViewModel
from workbench.tui.sums import Totals
from workbench.tui.tries import instead

_LIVE: dict[str, tuple[str, str, str]] = {
    "queued": ("\u00b7", "queued", "muted"),
    "connecting": ("\u25cc", "connecting", "muted"),
    "waiting": ("\u25cc", "waiting", "live"),
    "streaming": ("\u25b8", "streaming", "live"),
}
_ENDED: dict[str, tuple[str, str, str]] = {
    "aborted": ("\u2717", "aborted", "fail"),
    "cancelled": ("\u25a0", "cancelled", "warn"),
    "truncated": ("\u2026", "truncated", "warn"),
    "error": ("!", "error", "fail"),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """An attempt's state in one glyph and a word or two."""

    glyph: str
    word: str
    tone: str

    def span(self) -> Span:
        """Return the badge as it is written in a pane's head."""
        return f"{self.glyph} {self.word}", self.tone


def badge(attempt: LiveAttempt | None) -> Badge:
    """Return the state of an attempt; without one its lane is ready."""
    if attempt is None:
        return Badge("\u00b7", "ready", "muted")
    if attempt.live:
        return _running(attempt)
    if attempt.state == "complete":
        return _complete(attempt)
    glyph, word, tone = _ENDED[attempt.state]
    if attempt.first_failure is not None and attempt.state in ("truncated", "cancelled"):
        return Badge("\u2717", f"failed, {word}", "fail")
    return Badge(glyph, word, tone)


def _running(attempt: LiveAttempt) -> Badge:
    if attempt.first_failure is not None:
        return Badge("\u2717", "failed, streaming", "fail")
    if attempt.state == "waiting" and attempt.reasoning_parts:
        return Badge("\u25cc", "thinking", "live")
    return Badge(*_LIVE[attempt.state])


def _complete(attempt: LiveAttempt) -> Badge:
    if attempt.first_failure is not None:
        return Badge("\u2717", "failed", "fail")
    if attempt.verdict == "error":
        return Badge("!", "check error", "warn")
    if not attempt.checks:
        return Badge("\u2713", "complete", "")
    warned = any(c.verdict == "fail" for c in attempt.checks)
    return Badge("\u2713", "passed, warned" if warned else "passed", "pass")


def repeats(model: ViewModel, lane: str) -> Line:
    """Return which attempt of several a lane shows and how many of them passed; empty for one.
    With data rows: the row, and how many rows passed.
    """
    if model.row is not None and model.index is not None:
        return _of_rows(model.index.tally(lane), model.row)
    found = model.attempts(lane)
    if len(found) < 2:
        return ()
    shown = model.attempt(lane)
    place = next((i for i, a in enumerate(found) if a is shown), 0) + 1
    passed = sum(a.verdict == "pass" for a in found)
    ended = sum(not a.live for a in found)
    running = f", {ended} ended" if ended < len(found) else ""
    tone = "pass" if passed == len(found) else ""
    return (
        (f"  {passed} of {len(found)} passed{running}", tone),
        (f"  \u2039{place}\u203a", "accent"),
    )


def _of_rows(tally: Tally, row: str) -> Line:
    running = f", {tally.decided} decided" if tally.decided < tally.total else ""
    tone = "pass" if tally.passed == tally.total else ""
    return (
        (f"  \u2039{row}\u203a", "accent"),
        (f"  {tally.passed} of {plural(tally.total, 'row')} passed{running}", tone),
    )


def head(
    lane: Lane, attempt: LiveAttempt | None, *, reasoning: bool = False, tally: Line = ()
) -> tuple[Line, Line]:
    """Return the left and the right end of a pane's head: who it is, and how it stands. That
    there is reasoning, folded or shown (*reasoning*), takes the place of the model's name, and so
    does the *tally* of several attempts.
    """
    model = "" if lane.model == lane.name else f"  {lane.model}"
    name: Line = ((lane.name, "bold"), (model, "muted"))
    if attempt is not None and attempt.reasoning_parts:
        size = fmt.count(attempt.reasoning_chars)
        fold = "\u25be" if reasoning else "\u25b8"
        name = ((lane.name, "bold"), (f"  {fold} reasoning, {size} chars", "accent"))
    if tally:
        name = (*(name if attempt is not None and attempt.reasoning_parts else name[:1]), *tally)
    state = badge(attempt)
    text, tone = state.span()
    right: list[Span] = instead(lane, attempt) if attempt is not None else []
    if attempt is not None and attempt.queued.origin != "live":
        right.append((f"{attempt.queued.origin}  ", "muted"))
    right.append((text, f"{tone} bold".strip()))
    return name, tuple(right)


def verdict_line(attempt: LiveAttempt | None) -> Line:
    """Return what there is to say about an attempt's checks, most important first."""
    if attempt is None:
        return ()
    ended = attempt.ended
    if ended is not None and ended.error is not None:
        hint = f" {ended.error.hint}" if ended.error.hint else ""
        return ((ended.error.message, "fail"), (hint, "muted"))
    if attempt.first_failure is not None:
        return _failure(attempt.first_failure)
    broken = next((c for c in attempt.checks if c.verdict == "error"), None)
    if broken is not None:
        return ((f"check {broken.name} broke: ", "warn"), (broken.reason, "muted"))
    if attempt.status:
        return ((attempt.status, "muted"),)
    warned = next((c for c in attempt.checks if c.verdict == "fail"), None)
    parts = [_progress(attempt)]
    if warned is not None:
        parts.append(((f"warning: {warned.name} {warned.reason}", "warn"),))
    parts.append(_size(attempt))
    return joined(parts)


def _failure(failure: FirstFailure) -> Line:
    spans: list[Span] = [(failure.check or failure.kind, "fail bold")]
    if failure.at_char is not None and failure.kind == "check":
        spans.append((f" at {fmt.count(failure.at_char)}", "fail"))
    if failure.reason:
        spans.append((f"  {failure.reason}", "muted"))
    return tuple(spans)


def _progress(attempt: LiveAttempt) -> Line:
    total = len(attempt.checks)
    if not total:
        return (("no checks", "muted"),) if attempt.ended else ()
    passed = sum(c.verdict == "pass" for c in attempt.checks)
    if attempt.live:
        return ((f"{passed} of {plural(total, 'check')} passed", "muted"),)
    tone = "pass" if passed == total else ""
    return ((f"{passed} of {plural(total, 'check')} passed", tone),)


def _size(attempt: LiveAttempt) -> Line:
    if attempt.ended is None:
        return ((f"{fmt.count(attempt.chars)} chars", "muted"),) if attempt.chars else ()
    output = attempt.ended.tokens.output
    if output is None:
        return ((f"{fmt.count(attempt.chars)} chars", "muted"),)
    about = "~" if attempt.ended.tokens.source == "estimated" else ""
    noun = "token" if output == 1 else "tokens"
    return ((f"{about}{fmt.count(output)} {noun}", "muted"),)


def welcome(keys: Mapping[str, str]) -> list[Line]:
    """Return what an empty pane says before the first race; *keys* are labels by action id."""

    def key(action: str, text: str) -> Line:
        return ((f"{keys.get(action, ''):<5}", "accent bold"), (text, "muted"))

    return [
        key("send", "send the prompt to all lanes"),
        key("older", "back to the last prompt"),
        key("diff", "compare answers"),
        key("replay", "play a race again"),
        key("sessions", "other sessions, examples"),
        key("help", "every key and sign"),
    ]


# -- totals -------------------------------------------------------------------------------------


_GAP: Span = ("   ", "")


def totals_line(model: ViewModel, cells: int = 200) -> Line:
    """Return the totals of the iteration in view, each with its change against the one it is
    compared with; where *cells* are too few, the last figures are left out whole.
    """
    current = model.iteration
    if current is None:
        return (("Nothing sent yet.", "muted"),)
    now = model.index_of(current).totals()
    previous = model.previous
    then = Totals() if previous is None else model.index_of(previous).totals()
    failure = fmt.duration(now.first_failure) if now.first_failure is not None else "none"
    change = fmt.duration_change(now.first_failure, then.first_failure)
    parts = [
        _passed(now, None if previous is None else then),
        _figure("first failure", failure, change),
        _figure("tokens", fmt.count(now.tokens), fmt.count_change(now.tokens, then.tokens)),
        _figure("slowest", fmt.duration(now.end), fmt.duration_change(now.end, then.end)),
        _figure("cost", fmt.money(now.usd), ""),
    ]
    while len(parts) > 1 and width(joined(parts, _GAP)) > cells:
        parts.pop()
    return joined(parts, _GAP)


def _passed(now: Totals, then: Totals | None) -> Line:
    tone = "pass" if now.passed == now.attempts else "fail" if now.decided > now.passed else ""
    change = fmt.count_change(now.passed, then.passed) if then and now.decided else ""
    return _figure("passed", f"{now.passed} of {now.attempts}", change, tone)


def _figure(label: str, value: str, change: str, tone: str = "") -> Line:
    spans: list[Span] = [(f"{label} ", "muted"), (value, f"{tone} bold".strip())]
    if change:
        spans.append((f" {change}", "accent"))
    return tuple(spans)


# -- checks -------------------------------------------------------------------------------------

_CHECK_GLYPHS = {
    "pending": ("\u00b7", "muted"),
    "pass": ("\u2713", "pass"),
    "fail": ("\u2717", "fail"),
    "error": ("!", "warn"),
}


def check_cell(result: CheckResult | None) -> Span:
    """Return the cell of a verdict matrix: how a check stands and when it was decided."""
    if result is None:
        return ("", "")
    glyph, tone = _CHECK_GLYPHS[result.verdict]
    if result.verdict == "fail" and result.severity == "warn":
        glyph, tone = "\u25b2", "warn"
    when = "" if result.ms is None else f" {fmt.duration(result.ms)}"
    return (glyph + when, tone)


_COLUMN = 11


def matrix(model: ViewModel) -> list[Line]:
    """Return the verdict matrix: a line of lanes, then a line for each check with how it stands
    in every lane and when that was decided. Empty before the first race.
    """
    attempts = [model.attempt(lane.name) for lane in model.panes()]
    names, first = _matrix_names(attempts)
    if not names:
        return []
    lanes = [(_fit(lane.name, _COLUMN), "muted") for lane in model.panes()]
    out: list[Line] = [((" " * first, ""), *lanes)]
    for name in names:
        line: list[Span] = [(_fit(name, first), "")]
        for attempt in attempts:
            found = None if attempt is None else _result(attempt, name)
            text, tone = check_cell(found)
            line.append((_fit(text, _COLUMN), tone))
        out.append(tuple(line))
    return [(*line[:-1], (line[-1][0].rstrip(" "), line[-1][1])) for line in out]


def _matrix_names(attempts: Iterable[LiveAttempt | None]) -> tuple[list[str], int]:
    """Return the checks a matrix has a line for, and how wide their column is."""
    found = dict.fromkeys(c.name for a in attempts if a is not None for c in a.checks)
    return list(found), min(24, max(map(len, found), default=0)) + 2


def matrix_cell(model: ViewModel, column: int, line: int) -> tuple[str, str] | None:
    """Return the lane and the check of the matrix's cell at a column (in cells) and a line; the
    check is empty in the line of lanes. None where there is no cell.
    """
    lanes = model.panes()
    names, first = _matrix_names([model.attempt(lane.name) for lane in lanes])
    place = (column - first) // _COLUMN
    if not (names and 0 <= place < len(lanes) and 0 <= line <= len(names)):
        return None
    return lanes[place].name, names[line - 1] if line else ""


def _fit(text: str, cells: int) -> str:
    shown = shorten(visible_line(text), cells - 1)
    return shown + " " * (cells - cell_width(shown))


def _result(attempt: LiveAttempt, name: str) -> CheckResult | None:
    return next((c for c in attempt.checks if c.name == name), None)


def reasons(model: ViewModel) -> list[Line]:
    """Return why checks failed, one line for each failure, by lane."""
    out: list[Line] = []
    for lane in model.panes():
        attempt = model.attempt(lane.name)
        for check in () if attempt is None else attempt.checks:
            if check.verdict in ("fail", "error"):
                glyph, tone = check_cell(check)
                at = "" if check.at_char is None else f" at {fmt.count(check.at_char)}"
                where = f"{lane.name}  {check.name}{at}  "
                out.append(((f"{glyph[:1]} ", tone), (where, "bold"), (check.reason, "muted")))
    return out
