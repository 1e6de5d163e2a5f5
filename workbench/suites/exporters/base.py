"""What an exporter is: cases in, files out, and a list of what the target cannot hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from workbench.errors import NotSaved, UsageError
from workbench.files.replace import replace_file
from workbench.records import dataclass
from workbench.suites.case import Case
from workbench.suites.codec import decode, dump, encode
from workbench.suites.file import Mask
from workbench.suites.portable import Rule, Unmapped, expected_to_fail, rules_of


@dataclass(frozen=True, slots=True)
class Export:
    """The files of an export by their relative path, and what the target cannot hold."""

    files: Mapping[str, str]
    unmapped: tuple[Unmapped, ...] = ()


@dataclass(frozen=True, slots=True)
class Exportable:
    """A case with the rules that the target will judge by."""

    case: Case
    rules: tuple[Rule, ...]

    @property
    def fails(self) -> bool | None:
        """Whether the recorded answer must fail there; None without a recorded answer."""
        return expected_to_fail(self.case, self.rules)


class Exporter(Protocol):
    """Makes the files of one target. Pure: nothing is read or written."""

    def __call__(self, name: str, cases: Sequence[Case]) -> Export:
        """Return the files for the suite *name*."""
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """One target as the registry holds it. ``module`` has the exporter as ``export`` and, where
    the tool itself can prove the files, the proof as ``prove``.
    """

    name: str
    summary: str
    module: str
    tool: str = ""


def prepare(cases: Sequence[Case], supports: Callable[[Rule], str] | None = None) -> Prepared:
    """Read the rules of *cases*; *supports* returns why a target cannot hold a rule, or nothing."""
    ready: list[Exportable] = []
    lost: list[Unmapped] = []
    for given in cases:
        case, changed = _without_surrogates(given)
        lost += changed
        rules, unread = rules_of(case)
        lost += unread
        kept = []
        for rule in rules:
            why = supports(rule) if supports else ""
            if why:
                lost.append(Unmapped(case.id, rule.check or "expected", why))
            else:
                kept.append(rule)
        ready.append(Exportable(case, tuple(kept)))
    return Prepared(tuple(ready), tuple(lost))


@dataclass(frozen=True, slots=True)
class Prepared:
    """The cases with their rules, and what got lost on the way."""

    cases: tuple[Exportable, ...]
    unmapped: tuple[Unmapped, ...]


def _without_surrogates(case: Case) -> tuple[Case, list[Unmapped]]:
    """Replace lone surrogates, which no UTF-8 file can hold, by U+FFFD; say so."""
    line = encode(case)
    if "\\ud" not in line:
        return case, []
    plain = json.dumps(json.loads(line), ensure_ascii=False)
    clean = plain.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    if clean == plain:
        return case, []
    why = "UTF-8 cannot hold lone surrogates: they became U+FFFD"
    return decode(clean), [Unmapped(case.id, "lone surrogates", why)]


def case_record(case: Case) -> dict[str, object]:
    """Return the whole case as JSON, as the suite file has it; importers read it back."""
    record: dict[str, object] = json.loads(encode(case))
    return record


def chat(case: Case) -> list[dict[str, str]]:
    """Return the messages in the chat format that most tools share."""
    return [{"role": m.role, "content": m.content} for m in case.messages]


def jsonl(records: Sequence[object]) -> str:
    """Return one line of JSON for each record."""
    return "".join(dump(record) + "\n" for record in records)


def pretty(value: object) -> str:
    """Return indented JSON with a line feed at its end; ASCII, so that it is valid YAML too."""
    return json.dumps(value, indent=2) + "\n"


def runtime(name: str) -> str:
    """Return the text of a file that goes with exports.

    Raises:
        UsageError: this installation lacks it.
    """
    spec = find_spec("workbench.suites.exporters.runtime")
    folder = spec.submodule_search_locations if spec else None
    if not folder:
        raise UsageError("This installation lacks the files that go with exports.")
    return (Path(folder[0]) / name).read_text(encoding="utf-8")


def write_export(export: Export, folder: Path, mask: Mask | None = None) -> tuple[Path, ...]:
    """Write the files into *folder*, which is made if need be; each is replaced in one step.

    Raises:
        NotSaved: a file cannot be written.
    """
    written = []
    for relative, text in export.files.items():
        path = folder / relative
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(path, (mask(text) if mask else text).encode("utf-8"))
        except OSError as error:
            raise NotSaved(
                f"{path} cannot be written: {error.strerror}.", "Choose another folder with -o."
            ) from error
        written.append(path)
    return tuple(written)
