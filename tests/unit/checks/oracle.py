"""What the tests of checks share: feeding in chunks, and a brute-force oracle for *earliest*."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import pairwise, product

from hypothesis import strategies as st

from workbench.checks.syntax import CheckSpec, parse_check
from workbench.model.verdict import Decision

ANY_TEXT = st.text(st.characters(), max_size=60)
"""Any str, lone surrogates and NUL included."""


@cache
def read(check: str) -> CheckSpec:
    """Read a check once, as an engine does; what it compiles is shared."""
    return parse_check(check)


def chunked(text: str, cuts: Iterable[int]) -> list[str]:
    """Cut *text* at the given places (taken modulo its length); empty chunks are kept."""
    places = sorted(cut % (len(text) + 1) for cut in cuts)
    bounds = [0, *places, len(text)]
    return [text[a:b] for a, b in pairwise(bounds)]


def judge(spec: CheckSpec, chunks: Sequence[str]) -> Decision:
    """Return the check's decision on a text that arrives in *chunks*."""
    check = spec.make()
    for chunk in chunks:
        decision = check.feed(chunk)
        if decision is not None:
            return decision
    return check.finish()


def judge_text(check: str, text: str, size: int = 1) -> Decision:
    """Return the decision of a check, as written, on *text* cut into chunks of *size*."""
    return judge(read(check), [text[i : i + size] for i in range(0, len(text), size)])


def assert_chunking_is_irrelevant(check: str, text: str, cuts: Iterable[int]) -> Decision:
    """The first law: whole, by characters and cut anywhere give the same decision."""
    spec = read(check)
    whole = judge(spec, [text])
    assert judge(spec, list(text)) == whole
    assert judge(spec, chunked(text, cuts)) == whole
    return whole


def assert_early_is_never_wrong(check: str, text: str, more: str) -> None:
    """The second law: what was decided before the end is decided so on every continuation."""
    spec = read(check)
    made = spec.make()
    early = made.feed(text)
    if early is not None:
        assert judge(spec, [text + more]) == early
        assert 0 <= early.at_char < max(len(text), 1)


def assert_earliest(
    check: str,
    passes: Callable[[str], bool],
    alphabet: str,
    depth: int,
    reach: int = 3,
    start: str = "",
) -> None:
    """The third law, by brute force: for every text of *start* and up to *depth* characters the
    check fails at the first character after which no text with up to *reach* more characters
    passes, and its verdict is that of *passes*. *start* itself can still become a text that passes.
    """

    @cache
    def alive(text: str, left: int) -> bool:
        return passes(text) or (left > 0 and any(alive(text + char, left - 1) for char in alphabet))

    for length in range(depth + 1):
        for letters in product(alphabet, repeat=length):
            text = start + "".join(letters)
            got = judge_text(check, text)
            first = len(start)
            dead = [
                i
                for i in range(first, len(text))
                if not alive(text[: i + 1], depth - (i - first) - 1 + reach)
            ]
            assert (got.verdict == "pass") == passes(text), (check, text, got)
            if dead and alive(start, depth + reach):
                assert (got.verdict, got.at_char) == ("fail", dead[0]), (check, text, got)
            elif got.verdict == "fail":
                ended = got.at_char == len(text)
                assert ended or not alive(start, depth + reach), (check, text, got)
