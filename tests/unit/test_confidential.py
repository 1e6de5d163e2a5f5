"""Secrets in a lane's own settings are told by their names, and shown nowhere."""

from workbench.model.confidential import MASKED, public, references, secrets_of
from workbench.model.lane import Lane, Params

OPEN = {"X-Title": "workbench", "Accept-Language": "en", "X-Trace": "on"}
SECRET = {
    "Authorization": "Bearer abcdef-123456",
    "x-api-key": "key-1234567890",
    "X-Auth-Token": "t0",
    "Cookie": "theme=dark; sid=0123456789abcdef",
    "Proxy-Authorization": "Basic dXNlcjpwYXNz",
    "X-My-Secret": "s3cr3t-s3cr3t",
}
REFERENCES = {"api-key": "env:MY_KEY", "X-Token": "Bearer env:OTHER"}
LANE = Lane(
    "a",
    "compatible",
    "m",
    base_url="https://x.example/v1?api-version=2&key=AIza0123456789",
    params=Params(extra={"top_k": 4, "auth": {"api_key": "body-key-123"}, "stop_token": "###"}),
    options={"headers": {**OPEN, **SECRET, **REFERENCES}, "usage": False},
)


def test_every_secret_is_found_whole_and_without_its_scheme() -> None:
    found = secrets_of(LANE)
    assert set(SECRET.values()) <= found
    assert {"abcdef-123456", "0123456789abcdef", "AIza0123456789", "body-key-123"} <= found
    assert "dXNlcjpwYXNz" in found
    assert not found & {"Bearer", "Basic", "theme", "sid"}  # ordinary words stay readable
    assert not found & {*OPEN.values(), *REFERENCES.values(), "###", "2"}


def test_the_public_lane_holds_no_secret_however_short_and_everything_else() -> None:
    shown = public(LANE)
    headers = shown.options["headers"]
    assert headers == OPEN | dict.fromkeys(SECRET, MASKED) | REFERENCES
    assert shown.base_url == f"https://x.example/v1?api-version=2&key={MASKED}"
    assert shown.params.extra == {"top_k": 4, "auth": {"api_key": MASKED}, "stop_token": "###"}
    assert shown.options["usage"] is False
    assert public(shown) == shown


def test_references_are_names_and_no_secrets() -> None:
    assert references(LANE) == {"MY_KEY", "OTHER"}


def test_settings_of_other_types_are_left_alone() -> None:
    odd = Lane("a", "compatible", "m", base_url="http://[", options={"headers": 5, "key": [1]})
    assert public(odd) == odd
    assert secrets_of(odd) == references(odd) == set()
