"""What an importer is: a file of another tool in, cases out, and a list of what did not fit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from workbench.errors import UsageError
from workbench.files.texts import read_text
from workbench.model.prompt import Message
from workbench.records import dataclass
from workbench.suites.case import Case, named
from workbench.suites.codec import BadCase, from_record, is_object, messages_of
from workbench.suites.exporters.base import Exportable
from workbench.suites.portable import Unmapped, rules_of

MOST_BYTES = 64 * 1024 * 1024
MOST_YAML_BYTES = 1024 * 1024
_MOST_DEPTH = 50

Record = dict[str, object]


@dataclass(frozen=True, slots=True)
class Import:
    """The cases that were read, and what of the file found no place in them."""

    cases: tuple[Case, ...]
    unmapped: tuple[Unmapped, ...] = ()


class Importer(Protocol):
    """Reads one format. Nothing in the file is ever run, fetched or expanded."""

    def __call__(self, path: Path) -> Import:
        """Return the cases of the file *path*, or of the export in the folder *path*.

        Raises:
            UsageError: it cannot be read, or is not of this format.
        """
        ...


def find(path: Path, *names: str) -> Path:
    """Return *path* itself, or the first of *names* (patterns too) in the folder *path*.

    Raises:
        UsageError: the folder holds none of them.
    """
    if not path.is_dir():
        return path
    for name in names:
        found = sorted(path.glob(name))
        if found:
            return found[0]
    raise UsageError(f"{path} holds no {' or '.join(names)}.", "Name the file itself.")


def read_records(path: Path) -> tuple[list[Record], list[Unmapped]]:
    """Return the objects of a JSON array or of JSON lines; lines that are none are listed.

    Raises:
        UsageError: the file cannot be read, or holds no objects at all.
    """
    text = read_text(path, MOST_BYTES, hint="Split it.")
    if text.lstrip().startswith("["):
        whole = _json(text)
        if isinstance(whole, list):
            found = [r for r in whole if is_object(r)]
            lost = [
                Unmapped(f"entry {n}", "the entry", "not an object")
                for n, r in enumerate(whole, start=1)
                if not is_object(r)
            ]
            return found, lost
    found, lost = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        value = _json(line)
        if is_object(value):
            found.append(value)
        else:
            lost.append(Unmapped(f"line {number}", "the line", "not a JSON object"))
    if lost and not found:
        raise UsageError(f"{path} holds no JSON objects.", "Choose the format with --from.")
    return found, lost


def _json(text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def read_yaml(path: Path) -> object:
    """Return the content of a YAML file: plain values only, no tags, no aliases, not too deep.

    Raises:
        UsageError: it cannot be read, or holds something of that.
    """
    import yaml

    class Plain(yaml.SafeLoader):
        """A safe loader that refuses what makes small files large."""

        depth = 0

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("aliases are not read")
            self.depth += 1
            if self.depth > _MOST_DEPTH:
                raise yaml.YAMLError("nested too deeply")
            try:
                return super().compose_node(parent, index)
            finally:
                self.depth -= 1

    text = read_text(path, MOST_YAML_BYTES, hint="Split it.")
    try:
        value: object = yaml.load(text, Loader=Plain)  # noqa: S506 -- derived from the safe loader
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UsageError(f"{path} is not YAML that can be read: {error}.") from error
    return value


def collect(
    records: Iterable[Record], build: Callable[[Record, str], tuple[Case, list[Unmapped]]]
) -> Import:
    """Make a case of each record; one that makes none is listed with the reason."""
    cases: list[Case] = []
    lost: list[Unmapped] = []
    for number, record in enumerate(records, start=1):
        name = text_of(record, "id") or text_of(record, "name") or f"record {number}"
        try:
            case, unmapped = build(record, name)
        except (BadCase, ValueError, KeyError) as error:
            lost.append(Unmapped(name, "the record", str(error)))
            continue
        cases.append(named(case))
        lost += unmapped
    return Import(tuple(cases), tuple(lost))


def kept_case(kept: object) -> Case | None:
    """Return the case that Workbench itself put into a record as *kept*, if it is one."""
    if isinstance(kept, str):
        kept = _json(kept)
    if not is_object(kept):
        return None
    try:
        return from_record(kept)
    except BadCase:
        return None


def metadata_of(record: Mapping[str, object], name: str = "metadata") -> Record:
    """Return the record's metadata without the case that Workbench put there."""
    found = record.get(name)
    return {k: v for k, v in found.items() if k != "workbench"} if is_object(found) else {}


def kept_of(record: Mapping[str, object], name: str = "metadata") -> object:
    """Return the case that Workbench put into the record's metadata, if any."""
    found = record.get(name)
    return found.get("workbench") if is_object(found) else None


def exportable(case: Case) -> Exportable:
    """Return *case* as exporters take it."""
    return Exportable(case, tuple(rules_of(case)[0]))


def chat_of(value: object) -> tuple[Message, ...]:
    """Return messages of chat JSON, or of a text: one user message.

    Raises:
        BadCase: it is neither.
    """
    if isinstance(value, str):
        return (Message("user", value),)
    return messages_of(value)


def text_of(record: Mapping[str, object], name: str) -> str:
    """Return a text, or a number as one; empty when there is none."""
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)


def texts_of(value: object) -> tuple[str, ...]:
    """Return a text or a list of texts as texts; anything else as none."""
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str))
    return ()


def leftovers(name: str, record: Mapping[str, object], known: Sequence[str]) -> Iterator[Unmapped]:
    """List the fields of *record* that hold something and have no place in a case."""
    for field, value in record.items():
        if field not in known and value not in (None, "", [], {}):
            yield Unmapped(name, field, "no field of a case holds it")
