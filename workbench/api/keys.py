"""Keys: from the environment or the system's keyring, bound to the origins the user configured."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import Literal
from urllib.parse import urlsplit

from workbench.config.settings import Settings
from workbench.errors import ConfigError
from workbench.model.lane import Lane
from workbench.providers.presets import resolve

SERVICE = "workbench"
"""The service under which keys stand in the keyring; the user name is the variable's name."""

KeySource = Literal["environment", "keyring", "missing"]


class Keys:
    """Looks keys up. A key goes only to an origin that the user's own settings name with it: a
    lane out of somebody else's session gets none.
    """

    def __init__(self, settings: Settings, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        lanes = [resolve(lane) for lane in settings.lanes.values()]
        self._approved = {
            (lane.key_env, origin_of(lane.base_url)) for lane in lanes if lane.base_url
        }
        self._declared = lanes
        self.names = {lane.key_env for lane in lanes if lane.key_env}
        self._found: dict[str, str | None] = {}

    def __call__(self, name: str, base_url: str) -> str | None:
        """Return the key *name* for *base_url*, or None: no such key, or not for this origin."""
        if (name, origin_of(base_url)) not in self._approved:
            return None
        return self._value(name)

    def declares(self, lane: Lane) -> bool:
        """Return whether the user's own settings name where *lane* sends, and how it gets there.

        A proxy or a certificate of somebody else's would be as bad as an address.
        """
        lane = resolve(lane)
        return lane.base_url is None or any(
            (lane.base_url, lane.key_env, lane.options) == (own.base_url, own.key_env, own.options)
            for own in self._declared
        )

    def source(self, name: str) -> KeySource:
        """Return where the key *name* is."""
        if self._environment.get(name, "").strip():
            return "environment"
        return "keyring" if self._value(name) else "missing"

    def values(self) -> Iterable[str]:
        """Return every key there is: what must never be written anywhere."""
        return [value for name in sorted(self.names) if (value := self._value(name))]

    def _value(self, name: str) -> str | None:
        if value := self._environment.get(name, "").strip():
            return value
        if name not in self._found:
            self._found[name] = (from_keyring(name) or "").strip() or None
        return self._found[name]


def from_keyring(name: str) -> str | None:
    """Return a key from the system's keyring; None when it has none, or there is no keyring."""
    if find_spec("keyring") is None:
        return None
    import keyring

    try:
        return keyring.get_password(SERVICE, name)
    except _keyring_failures():
        return None


def store_in_keyring(name: str, value: str) -> None:
    """Keep a key in the system's keyring.

    Raises:
        ConfigError: there is no keyring, or it refuses.
    """
    hint = f"Set the environment variable {name} instead."
    if find_spec("keyring") is None:
        raise ConfigError(
            "The keyring package is not installed.", f'{hint} Or: pip install "workbench[keyring]".'
        )
    import keyring

    try:
        keyring.set_password(SERVICE, name, value)
    except _keyring_failures() as error:
        raise ConfigError(f"The system's keyring cannot keep the key: {error}.", hint) from None


def _keyring_failures() -> tuple[type[Exception], ...]:
    """Its own errors, and those of a backend that is configured but cannot be loaded or reached."""
    from keyring.errors import KeyringError

    return KeyringError, ImportError, AttributeError, OSError


def origin_of(url: str | None) -> str:
    """Return ``scheme://host:port`` with the standard port filled in."""
    try:
        parts = urlsplit(url or "")
        port = parts.port
    except ValueError:
        return "nowhere"
    scheme = parts.scheme.lower()
    return (
        f"{scheme}://{(parts.hostname or '').lower()}:{port or (443 if scheme == 'https' else 80)}"
    )
