"""The process of an embedded model: never an orphan, never somebody else's problem."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from workbench.config.paths import models_dir
from workbench.errors import LocalModelError
from workbench.providers import local_process
from workbench.providers.local_process import LocalServer, LocalServers, ServerSettings
from workbench.providers.models.catalogue import find_model
from workbench.providers.models.files import model_path

SMALL = model_path(models_dir(), find_model("smollm2"))
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.needs("ps")


async def gone(pid: int, seconds: float = 10.0) -> None:
    """Return when the process has ended, zombies included."""
    async with asyncio.timeout(seconds):
        while running(pid):  # noqa: ASYNC110 - another process tells nobody that it ended
            await asyncio.sleep(0.01)


def running(pid: int) -> bool:
    """Return whether the process exists and is no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return ps("stat", pid)[:1] not in ("", "Z")


def ps(what: str, pid: int) -> str:
    """Return one column of the list of processes, empty if there is no such process."""
    command = ["ps", "-wwo", f"{what}=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@pytest.fixture
async def servers() -> AsyncIterator[LocalServers]:
    made = LocalServers(cores=2, lanes=2)
    yield made
    await made.close()


async def get(server: LocalServer, path: str, token: str = "") -> int:
    """Return the status of a GET request."""
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        "Connection: close\r\n\r\n".encode()
    )
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status


@pytest.mark.models
async def test_one_process_serves_all_lanes_of_a_file_and_only_those_with_its_token(
    servers: LocalServers,
) -> None:
    said: list[str] = []
    first, second = await asyncio.gather(
        servers.ready(SMALL, "smollm2", 2048, said.append),
        servers.ready(SMALL, "smollm2", 2048, said.append),
    )
    assert first is second
    assert first.url.startswith("http://127.0.0.1:")
    assert said == ["loading model", "loading model"]
    assert await get(first, "/props", "guess") == 401
    assert await get(first, "/props", first.token) == 200
    assert first.token not in ps("args", first.pid or 0)


@pytest.mark.models
async def test_closing_ends_the_process_and_closing_again_does_nothing() -> None:
    servers = LocalServers(cores=1, lanes=1)
    server = await servers.ready(SMALL, "smollm2", 2048, lambda _: None)
    assert server.pid is not None
    await servers.close()
    await servers.close()
    assert not running(server.pid)
    with pytest.raises(LocalModelError, match="shutting down"):
        await servers.ready(SMALL, "smollm2", 2048, lambda _: None)


@pytest.mark.models
async def test_closing_while_a_model_loads_leaves_no_process() -> None:
    servers = LocalServers(cores=1, lanes=1)
    loading = asyncio.create_task(servers.ready(SMALL, "smollm2", 2048, lambda _: None))
    starting: list[int] = []
    async with asyncio.timeout(20):
        while not starting:
            await asyncio.sleep(0.01)
            starting = children()
    await servers.close()
    with pytest.raises(asyncio.CancelledError):
        await loading
    await gone(starting[0])


def children() -> list[int]:
    """Return the numbers of this process's children that run a model."""
    listed = subprocess.run(
        ["ps", "-wweo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    found = (line.split(None, 2) for line in listed)
    return [
        int(pid)
        for pid, parent, args in found
        if int(parent) == os.getpid() and "local_child" in args
    ]


@pytest.mark.models
async def test_after_a_crash_the_error_says_how_and_the_next_use_starts_it_again(
    servers: LocalServers,
) -> None:
    server = await servers.ready(SMALL, "smollm2", 2048, lambda _: None)
    assert server.pid is not None
    os.kill(server.pid, signal.SIGSEGV)
    assert await server.ended_within(10)
    assert not server.alive
    error = await server.died()
    assert "smollm2 was ended by SIGSEGV" in error.message
    assert error.hint
    again = await servers.ready(SMALL, "smollm2", 2048, lambda _: None)
    assert again.alive
    assert again.pid != server.pid


PARENT = """
    import asyncio, pathlib, signal, sys
    from workbench.providers.local_process import LocalServers

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)  # whoever runs the tests may have ignored them

    async def main():
        servers = LocalServers(1, 1)
        server = await servers.ready(pathlib.Path(sys.argv[1]), "small", 2048, lambda _: None)
        print(server.pid, flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())
"""


@pytest.mark.models
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
async def test_no_orphan_is_left_however_the_parent_ends(how: signal.Signals) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", textwrap.dedent(PARENT), str(SMALL)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert running(pid)
    parent.send_signal(how)
    await parent.wait()
    await gone(pid)


@pytest.mark.models
async def test_without_the_kernels_help_the_closed_pipe_alone_ends_the_process() -> None:
    server = LocalServer(ServerSettings(SMALL, "smollm2", context=2048))
    await server.start()
    process = server._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    assert await server.ended_within(10)
    assert process.returncode == 0
    await server.stop()


@pytest.mark.models
async def test_a_file_that_llama_refuses_is_an_error_with_its_reason(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(LocalModelError, match="cannot run broken: ") as caught:
        await LocalServer(ServerSettings(broken, "broken")).start()
    assert "binding" not in caught.value.message
    assert caught.value.hint
    assert children() == []


async def test_a_missing_wheel_is_one_sentence_and_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_process, "find_spec", lambda _: None)
    with pytest.raises(LocalModelError, match="xllamacpp is not installed") as caught:
        await LocalServer(ServerSettings(Path("any.gguf"), "any")).start()
    assert "pip install xllamacpp" in caught.value.hint
    assert "base_url" in caught.value.hint


def test_the_child_gets_no_secrets() -> None:
    given = {"PATH": "/bin", "OPENAI_API_KEY": "k", "hf_token": "t", "DB_PASSWORD": "p"}
    assert local_process._environment(given) == {"PATH": "/bin"}


def server_of(name: str, threads: int) -> LocalServer:
    return LocalServer(ServerSettings(Path(name), name, threads))


async def test_answers_never_use_more_threads_than_there_are_cores() -> None:
    servers = LocalServers(cores=2, lanes=2)
    models = [server_of(name, 1) for name in "abc"]
    at_work: list[str] = []
    most = done = 0

    async def answer(server: LocalServer) -> None:
        nonlocal most, done
        async with servers.turn(server):
            at_work.append(server.settings.name)
            most = max(most, len(set(at_work)))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            at_work.remove(server.settings.name)
            done += 1

    await asyncio.gather(*(answer(server) for server in models * 3))
    assert (most, done) == (2, 9)
    assert servers._free == 2


async def test_a_third_model_on_two_cores_waits_for_its_turn_and_a_cancel_loses_no_core() -> None:
    servers = LocalServers(cores=2, lanes=2)
    a, b, c = (server_of(name, 1) for name in "abc")
    entered = asyncio.Event()

    async def third() -> None:
        async with servers.turn(c):
            entered.set()

    async with servers.turn(a), servers.turn(b), servers.turn(a):
        waiting, given_up = asyncio.create_task(third()), asyncio.create_task(third())
        for _ in range(5):
            await asyncio.sleep(0)
        assert not entered.is_set()
        given_up.cancel()
    await waiting
    assert entered.is_set()
    assert servers._free == 2


def test_cores_are_shared_out_evenly_and_everyone_gets_one() -> None:
    assert [LocalServers(c, n)._threads for c, n in ((8, 2), (2, 2), (1, 2), (4, 0))] == [
        4,
        1,
        1,
        4,
    ]
