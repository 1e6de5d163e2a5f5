"""Comparing two JSON documents by structure: which values were added, removed, changed or moved.

The order of an object's members and white space mean nothing; items of an array are aligned like
words of a text, so that one inserted item does not change all that follow.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

from workbench.diffing.align import align
from workbench.diffing.jsontext import Json, Number, dump, parse
from workbench.diffing.records import JsonChange
from workbench.records import dataclass

_NAMES = ("id", "key", "name", "slug")
"""Members by which an item of an array is known again."""
_SHORTEST_MOVE = 12
"""Characters of JSON from which a value is worth calling moved."""


def compare_json(a: str, b: str, *, ignore_case: bool = False) -> tuple[JsonChange, ...]:
    """Return the changes of structure from *a* to *b*, in document order. None: equal values.

    Raises:
        UsageError: one of the two is not JSON.
    """
    work = _Comparison(ignore_case=ignore_case)
    work.run(parse(a, "first"), parse(b, "second"))
    return tuple(_moved(work.found))


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two values to compare; a path is None where the value does not exist."""

    path: str | None
    a: Json
    to: str | None
    b: Json


class _Comparison:
    def __init__(self, *, ignore_case: bool) -> None:
        self.ignore_case = ignore_case
        self.found: list[JsonChange] = []
        self._classes: dict[object, int] = {}
        self._known: dict[int, int] = {}

    def run(self, a: Json, b: Json) -> None:
        self._classify(a)
        self._classify(b)
        todo = [_Pair("", a, "", b)]
        while todo:
            pair = todo.pop()
            if pair.path is None or pair.to is None:
                self._missing(pair)
            elif self._class(pair.a) == self._class(pair.b):
                continue
            elif isinstance(pair.a, dict) and isinstance(pair.b, dict):
                todo += reversed(list(_members(pair, pair.a, pair.b)))
            elif isinstance(pair.a, list) and isinstance(pair.b, list):
                todo += reversed(list(self._items(pair, pair.a, pair.b)))
            else:
                self.found.append(
                    JsonChange("changed", pair.path, pair.to, dump(pair.a), dump(pair.b))
                )

    def _missing(self, pair: _Pair) -> None:
        if pair.path is None:
            self.found.append(JsonChange("added", None, pair.to, None, dump(pair.b)))
        else:
            self.found.append(JsonChange("removed", pair.path, None, dump(pair.a), None))

    def _classify(self, root: Json) -> None:
        """Give equal containers the same class, innermost first, without recursion."""
        todo: list[tuple[Json, bool]] = [(root, False)]
        while todo:
            value, ready = todo.pop()
            if not isinstance(value, dict | list):
                continue
            children = list(value.values()) if isinstance(value, dict) else value
            if not ready:
                todo.append((value, True))
                todo += [(child, False) for child in children]
            elif isinstance(value, dict):
                key: object = frozenset((k, self._class(v)) for k, v in value.items())
                self._known[id(value)] = self._number(("object", key))
            else:
                self._known[id(value)] = self._number(("array", *map(self._class, value)))

    def _class(self, value: Json) -> int:
        if isinstance(value, dict | list):
            return self._known[id(value)]
        if isinstance(value, Number):
            return self._number(("number", value.key()))
        if isinstance(value, str) and self.ignore_case:
            return self._number(("str", value.casefold()))
        return self._number((type(value).__name__, value))

    def _number(self, key: object) -> int:
        return self._classes.setdefault(key, len(self._classes))

    def _items(self, pair: _Pair, a: list[Json], b: list[Json]) -> Iterable[_Pair]:
        matches = align(
            [str(self._class(item)) for item in a], [str(self._class(item)) for item in b]
        )
        i = j = 0
        for x, y, n in (*matches, (len(a), len(b), 0)):
            for left, right in self._gap(a, range(i, x), b, range(j, y)):
                yield _Pair(
                    None if left is None else f"{pair.path}/{left}",
                    None if left is None else a[left],
                    None if right is None else f"{pair.to}/{right}",
                    None if right is None else b[right],
                )
            i, j = x + n, y + n

    def _gap(
        self, a: list[Json], lefts: range, b: list[Json], rights: range
    ) -> Iterable[tuple[int | None, int | None]]:
        """Pair items that differ: those of one name first, the rest in order and of one kind."""
        names = {self._name(b[right]): right for right in rights if self._name(b[right])}
        twins: dict[int, int] = {}
        for left in lefts:
            right = names.pop(self._name(a[left]), None)
            if right is not None:
                twins[left] = right
        taken = set(twins.values())
        rest_a = [left for left in lefts if left not in twins]
        rest_b = [right for right in rights if right not in taken]
        pairs: list[tuple[int | None, int | None]] = list(twins.items())
        for left_or, right_or in zip_longest(rest_a, rest_b):
            if left_or is None or right_or is None or _kind(a[left_or]) == _kind(b[right_or]):
                pairs.append((left_or, right_or))
            else:
                pairs += [(left_or, None), (None, right_or)]
        return sorted(pairs, key=_place)

    def _name(self, item: Json) -> tuple[str, int] | None:
        if isinstance(item, dict):
            for name in _NAMES:
                value = item.get(name)
                if isinstance(value, str | Number):
                    return name, self._class(value)
        return None


def _place(pair: tuple[int | None, int | None]) -> tuple[int, int]:
    left, right = pair
    if left is None:
        return (right or 0, 1)
    return (left, 0)


def _kind(value: Json) -> str:
    return type(value).__name__ if isinstance(value, dict | list) else "scalar"


def _members(pair: _Pair, a: dict[str, Json], b: dict[str, Json]) -> Iterable[_Pair]:
    for key, value in a.items():
        path = f"{pair.path}/{_escape(key)}"
        if key in b:
            yield _Pair(path, value, f"{pair.to}/{_escape(key)}", b[key])
        else:
            yield _Pair(path, value, None, None)
    for key, value in b.items():
        if key not in a:
            yield _Pair(None, None, f"{pair.to}/{_escape(key)}", value)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _moved(changes: list[JsonChange]) -> Iterable[JsonChange]:
    """Make one ``moved`` of a removal and an addition of the same value."""
    added: dict[str, list[JsonChange]] = {}
    for change in changes:
        if change.kind == "added" and change.b is not None and len(change.b) >= _SHORTEST_MOVE:
            added.setdefault(change.b, []).append(change)
    gone: set[str | None] = set()
    kept: list[JsonChange] = []
    for change in changes:
        twins = added.get(change.a or "") if change.kind == "removed" else None
        if twins:
            twin = twins.pop(0)
            gone.add(twin.to)
            kept.append(JsonChange("moved", change.path, twin.to, change.a, twin.b))
        else:
            kept.append(change)
    return (c for c in kept if c.kind != "added" or c.to not in gone)
