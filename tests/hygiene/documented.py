"""What the documentation must mention, and where: one line for each kind of thing.

A new kind (exporters, settings, commands...) is one more :class:`Kind`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields

import msgspec

from workbench.config import settings
from workbench.diffing.tokens import CUTTERS
from workbench.providers.models.catalogue import CATALOGUE
from workbench.providers.registry import PROVIDERS
from workbench.providers.replay import Recording
from workbench.providers.scripted import Script
from workbench.suites.case import Case
from workbench.suites.exporters.registry import TARGETS
from workbench.suites.importers.registry import SOURCES


@dataclass(frozen=True, slots=True)
class Kind:
    """Every name that ``names()`` returns stands as code (in backquotes) on the page."""

    what: str
    page: str
    names: Callable[[], Iterable[str]]


def setting_names() -> Iterable[str]:
    """Yield the name of every key that may stand in ``workbench.toml``, tables included."""
    todo: list[object] = [msgspec.inspect.type_info(settings._File)]
    while todo:
        match todo.pop():
            case msgspec.inspect.StructType(fields=fields):
                yield from (field.encode_name for field in fields)
                todo += [field.type for field in fields]
            case msgspec.inspect.DataclassType(fields=fields):
                yield from (field.encode_name for field in fields)
                todo += [field.type for field in fields]
            case msgspec.inspect.UnionType(types=types):
                todo += types
            case msgspec.inspect.DictType(value_type=inner):
                todo.append(inner)
            case _:
                pass


def _fields(record: type) -> Iterable[str]:
    return (field.name for field in fields(record))


KINDS = (
    Kind("embedded model", "docs/models.md", lambda: (model.name for model in CATALOGUE)),
    Kind("setting", "docs/configuration.md", setting_names),
    Kind("export target", "docs/suites.md", lambda: TARGETS),
    Kind("import format", "docs/suites.md", lambda: SOURCES),
    Kind("field of a case", "docs/suites.md", lambda: (n for n in _fields(Case) if n != "extra")),
    Kind("way to compare", "docs/diff.md", lambda: CUTTERS),
    Kind("provider", "docs/providers.md", lambda: PROVIDERS),
    Kind("option of scripted", "docs/providers.md", lambda: _fields(Script)),
    Kind("option of replay", "docs/providers.md", lambda: Recording.__struct_fields__),
)
