"""Suite files: JSON Lines, one case a line, appended under a lock, rewritten by rename.

The same failure saved twice is one case (:attr:`~workbench.suites.case.Case.signature`). A line
that is no case costs that line alone: it is reported with its number and kept when the file is
rewritten.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from workbench.errors import NotSaved, UnknownName, UsageError
from workbench.files.append import AppendFile, Busy, make_folder
from workbench.files.replace import replace_file
from workbench.records import dataclass
from workbench.suites.case import Case, named
from workbench.suites.codec import BadCase, decode, encode

SUFFIX = ".jsonl"
MOST_BYTES = 512 << 20
Mask = Callable[[str], str]
"""Replaces known secrets in a line before it is written."""

_TRIES = 100
_TOLD = 10
PATIENCE_S = 10.0
"""Another process that writes to the suite is waited for so long, in seconds."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A line that is no case: its number from 1, why, and the line itself."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Suite:
    """The cases of one file, in order, and what could not be read."""

    path: Path
    cases: tuple[Case, ...]
    damage: tuple[Damage, ...] = ()

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.name.removesuffix(SUFFIX)

    def live(self) -> tuple[Case, ...]:
        """Return the cases that were not rejected.

        Raises:
            UsageError: there is none.
        """
        found = tuple(case for case in self.cases if case.review != "rejected")
        if not found:
            why = "all of them are rejected" if self.cases else "it is empty"
            said = self.report()
            raise UsageError(
                f"The suite {self.path} has no case to go by: {said[0] if said else why + '.'}",
                "See: workbench cases list; `workbench cases add` adds cases.",
            )
        return found

    def report(self) -> tuple[str, ...]:
        """Say what of the file could not be read, a sentence for each line, at most ten."""
        shown = [f"{self.path}, line {d.line}: {d.reason}." for d in self.damage[:_TOLD]]
        more = len(self.damage) - _TOLD
        return (*shown, f"{self.path}: {more} more lines are no case.") if more > 0 else (*shown,)

    def case(self, case_id: str) -> Case:
        """Return the case with that id.

        Raises:
            UnknownName: there is none.
        """
        for case in self.cases:
            if case.id == case_id:
                return case
        raise UnknownName("case", case_id, (c.id for c in self.cases))


@dataclass(frozen=True, slots=True)
class Added:
    """What an append did: the cases written, and those whose failure was there already;
    ``changed`` are the ones among these that have got a further right answer.
    """

    written: tuple[Case, ...]
    known: tuple[Case, ...]
    changed: tuple[Case, ...] = ()


def load_suite(path: Path) -> Suite:
    """Read a suite.

    Raises:
        UsageError: there is no such file, or it cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise UsageError(
            f"There is no suite {path}.", "`workbench cases add` starts one."
        ) from error
    except OSError as error:
        raise UsageError(f"The suite {path} cannot be read: {error.strerror}.") from error
    if len(data) > MOST_BYTES:
        raise UsageError(f"The suite {path} is larger than {MOST_BYTES >> 20} MB.", "Split it.")
    return _parse(path, data)


def _parse(path: Path, data: bytes) -> Suite:
    cases: list[Case] = []
    damage: list[Damage] = []
    seen: set[str] = set()
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not raw.strip():
            continue
        try:
            case = _decode_new(raw, seen)
        except BadCase as error:
            damage.append(Damage(number, error.message, raw.decode(errors="surrogateescape")))
            continue
        seen.add(case.id)
        cases.append(case)
    return Suite(path, tuple(cases), tuple(damage))


def _decode_new(raw: bytes, seen: set[str]) -> Case:
    case = decode(raw)
    if case.id in seen:
        raise BadCase(f"the id {case.id!r} stands in an earlier line")
    return case


def append_cases(path: Path, cases: Iterable[Case], mask: Mask | None = None) -> Added:
    """Append the cases whose failure the suite does not hold yet; start the file if need be.

    Several processes may append at once. A case without an id, or with one that another case of
    the suite has, gets a new one.

    Raises:
        NotSaved: the file cannot be written; what was in it is as it was.
    """
    with _locked(path) as file:
        suite = _parse(path, file.content())
        known = {case.signature: case for case in suite.cases}
        ids = {case.id for case in suite.cases}
        written: list[Case] = []
        twins: list[Case] = []
        for given in cases:
            twin = known.get(given.signature)
            if twin is not None:
                twins.append(twin)
                continue
            case = _with_own_id(named(given), ids)
            known[case.signature] = case
            ids.add(case.id)
            written.append(case)
        if written:
            file.write("".join(_line(case, mask) for case in written).encode())
            file.sync(file.handle())
    return Added(tuple(written), tuple(twins))


def keep_case(path: Path, case: Case, mask: Mask | None = None) -> Added:
    """Append *case*; where its failure is there already, what it expects is added to that case.

    Raises:
        NotSaved: the file cannot be written; what was in it is as it was.
    """
    added = append_cases(path, [case], mask)
    if not added.known or set(case.expected) <= {*added.known[0].expected}:
        return added
    twin = added.known[0]
    fuller = replace(twin, expected=tuple(dict.fromkeys((*twin.expected, *case.expected))))
    rewrite(path, lambda known: fuller if known.id == twin.id else known, mask)
    return replace(added, known=(fuller,), changed=(fuller,))


def rewrite(path: Path, change: Callable[[Case], Case | None], mask: Mask | None = None) -> Suite:
    """Replace each case by what *change* makes of it; None removes it. Damaged lines stay.

    The file is replaced in one step: a crash leaves the old one or the new one.

    Raises:
        UsageError: there is no such suite.
        NotSaved: it cannot be written; the old one is as it was.
    """
    load_suite(path)
    with _locked(path) as file:
        suite = _parse(path, file.content())
        kept = [made for case in suite.cases if (made := change(case)) is not None]
        lines = [_line(case, mask).encode() for case in kept]
        lines += [d.text.encode(errors="surrogateescape") + b"\n" for d in suite.damage]
        replace_file(path, b"".join(lines), file.mode())
    return replace(suite, cases=tuple(kept))


def _line(case: Case, mask: Mask | None) -> str:
    line = encode(case)
    return (mask(line) if mask else line) + "\n"


def _with_own_id(case: Case, taken: set[str]) -> Case:
    number, wanted = 2, case.id
    while wanted in taken:
        wanted = f"{case.id}-{number}"
        number += 1
    return case if wanted == case.id else replace(case, id=wanted)


@contextmanager
def _locked(path: Path) -> Iterator[AppendFile]:
    """Open (or start) the file and hold its lock; a file replaced meanwhile is opened again.

    Raises:
        NotSaved: the system refuses, also within; or another process kept the lock.
    """
    try:
        make_folder(path.parent)
        while True:
            file = _opened(path)
            try:
                with file.locked(PATIENCE_S):
                    if not file.orphaned():
                        yield file
                        return
            finally:
                file.close()
    except OSError as error:
        raise _not_saved(path, error) from error


def _opened(path: Path) -> AppendFile:
    for _ in range(_TRIES):
        with suppress(FileExistsError, FileNotFoundError):
            return AppendFile(path, create=not os.path.lexists(path))
        # another process made or removed it just now
    return AppendFile(path, create=not os.path.lexists(path))


def _not_saved(path: Path, error: OSError) -> NotSaved:
    if isinstance(error, Busy):
        return NotSaved(
            f"Another process is writing to the suite {path}.", "Try again when it is done."
        )
    return NotSaved(
        f"The suite {path} cannot be written: {error.strerror}.",
        "Nothing was changed. Free space, or choose another place with --suite.",
    )
