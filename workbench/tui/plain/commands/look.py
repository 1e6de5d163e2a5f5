"""Commands that look at what came of a race: answers, failures, differences, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import get_args

from workbench.diffing.records import Options
from workbench.diffing.tokens import By
from workbench.errors import UsageError
from workbench.files.home import from_home
from workbench.model.fold import LiveAttempt
from workbench.tui.plain import listing, words
from workbench.tui.plain.commands.action import Action, Group, named, number_of
from workbench.tui.plain.spelling import in_words
from workbench.tui.plain.talk import Talk
from workbench.tui.view.compare import Pair, pairs
from workbench.tui.view.details import details as detail_lines
from workbench.tui.view.tries import tries_lines, tries_of


def attempts(talk: Talk, lane: str) -> list[LiveAttempt]:
    """Return the attempt in view of a lane, or of every lane, at the data row in view.

    Raises:
        UsageError: nothing was sent, or there is no such lane.
    """
    talk.need_answers()
    names = [pane.name for pane in talk.model.panes()]
    wanted = [named("lane of this iteration", lane, names)] if lane else names
    found = [a for name in wanted if (a := talk.model.attempt(name)) is not None]
    if not found:
        raise UsageError(f"{', '.join(wanted)} was not asked in this iteration.")
    return found


def at_row(talk: Talk) -> list[str]:
    """Say which data row is in view, where there are any."""
    return [] if talk.model.row is None else [f"Row {talk.model.row}."]


async def show(talk: Talk, text: str) -> None:
    """Say answers, or the reasoning before them."""
    lane, _, what = text.partition(" ")
    out = at_row(talk)
    reasoning = bool(what) and named("part of an answer", what, ("reasoning",)) == "reasoning"
    for attempt in attempts(talk, lane):
        if reasoning:
            lines = words.quote("".join(attempt.reasoning_parts))
            said = attempt.reasoning_parts
            none = f"{attempt.queued.lane} sent no reasoning."
            out += [f"{attempt.queued.lane} reasoned:", *lines] if said else [none]
        else:
            several = talk.model.attempts(attempt.queued.lane)
            out += [*words.which_of(several, attempt), words.verdict(attempt)]
            out += words.answer(attempt)
    talk.voice.read(out)


async def attempt(talk: Talk, text: str) -> None:
    """Where a lane was asked several times: go to another of its attempts."""
    lane, _, to = text.partition(" ")
    if not lane:
        raise UsageError("Of which lane?", "Like: attempt qwen 2")
    (shown,) = attempts(talk, lane)
    name = shown.queued.lane
    found = talk.model.attempts(name)
    at = next((i for i, one in enumerate(found, 1) if one is shown), 1)
    if to:
        talk.model.step_attempt(name, number_of(to, len(found), "attempt") - at)
    elif not talk.model.step_attempt(name, 1):
        raise UsageError(f"{name} has no attempt after this one.", f"The first: attempt {name} 1")
    await show(talk, name)


async def copy(talk: Talk, text: str) -> None:
    """Write an answer to a file, as it was received."""
    lane, _, name = text.partition(" ")
    if not name:
        raise UsageError("Which answer, to which file?", "Like: copy qwen answer.txt")
    (attempt,) = attempts(talk, lane)
    try:
        _write_new(from_home(name), attempt.text)
    except FileExistsError as error:
        raise UsageError(f"{name} is there already.", "Choose another name.") from error
    except (OSError, ValueError) as error:  # a name may hold what no name can
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{name} cannot be written: {why}.") from error
    talk.say(f"The answer of {attempt.queued.lane} is in {name}.")


def _write_new(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8", errors="surrogatepass", newline="") as file:
        file.write(text)


async def fail(talk: Talk, lane: str) -> None:
    """Say what failed."""
    found = [words.why(attempt) for attempt in attempts(talk, lane)]
    found.sort(key=lambda lines: lines[0].endswith("nothing failed."))
    talk.voice.read([*at_row(talk), *(line for lines in found for line in lines)])


async def verdicts(talk: Talk, _text: str) -> None:
    """Say how every check stands in every lane."""
    attempts(talk, "")
    talk.voice.read([*at_row(talk), *listing.verdicts(talk.model)])


async def totals(talk: Talk, _text: str) -> None:
    """Say what the iteration took in all."""
    talk.need_answers()
    current = talk.model.iteration
    if current is not None:
        talk.say(words.summary(talk.model, current), *words.totals(talk.model, current))
        if len(current.attempts) > len(current.started.lanes):
            talk.say(*listing.tallies(talk.model, current))


async def details(talk: Talk, lane: str) -> None:
    """Say everything known of answers: checks, times, tokens, cost, what the provider sent."""
    current = talk.model.iteration
    known = {} if current is None else current.attempts
    out = at_row(talk)
    for attempt in attempts(talk, lane):
        lines = detail_lines(attempt.record(), tries_lines(tries_of(attempt, known)))
        said = (in_words(line).replace("! ", "error ", 1) for line in lines if line)
        out += [f"{attempt.queued.lane}.", *said]
    talk.voice.read(out)


async def diff(talk: Talk, text: str) -> None:
    """Say what changed against the iteration before, or another one, or between lanes."""
    head, _, by = text.partition("by ") if text.startswith("by ") else text.partition(" by ")
    ways: dict[str, By] = {way: way for way in get_args(By)}
    options = Options(by=ways[named("way to compare", by, ways)]) if by else Options()
    what, other = head.strip(), None
    if what.isdecimal():
        known = talk.model.fold.iterations
        other = known.get(number_of(what, max(known, default=0), "iteration"))
        what = ""
    found = _chosen(pairs(talk.model, other), what)
    if not found:
        raise UsageError("There is nothing to compare.", "Send twice, or to two lanes.")
    job = partial(_differences, found, options)
    talk.voice.read(await talk.work(job))


def _differences(found: Sequence[Pair], options: Options) -> list[str]:
    return [line for pair in found for line in words.difference(pair, options)]


def _chosen(found: list[Pair], what: str) -> list[Pair]:
    if not what:
        return found
    known = dict.fromkeys(n for p in found for n in (p.what.partition(", row ")[0], p.b_name))
    name = named("thing to compare", what, [*known, *(p.a_name for p in found)])
    return [p for p in found if name in (p.what.partition(", row ")[0], p.a_name, p.b_name)]


async def replay(talk: Talk, _text: str) -> None:
    """Say what happened, with times."""
    shown = attempts(talk, "")
    talk.voice.read([*at_row(talk), *words.story(shown)])


async def measures(talk: Talk, text: str) -> None:
    """Say the session's measures, or a part of them."""
    talk.need_answers()
    from workbench.measure.story import story
    from workbench.tui.plain import figures

    session = talk.model.fold.session()
    told = await talk.work(lambda: story(session))
    if text:
        parts = figures.sections(told)
        talk.voice.read(parts[named("part of the measures", text, parts)])
    else:
        talk.voice.read(figures.measures(told))
    if left := talk.model.fold.earlier:
        talk.say(f"Without {left} earlier iterations. To load them: earlier")


