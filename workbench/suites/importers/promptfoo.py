"""promptfoo: configurations with their tests, or a file of tests alone.

Templates are not expanded, loaders not followed and code not run: a test that needs one of them
is listed. Prompts and tests may be files beside the configuration.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from workbench.errors import PromptError, UsageError
from workbench.files.texts import read_text
from workbench.model.prompt import Message, Prompt
from workbench.suites.case import Case, Evidence
from workbench.suites.codec import BadCase, dump, is_object, messages_of
from workbench.suites.exporters.promptfoo import as_test, assertion
from workbench.suites.importers.base import (
    Import,
    Record,
    collect,
    exportable,
    find,
    leftovers,
    read_records,
    read_yaml,
    text_of,
)
from workbench.suites.importers.merge import merged
from workbench.suites.portable import Unmapped, rules_of

_OURS = "{{ messages | dump | safe }}"
_PRINTED = re.compile(r"\{\{ '(\{\{|\{%|\{#|#\}|)' \}\}")
_TEMPLATE = re.compile(r"\{\{|\{%|\{#")
_KNOWN = ("description", "vars", "assert", "options", "metadata", "providerOutput")
_NEGATIVE = "not-"


def read(path: Path) -> Import:
    """Return the cases of a configuration, of a file of tests, or of an exported folder."""
    path = find(path, "promptfooconfig.yaml", "promptfooconfig.yml", "tests.jsonl")
    if path.suffix in (".jsonl", ".json") and "config" not in path.name:
        tests, lost = read_records(path)
        prompts = [_OURS]
    else:
        config = read_yaml(path)
        if not is_object(config):
            raise UsageError(f"{path} is no configuration of promptfoo.")
        prompts, lost = _prompts(config, path.parent)
        tests, unread = _tests(config, path.parent)
        lost += unread
    made = [collect(tests, _builder(prompt)) for prompt in prompts]
    cases = tuple(case for part in made for case in part.cases)
    return Import(cases, (*lost, *(item for part in made for item in part.unmapped)))


def _prompts(config: Mapping[str, object], folder: Path) -> tuple[list[str], list[Unmapped]]:
    given = config.get("prompts", [_OURS])
    found: list[str] = []
    lost: list[Unmapped] = []
    for entry in given if isinstance(given, list) else [given]:
        raw = entry.get("raw") if is_object(entry) else entry
        if not isinstance(raw, str):
            lost.append(Unmapped("prompts", dump(entry), "not a text"))
        elif raw.startswith("file://"):
            text = _beside(folder, raw, (".txt", ".md", ".json"))
            found += [text] if text is not None else []
            lost += [] if text is not None else [Unmapped("prompts", raw, "this file is not read")]
        else:
            found.append(raw)
    return found, lost


def _tests(config: Mapping[str, object], folder: Path) -> tuple[list[Record], list[Unmapped]]:
    given = config.get("tests", [])
    found: list[Record] = []
    lost: list[Unmapped] = []
    for entry in given if isinstance(given, list) else [given]:
        if is_object(entry):
            found.append(entry)
            continue
        file = _within(folder, entry) if isinstance(entry, str) else None
        if file is not None and file.suffix in (".jsonl", ".json"):
            more, unread = read_records(file)
            found, lost = found + more, lost + unread
        else:
            lost.append(Unmapped("tests", dump(entry), "tests of this kind are not read"))
    if config.get("defaultTest"):
        lost.append(Unmapped("defaultTest", "defaultTest", "defaults are not applied"))
    return found, lost


def _within(folder: Path, reference: str) -> Path | None:
    """Return the file of a ``file://`` reference if it lies in *folder* itself."""
    name = reference.removeprefix("file://").removeprefix("./")
    path = folder / name
    return path if Path(name).name == name and path.is_file() and not path.is_symlink() else None


def _beside(folder: Path, reference: str, suffixes: tuple[str, ...]) -> str | None:
    path = _within(folder, reference)
    return read_text(path) if path is not None and path.suffix in suffixes else None


def _builder(prompt: str) -> Callable[[Record, str], tuple[Case, list[Unmapped]]]:
    return lambda record, name: _build(record, name, prompt)


def _build(record: Record, name: str, prompt: str) -> tuple[Case, list[Unmapped]]:
    metadata = record.get("metadata")
    kept = metadata.get("workbench") if is_object(metadata) else None
    replay = "providerOutput" in record
    return merged(
        record,
        name,
        kept,
        lambda c: as_test(exportable(c), replay=replay),
        lambda one, called: _foreign(one, called, prompt),
    )


