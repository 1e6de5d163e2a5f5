"""What a schema says of the values in progress: branches, frames, and which nodes hold where."""

from __future__ import annotations

from dataclasses import field

from workbench.checks.automaton import Follower
from workbench.checks.json_value import JsonValue
from workbench.checks.schema_compile import Node
from workbench.records import dataclass

MAX_PAIRS = 400
"""How many nodes are followed for one value."""

FEW_PAIRS = 16
"""As many always are, even where alternatives have multiplied too often."""

SPARE_PAIRS = 50_000
"""How many nodes are followed beyond that, and two more for each character of the text: what
alternatives within alternatives multiply to stays linear.
"""


@dataclass(slots=True)
class Branch:
    """An alternative; the outermost has no owner. ``siblings`` is shared by a group."""

    owner: Branch | None = None
    siblings: list[Branch] = field(default_factory=list)
    dead: bool = False


Pairs = list[tuple[Node, Branch]]


_NOTHING: Pairs = []
_NO_ITEMS: list[JsonValue] = []
_NO_KEYS: set[str] = set()


class Frame:
    """An object or array in progress. What it has no use for is shared and never changed: a deep
    text has very many of these.
    """

    __slots__ = ("child", "height", "identities", "items", "key", "keys", "members", "pairs")

    def __init__(self, pairs: Pairs, *, is_object: bool) -> None:
        self.pairs = pairs
        self.members: dict[str, JsonValue] | None = {} if is_object else None
        self.items: list[JsonValue] = _NO_ITEMS if is_object else []
        self.keys: set[str] = set() if is_object else _NO_KEYS
        self.identities: set[str] | None = None
        if pairs and any(node.unique for node, _ in pairs):
            self.identities = set()
        self.key = ""
        self.child: Pairs = _NOTHING
        self.height = 1

    @property
    def value(self) -> JsonValue:
        """The value as far as it is complete."""
        return self.items if self.members is None else self.members


class Expander:
    """Finds the nodes that hold for a value, alternatives included.

    Past a limit they are not followed: what they say is then decided at the end. ``cut`` is True
    once that has happened.
    """

    __slots__ = ("_extra", "_most", "cut")

    def __init__(self) -> None:
        self.cut = False
        self._extra = 0
        self._most = MAX_PAIRS

    def expand(self, inherited: Pairs, at: int) -> Pairs:
        """Return *inherited* and all that holds beside it for the value that begins at *at*."""
        pairs: Pairs = []
        self._most = MAX_PAIRS if self._extra < SPARE_PAIRS + 2 * at else FEW_PAIRS
        for node, branch in inherited:
            if not branch.dead:
                self._add(node, branch, pairs, set())
        self._extra += max(len(pairs) - FEW_PAIRS, 0)
        return pairs

    def _add(self, node: Node, branch: Branch, pairs: Pairs, seen: set[int]) -> None:
        if id(node) in seen:
            return
        if len(pairs) >= self._most:
            self.cut = True
            return
        seen.add(id(node))
        pairs.append((node, branch))
        for part in node.all_of:
            self._add(part, branch, pairs, seen)
        for group in node.any_of:
            siblings: list[Branch] = []
            for part in group:
                sibling = Branch(branch, siblings)
                siblings.append(sibling)
                self._add(part, sibling, pairs, set(seen))


def closed(node: Node) -> bool:
    """Return whether *node* allows no other keys than those it names."""
    return node.additional is not None and node.additional.false


def children(node: Node, key: str) -> list[Node]:
    """Return the nodes that hold for the value of *key*."""
    nodes = [node.properties[key]] if key in node.properties else []
    for automaton, child in node.key_patterns:
        matcher = Follower(automaton)
        final = matcher.feed(key)
        if matcher.matches() if final is None else final[0] == "accept":
            nodes.append(child)
    if not nodes and node.additional is not None:
        nodes.append(node.additional)
    return nodes
