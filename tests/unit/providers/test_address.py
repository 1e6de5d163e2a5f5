"""Base URLs and keys: judged before a byte leaves."""

import pickle
import traceback

import pytest

from workbench.errors import ConfigError
from workbench.providers.http.address import parse_address
from workbench.providers.http.exchange import encode_request
from workbench.providers.secret import Secret


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/v1",
        "http://192.168.0.7:8080",
        "ftp://127.0.0.1",
        "https://user:pass@example.com",
        "https://",
        "example.com/v1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1/a\r\nX: y",
        "https://example.com/#part",
        "https://exa mple.com",
        "http://localhost.evil.com",
        "http://127.0.0.1.evil.com",
    ],
)
def test_an_unusable_or_unsafe_base_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_address(url)
    assert "pass@" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "authority", "target"),
    [
        ("http://127.0.0.1:8080/v1/", "127.0.0.1:8080", "/v1/x"),
        ("http://localhost", "localhost", "/x"),
        ("http://[::1]:80", "[::1]", "/x"),
        ("https://API.example.com/a b?api-version=1", "api.example.com", "/a%20b/x?api-version=1"),
        ("https://bücher.example/v1", "xn--bcher-kva.example", "/v1/x"),
    ],
)
def test_a_base_url_is_taken_apart(url: str, authority: str, target: str) -> None:
    if " " in url:
        url = url.replace(" ", "%20")
    address = parse_address(url)
    assert address.endpoint.authority == authority
    assert address.target("/x") == target


def test_plain_http_to_another_machine_needs_permission() -> None:
    assert parse_address("http://192.168.0.7", allow_http=True).endpoint.host == "192.168.0.7"


def test_a_proxy_is_used_for_other_machines_only() -> None:
    assert parse_address("https://a.example", proxy="http://p:3128").endpoint.proxy == ("p", 3128)
    assert parse_address("http://127.0.0.1:1", proxy="http://p:3128").endpoint.proxy is None


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\0"])
def test_a_header_cannot_smuggle_another(value: str) -> None:
    address = parse_address("http://127.0.0.1:1")
    with pytest.raises(ConfigError):
        encode_request("POST", address, "/x", [("Authorization", value)])


def test_a_key_shows_in_no_representation() -> None:
    key = Secret("sk-canary")
    shown = f"{key} {key!r} {key!s} {[key]} {key:>20}"
    assert "canary" not in shown
    assert key.scrub("bad key sk-canary!") == "bad key *********!"
    with pytest.raises(TypeError):
        pickle.dumps(key)
    shown = "".join(traceback.format_exception(RuntimeError("request failed", key)))
    assert "canary" not in shown
