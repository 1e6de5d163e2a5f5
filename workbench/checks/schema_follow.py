"""Follows a JSON text along a compiled schema while it streams, and builds its value.

Every value in progress carries the nodes that hold for it, each in a *branch*. A branch belongs
to an ``anyOf`` or ``oneOf``; when one fails, the branch is dead, when all branches of a group are
dead the one around it is, and when the outermost is, the text can no longer become valid.
"""

from __future__ import annotations

from workbench.checks.arguments import shown
from workbench.checks.automaton import Follower
from workbench.checks.json_value import (
    KINDS,
    MAX_LEVELS,
    JsonValue,
    TooDeep,
    encodable,
    identity,
    is_integer,
    number,
    path_text,
)
from workbench.checks.schema_compile import Compiled, Node
from workbench.checks.schema_tree import Branch, Expander, Frame, Pairs, children, closed
from workbench.checks.schema_words import (
    BOUNDS,
    article,
    brief,
    common,
    keys,
    kind_of,
    listed,
    within,
)
from workbench.text import shorten

MAX_DEPTH = 200
"""Deeper values are not handed to the validator of complete values (it recurses)."""


class SchemaFollower:
    """A sink of the scanner. ``failed`` is ``(offset, reason, start of the evidence)``."""

    def __init__(self, compiled: Compiled) -> None:
        self.failed: tuple[int, str, int] | None = None
        self.value: JsonValue = None
        self.height = 0
        self.skipped = False
        self._compiled = compiled
        self._root = Branch()
        self._frames: list[Frame] = []
        self._pairs: Pairs = []
        self._parts: list[str] = []
        self._length = 0
        self._longest: list[tuple[int, Branch]] = []
        self._mark = 0
        self._is_key = False
        self._choices: list[tuple[list[str], Branch, str]] = []
        self._matchers: list[tuple[Follower, Branch, str]] = []
        self._watched = 0
        self._expander = Expander()

    # What the scanner reports.

    def open(self, bracket: str, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        self._mark = at
        if len(self._frames) >= MAX_LEVELS:
            raise TooDeep(at)
        pairs = self._begin(bracket, at)
        self._frames.append(Frame(pairs, is_object=bracket == "{"))

    def close(self, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        self._mark = at
        frame = self._frames.pop()
        value = frame.value
        for node, branch in frame.pairs:
            if branch.dead:
                continue
            if frame.members is None:
                self._close_array(node, branch, frame, at)
            else:
                self._close_object(node, branch, frame.members, at)
        self._complete(frame.pairs, value, at, frame.height)

    def comma(self, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        frame = self._frames[-1]
        self._mark = at
        for node, branch in frame.pairs:
            if branch.dead:
                continue
            if frame.members is None:
                self._another_item(node, branch, len(frame.items), at)
            elif node.max_properties is not None and len(frame.keys) >= node.max_properties:
                expected = f"at most {node.max_properties} keys"
                self._kill(branch, at, expected, "another one", inner=False)
            elif closed(node) and not node.key_patterns and frame.keys >= node.allowed:
                self._kill(branch, at, "no further key", "a comma", inner=False)

    def string_start(self, at: int, *, key: bool) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        self._parts = []
        self._mark = at
        self._length = 0
        self._is_key = key
        if key:
            self._watch_key()
        else:
            self._pairs = self._begin('"', at)
            self._watch_string()
        self._watched = len(self._longest) + len(self._choices) + len(self._matchers)

    def string_piece(self, text: str, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        self._parts.append(text)
        if self._watched > 1 and len(text) > 1:
            # With one character at a time the first of several to fail is the one that is told.
            for offset, char in enumerate(text):
                self._watch_piece(char, at + offset)
                self._length += 1
            return
        if self._watched:
            self._watch_piece(text, at)
        self._length += len(text)

    def string_end(self, at: int, *, key: bool) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        text = encodable("".join(self._parts))
        if key:
            self._end_key(text, at)
            return
        for node, branch in self._pairs:
            if node.min_length is not None and len(text) < node.min_length:
                self._kill(branch, at, f"at least {node.min_length} characters", f"{len(text)}")
            if node.choices is not None and text not in node.choices:
                self._kill(branch, at, listed(node.choices), shown(text))
        for matcher, branch, pattern in self._matchers:
            if not matcher.matches():
                self._kill(branch, at, f"a match for {shown(pattern)}", shown(text))
        self._complete(self._pairs, text, at, 0)

    def number_start(self, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        self._parts = []
        self._mark = at
        self._pairs = self._begin("0", at)

    def number_piece(self, text: str, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        self._parts.append(text)

    def number_end(self, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        text = "".join(self._parts)
        value = number(text, at)
        for node, branch in self._pairs:
            types = node.types
            if types is not None and "number" not in types and not is_integer(value):
                self._kill(branch, at, "an integer", shown(text))
            for word, bound in node.bounds:
                if not within(word, value, bound):
                    self._kill(branch, at, f"{BOUNDS[word]} {bound}", shown(text))
        self._complete(self._pairs, value, at, 0)

    def literal(self, word: str, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        self._mark = at
        self._pairs = self._begin(word[0], at)
        value = {"true": True, "false": False}.get(word)
        for node, branch in self._pairs:
            if node.choices is not None and identity(value) not in node.identities:
                self._kill(branch, at, listed(node.choices), word)
        self._parts = [word]

    def literal_end(self, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        value = {"true": True, "false": False}.get(self._parts[0])
        self._complete(self._pairs, value, at, 0)

    # Values begin and end.

    def _begin(self, first: str, at: int) -> Pairs:
        """A value begins: take the nodes that hold for it and look at its first character."""
        if not self._frames:
            inherited: Pairs = [(self._compiled.root, self._root)] if self._compiled.root else []
        else:
            frame = self._frames[-1]
            if frame.members is None:
                frame.child = self._item_pairs(frame, at)
            inherited = frame.child
        if not inherited:
            return []
        pairs = self._expander.expand(inherited, at)
        self.skipped |= self._expander.cut
        kind = KINDS.get(first, "number")
        for node, branch in pairs:
            self._fits_kind(node, branch, kind, at)
        return [pair for pair in pairs if not pair[1].dead]

    def _fits_kind(self, node: Node, branch: Branch, kind: str, at: int) -> None:
        came = "a number" if kind == "number" else "null" if kind == "null" else article(kind)
        if node.false:
            self._kill(branch, at, "no value", came)
        elif node.types is not None and kind not in node.types:
            if kind != "number" or "integer" not in node.types:
                self._kill(branch, at, " or ".join(map(article, sorted(node.types))), came)
        elif node.choices is not None and not any(kind_of(c) == kind for c in node.choices):
            self._kill(branch, at, listed(node.choices), came)

    def _complete(self, pairs: Pairs, value: JsonValue, at: int, height: int) -> None:
        """A value is complete: compare it, and decide what only the whole value can."""
        for node, branch in pairs:
            if branch.dead:
                continue
            compares = node.choices is not None and isinstance(value, int | float | list | dict)
            if compares and height <= MAX_DEPTH and identity(value) not in node.identities:
                self._kill(branch, at, listed(node.choices), brief(value))
            elif node.late or (compares and height > MAX_DEPTH):
                self._ask(node, branch, value, at, height)
        if not self._frames:
            self.value, self.height = value, height
            return
        frame = self._frames[-1]
        frame.height = max(frame.height, height + 1)
        if frame.members is not None:
            frame.members[frame.key] = value
        else:
            self._unique_item(frame, value, at, height)
            frame.items.append(value)

    def _ask(self, node: Node, branch: Branch, value: JsonValue, at: int, height: int) -> None:
        if height > MAX_DEPTH:
            self.skipped = True
            return
        error = next(self._compiled.part(node).iter_errors(value), None)
        if error is not None:
            self._kill(
                branch, at, "", shorten(str(error.message), 160), below=tuple(error.instance_path)
            )

    def _unique_item(self, frame: Frame, value: JsonValue, at: int, height: int) -> None:
        if frame.identities is None:
            return
        if height > MAX_DEPTH:
            self.skipped = True
            return
        key = identity(value)
        if key in frame.identities:
            for node, branch in frame.pairs:
                if node.unique:
                    self._kill(branch, at, "an item that is not there yet", brief(value))
        frame.identities.add(key)

    # Arrays.

    def _another_item(self, node: Node, branch: Branch, count: int, at: int) -> None:
        most = node.max_items
        if node.items is not None and node.items.false:
            most = len(node.prefix) if most is None else min(most, len(node.prefix))
        if most is not None and count >= most:
            self._kill(branch, at, f"at most {most} items", "another one", inner=False)

    def _item_pairs(self, frame: Frame, at: int) -> Pairs:
        index = len(frame.items)
        pairs: Pairs = []
        for node, branch in frame.pairs:
            if branch.dead:
                continue
            self._another_item(node, branch, index, at)
            child = node.prefix[index] if index < len(node.prefix) else node.items
            if child is not None:
                pairs.append((child, branch))
        return pairs

    def _close_array(self, node: Node, branch: Branch, frame: Frame, at: int) -> None:
        if node.min_items is not None and len(frame.items) < node.min_items:
            self._kill(branch, at, f"at least {node.min_items} items", str(len(frame.items)))

    # Objects.

    def _watch_key(self) -> None:
        frame = self._frames[-1]
        self._longest, self._matchers, self._choices = [], [], []
        for node, branch in frame.pairs:
            if not branch.dead and closed(node) and not node.key_patterns:
                allowed = sorted(node.allowed - frame.keys)
                self._choices.append((allowed, branch, keys(node.allowed)))

    def _end_key(self, key: str, at: int) -> None:
        frame = self._frames[-1]
        frame.key = key
        if key in frame.keys:
            self._kill(self._root, at, "each key once", f"{shown(key)} again", inner=False)
        frame.keys.add(key)
        frame.child = []
        for node, branch in frame.pairs:
            if branch.dead:
                continue
            if node.max_properties is not None and len(frame.keys) > node.max_properties:
                expected = f"at most {node.max_properties} keys"
                self._kill(branch, at, expected, "another one", inner=False)
            nodes = children(node, key)
            frame.child += [(child, branch) for child in nodes]
            if any(child.false for child in nodes):
                self._kill(branch, at, keys(node.allowed), shown(key), inner=False)

    def _close_object(
        self, node: Node, branch: Branch, members: dict[str, JsonValue], at: int
    ) -> None:
        for name in node.required:
            if name not in members:
                self._kill(branch, at, f"the key {shown(name)}", "the end of the object")
                return
        for name, others in node.dependent.items():
            missing = [other for other in others if other not in members]
            if name in members and missing:
                self._kill(branch, at, f"the key {shown(missing[0])} beside {shown(name)}", "none")
                return
        if node.min_properties is not None and len(members) < node.min_properties:
            self._kill(branch, at, f"at least {node.min_properties} keys", str(len(members)))

    # Strings.

    def _watch_string(self) -> None:
        self._longest, self._matchers, self._choices = [], [], []
        for node, branch in self._pairs:
            if node.max_length is not None:
                self._longest.append((node.max_length, branch))
            if node.choices is not None:
                texts = [encodable(c) for c in node.choices if isinstance(c, str)]
                self._choices.append((texts, branch, listed(node.choices)))
            for automaton, pattern in node.patterns:
                self._matchers.append((Follower(automaton), branch, pattern))

    def _watch_piece(self, text: str, at: int) -> None:
        """Look at more of a string: its length, what it may begin with, its patterns."""
        for longest, branch in self._longest:
            if self._length + len(text) > longest:
                expected = f"at most {longest} characters"
                self._kill(branch, at + max(longest - self._length, 0), expected, "more")
        text = encodable(text)
        for place, (texts, branch, expected) in enumerate(self._choices):
            alive = [choice for choice in texts if choice.startswith(text, self._length)]
            self._choices[place] = (alive, branch, expected)
            if not alive:
                fit = max((common(choice, self._length, text) for choice in texts), default=0)
                came = shown("".join(self._parts)[: self._length + fit + 1])
                self._kill(branch, at + fit, expected, came, inner=not self._is_key)
        for matcher, branch, pattern in self._matchers:
            final = None if branch.dead else matcher.feed(text)
            if final is not None and final[0] == "dead":
                expected = f"a match for {shown(pattern)}"
                came = shown("".join(self._parts)[: final[1] + 1])
                self._kill(branch, at + final[1] - self._length, expected, came)

    # Failing.

    def _kill(
        self,
        branch: Branch,
        at: int,
        expected: str,
        came: str,
        *,
        inner: bool = True,
        below: tuple[str | int, ...] = (),
    ) -> None:
        """A branch cannot hold any more, from the character at *at* on."""
        if branch.dead:
            return
        alternatives = 0
        branch.dead = True
        while branch.owner is not None and all(sibling.dead for sibling in branch.siblings):
            alternatives = max(alternatives, len(branch.siblings))
            branch = branch.owner
            branch.dead = True
        if branch is not self._root or self.failed is not None:
            return
        reason = f"expected {expected}, got {came}" if expected else came
        if alternatives > 1:
            reason = f"none of {alternatives} alternatives fits, the last one: {reason}"
        place = path_text([*self._path(inner=inner), *below])
        self.failed = (at, f"{place}: {reason}", min(self._mark, at))

    def _path(self, *, inner: bool) -> list[str | int]:
        path: list[str | int] = [
            len(frame.items) if frame.members is None else frame.key for frame in self._frames
        ]
        return path if inner or not path else path[:-1]
