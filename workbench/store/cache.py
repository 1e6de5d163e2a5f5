"""The response cache: answers of requests sent before, for ``run --cached``.

diskcache keeps them, with a :class:`StrictDisk` of ours: stock diskcache unpickles values *and*
keys it finds on disk (CVE-2025-69872), and its JSONDisk does too. Here both are plain text and
bytes inside the database, and nothing is ever pickled, unpickled, or read from another file. The
folder may vanish at any time.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import NoReturn, TypeVar

import diskcache
import msgspec
from diskcache.core import DEFAULT_SETTINGS, METADATA

from workbench.errors import NotSaved
from workbench.files.append import make_folder
from workbench.model.attempt import Channel
from workbench.model.lane import Lane
from workbench.providers.base import Request
from workbench.providers.cached import CachedAnswer
from workbench.records import dataclass
from workbench.redact import Redactor, StreamRedactor
from workbench.store.codec import plain

LIMIT_BYTES = 1 << 30
"""Beyond this nothing new is kept; nothing old is thrown away behind anybody's back."""

T = TypeVar("T")

_FORMAT = 1
_MODE_RAW = 1
_TEXTS = (("eviction_policy", "none"), ("sqlite_journal_mode", "wal"))
_KNOWN = frozenset(DEFAULT_SETTINGS) | frozenset(METADATA)


class StrictDisk(diskcache.Disk):  # type: ignore[misc] # diskcache is untyped
    """Text keys, bytes values, both inside the database; anything else is refused."""

    def put(self, key: object) -> tuple[str, bool]:
        """Return a text key as it is."""
        if not isinstance(key, str):
            raise TypeError(f"a cache key is text, not {type(key).__name__}")
        return key, True

    def get(self, key: object, raw: object) -> str:
        """Return a key read from the database."""
        if not raw or not isinstance(key, str):
            raise _Foreign("a key that is not plain text")
        return key

    def store(
        self, value: object, read: object, key: object = None
    ) -> tuple[int, int, None, memoryview]:
        """Return bytes as they are to be kept."""
        if read or not isinstance(value, bytes):
            raise TypeError(f"a cache value is bytes, not {type(value).__name__}")
        return 0, _MODE_RAW, None, sqlite3.Binary(value)

    def fetch(self, mode: object, filename: object, value: object, read: object) -> bytes:
        """Return a value read from the database."""
        if mode != _MODE_RAW or filename is not None or read or not isinstance(value, bytes):
            raise _Foreign("a value that is not plain bytes")
        return value

    def filename(self, key: object = None, value: object = None) -> NoReturn:
        """Refuse: there are no files beside the database."""
        raise _Foreign("a file beside the database")

    def remove(self, file_path: object) -> None:
        """Remove nothing: no file is ours, whatever the database says."""


class _Foreign(Exception):
    """The database holds something this program never wrote."""


@dataclass(frozen=True, slots=True)
class CacheState:
    """How much is kept: answers, bytes, and the limit in bytes."""

    answers: int
    size: int
    limit: int


def cache_key(lane: Lane, request: Request) -> str:
    """Return the key of one request: a hash of everything that can change the answer.

    The lane's name, checks, prices and limits cannot. The repeat can: a prompt sent three times
    gets three answers, not one answer three times.
    """
    what = {
        "format": _FORMAT,
        "provider": lane.provider,
        "model": request.model,
        "base_url": lane.base_url,
        "path": lane.path,
        "options": dict(lane.options),
        "params": asdict(request.params),
        "messages": [[m.role, m.content] for m in request.messages],
        "repeat": request.repeat,
    }
    plain = json.dumps(what, sort_keys=True, default=str)
    return hashlib.sha256(plain.encode()).hexdigest()


