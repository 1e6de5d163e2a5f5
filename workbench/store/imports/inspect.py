"""Inspect AI: evaluation logs, ``.json`` and ``.eval`` (a zip of JSON files)."""

from __future__ import annotations

import io
import json
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from workbench.errors import UsageError
from workbench.store.imports.base import (
    Exchange,
    Imported,
    Judged,
    Unmapped,
    conversation,
    counted,
    literal,
    moment,
    number,
    read_bytes,
    text_of,
)

MOST_UNPACKED = 1 << 30
"""A log that unpacks to more bytes than this is refused."""

_UNREADABLE = (
    ValueError,
    RecursionError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What a broken, encrypted or foreign file makes zipfile and json raise; see _unreadable."""

_CORRECT = frozenset({"C", "correct", "yes", "true"})


def read(path: Path) -> Imported:
    """Read a log.

    Raises:
        UsageError: it is none, or unpacks to more than 1 GB.
    """
    data = read_bytes(path)
    unmapped = Unmapped()
    try:
        zipped = zipfile.is_zipfile(io.BytesIO(data))
        header, samples = _unpack(data) if zipped else _plain(data)
        found = [
            one for sample in samples if (one := _exchange(header, sample, unmapped)) is not None
        ]
    except _unreadable() as error:
        raise UsageError(
            f"{path} is no Inspect log: {error}.", "Logs end in .eval or .json."
        ) from error
    title = _object(header.get("eval")).get("task") or path.stem
    return Imported(str(title), tuple(found), unmapped.sentences())


def _plain(data: bytes) -> tuple[dict[str, object], Iterator[dict[str, object]]]:
    document = json.loads(data)
    if not isinstance(document, dict) or "eval" not in document:
        raise ValueError("it has no 'eval'")
    samples = document.get("samples")
    rows = samples if isinstance(samples, list) else []
    return document, iter([row for row in rows if isinstance(row, dict)])


def _unpack(data: bytes) -> tuple[dict[str, object], Iterator[dict[str, object]]]:
    archive = _archive(data)
    infos = archive.infolist()
    if sum(info.file_size for info in infos) > MOST_UNPACKED:
        raise ValueError("it unpacks to more than 1 GB")
    names = [i.filename for i in infos]
    head = next((n for n in ("header.json", "_journal/start.json") if n in names), None)
    if head is None:
        raise ValueError("it has no header")
    chosen = sorted(n for n in names if n.startswith("samples/") and n.endswith(".json"))
    return _object(json.loads(_member(archive, head))), (
        _object(json.loads(_member(archive, name))) for name in chosen
    )


def _archive(data: bytes) -> zipfile.ZipFile:
    """Open a zip. Newer logs are packed with zstd, which zipfile knows from Python 3.14 on."""
    if sys.version_info >= (3, 14):
        return zipfile.ZipFile(io.BytesIO(data))
    from backports.zstd import zipfile as with_zstd

    return cast("zipfile.ZipFile", with_zstd.ZipFile(io.BytesIO(data)))  # it does the same


def _unreadable() -> tuple[type[Exception], ...]:
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdError

        return (*_UNREADABLE, ZstdError)
    from backports.zstd import ZstdError
    from backports.zstd.zipfile import BadZipFile

    return (*_UNREADABLE, ZstdError, BadZipFile)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Unpack one file; its stated size is not believed."""
    with archive.open(name) as file:
        data = file.read(MOST_UNPACKED + 1)
    if len(data) > MOST_UNPACKED:
        raise ValueError("it unpacks to more than 1 GB")
    return data


def _exchange(
    header: Mapping[str, object], sample: Mapping[str, object], unmapped: Unmapped
) -> Exchange | None:
    for key in ("store", "attachments", "sandbox", "files"):
        if sample.get(key):
            unmapped.add(f"{key} of a sample")
    if sample.get("events"):
        unmapped.add("transcript of a sample (its answer and scores are kept)")
    messages = sample.get("messages")
    messages = messages if isinstance(messages, list) else []
    output = _object(sample.get("output"))
    choices = output.get("choices")
    first = _object(choices[0]) if isinstance(choices, list) and choices else {}
    message = _object(first.get("message"))
    answer = text_of(message.get("content"), unmapped)
    last = _object(messages[-1]) if messages else {}
    asked = messages[:-1] if last.get("role") == "assistant" else messages
    if not asked:
        raw = sample.get("input")
        asked = raw if isinstance(raw, list) else [{"role": "user", "content": raw}]
    system, user = conversation(asked, unmapped)
    if not user:
        unmapped.add("sample without a prompt")
        return None
    usage = _object(output.get("usage"))
    seconds = number(output.get("time"))
    model = str(output.get("model") or _object(header.get("eval")).get("model") or "unknown")
    error = _object(sample.get("error")).get("message") or output.get("error")
    finish = first.get("stop_reason")
    return Exchange(
        user=literal(user),
        system=None if system is None else literal(system),
        answer=answer,
        model=model,
        utc=moment(_object(header.get("eval")).get("created")),
        total_ms=None if seconds is None else seconds * 1000,
        tokens=counted(usage.get("input_tokens"), usage.get("output_tokens")),
        verdicts=tuple(_scores(sample.get("scores"), unmapped)),
        error=str(error) if error and not answer else "",
        finish_reason=finish if isinstance(finish, str) else None,
    )


def _scores(scores: object, unmapped: Unmapped) -> Iterator[Judged]:
    for name, score in _object(scores).items():
        value = _object(score).get("value")
        reason = str(_object(score).get("explanation") or "")
        if isinstance(value, bool):
            yield Judged(name, value, reason)
        elif isinstance(value, str):
            yield Judged(name, value in _CORRECT, reason)
        elif number(value) in (0.0, 1.0):
            yield Judged(name, number(value) == 1.0, reason)
        else:
            unmapped.add(f"score {name[:40]!r} that is neither right nor wrong")


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
