"""The iterations of a session in few words: a trail of glyphs, and lines of a list."""

from __future__ import annotations

from workbench.model.fold import LiveIteration
from workbench.model.session import in_tree_order
from workbench.tui.view import format as fmt
from workbench.tui.view.lines import Line, Span, width
from workbench.tui.view.rows import badge
from workbench.tui.view.state import ViewModel


def lane_glyphs(model: ViewModel, iteration: LiveIteration) -> Line:
    """Return one glyph for each attempt of an iteration, in the order of its lanes; with data rows
    how many of each lane's passed.
    """
    if len(iteration.started.rows) > 1:
        index = model.index_of(iteration)
        tallies = [index.tally(lane.name) for lane in iteration.started.lanes]
        text = " ".join(f"{t.passed}/{t.total}" for t in tallies)
        return ((text, "pass" if all(t.passed == t.total for t in tallies) else "fail"),)
    badges = [badge(attempt) for attempt in iteration.attempts.values()]
    return tuple((b.glyph, b.tone) for b in badges)


def trail(model: ViewModel) -> Line:
    """Return the last iterations as a trail: number and glyphs, the one in view bracketed."""
    spans: list[Span] = []
    numbers = sorted(model.fold.iterations)
    at = numbers.index(model.selected) if model.selected in numbers else len(numbers) - 1
    first = max(0, min(at - 2, len(numbers) - 5))
    if first > 0 or model.fold.earlier:
        spans.append(("\u2039 ", "muted"))
    for number in numbers[first : first + 5]:
        iteration = model.fold.iterations[number]
        inside = number == model.selected
        star = "\u2605" if iteration.marks.star else ""
        spans.append((f"[{star}{number} " if inside else f" {star}{number} ", _bold(inside)))
        spans.extend(lane_glyphs(model, iteration))
        spans.append(("]" if inside else " ", _bold(inside)))
    if first + 5 < len(numbers):
        spans.append((" \u203a", "muted"))
    return tuple(spans)


def _bold(inside: bool) -> str:
    return "bold" if inside else "muted"


def partly(model: ViewModel) -> Line:
    """Say that not all of a long session is loaded; empty when it is."""
    left = model.fold.earlier
    return ((f"  without {left} earlier iterations: F8, l loads them", "warn"),) if left else ()


def branches(model: ViewModel) -> tuple[tuple[int, int], ...]:
    """Return the iterations in order of their tree, each with its depth."""
    return in_tree_order({n: i.started.parent for n, i in model.fold.iterations.items()})


def history_line(model: ViewModel, number: int, depth: int = 0, lanes: int = 0) -> Line:
    """Return one line about an iteration for a list: number, glyphs (on *lanes* cells at least),
    passed, first failure, its words; in a tree the words are shifted right by its *depth*.
    """
    iteration = model.fold.iterations[number]
    now = model.index_of(iteration).totals()
    star = "\u2605" if iteration.marks.star else " "
    parent = iteration.started.parent
    branch = f"from {parent}  " if parent is not None and parent != number - 1 else ""
    twig = "  " * (min(depth, 10) - 1) + "\u2514 " if depth else ""
    words = " ".join(iteration.started.prompt.user.split())
    glyphs = lane_glyphs(model, iteration)
    failed = "" if now.first_failure is None else fmt.duration(now.first_failure)
    return (
        (f"{number:>3}{star} ", "bold" if number != model.selected else "accent bold"),
        *glyphs,
        (" " * max(0, lanes - width(glyphs)), ""),
        (f"  {f'{now.passed} of {now.attempts}':<8}", ""),
        (f"{failed:>8}   ", "muted"),
        (twig, "muted"),
        (branch, "accent"),
        (iteration.marks.name or words, "bold" if iteration.marks.name else ""),
        (f"  {iteration.marks.note}" if iteration.marks.note else "", "accent"),
    )


def history_head(lanes: int) -> Line:
    """Return the heading over the columns of :func:`history_line`, behind a pointer's cells."""
    return ((f"{'':<7}{'':<{lanes}}  {'passed':<8}{'failed':>8}   prompt", "muted"),)
