"""A JSON Schema (draft 2020-12 or 7) as a graph of nodes that can be followed while text streams.

Each node holds what a prefix can decide. What only a complete value decides (``late``) is left
to jsonschema-rs, asked about the part of the schema that stands at the node's pointer. Schemas
with constructs that cannot be cut apart like that (embedded ``$id``, references out of the schema
such as to a meta-schema, dynamic ones, other drafts) are decided as a whole at the end; that is
slower to fail and never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from urllib.parse import quote, unquote

import jsonschema_rs

from workbench.checks import re2_syntax
from workbench.checks.automaton import Automaton
from workbench.checks.json_value import JsonValue, identity
from workbench.errors import CheckSyntaxError
from workbench.records import dataclass

DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"
DRAFT_7 = "http://json-schema.org/draft-07/schema"
_ROOT = "workbench://schema/root"

Schema = dict[str, JsonValue]

_LATE = frozenset(
    (
        "not",
        "if",
        "oneOf",
        "contains",
        "minContains",
        "maxContains",
        "propertyNames",
        "dependentSchemas",
        "dependencies",
        "unevaluatedProperties",
        "unevaluatedItems",
        "multipleOf",
        "format",
    )
)
_WHOLE = frozenset(("$dynamicRef", "$recursiveRef", "$vocabulary"))
_NO_SCHEMAS = frozenset(("enum", "const", "default", "examples"))
_NOT_SHARED = re.compile(r"\\[sSbBpPuxcdDwW]|\(\?|\.|\\[^.\-/()\[\]{}*+?|^$\\]|\[\[|&&|--|~~")
"""What RE2, ECMA 262 and jsonschema-rs read differently in a pattern."""


@dataclass(slots=True)
class Node:
    """What a schema says of one value. Numbers and sets are None where it says nothing."""

    pointer: str
    false: bool = False
    late: bool = False
    types: frozenset[str] | None = None
    choices: list[JsonValue] | None = None
    identities: frozenset[str] = frozenset()
    min_length: int | None = None
    max_length: int | None = None
    patterns: list[tuple[Automaton, str]] = field(default_factory=list)
    bounds: list[tuple[str, float]] = field(default_factory=list)
    prefix: list[Node] = field(default_factory=list)
    items: Node | None = None
    min_items: int | None = None
    max_items: int | None = None
    unique: bool = False
    properties: dict[str, Node] = field(default_factory=dict)
    key_patterns: list[tuple[Automaton, Node]] = field(default_factory=list)
    additional: Node | None = None
    allowed: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()
    dependent: dict[str, tuple[str, ...]] = field(default_factory=dict)
    min_properties: int | None = None
    max_properties: int | None = None
    all_of: list[Node] = field(default_factory=list)
    any_of: list[list[Node]] = field(default_factory=list)


class Compiled:
    """A schema ready to be followed: ``root`` is None when only the whole decides. *source* is its
    text, for the column of what is wrong.

    Raises:
        CheckSyntaxError: it is not a valid schema, or it refers to something outside of it.
    """

    def __init__(self, schema: JsonValue, source: str = "") -> None:
        self._source = source
        if not isinstance(schema, dict | bool):
            raise CheckSyntaxError("A JSON schema is an object, or true or false.")
        self.schema: Schema = schema if isinstance(schema, dict) else {"allOf": [schema]}
        self._draft = str(self.schema.get("$schema", DRAFT_2020)).rstrip("#")
        self.whole = self._validator(self.schema)
        self._nodes: dict[str, Node] = {}
        self._parts: dict[str, jsonschema_rs.Validator] = {}
        self.root: Node | None = None
        if self._draft in (DRAFT_2020, DRAFT_7) and not _embedded(self.schema, top=True):
            self.root = self._node("")

    def _validator(
        self, schema: Schema, registry: jsonschema_rs.Registry | None = None
    ) -> jsonschema_rs.Validator:
        try:
            return jsonschema_rs.validator_for(
                schema,
                validate_formats=True,
                registry=registry,
                offline=True,
            )
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            message = getattr(error, "message", str(error)).splitlines()[0]
            path = list(getattr(error, "instance_path", ()))
            place = "/".join(map(str, path))
            refers = isinstance(error, jsonschema_rs.ReferencingError)
            raise CheckSyntaxError(
                f"Not a valid JSON schema{' at ' + place if place else ''}: {message}.",
                column=_column(self._source, path),
                hint="References must stay within the schema; nothing is fetched." * refers,
            ) from None

    def part(self, node: Node) -> jsonschema_rs.Validator:
        """Return the validator of the part of the schema where *node* stands."""
        found = self._parts.get(node.pointer)
        if found is None:
            # A registry entry, not an $id in the schema: draft 7 ignores $id beside $ref.
            registry = jsonschema_rs.Registry([(_ROOT, self.schema)])
            holder: Schema = {
                "$schema": self._draft + ("#" if self._draft == DRAFT_7 else ""),
                "$ref": f"{_ROOT}#{_escape(node.pointer)}",
            }
            found = self._parts[node.pointer] = self._validator(holder, registry)
        return found

    def _node(self, pointer: str) -> Node:
        """Return the node at a JSON pointer; made once, so that recursion is a cycle."""
        found = self._nodes.get(pointer)
        if found is not None:
            return found
        node = self._nodes[pointer] = Node(pointer)
        schema = _at(self.schema, pointer)
        if isinstance(schema, bool):
            node.false = not schema
        elif isinstance(schema, dict):
            self._fill(node, schema)
        return node

    def _fill(self, node: Node, schema: Schema) -> None:
        reference = schema.get("$ref")
        if isinstance(reference, str):
            target = self._target(reference)
            if target is None:
                node.late = True
            elif target is not node:
                node.all_of.append(target)
            if self._draft == DRAFT_7:
                return
        node.late |= bool(_LATE & schema.keys())
        _fill_value(node, schema)
        self._fill_string(node, schema)
        self._fill_array(node, schema)
        self._fill_object(node, schema)
        self._fill_groups(node, schema)

    def _target(self, reference: str) -> Node | None:
        if reference == "#":
            return self._node("")
        if reference.startswith("#/"):
            return self._node(unquote(reference[1:]))
        anchors = _anchors(self.schema, "")
        place = anchors.get(reference[1:]) if reference.startswith("#") else None
        return None if place is None else self._node(place)

    def _fill_string(self, node: Node, schema: Schema) -> None:
        node.min_length, node.max_length = _count(schema, "minLength"), _count(schema, "maxLength")
        pattern = schema.get("pattern")
        if isinstance(pattern, str):
            automaton = _automaton(pattern)
            if automaton is None:
                node.late = True
            else:
                node.patterns.append((automaton, pattern))

    def _fill_array(self, node: Node, schema: Schema) -> None:
        node.min_items, node.max_items = _count(schema, "minItems"), _count(schema, "maxItems")
        node.unique = schema.get("uniqueItems") is True
        prefix, rest = "prefixItems", "items"
        if self._draft == DRAFT_7:
            prefix = ""
            if isinstance(schema.get("items"), list):
                prefix, rest = "items", "additionalItems"
        listed = schema.get(prefix)
        if isinstance(listed, list):
            node.prefix = [self._node(f"{node.pointer}/{prefix}/{i}") for i in range(len(listed))]
        if rest in schema:
            node.items = self._node(f"{node.pointer}/{rest}")

    def _fill_object(self, node: Node, schema: Schema) -> None:
        node.min_properties = _count(schema, "minProperties")
        node.max_properties = _count(schema, "maxProperties")
        node.required = _strings(schema.get("required"))
        dependent = schema.get("dependentRequired")
        if isinstance(dependent, dict) and self._draft == DRAFT_2020:
            node.dependent = {key: _strings(names) for key, names in dependent.items()}
        properties = schema.get("properties")
        if isinstance(properties, dict):
            for name in properties:
                place = f"{node.pointer}/properties/{_token(name)}"
                node.properties[name] = self._node(place)
            node.allowed = frozenset(k for k, value in properties.items() if value is not False)
        patterns = schema.get("patternProperties")
        for pattern in patterns if isinstance(patterns, dict) else ():
            automaton = _automaton(pattern)
            if automaton is None:
                node.late = True
                node.key_patterns = []
                return
            place = f"{node.pointer}/patternProperties/{_token(pattern)}"
            node.key_patterns.append((automaton, self._node(place)))
        if "additionalProperties" in schema:
            node.additional = self._node(f"{node.pointer}/additionalProperties")

    def _fill_groups(self, node: Node, schema: Schema) -> None:
        for word in ("allOf", "anyOf", "oneOf"):
            parts = schema.get(word)
            if not isinstance(parts, list):
                continue
            nodes = [self._node(f"{node.pointer}/{word}/{i}") for i in range(len(parts))]
            if word == "allOf":
                node.all_of += nodes
            else:
                node.any_of.append(nodes)


def _fill_value(node: Node, schema: Schema) -> None:
    kinds = schema.get("type")
    if kinds is not None:
        node.types = frozenset(_strings(kinds if isinstance(kinds, list) else [kinds]))
    choices = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(choices, list):
        node.choices = choices
        node.identities = frozenset(map(identity, choices))
        node.late |= "const" in schema and "enum" in schema
    for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        bound = schema.get(word)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            node.bounds.append((word, bound))


def _column(source: str, path: list[str | int]) -> int:
    """Return about where in a schema's text the last key of *path* stands, counted from 1."""
    at = -1
    for key in path:
        found = source.find(f'"{key}"', at + 1)
        at = found if found >= 0 else at
    return max(at, 0) + 1


