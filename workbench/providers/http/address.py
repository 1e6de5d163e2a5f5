"""Where requests go: a base URL taken apart and judged before a byte leaves."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote, urlsplit

from workbench.errors import ConfigError
from workbench.records import dataclass

_UNSAFE = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One origin as connections know it: two requests share connections if these are equal.

    ``proxy`` is ``host:port`` of an HTTP proxy that tunnels (CONNECT); ``ca_file`` names a file of
    certificates to trust instead of the system's.
    """

    scheme: str
    host: str
    port: int
    proxy: tuple[str, int] | None = None
    ca_file: str | None = None

    @property
    def secure(self) -> bool:
        """True when TLS is used."""
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """``host`` or ``host:port``, as the Host header wants it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        standard = 443 if self.secure else 80
        return host if self.port == standard else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """``scheme://host[:port]``: what a key is bound to."""
        return f"{self.scheme}://{self.authority}"


@dataclass(frozen=True, slots=True)
class Address:
    """A base URL: its endpoint, the path requests are put under, and a query to keep."""

    endpoint: Endpoint
    path: str
    query: str = ""

    def target(self, tail: str) -> str:
        """Return the request target for *tail*, e.g. ``/v1`` + ``/chat/completions``."""
        return self.path + tail + (f"?{self.query}" if self.query else "")


def is_loopback(host: str) -> bool:
    """Return True for ``localhost`` and loopback addresses."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_address(
    base_url: str,
    *,
    allow_http: bool = False,
    proxy: str | None = None,
    ca_file: str | None = None,
) -> Address:
    """Take a base URL apart.

    Plain ``http`` is accepted to this machine alone unless *allow_http* is set. The proxy is not
    used for this machine.

    Raises:
        ConfigError: not an http(s) URL, credentials inside, or plain http to another machine.
    """
    split, host, port = _split(base_url)
    secure = split.scheme == "https"
    loopback = is_loopback(host)
    if not secure and not loopback and not allow_http:
        raise ConfigError(
            f"Plain http to {host} would send prompt and key readable by anyone on the way.",
            "Use https, or set allow_http = true in the lane's options for a server you trust.",
        )
    via = None if proxy is None or loopback else _proxy(proxy)
    if via and not secure:
        raise ConfigError(
            "A proxy is used for https only.", "Use https, or remove the proxy from the lane."
        )
    endpoint = Endpoint(split.scheme, host, port, via, ca_file)
    path = quote(split.path.rstrip("/"), safe="/%:@!$&'()*+,;=~-._")
    return Address(endpoint, path, quote(split.query, safe="/%:@!$&'()*+,;=~-._?"))


def _split(url: str) -> tuple[_Split, str, int]:
    hint = "A base URL looks like https://api.example.com/v1 or http://127.0.0.1:8080/v1."
    try:
        split = urlsplit(url.strip())
        host, port = split.hostname or "", split.port
    except ValueError as error:
        raise ConfigError(f"{url!r} is not a URL: {error}.", hint) from None
    if split.scheme not in ("http", "https") or not host or _UNSAFE.search(url.strip()):
        raise ConfigError(f"{url!r} is not an http or https URL.", hint)
    if split.username is not None or split.password is not None:
        raise ConfigError(
            "A base URL must not contain a user name or password.",
            "Name the key's environment variable in key_env instead.",
        )
    if split.fragment:
        raise ConfigError(f"{url!r} has a fragment (#), which no server sees.", hint)
    try:
        host.encode("ascii")
    except UnicodeEncodeError:
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            raise ConfigError(f"{host!r} is not a host name.", hint) from None
    if port is None:
        port = 443 if split.scheme == "https" else 80
    return _Split(split.scheme, split.path, split.query), host, port


@dataclass(frozen=True, slots=True)
class _Split:
    scheme: str
    path: str
    query: str


def _proxy(url: str) -> tuple[str, int]:
    split, host, port = _split(url if "://" in url else f"http://{url}")
    if split.scheme != "http" or split.path.strip("/") or split.query:
        raise ConfigError(
            f"{url!r} is not a proxy this client can use.", "Write it as http://host:port."
        )
    return host, port