async def recheck(talk: Talk, text: str) -> None:
    """Ask other checks of every recorded answer; nothing is sent and nothing overwritten."""
    from workbench.api.retro import recorded_lines
    from workbench.tui.plain import nets
    from workbench.tui.plain.commands.prompt import readable
    from workbench.tui.view.recheck import rejudged, with_edits

    talk.need_answers()
    session = talk.model.fold.session()
    current = talk.model.iteration
    sent = () if current is None else current.started.checks
    lines = talk.rechecks
    first, _, rest = text.partition(" ")
    if lines is None or first.casefold() == "new":
        lines = with_edits(recorded_lines(session), sent, talk.model.draft.checks)
    if first == "-":
        at = number_of(rest, len(lines), "check")
        lines = (*lines[: at - 1], *lines[at:])
    elif text and first.casefold() not in ("new", "checks"):
        lines = (*lines, readable(talk, text))
    talk.rechecks = lines
    if first.casefold() == "checks":
        talk.voice.read(listing.checks(lines) or ["No checks: every answer passes."])
        return
    found = await talk.work(lambda: rejudged(session, lines, Path.cwd()))
    talk.voice.read(nets.recheck(found))


GROUP = Group(
    "Answers",
    (
        Action(
            "show",
            "hear answers",
            show,
            (
                ("show", "of all lanes"),
                ("show LANE", "of one"),
                ("show LANE reasoning", "what it thought before"),
            ),
        ),
        Action(
            "attempt",
            "where a lane was asked several times: hear another attempt",
            attempt,
            (("attempt LANE", "the next one"), ("attempt LANE 2", "the second")),
        ),
        Action(
            "fail",
            "hear what failed, where and why",
            fail,
            (("fail", "in all lanes, failed ones first"), ("fail LANE", "in one")),
        ),
        Action("verdicts", "hear every check of every lane, failed ones first", verdicts),
        Action("totals", "hear tokens, time and cost of the iteration, with the change", totals),
        Action(
            "details",
            "hear times, tokens, cost and what the provider sent",
            details,
            (("details LANE", "of one lane"), ("details", "of all")),
        ),
        Action(
            "diff",
            "hear what changed",
            diff,
            (
                ("diff", "everything: answers, prompt, lanes against each other"),
                ("diff LANE", "one lane against the iteration before"),
                ("diff prompt", "the prompt against the iteration before"),
                ("diff lanes", "the lanes against the first one"),
                ("diff 3", "against iteration 3"),
                ("diff LANE by line", "by word, line, sentence or json"),
            ),
        ),
        Action("replay", "hear again what happened in the iteration, with times", replay),
        Action(
            "measures",
            "hear the figures of the whole session",
            measures,
            (
                ("measures", "all"),
                ("measures cost", "a part: pace, failures, share, recovery, cost or avoided"),
            ),
        ),
        Action(
            "recheck",
            "ask other checks of all recorded answers; nothing is sent",
            recheck,
            (
                ("recheck", "with the checks as edited now"),
                ("recheck max_words:9", "with one more"),
                ("recheck - 2", "without check 2"),
                ("recheck checks", "hear which are asked"),
                ("recheck new", "start again from the recorded checks and your edits"),
            ),
        ),
        Action("copy", "write an answer to a file", copy, (("copy LANE FILE", "as received"),)),
    ),
)
