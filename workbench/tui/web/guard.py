"""Who may see the screen: a token once, then a cookie; only this host, only this origin.

What it defends against: other programs and other users of this machine (they know no token), pages
of other sites in the same browser (their origin and host differ, and the cookie is not sent with
what they ask for), and servers on other ports of this machine (cookies know no ports, but they know
paths: everything lives below a path that nobody else knows).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Literal, Protocol
from urllib.parse import parse_qs

from workbench.records import dataclass

TOKEN_BYTES = 32
COOKIE = "workbench"

Place = Literal["page", "asset", "socket"]


class Headers(Protocol):
    """What is needed of a request's headers."""

    def get_all(self, key: str) -> list[str]:
        """Return every value of a header, however it is written."""
        ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may go on: ``place`` says to what, ``name`` is an asset's file name and
    ``cookie`` the header to be set, when the token was used up for it.
    """

    place: Place
    name: str = ""
    cookie: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that may not; the reason is for the person who made it."""

    reason: str


class Guard:
    """Decides about every request by its path and headers alone.

    A token is good for one browser: :meth:`admit` uses it up and tells ``spent``, so that the
    next one can be shown. Comparisons take the same time however much of a guess is right.
    """

    def __init__(self, port: int, spent: Callable[[], None] = lambda: None) -> None:
        self.base = f"/{secrets.token_urlsafe(12)}/"
        self.hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self._token = secrets.token_urlsafe(TOKEN_BYTES)
        self._cookies: list[bytes] = []
        self._spent = spent

    @property
    def address(self) -> str:
        """The address to open, with the token that is good now."""
        return f"http://{self.hosts[0]}{self.base}?token={self._token}"

    def admit(self, target: str, headers: Headers) -> Admitted | Refused:
        """Decide about a request for *target* (path and query)."""
        hosts = headers.get_all("Host")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return Refused("This address is not the one that workbench serves.")
        path, _, query = target.partition("?")
        known = path.startswith(self.base) and self._known(headers)
        if path == self.base:
            return self._page(query, known)
        if not known:
            return Refused("Open the address that workbench serve has printed.")
        if path == self.base + "socket":
            if headers.get_all("Origin") != [f"http://{hosts[0].lower()}"]:
                return Refused("Only the page itself may talk to the screen.")
            return Admitted("socket")
        return Admitted("asset", path.removeprefix(self.base))

    def _page(self, query: str, known: bool) -> Admitted | Refused:
        given = parse_qs(query).get("token", [""])[0]
        if not known and secrets.compare_digest(
            given.encode("utf-8", "replace"), self._token.encode()
        ):
            self._token = secrets.token_urlsafe(TOKEN_BYTES)
            cookie = secrets.token_urlsafe(TOKEN_BYTES)
            self._cookies.append(sha256(cookie.encode()).digest())
            self._spent()
            header = f"{COOKIE}={cookie}; Path={self.base}; HttpOnly; SameSite=Strict"
            return Admitted("page", cookie=header)
        if known:
            return Admitted("page")
        return Refused("The token is missing, wrong or used: see what workbench serve has printed.")

    def _known(self, headers: Headers) -> bool:
        for value in headers.get_all("Cookie"):
            try:
                morsel = SimpleCookie(value).get(COOKIE)
            except CookieError:
                continue
            given = (
                sha256(morsel.value.encode("utf-8", "replace")).digest()
                if morsel is not None
                else b""
            )
            # every one is compared, so that the time does not say which
            if sum(secrets.compare_digest(given, cookie) for cookie in self._cookies):
                return True
        return False
