"""``json_schema``: the answer is JSON that a schema describes."""

from __future__ import annotations

import json
from collections.abc import Callable

from workbench.checks.arguments import shown
from workbench.checks.base import Argument, Check, Definition
from workbench.checks.json_check import FENCE, Scanner, scan, scan_end
from workbench.checks.json_fence import FencedScanner
from workbench.checks.json_scan import JsonScanner
from workbench.checks.json_value import JsonValue, path_text
from workbench.checks.schema_compile import Compiled
from workbench.checks.schema_follow import MAX_DEPTH, SchemaFollower
from workbench.errors import CheckSyntaxError
from workbench.model.verdict import Decision
from workbench.text import shorten


class JsonSchema:
    """Fails at the first character after which no text can be JSON of that schema, as far as a
    prefix decides it; the whole is confirmed at the end by jsonschema-rs.
    """

    __slots__ = ("_compiled", "_follower", "_scanner")

    def __init__(self, compiled: Compiled, *, fence: bool) -> None:
        self._compiled = compiled
        self._follower = SchemaFollower(compiled)
        make = FencedScanner if fence else JsonScanner
        self._scanner: Scanner = make(self._follower)

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        failed, deep = scan(self._scanner, text)
        if self._follower.failed is not None:
            return self._mismatch()
        if failed is None:
            return deep
        return Decision("fail", failed, f"not JSON: {self._scanner.reason}", (failed, failed + 1))

    def _mismatch(self) -> Decision | None:
        if self._follower.failed is None:
            return None
        at, reason, start = self._follower.failed
        return Decision("fail", at, reason, (start, min(at + 1, self._scanner.seen)))

    def finish(self) -> Decision:
        """See the protocol."""
        complete, unread = scan_end(self._scanner)
        seen = self._scanner.seen
        if not complete:
            return Decision("fail", seen, f"not JSON: {self._scanner.reason}")
        mismatch = self._mismatch()
        if mismatch is not None:
            return mismatch
        return unread or self._confirmed(seen)

    def _confirmed(self, seen: int) -> Decision:
        """No character failed the text: judge the whole value."""
        follower = self._follower
        if follower.height > MAX_DEPTH:
            if follower.skipped or self._compiled.root is None:
                return Decision("error", seen, f"nested deeper than {MAX_DEPTH} levels")
            return Decision("pass", seen, "fits the schema")
        error = next(self._compiled.whole.iter_errors(follower.value), None)
        if error is not None:
            place = path_text(list(error.instance_path))
            return Decision("fail", seen, f"{place}: {shorten(str(error.message), 160)}")
        return Decision("pass", seen, "fits the schema")


def _read(argument: Argument) -> JsonValue:
    if not argument.text.strip():
        raise CheckSyntaxError(
            "The schema is missing.", hint="Write json_schema:@file.json or the schema itself."
        )
    try:
        schema: JsonValue = json.loads(argument.text)
    except json.JSONDecodeError as error:
        raise CheckSyntaxError(
            f"The schema is not JSON: {error.msg}.", column=error.pos + 1
        ) from None
    except (RecursionError, ValueError) as error:
        raise CheckSyntaxError(f"The schema cannot be read: {error}.") from None
    return schema


def _parse(argument: Argument) -> Callable[[], Check]:
    try:
        compiled = Compiled(_read(argument), argument.text)
    except RecursionError:
        raise CheckSyntaxError(f"The schema nests too deep: {shown(argument.text)}.") from None
    fence = "fence" in argument.options
    return lambda: JsonSchema(compiled, fence=fence)


JSON_SCHEMA = Definition(
    name="json_schema",
    summary="The answer is JSON that fits a JSON Schema (draft 2020-12 or 7).",
    syntax="json_schema[/fence]:@FILE or SCHEMA",
    example='json_schema:{"type":"object","required":["tax","total"]}',
    when="early",
    cost="a state machine per character and the schema's nodes per value",
    parse=_parse,
    decides=(
        "Earliest for type, texts in enum and const, unknown keys, maxItems, maxProperties, "
        "maxLength and plain patterns; when a value is complete for numbers, minimum lengths and "
        "counts, required, uniqueItems, format (asserted), multipleOf, not, if, oneOf, contains, "
        "dependent and unevaluated keywords; at the end for $dynamicRef, embedded $id, references "
        "to a meta-schema and other drafts. A key that stands twice in an object fails. Patterns "
        "are those of ECMA 262. An integer of more than 4,300 digits, and nesting deeper than "
        "20,000 levels, are errors of the check. Nothing is fetched: a schema that refers to "
        "another document is refused."
    ),
    options=(FENCE,),
    files=True,
)
