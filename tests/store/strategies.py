"""Hypothesis strategies: events of every kind, made of hostile texts."""

from __future__ import annotations

from hypothesis import strategies as st

from workbench.model import events as ev
from workbench.model.attempt import AttemptError, Avoided, Cost, Tokens
from workbench.model.lane import Deadlines, Lane, Params, Prices
from workbench.model.prompt import DataRow, Prompt

HOSTILE = (
    "",
    "\x00",
    "\ud800",
    "x\udfffy",
    "\u2028\u2029\x85",
    '"}\n{"v":1,"t":"attempt","attempt":999}',
    "\r\n\t\x1b]52;c;aGk=\x07\x1b[2J",
    "\u202eevil\u202c",
    "\U0001f469\u200d\U0001f680",
    "\\u0000\\ud800\\",
    "a" * 5000,
)


def _whole(text: str) -> str:
    """Surrogates that form a pair are one character in JSON."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


texts = st.text(st.characters(exclude_categories=()), max_size=30).map(_whole) | st.sampled_from(
    HOSTILE
)
ms = st.floats(0, 1e9, allow_nan=False).map(lambda x: round(x, 3))
numbers = st.integers(0, 2**53)
money = st.floats(0, 1e6, allow_nan=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | money | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts, json_values, max_size=3)
sources = st.sampled_from(["measured", "estimated", "unknown"])
origins = st.sampled_from(["live", "cache", "replay"])
params = st.builds(
    Params,
    st.none() | money,
    st.none() | money,
    st.none() | numbers,
    st.none() | numbers,
    st.lists(texts, max_size=2).map(tuple),
    st.none() | texts,
    st.sampled_from([None, "none", "low", "high"]),
    st.none() | numbers,
    objects,
)
lanes = st.builds(
    Lane,
    texts,
    texts,
    texts,
    base_url=st.none() | texts,
    key_env=st.none() | texts,
    params=st.just(Params()) | params,
    checks=st.lists(texts, max_size=2).map(tuple),
    deadlines=st.just(Deadlines()) | st.builds(Deadlines, money, money, money, money),
    prices=st.none() | st.builds(Prices, st.none() | money, st.none() | money),
    max_cost=st.none() | money,
    options=objects,
)
tokens = st.builds(Tokens, st.none() | numbers, st.none() | numbers, source=sources)
pieces = st.lists(st.tuples(ms, texts), max_size=5).map(tuple)

events = st.one_of(
    st.builds(ev.SessionStarted, texts, texts, texts, texts),
    st.builds(
        ev.IterationStarted,
        numbers,
        st.builds(Prompt, texts, st.none() | texts),
        st.lists(lanes, max_size=2).map(tuple),
        st.lists(texts, max_size=3).map(tuple),
        texts,
        parent=st.none() | numbers,
        variables=st.dictionaries(texts, texts, max_size=3),
        abort=st.sampled_from(["off", "first", "named"]),
        repeat=numbers,
        sequential=st.booleans(),
        rows=st.lists(
            st.builds(
                DataRow,
                texts,
                st.dictionaries(texts, texts, max_size=2),
                st.lists(texts, max_size=2).map(tuple),
            ),
            max_size=2,
        ).map(tuple),
        at_once=numbers,
    ),
    st.builds(
        ev.AttemptQueued,
        numbers,
        numbers,
        texts,
        texts,
        checks=st.lists(texts, max_size=2).map(tuple),
        severities=st.lists(st.sampled_from(["fail", "warn"]), max_size=2).map(tuple),
        retry_of=st.none() | numbers,
        origin=origins,
        row=st.none() | texts,
    ),
    st.builds(ev.LaneStatus, numbers, texts),
    st.builds(ev.AttemptStarted, numbers, texts, ms, st.none() | ms, st.none() | origins),
    st.builds(ev.Chunks, numbers, pieces, st.sampled_from(["answer", "reasoning"])),
    st.builds(ev.Judged, numbers, numbers, texts, ms, st.none() | numbers, st.none() | ms),
    st.builds(
        ev.VerdictReached,
        numbers,
        numbers,
        texts,
        st.sampled_from(["pass", "fail", "error"]),
        numbers,
        numbers,
        ms,
        texts,
        span=st.none() | st.tuples(numbers, numbers),
        severity=st.sampled_from(["fail", "warn"]),
    ),
    st.builds(
        ev.FailedFirst,
        numbers,
        st.sampled_from(["check", "deadline", "provider"]),
        st.none() | texts,
        st.none() | numbers,
        numbers,
        ms,
        texts,
    ),
    st.builds(ev.AttemptAborted, numbers, ms, texts),
    st.builds(
        ev.AttemptEnded,
        numbers,
        st.sampled_from(["complete", "truncated", "aborted", "cancelled", "error"]),
        ms,
        tokens,
        st.builds(Cost, st.none() | money, sources, texts),
        st.none() | st.builds(Avoided, st.none() | numbers, st.none() | money, source=sources),
        error=st.none() | st.builds(AttemptError, texts, texts, texts, st.none() | numbers, texts),
        clock_error_ms=st.none() | ms,
        provider_data=objects,
    ),
    st.builds(ev.IterationEnded, numbers, ms),
    st.builds(
        ev.Annotated,
        numbers,
        texts,
        st.none() | texts,
        st.none() | st.booleans(),
        st.none() | texts,
    ),
    st.builds(ev.CasesRun, numbers, st.sampled_from(["running", "done"]), numbers, numbers),
    st.builds(
        ev.CaseJudged,
        numbers,
        texts,
        texts,
        st.sampled_from(["pass", "fail", "error"]),
        st.none() | texts,
        texts,
        texts,
        st.none() | money,
    ),
    st.builds(
        ev.Notice,
        st.sampled_from(["info", "warning", "error"]),
        texts,
        texts,
        st.none() | numbers,
    ),
)
