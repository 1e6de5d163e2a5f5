"""A lazily built deterministic automaton over code points that can be fed in chunks.

From the pattern's tree comes a position automaton (V. M. Glushkov, 1961): one bit for each
element, and for each bit the mask of the bits that may follow. Which bits follow can depend on
assertions, that is on the kinds of the characters before and after; the closure is therefore taken
when the next character is known. Masks met become states of a deterministic automaton whose
transitions are filled in when first used, so that feeding costs a dictionary look-up per character.
When the cache is full it is emptied; then a character costs a walk over the mask's bytes, which
is still linear in the text.

A state is *accepting* when every continuation matches and *dead* when none does. Without
assertions both show in the mask; with them the reachable states are searched, up to a limit
behind which a state counts as undecided.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from workbench.checks import re2_syntax as syntax
from workbench.checks.charsets import Partition, Ranges
from workbench.errors import CheckSyntaxError

MAX_STATES = 4_000
MAX_ENTRIES = 200_000
SEARCH_LIMIT = 256

_MATCH, _START = 1, 2
_FIRST_BIT = 2
_BEGIN, _NEWLINE, _WORD, _OTHER = range(4)
_END = _BEGIN  # before the first character and behind the last one
_WORD_CHARS: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))

Final = Literal["accept", "dead"]
Key = tuple[int, int]


class State(dict[str, "State"]):
    """A state: maps each character seen so far to the next state."""

    __slots__ = ("_owner", "by_class", "final", "kind", "mask")

    def __init__(self, owner: Automaton, mask: int, kind: int, final: Final | None) -> None:
        super().__init__()
        self._owner = owner
        self.mask = mask
        self.kind = kind
        self.final = final
        self.by_class: dict[int, State] = {}

    def __missing__(self, char: str) -> State:
        return self._owner.step(self, char)


class _Program:
    """The tree as a graph of nodes: sets that consume, splits, assertions, and the match."""

    def __init__(self, pattern: syntax.Pattern) -> None:
        self.out: list[list[int]] = [[]]
        self.test: list[str] = ["match"]
        self.bit: list[int] = [_MATCH]
        self.set_bits = [0] * len(pattern.sets)
        self.positions = 0
        self.entry = self._build(pattern.tree, 0)

    def _node(self, test: str, bit: int, out: list[int]) -> int:
        if len(self.out) >= syntax.MAX_NODES:
            raise CheckSyntaxError("The pattern is too large when its repeats are written out.")
        self.out.append(out)
        self.test.append(test)
        self.bit.append(bit)
        return len(self.out) - 1

    def _build(self, node: syntax.Node, after: int) -> int:
        """Return the entry of *node*, behind which stands *after*."""
        match node:
            case syntax.Element(number):
                if self.positions >= syntax.MAX_POSITIONS:
                    raise CheckSyntaxError(
                        f"The pattern has more than {syntax.MAX_POSITIONS} elements "
                        "when its repeats are written out."
                    )
                bit = 1 << (self.positions + _FIRST_BIT)
                self.positions += 1
                self.set_bits[number] |= bit
                return self._node("set", bit, [after])
            case syntax.Assertion(kind):
                return self._node(kind, 0, [after])
            case syntax.Sequence(parts):
                for part in reversed(parts):
                    after = self._build(part, after)
                return after
            case syntax.Choice(parts):
                return self._node("split", 0, [self._build(part, after) for part in parts])
            case syntax.Repeat():
                return self._repeat(node, after)

    def _repeat(self, node: syntax.Repeat, after: int) -> int:
        if node.most is None:
            split = self._node("split", 0, [after])
            self.out[split].append(self._build(node.part, split))
            entry = split
        else:
            entry = after
            for _ in range(node.most - node.least):
                entry = self._node("split", 0, [after, self._build(node.part, entry)])
        for _ in range(node.least):
            entry = self._build(node.part, entry)
        return entry

    def assertions(self) -> set[str]:
        """Return the kinds of assertions in use."""
        return set(self.test) - {"match", "set", "split"}


def _holds(test: str, before: int, after: int) -> bool:
    if test == "begin":
        return before == _BEGIN
    if test == "end":
        return after == _END
    if test == "line_begin":
        return before in (_BEGIN, _NEWLINE)
    if test == "line_end":
        return after in (_END, _NEWLINE)
    return ((before == _WORD) != (after == _WORD)) == (test == "word")


class Automaton:
    """Decides whether a text matches a pattern: somewhere (*search*) or as a whole.

    ``start`` is the state before the first character; feed by ``state = state[char]``.

    Raises:
        CheckSyntaxError: the pattern is too large.
    """

    def __init__(self, pattern: syntax.Pattern, *, search: bool) -> None:
        self._program = _Program(pattern)
        self._search = search
        tests = self._program.assertions()
        self._asserts = bool(tests)
        self._lines = bool(tests & {"line_begin", "line_end"})
        self._words = bool(tests & {"word", "not_word"})
        self._uncertain = self._asserts or any(not ranges for ranges in pattern.sets)
        self._partition = Partition((*pattern.sets, ((10, 10),), _WORD_CHARS))
        self._masks, self._kinds = self._classes(len(pattern.sets))
        self._bytes = (self._program.positions + _FIRST_BIT + 7) // 8
        self._positions = {bit: node for node, bit in enumerate(self._program.bit) if bit and node}
        self._follow: dict[tuple[int, int], int] = {}
        self._blocks: dict[tuple[int, int, int], int] = {}
        self._states: dict[Key, State] = {}
        self._entries = 0
        self._alive: set[Key] = set()
        self._ends = {
            "accept": State(self, 0, _OTHER, "accept"),
            "dead": State(self, 0, _OTHER, "dead"),
        }
        self.start = self._state((_START, _BEGIN))

    def _classes(self, count: int) -> tuple[list[int], list[int]]:
        """Return each character class's mask of elements and its kind."""
        masks, kinds = [], []
        for sets in self._partition.sets_of:
            bits = 0
            for number in range(count):
                if sets >> number & 1:
                    bits |= self._program.set_bits[number]
            masks.append(bits)
            newline = self._lines and sets >> count & 1
            word = self._words and sets >> (count + 1) & 1
            kinds.append(_NEWLINE if newline else _WORD if word else _OTHER)
        return masks, kinds

    def matches_at_end(self, state: State) -> bool:
        """Return whether the text read so far, as a whole text, matches."""
        if state.final is not None:
            return state.final == "accept"
        return self._at_end((state.mask, state.kind))

    def step(self, state: State, char: str) -> State:
        """Return the state behind *char* and remember it in *state*."""
        if state.final is not None:
            return state
        number = self._partition.class_of(char)
        after = state.by_class.get(number)
        if after is None:
            key = self._after((state.mask, state.kind), number)
            after = self._ends["accept"] if key is None else self._state(key)
            state.by_class[number] = after
        state[char] = after
        self._entries += 1
        if self._entries > MAX_ENTRIES or len(self._states) > MAX_STATES:
            self._flush()
        return after

    def _flush(self) -> None:
        for state in self._states.values():
            state.clear()
            state.by_class.clear()
        self._states.clear()
        self._alive.clear()
        self._entries = 0

    def _state(self, key: Key) -> State:
        found = self._states.get(key)
        if found is None:
            final = self._final(key)
            found = self._ends[final] if final else State(self, *key, None)
            self._states[key] = found
        return found

    def _after(self, key: Key, number: int) -> Key | None:
        """Return the key behind a character of class *number*; None when a search has matched."""
        mask, kind = key
        reached = self._closure(mask, kind, self._kinds[number])
        if self._search:
            if reached & _MATCH:
                return None
            return reached & self._masks[number] | _START, self._kind(number)
        return reached & self._masks[number], self._kind(number)

    def _kind(self, number: int) -> int:
        return self._kinds[number] if self._asserts else _OTHER

    def _at_end(self, key: Key) -> bool:
        return bool(self._closure(*key, _END) & _MATCH)

    def _final(self, key: Key) -> Final | None:
        if not self._search and not key[0]:
            return "dead"
        if self._at_end(key) and self._universal(key):
            return "accept"
        if self._uncertain and key not in self._alive and not self._can_match(key):
            return "dead"
        return None

    def _reachable(self, key: Key) -> Iterator[Key | None]:
        """Yield the keys that can follow, nearest first; None for a search that has matched.

        Ends with a key yielded twice when there are too many of them.
        """
        seen = {key}
        queue = [key]
        for place in queue:
            yield place
            for number in range(len(self._masks)):
                after = self._after(place, number)
                if after is None:
                    yield None
                elif after not in seen:
                    if len(seen) >= SEARCH_LIMIT:
                        yield key
                        return
                    seen.add(after)
                    queue.append(after)

    def _universal(self, key: Key) -> bool:
        """Return whether every continuation matches, the empty one included."""
        first = True
        for place in self._reachable(key):
            if place == key and not first:
                return False
            first = False
            if place is not None and not self._at_end(place):
                return False
        return True

    def _can_match(self, key: Key) -> bool:
        """Return whether some continuation matches, or too many states would have to be seen."""
        first = True
        for place in self._reachable(key):
            known = place is None or place in self._alive or (place == key and not first)
            if known or (place is not None and self._at_end(place)):
                self._alive.add(key)
                return True
            first = False
        return False

    def _closure(self, mask: int, before: int, after: int) -> int:
        """Return the bits that can come next, the match among them, between two characters."""
        context = before * 4 + after if self._asserts else 0
        reached = 0
        for place, byte in enumerate(mask.to_bytes(self._bytes, "little")):
            if byte:
                block = self._blocks.get((context, place, byte))
                reached |= self._block(context, place, byte) if block is None else block
        return reached

    def _block(self, context: int, place: int, byte: int) -> int:
        reached = 0
        for offset in range(8):
            if byte >> offset & 1:
                reached |= self._follows(context, 1 << (place * 8 + offset))
        if len(self._blocks) > MAX_ENTRIES:
            self._blocks.clear()
        self._blocks[context, place, byte] = reached
        return reached

    def _follows(self, context: int, bit: int) -> int:
        """Return the bits that can follow *bit* when the assertions see *context*."""
        found = self._follow.get((context, bit))
        if found is not None:
            return found
        program = self._program
        before, after = divmod(context, 4)
        todo = [program.entry] if bit == _START else list(program.out[self._positions[bit]])
        seen, reached = set(todo), 0
        while todo:
            node = todo.pop()
            reached |= program.bit[node]
            test = program.test[node]
            if test in ("set", "match") or (test != "split" and not _holds(test, before, after)):
                continue
            for out in program.out[node]:
                if out not in seen:
                    seen.add(out)
                    todo.append(out)
        self._follow[context, bit] = reached
        return reached


class Follower:
    """Follows a text through an automaton and says at which character that was decided."""

    __slots__ = ("_automaton", "_state", "seen")

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._state: State = automaton.start
        self.seen = 0

    def feed(self, text: str) -> tuple[str, int] | None:
        """Return ``accept`` or ``dead`` and the deciding offset, once that is certain."""
        before = state = self._state
        for char in text:
            state = state[char]
        self._state = state
        self.seen += len(text)
        if state.final is None:
            return None
        return state.final, self._first(before, text)

    def _first(self, state: State, text: str) -> int:
        start = self.seen - len(text)
        for offset, char in enumerate(text):
            if state.final is not None:
                return max(start + offset - 1, 0)
            state = state[char]
        return max(self.seen - 1, 0)

    def matches(self) -> bool:
        """Return whether the text so far, taken as the whole, matches."""
        return self._automaton.matches_at_end(self._state)
