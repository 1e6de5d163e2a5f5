"""Random JSON schemas and values, small enough to meet each other's keywords often."""

from __future__ import annotations

import random
from collections.abc import Callable

NAMES = ("a", "ab", "b", "c")
TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
SCALARS = (
    *(None, True, False, 0, 1, 1.0, 2, 1.5, -1, 10),
    *("", "a", "ab", "abc", "b", "x@y.example", "2020-01-01", "é"),
)
TREE = {"type": ["object", "null"], "additionalProperties": {"$ref": "#/$defs/tree"}}
PATTERNS = ("^a", "b$", "^[a-c]+$", "a|b", "^a{2}", "[0-9]", "^(a|ab)$", "^.b", "a(?=b)")


def draw_value(rng: random.Random, depth: int = 3) -> object:
    """Return a random JSON value."""
    kind = rng.random()
    if depth == 0 or kind < 0.6:
        return rng.choice(SCALARS)
    if kind < 0.8:
        return [draw_value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {rng.choice(NAMES): draw_value(rng, depth - 1) for _ in range(rng.randrange(4))}


def draw_schema(rng: random.Random) -> dict[str, object]:
    """Return a random schema, of draft 2020-12 or, now and then, 7."""
    shared = _schema(rng, 2)
    while "$ref" in str(shared):  # a reference to itself in place would never end
        shared = _schema(rng, 2)
    defs = {"d": shared, "tree": TREE}
    schema: dict[str, object] = {"allOf": [_schema(rng, 3)], "$defs": defs}
    part = _schema(rng, 3)
    if isinstance(part, dict):
        schema |= part
    if rng.random() < 0.2:
        schema["$schema"] = "http://json-schema.org/draft-07/schema#"
    return schema


def _schema(rng: random.Random, depth: int) -> object:
    if depth == 0 or rng.random() < 0.08:
        simple: tuple[object, ...] = (
            *(True, False, {}, {"type": "string"}, {"type": "integer"}),
            *({"$ref": "#/$defs/d"}, {"$ref": "#/$defs/tree"}),
        )
        return rng.choice(simple)
    schema: dict[str, object] = {}
    for _ in range(rng.randrange(1, 4)):
        _KEYWORDS[rng.choice(tuple(_KEYWORDS))](rng, depth - 1, schema)
    return schema


Keyword = Callable[[random.Random, int, dict[str, object]], None]


def _plain(word: str, draw: Callable[[random.Random], object]) -> Keyword:
    def put(rng: random.Random, _depth: int, schema: dict[str, object]) -> None:
        schema[word] = draw(rng)

    return put


def _one(word: str) -> Keyword:
    def put(rng: random.Random, depth: int, schema: dict[str, object]) -> None:
        schema[word] = _schema(rng, depth) if rng.random() < 0.7 else False

    return put


def _many(word: str) -> Keyword:
    def put(rng: random.Random, depth: int, schema: dict[str, object]) -> None:
        schema[word] = [_schema(rng, depth) for _ in range(rng.randrange(1, 4))]

    return put


def _named(word: str, names: tuple[str, ...]) -> Keyword:
    def put(rng: random.Random, depth: int, schema: dict[str, object]) -> None:
        schema[word] = {name: _schema(rng, depth) for name in rng.sample(names, 2)}

    return put


def _conditional(rng: random.Random, depth: int, schema: dict[str, object]) -> None:
    for word in ("if", "then", "else"):
        schema[word] = _schema(rng, depth)


def _small(rng: random.Random) -> object:
    return rng.randrange(4)


_COUNTS = (
    *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
    *("minContains", "maxContains"),
)
_ONE = (
    *("items", "contains", "additionalProperties", "not", "unevaluatedProperties"),
    "unevaluatedItems",
)
_KEYWORDS: dict[str, Keyword] = {
    "type": _plain("type", lambda rng: rng.choice(TYPES)),
    "types": _plain("type", lambda rng: rng.sample(TYPES, 2)),
    "enum": _plain("enum", lambda rng: [draw_value(rng, 1) for _ in range(rng.randrange(1, 4))]),
    "const": _plain("const", lambda rng: draw_value(rng, 1)),
    "pattern": _plain("pattern", lambda rng: rng.choice(PATTERNS)),
    "minimum": _plain("minimum", lambda rng: rng.choice((0, 1, 1.5))),
    "maximum": _plain("maximum", lambda rng: rng.choice((0, 1, 1.5, 5))),
    "above": _plain("exclusiveMinimum", lambda rng: rng.choice((0, 1))),
    "below": _plain("exclusiveMaximum", lambda rng: rng.choice((1, 2.5))),
    "multipleOf": _plain("multipleOf", lambda rng: rng.choice((2, 0.5, 3))),
    "uniqueItems": _plain("uniqueItems", lambda _: True),
    "required": _plain("required", lambda rng: rng.sample(NAMES, rng.randrange(1, 3))),
    "dependent": _plain("dependentRequired", lambda rng: {rng.choice(NAMES): rng.sample(NAMES, 1)}),
    "names": _plain(
        "propertyNames",
        lambda rng: rng.choice(({"maxLength": 1}, {"pattern": "^a"}, {"enum": ["a", "b"]}, False)),
    ),
    "format": _plain("format", lambda rng: rng.choice(("email", "date", "ipv4"))),
    "ref": _plain("$ref", lambda _: "#/$defs/d"),
    "if": _conditional,
    "properties": _named("properties", NAMES),
    "more properties": _named("properties", NAMES),
    "dependentSchemas": _named("dependentSchemas", NAMES),
    "patternProperties": _named("patternProperties", ("^a", "b$", ".", "c")),
    **{word: _plain(word, _small) for word in _COUNTS},
    **{word: _one(word) for word in _ONE},
    **{word: _many(word) for word in ("prefixItems", "allOf", "anyOf", "oneOf")},
}
