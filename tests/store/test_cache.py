"""The response cache: no pickle in either direction, and it may vanish at any time."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import shutil
import sqlite3
from dataclasses import replace

import diskcache
import pytest
from hypothesis import given, settings

from tests.store.strategies import texts
from workbench.errors import NotSaved
from workbench.model.attempt import Tokens
from workbench.model.lane import Lane, Params
from workbench.model.prompt import Message
from workbench.providers.base import Request
from workbench.store.cache import CachedAnswer, ResponseCache, StrictDisk, cache_key

LANE = Lane("fast", "compatible", "m", base_url="http://localhost:1/v1")
ANSWER = CachedAnswer(
    ((12.5, "he", "answer"), (13.0, "hm", "reasoning")), "stop", Tokens(1, 2), recorded="now"
)


@pytest.fixture
def cache(tmp_path):
    made = ResponseCache(tmp_path / "cache")
    yield made
    asyncio.run(made.close())


def stock(folder) -> diskcache.Cache:
    """The same cache as diskcache itself opens it, with our disk."""
    return diskcache.Cache(str(folder / "cache"), disk=StrictDisk, eviction_policy="none")


def test_an_answer_comes_back_with_its_timing(cache) -> None:
    assert cache.get("k") is None
    assert cache.put("k", ANSWER)
    assert cache.get("k") == ANSWER
    assert cache.state().answers == 1
    cache.clear()
    assert cache.get("k") is None


def test_what_is_kept_is_there_the_next_time(tmp_path) -> None:
    for expected in (None, ANSWER):
        cache = ResponseCache(tmp_path / "cache")
        assert cache.get("k") == expected
        cache.put("k", ANSWER)
        asyncio.run(cache.close())


@given(texts)
@settings(max_examples=50, deadline=None)
def test_hostile_text_is_kept_as_it_is(text) -> None:
    from workbench.store.cache import _decode, _encode

    answer = CachedAnswer(((1.0, text, "answer"),), provider_data={text: text})
    assert _decode(_encode(answer)) == answer


class Bomb:
    def __reduce__(self):
        return (exit, (1,))


def test_a_planted_pickle_is_a_miss_and_never_loaded(tmp_path, cache, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("pickle was used")

    payload = pickle.dumps(Bomb())
    cache.put("k", ANSWER)
    monkeypatch.setattr(pickle, "load", fail)
    monkeypatch.setattr(pickle, "loads", fail)
    monkeypatch.setattr(pickle, "dumps", fail)
    db = sqlite3.connect(tmp_path / "cache" / "cache.db")
    db.execute("UPDATE Cache SET mode = 4, value = ?", (payload,))
    db.execute("INSERT INTO Cache (key, raw, mode, value) VALUES (?, 0, 4, ?)", (payload, payload))
    db.commit()
    db.close()
    assert cache.get("k") is None
    assert cache.put("k", ANSWER)
    assert cache.get("k") == ANSWER
    with contextlib.closing(stock(tmp_path)) as opened, pytest.raises(Exception, match="not plain"):
        list(opened)


def test_a_planted_file_name_is_neither_read_nor_removed(tmp_path, cache) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    cache.put("k", ANSWER)
    db = sqlite3.connect(tmp_path / "cache" / "cache.db")
    db.execute("UPDATE Cache SET mode = 2, filename = '../victim', value = NULL")
    db.commit()
    db.close()
    assert cache.get("k") is None
    assert cache.put("k", ANSWER)
    with contextlib.closing(stock(tmp_path)) as opened:
        opened.delete("k")
    assert victim.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("key", "value"),
    [("disk_evil", 1), ("_disk", 5), ("sqlite_cache_size", "1; DROP TABLE Cache"), ("x", 1)],
)
def test_a_cache_with_foreign_settings_is_thrown_away(tmp_path, key, value) -> None:
    asyncio.run(ResponseCache(tmp_path / "cache").close())
    db = sqlite3.connect(tmp_path / "cache" / "cache.db")
    db.execute("INSERT OR REPLACE INTO Settings VALUES (?, ?)", (key, value))
    db.commit()
    db.close()
    again = ResponseCache(tmp_path / "cache")
    assert again.put("k", ANSWER)
    asyncio.run(again.close())


def test_a_broken_database_is_made_again(tmp_path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "cache.db").write_bytes(b"garbage " * 1000)
    cache = ResponseCache(tmp_path / "cache")
    assert cache.put("k", ANSWER)
    assert cache.get("k") == ANSWER
    asyncio.run(cache.close())


def test_a_cache_that_vanishes_is_a_miss_not_a_crash(tmp_path, cache) -> None:
    cache.put("k", ANSWER)
    shutil.rmtree(tmp_path / "cache")
    cache.get("k")
    cache.put("k2", ANSWER)
    cache.state()
    cache.clear()
    assert cache.put("k", ANSWER)


def test_a_full_cache_keeps_the_old_and_says_no_to_the_new(tmp_path) -> None:
    cache = ResponseCache(tmp_path / "cache", limit=200_000)
    big = CachedAnswer(((1.0, "x" * 60_000, "answer"),))
    kept = [n for n in range(10) if cache.put(str(n), big)]
    assert 0 < len(kept) < 10
    assert all(cache.get(str(n)) == big for n in kept)
    asyncio.run(cache.close())


def test_only_text_keys_and_bytes_values_are_taken() -> None:
    disk = StrictDisk("/nowhere")
    for key in (b"x", 1, None, ("a",)):
        with pytest.raises(TypeError):
            disk.put(key)
    for value in ("text", 1, None, {}):
        with pytest.raises(TypeError):
            disk.store(value, read=False)
    assert issubclass(StrictDisk, diskcache.Disk)


def test_files_are_private(tmp_path, cache) -> None:
    cache.put("k", ANSWER)
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    for path in (tmp_path / "cache").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_folder_that_cannot_be_made_is_said(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotSaved):
        ResponseCache(tmp_path / "file" / "cache")


def test_the_key_changes_with_what_changes_the_answer_and_with_nothing_else() -> None:
    ask = Request("m", (Message("user", "hi"),))
    key = cache_key(LANE, ask)
    assert key == cache_key(replace(LANE, name="other", max_cost=1.0, checks=("json",)), ask)
    others = {
        cache_key(LANE, replace(ask, repeat=2)),
        cache_key(LANE, replace(ask, messages=(Message("system", "hi"),))),
        cache_key(LANE, replace(ask, messages=(Message("user", "hi "),))),
        cache_key(LANE, replace(ask, model="n")),
        cache_key(replace(LANE, base_url="http://localhost:2/v1"), ask),
        cache_key(LANE, replace(ask, params=Params(temperature=0.1))),
        cache_key(LANE, replace(ask, params=Params(extra={"a": 1}))),
    }
    assert len(others | {key}) == 8


def test_secrets_are_masked_in_what_is_kept(tmp_path) -> None:
    cache = ResponseCache(tmp_path / "cache", secrets=["sk-123456789"])
    pieces = ((1.0, "key sk-12", "answer"), (2.0, "hm", "reasoning"), (3.0, "3456789!", "answer"))
    cache.put("k", CachedAnswer(pieces, provider_data={"header": "sk-123456789"}))
    kept = cache.get("k")
    assert kept.pieces == (
        (1.0, "key *****", "answer"),
        (2.0, "hm", "reasoning"),
        (3.0, "*******!", "answer"),
    )
    assert kept.provider_data == {"header": "*" * 12}
    asyncio.run(cache.close())


def test_closing_closes_every_connection_and_may_be_done_twice(tmp_path) -> None:
    async def use() -> None:
        made = ResponseCache(tmp_path / "cache")
        request = Request("m", (Message("user", "hi"),), Params())
        await asyncio.gather(*[made.keep(LANE, request, ANSWER) for _ in range(8)])
        found = await asyncio.gather(*[made.find(LANE, request) for _ in range(8)])
        assert found == [ANSWER] * 8
        await made.close()
        await made.close()

    asyncio.run(use())
    names = {path.name for path in (tmp_path / "cache").iterdir()}
    assert "cache.db" in names
    assert "cache.db-wal" not in names  # the last connection takes it away
