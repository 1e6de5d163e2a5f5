"""The screen in a browser: who gets in, and that all of it works in a real one."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import re
import signal
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.tui.chromium import CTRL, Chromium, Tab
from tests.tui.serving import Serving, gone
from workbench.tui.web.guard import Admitted, Guard, Refused
from workbench.tui.web.line import MOST_WAITING, Line
from workbench.tui.web.server import ASSETS

NOTES = ASSETS / "README.md"

# -- the guard ------------------------------------------------------------------------------------


def headers(host: str = "127.0.0.1:8000", **more: str) -> Headers:
    return Headers({"Host": host, **more})


def cookie_of(guard: Guard) -> str:
    """Use up a token; return the cookie a browser sends from then on."""
    admitted = guard.admit(guard.address.partition("8000")[2], headers())
    assert isinstance(admitted, Admitted)
    return admitted.cookie.partition(";")[0]


def test_a_token_is_good_once_and_for_the_page_alone():
    spent = []
    guard = Guard(8000, lambda: spent.append(guard.address))
    first = guard.address.partition("8000")[2]
    admitted = guard.admit(first, headers())
    assert isinstance(admitted, Admitted)
    assert admitted.place == "page"
    assert "HttpOnly" in admitted.cookie
    assert "SameSite=Strict" in admitted.cookie
    assert f"Path={guard.base}" in admitted.cookie
    assert isinstance(guard.admit(first, headers()), Refused)
    assert spent == [guard.address]
    assert guard.address.partition("8000")[2] != first
    asset = first.replace("?", "xterm.js?")
    assert isinstance(guard.admit(asset, headers()), Refused)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1", "127.0.0.1:8001", "0.0.0.0:8000", ""]
)
def test_another_host_is_refused_even_with_token_and_cookie(host: str):
    guard = Guard(8000)
    cookie = cookie_of(guard)
    target = guard.address.partition("8000")[2]
    assert isinstance(guard.admit(target, headers(host, Cookie=cookie)), Refused)


def test_two_hosts_are_refused():
    guard = Guard(8000)
    found = headers(Cookie=cookie_of(guard))
    found["Host"] = "127.0.0.1:8000"
    assert isinstance(guard.admit(guard.base, found), Refused)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "http://127.0.0.1:8001",
        "https://127.0.0.1:8000",
        "http://localhost:8000",
        "http://127.0.0.1:8000.evil.example",
    ],
)
def test_only_the_pages_own_origin_gets_the_line(origin: str | None):
    guard = Guard(8000)
    more = {"Cookie": cookie_of(guard), **({} if origin is None else {"Origin": origin})}
    assert isinstance(guard.admit(guard.base + "socket", headers(**more)), Refused)
    more["Origin"] = "http://127.0.0.1:8000"
    assert guard.admit(guard.base + "socket", headers(**more)) == Admitted("socket")


@pytest.mark.parametrize("cookie", ["", "workbench=", "workbench=x", "other=1", '";=, ;', "a" * 9])
def test_without_the_cookie_nothing_is_served(cookie: str):
    guard = Guard(8000)
    cookie_of(guard)
    for name in ("", "xterm.js", "page.js", "socket", "../secret", "?token="):
        found = guard.admit(
            guard.base + name, headers(Cookie=cookie, Origin="http://127.0.0.1:8000")
        )
        assert isinstance(found, Refused), name


def test_outside_its_path_there_is_nothing_for_anybody():
    guard = Guard(8000)
    more = headers(Cookie=cookie_of(guard))
    token = guard.address.partition("?")[2]
    for target in ("/", f"/?{token}", "/favicon.ico", f"/other/?{token}", f"//{guard.base}"):
        assert isinstance(guard.admit(target, more), Refused), target


# -- the line -------------------------------------------------------------------------------------


async def test_what_is_drawn_while_nobody_looks_is_dropped_and_drawn_anew():
    line = Line()
    line.draw_all = lambda: line.write("all of it")
    line.write("unseen")
    line.look(100, 40)
    line.write(", and more")
    assert await line.take() == b"all of it, and more"
    assert line.size == (100, 40)
    line.look_away()
    line.write("unseen")
    line.look(100, 40)
    assert await line.take() == b"all of it"


async def test_a_page_that_cannot_keep_up_gets_one_whole_picture_instead_of_everything():
    line = Line()
    line.draw_all = lambda: line.write("all of it")
    line.look(80, 24)
    for _ in range(MOST_WAITING // 1_000_000 + 2):
        line.write("x" * 1_000_000)
    assert await line.take() == b"all of it"


@pytest.mark.parametrize(("asked", "given"), [((0, -3), (1, 1)), ((99999, 99999), (500, 300))])
def test_a_page_cannot_ask_for_any_size(asked, given):
    line = Line()
    line.look(*asked)
    assert line.size == given


# -- the server -----------------------------------------------------------------------------------


def ask(address: str, *, path: str | None = None, **more: str) -> http.client.HTTPResponse:
    """Send one request, with exactly these headers beside the usual ones."""
    url = urlsplit(address)
    line = http.client.HTTPConnection(url.hostname or "", url.port, timeout=20)
    line.request("GET", path or f"{url.path}?{url.query}", headers=more)
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer


async def drain(line: ClientConnection) -> None:
    while True:
        await asyncio.wait_for(line.recv(), 20)


async def knock(address: str, **more: str) -> None:
    url = address.replace("http://", "ws://") + "socket"
    async with connect(url, additional_headers=more, proxy=None):
        pass


async def test_the_server_lets_in_nobody_without_token_cookie_host_and_origin(tmp_path):
    with Serving(tmp_path) as serving:
        origin = serving.address.partition("/?")[0].rpartition("/")[0]
        assert origin.startswith("http://127.0.0.1:")
        first = serving.address
        refused = [
            ask(serving.base),
            ask(first, path="/"),
            ask(serving.base + "xterm.js"),
            ask(first + "x"),
            ask(first, Host="evil.example"),
            ask(first, Host=f"evil.example:{urlsplit(first).port}"),
        ]
        assert [answer.status for answer in refused] == [403] * len(refused)
        answer = ask(first)
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert ask(first).status == 403  # used up
        assert serving.next_address() != first
        assert ask(serving.base, Cookie=cookie).status == 200
        assert ask(serving.base + "guard.py", Cookie=cookie).status == 404
        assert ask(serving.base + "..%2f..%2fapp.py", Cookie=cookie).status == 404
        for wrong in (
            {},
            {"Origin": origin},
            {"Cookie": cookie},
            {"Cookie": cookie, "Origin": "http://evil.example"},
            {"Cookie": cookie + "x", "Origin": origin},
        ):
            with pytest.raises(InvalidStatus, match="403"):
                await knock(serving.base, **wrong)
        await knock(serving.base, Cookie=cookie, Origin=origin)
        engine = serving.engine()
        assert serving.stop(signal.SIGINT) == 130
        assert gone(engine)


async def test_a_page_that_talks_nonsense_is_cut_off_and_the_screen_goes_on(tmp_path):
    with Serving(tmp_path) as serving:
        cookie = ask(serving.address).headers["Set-Cookie"].partition(";")[0]
        own = {"Cookie": cookie, "Origin": serving.base.rpartition("/")[0].rpartition("/")[0]}
        address = serving.base.replace("http://", "ws://") + "socket"
        for nonsense in ("{", '{"t":"run","keys":"x"}', '{"t":"look","columns":"9"}', b"\xff"):
            async with connect(address, additional_headers=own, proxy=None) as line:
                await line.send(nonsense)
                with pytest.raises(ConnectionClosed):
                    await drain(line)
        async with connect(address, additional_headers=own, proxy=None) as line:
            await line.send('{"t":"look","columns":80,"rows":24}')
            seen = b""
            while b"workbench" not in seen:
                told = await asyncio.wait_for(line.recv(), 20)
                seen += told if isinstance(told, bytes) else b""
        assert serving.stop(signal.SIGTERM) == 143


def test_a_port_that_is_taken_is_a_sentence_and_exit_code_2(tmp_path):
    with Serving(tmp_path) as serving:
        port = str(urlsplit(serving.address).port)
        with pytest.raises(AssertionError, match=f"Port {port} of 127.0.0.1 cannot be used"):
            Serving(tmp_path, "--port", port)


# -- a browser ------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def browser_on(serving: Serving, profile: Path) -> AsyncIterator[tuple[Chromium, Tab]]:
    """Open the screen in a browser; in the end nothing was asked of anybody else."""
    async with Chromium(profile) as browser:
        tab = await browser.tab()
        await tab.size(1100, 700)
        await tab.open(serving.address)
        await tab.until("checks")
        yield browser, tab
        address = serving.base.split("//")[1].partition("/")[0]
        assert browser.requested() == {f"http://{address}", f"ws://{address}"}
        assert browser.complaints() == []


@pytest.mark.needs("chromium")
async def test_the_loop_goes_on_over_a_reload_of_the_page(tmp_path: Path):
    with Serving(tmp_path) as serving:
        async with browser_on(serving, tmp_path / "profile") as (_, tab):
            assert await tab.eval("location.search") == ""  # the token has left the address
            await tab.until("▸user")
            await tab.type("qzqz ")
            await tab.until("qzqz")
            await tab.press("j", CTRL)
            await tab.until(lambda seen: "failed" in seen and "passed" in seen)
            await tab.until(lambda seen: '{"umbrellas": 3}' in seen and "Sure! Here it is" in seen)

            await tab.call("Page.reload")
            await tab.until(lambda seen: "Sure! Here it is" in seen and "qzqz" in seen)
            await tab.press("Enter", CTRL)
            await tab.until("[2")
            await tab.press("F1")
            await tab.until("Keys and signs")
            await tab.press("Escape")
            await tab.until(lambda seen: "Keys and signs" not in seen)
            await tab.press("d", CTRL)
            await tab.until("identical")
            await tab.press("Escape")
            await tab.until(lambda seen: "identical" not in seen)
            columns = "document.querySelector('.xterm-rows > div').innerText.length"
            wide = int(str(await tab.eval(columns)))
            await tab.size(800, 500)
            await tab.until(lambda seen: max(map(len, seen.splitlines())) < wide)

            engine = serving.engine()
            await tab.press("q", CTRL)
            await tab.until("Workbench has ended")
            assert serving.process.wait(20) == 0
            assert gone(engine)


@pytest.mark.needs("chromium")
async def test_answers_are_copied_and_pages_take_the_screen_over(tmp_path: Path):
    with Serving(tmp_path) as serving:
        async with browser_on(serving, tmp_path / "profile") as (browser, tab):
            await tab.press("j", CTRL)
            await tab.until(lambda seen: '{"umbrellas": 3}' in seen and "passed" in seen)
            parts = "[document.body, document.querySelector('.xterm-scrollable-element')]"
            grounds = await tab.eval(f"{parts}.map(e => getComputedStyle(e).backgroundColor)")
            assert grounds == [grounds[0]] * 2 != ["rgb(0, 0, 0)"] * 2  # the theme's, edge to edge
            allowed = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
            await browser.call("Browser.grantPermissions", **allowed)
            for _ in range(2):
                before = await tab.shown()
                await tab.press("l", CTRL)
                await tab.until(lambda seen, before=before: seen != before)
            await tab.until("▌ large")
            await tab.press("c")
            await tab.until("Copied the answer of large")
            copied = "navigator.clipboard.readText()"
            for _ in range(200):
                if await tab.eval(copied) == '{"umbrellas": 3}':
                    break
                await asyncio.sleep(0.02)
            assert await tab.eval(copied) == '{"umbrellas": 3}'

            other = await browser.tab()
            await other.open(serving.base)
            await other.until("Sure! Here it is")
            await tab.until("shown in another page")
            await browser.call("Target.activateTarget", targetId=tab.target)
            await tab.eval("document.querySelector('#notice button').click()")
            await tab.until(lambda seen: "another page" not in seen and "Sure! Here" in seen)
            await other.until("shown in another page")
            assert serving.stop(signal.SIGTERM) == 143
            await tab.until("Workbench has ended")


def test_what_is_not_ours_in_the_page_is_what_its_makers_published():
    row = re.compile(r"^\| `(.+?)` .+ `([0-9a-f]{64})` \|$", re.MULTILINE)
    listed = dict(row.findall(NOTES.read_text()))
    files = {path.name for path in NOTES.parent.glob("*.js")} - {"page.js"}
    assert files <= set(listed)
    for name, digest in listed.items():
        assert sha256((NOTES.parent / name).read_bytes()).hexdigest() == digest
