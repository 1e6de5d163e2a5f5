"""The JSON Schema of a session file's lines, made from the events themselves.

``python -m workbench.store.schema`` writes ``docs/session.schema.json``; a test holds the file to
what is generated and validates real lines with it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import msgspec

from workbench.model.events import SAVED_TAGS
from workbench.store.codec import VERSION

PUBLISHED = Path(__file__).parents[2] / "docs" / "session.schema.json"

Schema = dict[str, object]


def _any(kind: type) -> Schema:
    """The schema of a field that may hold whatever a provider sent."""
    if kind is object:
        return {"description": "any JSON value"}
    raise NotImplementedError


def session_schema() -> Schema:
    """Return the schema of one line (draft 2020-12)."""
    kinds = list(SAVED_TAGS.values())
    _, raw = msgspec.json.schema_components(kinds, schema_hook=_any, ref_template="#/$defs/{name}")
    components = cast("dict[str, Schema]", raw)
    for tag, kind in SAVED_TAGS.items():
        schema = components[kind.__name__]
        properties = cast("Schema", schema["properties"])
        schema["properties"] = {"v": {"const": VERSION}, "t": {"const": tag}, **properties}
        schema["required"] = ["v", "t", *cast("list[str]", schema.get("required", []))]
    for schema in components.values():
        schema.pop("title", None)
        if "description" in schema:
            schema["description"] = " ".join(str(schema["description"]).split()).replace("``", "'")
    known = [{"$ref": f"#/$defs/{kind.__name__}"} for kind in kinds]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One line of a Workbench session file, version 1",
        "type": "object",
        "required": ["v", "t"],
        "properties": {"v": {"type": "integer"}, "t": {"type": "string"}},
        "oneOf": known,
        "$defs": dict(sorted(components.items())),
    }


def text() -> str:
    """Return the schema as it is published."""
    return json.dumps(session_schema(), indent=2) + "\n"


if __name__ == "__main__":
    PUBLISHED.write_text(text(), encoding="utf-8")