def _foreign(record: Record, name: str, prompt: str) -> tuple[Case, list[Unmapped]]:
    metadata = record.get("metadata")
    given = text_of(metadata, "id") if is_object(metadata) else ""
    checks, expected, lost = _asserts(record, given or name)
    output = record.get("providerOutput")
    variables = record.get("vars", {})
    if not is_object(variables):
        raise BadCase("vars are not given here")
    messages, template, values = _messages(prompt, variables)
    case = Case(
        id=given,
        messages=messages,
        title=text_of(record, "description"),
        checks=checks,
        expected=expected,
        prompt=template,
        variables=values,
        evidence=Evidence("promptfoo", "", output) if isinstance(output, str) else None,
        metadata={k: v for k, v in metadata.items() if k not in ("id", "workbench")}
        if is_object(metadata)
        else {},
    )
    return case, [*lost, *leftovers(given or name, record, _KNOWN)]


def _messages(
    prompt: str, variables: Mapping[str, object]
) -> tuple[tuple[Message, ...], Prompt | None, dict[str, str]]:
    if prompt.strip() == _OURS:
        return messages_of(variables.get("messages")), None, {}
    values = {k: v if isinstance(v, str) else dump(v) for k, v in variables.items()}
    if any(_TEMPLATE.search(value) for value in values.values()):
        raise BadCase("a variable holds a template, which is not expanded here")
    template = Prompt(prompt)
    try:
        messages = template.render(values)
    except PromptError as error:
        raise BadCase(error.message) from error
    if "{%" in prompt or re.search(r"\{\{[^}]*[|(.]", prompt):
        raise BadCase("the prompt is a template that is more than variables")
    chat = _chat(messages[-1].content)
    return (chat, None, {}) if chat else (messages, template, values)


def _chat(text: str) -> tuple[Message, ...]:
    """Return the messages of a prompt that is chat JSON, as promptfoo sends it; else none."""
    if not text.lstrip().startswith("["):
        return ()
    try:
        return messages_of(json.loads(text))
    except (ValueError, BadCase, RecursionError):
        return ()


def _asserts(record: Record, name: str) -> tuple[tuple[str, ...], tuple[str, ...], list[Unmapped]]:
    given = record.get("assert", [])
    checks: list[str] = []
    expected: list[str] = []
    lost: list[Unmapped] = []
    for entry in given if isinstance(given, list) else []:
        kind = text_of(entry, "type") if is_object(entry) else ""
        check = (_ours(entry) or _check(kind, entry.get("value"))) if is_object(entry) else None
        if check is None:
            lost.append(Unmapped(name, f"assert {kind or dump(entry)}", "no check does the same"))
            continue
        checks.append(check)
        if kind == "equals" and is_object(entry):
            expected += [unescape(value) for value in _values(entry.get("value"))]
    return tuple(checks), tuple(expected), lost


def _ours(entry: Record) -> str | None:
    """Return the check that Workbench made this very assertion of, and named in its metric."""
    check = unescape(text_of(entry, "metric"))
    rules, _ = rules_of(Case("", (), checks=(check,) if check else ()))
    return check if [assertion(rule) for rule in rules] == [entry] else None


def _check(kind: str, value: object) -> str | None:
    """Return the check that does what the assertion does, or None."""
    negated = kind.startswith(_NEGATIVE)
    base = kind.removeprefix(_NEGATIVE)
    fold = "/i" if base.startswith("icontains") else ""
    name = _NAMES.get(base)
    if name is None or (name == "json" and value is not None):
        return None
    values = [unescape(v) for v in _values(value)]
    if name != "json" and (not values or any(_TEMPLATE.search(v) for v in _loose(value))):
        return None
    argument = ":" + ",".join(map(quote, values)) if name != "json" else ""
    return ("not " if negated else "") + name + fold + argument


_NAMES: Mapping[str, str] = {
    "contains": "contains",
    "icontains": "contains",
    "contains-any": "contains_any",
    "icontains-any": "contains_any",
    "contains-all": "contains_all",
    "icontains-all": "contains_all",
    "equals": "equals",
    "starts-with": "starts_with",
    "regex": "regex",
    "is-json": "json",
}


def quote(text: str) -> str:
    """Return *text* as a check's argument: always in quotes, so that nothing in it is syntax."""
    return dump(text)


def _values(value: object) -> list[str]:
    given = value if isinstance(value, list) else [value]
    return [v if isinstance(v, str) else dump(v) for v in given if v is not None]


def _loose(value: object) -> Iterable[str]:
    return (_PRINTED.sub("", v) for v in _values(value))


def unescape(text: str) -> str:
    """Undo :func:`workbench.suites.exporters.promptfoo.escape`."""
    return _PRINTED.sub(lambda printed: printed.group(1), text)
