"""A headless Chromium, driven through its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Self

from websockets.asyncio.client import ClientConnection, connect

CODES = {
    "Enter": 13,
    "Escape": 27,
    "Tab": 9,
    "F1": 112,
    "F2": 113,
    "F5": 116,
    "F6": 117,
    "F10": 121,
}
CTRL = 2


class Tab:
    """One page: its session within the browser's connection."""

    def __init__(self, browser: Chromium, session: str, target: str) -> None:
        self.browser = browser
        self.session = session
        self.target = target

    async def call(self, method: str, **params: object) -> dict:
        return await self.browser.call(method, self.session, **params)

    async def open(self, address: str) -> None:
        await self.call("Page.navigate", url=address)

    async def eval(self, expression: str) -> object:
        done = await self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    async def shown(self) -> str:
        """Return the rows the person sees, as text."""
        rows = "[...document.querySelectorAll('.xterm-rows > div')].map(r => r.innerText)"
        found = await self.eval(f"{rows}.join('\\n') + '\\n' + (document.body?.innerText ?? '')")
        return str(found).replace("\u00a0", " ")

    async def until(self, text: str | Callable[[str], bool], seconds: float = 30) -> str:
        """Wait until the page shows *text*, or what it shows satisfies it."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            seen = await self.shown()
            if text(seen) if callable(text) else text in seen:
                return seen
            assert asyncio.get_running_loop().time() < end, seen
            await asyncio.sleep(0.05)

    async def press(self, key: str, modifiers: int = 0) -> None:
        code = CODES.get(key) or ord(key.upper())
        known = {
            "key": key,
            "code": key if key in CODES else f"Key{key.upper()}",
            "windowsVirtualKeyCode": code,
            "modifiers": modifiers,
        }
        text = key if len(key) == 1 and not modifiers else ""
        await self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **known)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **known)

    async def type(self, text: str) -> None:
        for char in text:
            await self.press(char)

    async def size(self, width: int, height: int) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def picture(self) -> bytes:
        """Return what the page looks like, as PNG."""
        done = await self.call("Page.captureScreenshot")
        return base64.b64decode(done["data"])


class Chromium:
    """The browser; ``said`` holds every event of every tab."""

    def __init__(self, profile: Path) -> None:
        self.profile = profile
        self.said: list[dict] = []
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict]] = {}

    def start(self) -> None:
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        profile = f"--user-data-dir={self.profile}"
        self.process = subprocess.Popen(
            [*command, "--remote-debugging-port=0", profile, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    async def __aenter__(self) -> Self:
        self.start()
        there = self.profile / "DevToolsActivePort"
        for _ in range(600):
            if there.exists() and len(there.read_text().splitlines()) == 2:
                break
            assert self.process.poll() is None
            await asyncio.sleep(0.05)
        port, path = there.read_text().splitlines()
        address = f"ws://127.0.0.1:{port}{path}"
        self.line: ClientConnection = await connect(address, max_size=None, proxy=None)
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.call("Browser.close")
        self._reader.cancel()
        await self.line.close()
        await asyncio.to_thread(self.process.wait, 20)

    async def _read(self) -> None:
        async for text in self.line:
            told = json.loads(text)
            if "id" in told:
                self._waiting.pop(told["id"]).set_result(told)
            else:
                self.said.append(told)

    async def call(self, method: str, session: str = "", **params: object) -> dict:
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        told = {"id": number, "method": method, "params": params}
        await self.line.send(json.dumps({**told, **({"sessionId": session} if session else {})}))
        done = await asyncio.wait_for(self._waiting[number], 60) if number in self._waiting else {}
        assert "error" not in done, (method, done)
        return done["result"]

    async def tab(self) -> Tab:
        made = await self.call("Target.createTarget", url="about:blank")
        target = made["targetId"]
        attached = await self.call("Target.attachToTarget", targetId=target, flatten=True)
        tab = Tab(self, attached["sessionId"], target)
        for domain in ("Page", "Runtime", "Network", "Log"):
            await tab.call(f"{domain}.enable")
        await self.call("Target.activateTarget", targetId=target)
        return tab

    def requested(self) -> set[str]:
        """Return the origins that pages asked for anything."""
        asked = [e["params"] for e in self.said if e["method"] == "Network.requestWillBeSent"]
        lines = [e["params"] for e in self.said if e["method"] == "Network.webSocketCreated"]
        addresses = [a["request"]["url"] for a in asked] + [a["url"] for a in lines]
        return {match[0] for a in addresses if (match := re.match(r"(?:https?|wss?)://[^/]+", a))}

    def complaints(self) -> list[object]:
        """Return what the console of any page says: errors, and what a policy refused."""
        kinds = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
        return [event["params"] for event in self.said if event["method"] in kinds]