def _count(schema: Mapping[str, JsonValue], word: str) -> int | None:
    value = schema.get(word)
    return int(value) if isinstance(value, int | float) else None


def _strings(value: JsonValue) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _automaton(pattern: str) -> Automaton | None:
    """Return an automaton when every engine reads *pattern* alike, else None."""
    if _NOT_SHARED.search(pattern):
        return None
    try:
        re2_syntax.validated(pattern)
        return Automaton(re2_syntax.parse(pattern), search=True)
    except CheckSyntaxError:
        return None


def _walk(schema: JsonValue, pointer: str, visit: Callable[[Schema, str], None]) -> None:
    todo = [(schema, pointer)]
    while todo:
        value, place = todo.pop()
        if isinstance(value, dict):
            visit(value, place)
            todo += [
                (item, f"{place}/{_token(key)}")
                for key, item in value.items()
                if key not in _NO_SCHEMAS
            ]
        elif isinstance(value, list):
            todo += [(item, f"{place}/{number}") for number, item in enumerate(value)]


def _embedded(schema: Schema, *, top: bool) -> bool:
    """Return whether the schema cannot be cut into parts by pointers alone."""
    found: list[str] = []

    def visit(part: Schema, pointer: str) -> None:
        if isinstance(part.get("$id"), str) and (pointer or not top or _anchor_id(part)):
            found.append(pointer)
        reference = part.get("$ref")
        outside = isinstance(reference, str) and not reference.startswith("#")
        if outside or _WHOLE & part.keys():
            found.append(pointer)

    _walk(schema, "", visit)
    return bool(found)


def _anchor_id(part: Schema) -> bool:
    return str(part.get("$id", "")).startswith("#")


def _anchors(schema: Schema, pointer: str) -> dict[str, str]:
    places: dict[str, str] = {}

    def visit(part: Schema, place: str) -> None:
        name = part.get("$anchor")
        if isinstance(name, str):
            places[name] = place

    _walk(schema, pointer, visit)
    return places


def _at(schema: JsonValue, pointer: str) -> JsonValue:
    value = schema
    for token in pointer.split("/")[1:]:
        step = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _token(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _escape(pointer: str) -> str:
    return quote(pointer, safe="/~")
