"""The server on loopback: a few files, and one line to the page that shows the screen.

One page has the screen. Another one that opens takes it over, and the earlier one says so and can
have it back; so a page that was forgotten on another desktop never makes the screen too small.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from workbench.errors import UsageError
from workbench.records import dataclass
from workbench.tui.web.guard import Guard, Refused
from workbench.tui.web.line import Line

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
ASSETS = Path(__file__).with_name("assets")
ENDED, TAKEN = 4000, 4001
MOST_BYTES = 8_000_000
"""Bytes of one message from the page: a large paste."""

FILES = {
    "index.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "xterm.css": "text/css; charset=utf-8",
    "xterm.js": "text/javascript; charset=utf-8",
    "addon-fit.js": "text/javascript; charset=utf-8",
    "addon-unicode11.js": "text/javascript; charset=utf-8",
}

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self' {socket}; img-src data:; "
    "style-src 'self' 'unsafe-inline'; "  # the terminal in the page writes its own styles
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Look(msgspec.Struct, frozen=True, tag="look", tag_field="t"):
    """The page is there, or is seen again."""

    columns: int
    rows: int


class Resized(msgspec.Struct, frozen=True, tag="size", tag_field="t"):
    """The page has another size."""

    columns: int
    rows: int


class Keys(msgspec.Struct, frozen=True, tag="keys", tag_field="t"):
    """What was typed, clicked or pasted, as a terminal sends it."""

    keys: str


class Away(msgspec.Struct, frozen=True, tag="away", tag_field="t"):
    """The page is hidden."""


class Ground(msgspec.Struct, frozen=True, tag="ground", tag_field="t"):
    """To the page: the colour behind the screen."""

    ground: str


_FROM_PAGE = msgspec.json.Decoder(Look | Resized | Keys | Away)


@dataclass(frozen=True, slots=True)
class Show:
    """What the server shows: the line, and the colour behind the screen at any moment."""

    line: Line
    ground: Callable[[], str]


class PageServer:
    """Serves one screen. ``guard`` is there once :meth:`start` has found a port."""

    guard: Guard

    def __init__(self, show: Show, announce: Callable[[str], None]) -> None:
        self._show = show
        self._announce = announce
        self._server: Server | None = None
        self._page: ServerConnection | None = None

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; port 0 is any that is free.

        Raises:
            UsageError: the port is taken or not allowed.
        """
        try:
            self._server = await serve(
                self._line,
                HOST,
                port,
                process_request=self._answer,
                compression=None,
                max_size=MOST_BYTES,
                max_queue=64,
                server_header=None,
                logger=log,
                close_timeout=1,
            )
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(
                f"Port {port} of {HOST} cannot be used: {reason}.",
                "Leave --port out: any free one is taken.",
            ) from error
        found = self._server.sockets[0].getsockname()[1]
        self.guard = Guard(found, self._token_spent)

    def _token_spent(self) -> None:
        self._announce(f"Open in a browser. For another one: {self.guard.address}")

    async def close(self) -> None:
        """Tell the page that it is over, and stop listening."""
        if self._page is not None:
            await self._page.close(ENDED, "ended")
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    # -- files ----------------------------------------------------------------------------------

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a request for a file; None lets the line begin."""
        del connection
        found = self.guard.admit(request.path, request.headers)
        if isinstance(found, Refused):
            log.info("refused: %s", found.reason)
            return self._response(HTTPStatus.FORBIDDEN, found.reason + "\n")
        upgrade = "websocket" in ",".join(request.headers.get_all("Upgrade")).lower()
        if found.place == "socket":
            if upgrade:
                return None
            return self._response(HTTPStatus.BAD_REQUEST, "A line, not a file.\n")
        name = "index.html" if found.place == "page" else found.name
        if name not in FILES or upgrade:
            return self._response(HTTPStatus.NOT_FOUND, "There is nothing here.\n")
        response = self._response(HTTPStatus.OK, (ASSETS / name).read_bytes(), FILES[name])
        if found.cookie:
            response.headers["Set-Cookie"] = found.cookie
        return response

    def _response(
        self, status: HTTPStatus, body: bytes | str, kind: str = "text/plain; charset=utf-8"
    ) -> Response:
        data = body.encode() if isinstance(body, str) else body
        headers = Headers(
            {
                "Content-Type": kind,
                "Content-Length": str(len(data)),
                "Content-Security-Policy": POLICY.format(socket=self._sockets()),
                "Cache-Control": "no-store",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Cross-Origin-Resource-Policy": "same-origin",
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
                "X-Frame-Options": "DENY",
                "Connection": "close",
            }
        )
        return Response(status.value, status.phrase, headers, data)

    def _sockets(self) -> str:
        return " ".join(f"ws://{host}" for host in self.guard.hosts)

    # -- the line -------------------------------------------------------------------------------

    async def _line(self, connection: ServerConnection) -> None:
        """Serve one page for as long as it is there."""
        earlier, self._page = self._page, connection
        if earlier is not None:
            await earlier.close(TAKEN, "taken over")
        sender = asyncio.create_task(self._send(connection), name="to the page")
        try:
            async for message in connection:
                if self._page is connection:
                    self._heard(message)
        except ConnectionClosed:
            pass
        except msgspec.MsgspecError as error:
            log.warning("the page said what it should not: %s", error)
            await connection.close(1008, "not understood")
        finally:
            sender.cancel()
            if self._page is connection:
                self._page = None
                self._show.line.look_away()

    def _heard(self, message: str | bytes) -> None:
        line = self._show.line
        match _FROM_PAGE.decode(message):
            case Look(columns, rows) | Resized(columns, rows):
                line.look(columns, rows)
            case Keys(keys):
                line.enter(keys)
            case Away():
                line.look_away()

    async def _send(self, connection: ServerConnection) -> None:
        ground = ""
        with suppress(ConnectionClosed):
            while True:
                data = await self._show.line.take()
                now = self._show.ground()
                if now != ground:
                    ground = now
                    await connection.send(msgspec.json.encode(Ground(now)).decode())
                await connection.send(data)
