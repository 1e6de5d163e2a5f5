"""TLS, proxies, redirects and keys: nothing reaches a server that was not meant."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.scripts import WHOLE, ok, plain
from tests.faults.server import fault_server
from tests.faults.test_streams import attempt
from workbench.errors import ConnectFailed
from workbench.model.lane import Deadlines, Lane
from workbench.providers.base import Services
from workbench.providers.compatible import CompatibleProvider, make
from workbench.providers.http.address import Address, Endpoint, parse_address
from workbench.providers.http.pool import Pool
from workbench.providers.secret import Secret

PEM = Path(__file__).parent.parent / "fixtures" / "tls" / "localhost.pem"
CANARY = "sk-canary-0123456789"


def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM, PEM.with_suffix(".key"))
    return context


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    made = Pool()
    yield made
    await made.close()


async def test_an_untrusted_certificate_gets_no_request(pool: Pool) -> None:
    async with fault_server([ok(*WHOLE)], tls=server_tls()) as (url, seen):
        address = parse_address(url.replace("127.0.0.1", "localhost"))
        found = await attempt(CompatibleProvider(address, pool, key=Secret(CANARY)))
    assert isinstance(found.error, ConnectFailed)
    assert "certificate" in str(found.error)
    assert seen.requests == []


async def test_a_certificate_for_another_name_gets_no_request(pool: Pool) -> None:
    async with fault_server([ok(*WHOLE)], tls=server_tls()) as (url, seen):
        address = parse_address(url, ca_file=str(PEM))
        found = await attempt(CompatibleProvider(address, pool, key=Secret(CANARY)))
    assert isinstance(found.error, ConnectFailed)
    assert seen.requests == []


@pytest.mark.parametrize("cut", [1, None])
async def test_an_authority_named_by_the_lane_is_trusted_and_the_connection_kept(
    pool: Pool, cut: int | None
) -> None:
    async with fault_server([ok(*WHOLE)], cut, tls=server_tls()) as (url, seen):
        address = parse_address(url.replace("127.0.0.1", "localhost"), ca_file=str(PEM))
        provider = CompatibleProvider(address, pool, key=Secret(CANARY))
        for _ in range(2):
            assert (await attempt(provider)).text == "Hello"
        await pool.close()
    assert cut or seen.connections == 1  # cut to bytes, the last ones come after the answer
    assert all(f"Authorization: Bearer {CANARY}".encode() in r for r in seen.requests)


async def test_tls_to_a_plain_server_is_a_sentence(pool: Pool) -> None:
    async with fault_server([plain(b"", "400 Bad Request")]) as (url, _):
        address = parse_address(url.replace("http:", "https:"))
        found = await attempt(CompatibleProvider(address, pool), Deadlines(connect=0.3))
    assert isinstance(found.error, ConnectFailed)


@asynccontextmanager
async def proxy(status: bytes = b"200 OK") -> AsyncIterator[tuple[tuple[str, int], list[bytes]]]:
    """A proxy that tunnels to localhost, whatever it is asked for."""
    asked: list[bytes] = []
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 " + status + b"\r\n\r\n")
        if status.startswith(b"200"):
            port = int(asked[0].split(b" ")[1].partition(b":")[2])
            there, back = await asyncio.open_connection("127.0.0.1", port)
            for pair in ((reader, back), (there, writer)):
                tasks.add(asyncio.create_task(pump(*pair)))
        else:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[:2], asked
    finally:
        server.close()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_configured_proxy_tunnels_and_sees_no_key(pool: Pool) -> None:
    async with (
        fault_server([ok(*WHOLE)], tls=server_tls()) as (url, seen),
        proxy() as (where, asked),
    ):
        port = parse_address(url).endpoint.port
        address = Address(Endpoint("https", "localhost", port, where, str(PEM)), "/v1")
        found = await attempt(CompatibleProvider(address, pool, key=Secret(CANARY)))
        await pool.close()
    assert found.text == "Hello"
    assert len(seen.requests) == 1
    assert asked == [
        f"CONNECT localhost:{port} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode()
    ]


async def test_a_proxy_that_refuses_is_a_failed_connection(pool: Pool) -> None:
    async with proxy(b"407 Proxy Authentication Required") as (where, _):
        address = Address(Endpoint("https", "localhost", 1, where), "/v1")
        found = await attempt(CompatibleProvider(address, pool))
    assert isinstance(found.error, ConnectFailed)
    assert "407" in str(found.error)


async def test_proxies_of_the_environment_are_not_used(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxy() as (where, asked), fault_server([ok(*WHOLE)]) as (url, _):
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{where[0]}:{where[1]}")
        assert (await attempt(CompatibleProvider(parse_address(url), pool))).text == "Hello"
    assert asked == []


async def test_a_redirect_is_told_and_not_followed(pool: Pool) -> None:
    async with fault_server([ok(*WHOLE)]) as (elsewhere, other):
        answer = plain(b"", "308 Permanent Redirect", "text/plain", f"Location: {elsewhere}")
        async with fault_server([answer]) as (url, seen):
            found = await attempt(CompatibleProvider(parse_address(url), pool, key=Secret(CANARY)))
    assert found.error is not None
    assert elsewhere in str(found.error)
    assert (len(seen.requests), other.connections) == (1, 0)


async def test_a_key_the_server_echoes_is_masked_in_the_error(pool: Pool) -> None:
    body = b'{"error":{"message":"Incorrect API key provided: ' + CANARY.encode() + b'"}}'
    async with fault_server([plain(body, "401 Unauthorized")]) as (url, _):
        found = await attempt(CompatibleProvider(parse_address(url), pool, key=Secret(CANARY)))
    assert found.error is not None
    shown = (
        f"{found.error} {found.error.hint} {found.error.body} {found.error!r} {found.error.args}"
    )
    assert CANARY not in shown
    assert "Incorrect API key" in shown


async def test_a_key_is_asked_for_with_the_lanes_own_origin_only() -> None:
    asked: list[tuple[str, str]] = []

    def secret(name: str, base_url: str) -> str | None:
        asked.append((name, base_url))
        return CANARY if base_url.startswith("https://mine.example") else None

    services = Services(secret)
    make(Lane("a", "compatible", "m", base_url="https://mine.example/v1", key_env="K"), services)
    make(Lane("b", "compatible", "m", base_url="https://other.example/v1", key_env="K"), services)
    assert asked == [("K", "https://mine.example/v1"), ("K", "https://other.example/v1")]
    await services.close()
