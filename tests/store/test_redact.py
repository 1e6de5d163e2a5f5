"""Redaction: no known secret in any write, and every offset stays true."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from workbench.redact import HOLD, Redactor, StreamRedactor

KEY = 'sk-"quo/te\\ü-1234567890'


def test_a_secret_is_masked_raw_inside_json_and_inside_a_url() -> None:
    redactor = Redactor([KEY])
    for text in (
        f"key={KEY}.",
        json.dumps({"key": KEY}),
        json.dumps({"key": KEY}, ensure_ascii=False),
        json.dumps({"key": KEY}).replace("/", "\\/"),
        "?key=sk-%22quo%2Fte%5C%C3%BC-1234567890",
    ):
        masked = redactor(text)
        assert "1234567890" not in masked
        assert len(masked) == len(text)


def test_short_values_and_placeholders_are_ordinary_words() -> None:
    redactor = Redactor(["", "none", "lm-studio"])
    assert not redactor
    assert redactor("lm-studio has none") == "lm-studio has none"


@given(st.data())
def test_a_secret_split_over_chunks_never_gets_through_and_lengths_stay(data) -> None:
    secret = data.draw(st.sampled_from(["sk-abcabcab", "aaaaaaaab", "sk-sk-sk-sk-1"]))
    alphabet = st.sampled_from([*sorted(set(secret)), "z"])
    parts = data.draw(st.lists(st.text(alphabet, max_size=12) | st.just(secret), max_size=8))
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    bounds = [0, *cuts, len(text)]
    pieces = [(float(i), text[a:b]) for i, (a, b) in enumerate(pairwise(bounds))]
    stream = StreamRedactor(Redactor([secret]))
    out = []
    while pieces:
        size = data.draw(st.integers(1, len(pieces)))
        batch, pieces = pieces[:size], pieces[size:]
        out += stream.feed(batch, end=not pieces)
        assert secret not in "".join(t for _, t in out)
    assert [ms for ms, _ in out] == [float(i) for i in range(len(bounds) - 1)]
    assert [len(t) for _, t in out] == [b - a for a, b in pairwise(bounds)]
    written = "".join(t for _, t in out)
    leaked = max((n for n in range(len(secret) + 1) if secret[:n] in written), default=0)
    assert leaked < len(secret)


def test_text_without_the_beginning_of_a_secret_is_not_delayed() -> None:
    stream = StreamRedactor(Redactor(["sk-12345678"]))
    assert stream.feed([(1.0, "words s"), (2.0, "sk-")]) == [(1.0, "words s"), (2.0, "sk-")]
    assert stream.feed([(3.0, "1234")]) == []
    assert stream.feed([(4.0, " no")]) == [(3.0, "1234"), (4.0, " no")]


def test_an_answer_cut_inside_a_secret_does_not_leak_most_of_it() -> None:
    stream = StreamRedactor(Redactor(["sk-1234567890abcdef"]))
    written = stream.feed([(1.0, "is sk-1234567890abcde")], end=True)
    assert written == [(1.0, "is " + "*" * 18)]
    assert HOLD < 8