class ResponseCache:
    """The cache in *folder*, an :class:`~workbench.providers.cached.AnswerCache`.

    Broken or foreign content is a miss, never an error. Values in *secrets* are masked in what is
    kept. All work is done in one thread of its own: diskcache opens a connection for every thread
    that asks and closes only that of the thread that closes it.

    Raises:
        NotSaved: the folder cannot be made or written.
    """

    def __init__(
        self, folder: Path, *, limit: int = LIMIT_BYTES, secrets: Iterable[str] = ()
    ) -> None:
        self._folder = folder
        self._redactor = Redactor(secrets)
        self.limit = limit
        self._thread = ThreadPoolExecutor(1, "response-cache")
        try:
            self._cache = self._work(self._open)
        except NotSaved:
            self._thread.shutdown()
            raise

    def _work(self, work: Callable[..., T], *arguments: object) -> T:
        return self._thread.submit(work, *arguments).result()

    async def find(self, lane: Lane, request: Request) -> CachedAnswer | None:
        """Return the answer kept for a request, or None."""
        key = cache_key(lane, request)
        return await asyncio.wrap_future(self._thread.submit(self._get, key))

    async def keep(self, lane: Lane, request: Request, answer: CachedAnswer) -> None:
        """Keep the answer of a request."""
        key = cache_key(lane, request)
        await asyncio.wrap_future(self._thread.submit(self._put, key, answer))

    def get(self, key: str) -> CachedAnswer | None:
        """Return the answer kept under *key*, or None; waits for it."""
        return self._work(self._get, key)

    def put(self, key: str, answer: CachedAnswer) -> bool:
        """Keep *answer*; False when the cache is full or its folder has gone. Waits."""
        return self._work(self._put, key, answer)

    def state(self) -> CacheState:
        """Return how full the cache is."""
        return self._work(self._state)

    def clear(self) -> None:
        """Throw everything away."""
        self._work(self._clear)

    async def close(self) -> None:
        """Close the database. May be called twice."""
        with contextlib.suppress(RuntimeError):  # it is closed
            await asyncio.wrap_future(self._thread.submit(self._cache.close))
        self._thread.shutdown()

    def _get(self, key: str) -> CachedAnswer | None:
        try:
            data = self._cache.get(key, retry=True)
        except (_Foreign, sqlite3.Error, diskcache.Timeout, ValueError):
            return None
        return _decode(data) if isinstance(data, bytes) else None

    def _put(self, key: str, answer: CachedAnswer) -> bool:
        try:
            if self._cache.volume() >= self.limit:
                return False
            kept = _masked(answer, self._redactor) if self._redactor else answer
            return bool(self._cache.set(key, _encode(kept), retry=True))
        except (sqlite3.Error, diskcache.Timeout, OSError):
            return False

    def _state(self) -> CacheState:
        try:
            return CacheState(len(self._cache), self._cache.volume(), self.limit)
        except (sqlite3.Error, diskcache.Timeout, OSError):
            return CacheState(0, 0, self.limit)

    def _clear(self) -> None:
        self._cache.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._cache = self._open()

    def _open(self) -> diskcache.Cache:
        try:
            make_folder(self._folder)
            self._folder.chmod(0o700)
            if not _trusted(self._folder / "cache.db"):
                shutil.rmtree(self._folder)
                make_folder(self._folder)
            return self._connect()
        except (OSError, sqlite3.Error, diskcache.Timeout) as error:
            raise NotSaved(
                f"The response cache {self._folder} cannot be opened: {error}.",
                "Remove the folder or make it writable, or run without --cached.",
            ) from error

    def _connect(self) -> diskcache.Cache:
        before = os.umask(0o077)  # diskcache opens its files with the process's own mask
        try:
            return diskcache.Cache(
                str(self._folder),
                disk=StrictDisk,
                eviction_policy="none",
                statistics=0,
                tag_index=0,
                size_limit=1 << 62,
                cull_limit=0,
            )
        finally:
            os.umask(before)


def _trusted(path: Path) -> bool:
    """True for a database diskcache can open without surprises: it sets attributes and pragmas
    from a table of settings, so that table may hold nothing but the usual names and numbers.
    """
    if not path.exists():
        return True
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT key, value FROM Settings").fetchall()
    except sqlite3.Error:
        return False
    return all(
        key in _KNOWN and (isinstance(value, int) or (key, value) in _TEXTS) for key, value in rows
    )


def _masked(answer: CachedAnswer, redactor: Redactor) -> CachedAnswer:
    """Mask secrets, also one that came in several pieces; lengths and times stay."""
    pieces = list(answer.pieces)
    channels: tuple[Channel, ...] = ("answer", "reasoning")
    for channel in channels:
        places = [n for n, piece in enumerate(pieces) if piece[2] == channel]
        stream = StreamRedactor(redactor)
        texts = stream.feed([pieces[n][:2] for n in places], end=True)
        for n, (ms, text) in zip(places, texts, strict=True):
            pieces[n] = (ms, text, channel)
    data = plain(answer.provider_data, redactor)
    return replace(
        answer, pieces=tuple(pieces), provider_data=data if isinstance(data, dict) else {}
    )


def _encode(answer: CachedAnswer) -> bytes:
    try:
        return msgspec.json.encode(answer)
    except UnicodeEncodeError:  # lone surrogates
        return json.dumps(asdict(answer)).encode()


def _decode(data: bytes) -> CachedAnswer | None:
    try:
        return msgspec.json.decode(data, type=CachedAnswer)
    except msgspec.ValidationError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            return msgspec.convert(json.loads(data), CachedAnswer)
        except (ValueError, RecursionError):
            return None
