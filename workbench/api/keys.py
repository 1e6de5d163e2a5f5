"""Keys: from the environment or the system's keyring, bound to the origins the user configured."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import Literal
from urllib.parse import urlsplit

from workbench.config.settings import Settings
from workbench.errors import ConfigError
from workbench.model.confidential import public, references, secrets_of
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
            (name, origin_of(lane.base_url))
            for lane in lanes
            if lane.base_url
            for name in (lane.key_env, *references(lane))
        }
        self._declared = lanes
        self._written = set().union(*map(secrets_of, lanes))
        self.names = {name for name, _ in self._approved if name}
        self._found: dict[str, str | None] = {}

    def __call__(self, name: str, base_url: str) -> str | None:
        """Return the key *name* for *base_url*, or None: no such key, or not for this origin."""
        if (name, origin_of(base_url)) not in self._approved:
            return None
        return self._value(name)

    def own(self, lane: Lane) -> Lane | None:
        """Return *lane* as the user's own settings connect it, or None: no lane of theirs sends
        there, in that way.

        A proxy, a header or a certificate of somebody else's would be as bad as an address. Secrets
        are not compared: a recorded lane holds stars in their place, and gets the user's own.
        """
        shown = public(resolve(lane))
        if shown.base_url is None:
            return lane
        for own in self._declared:
            known = public(own)
            if (shown.base_url, shown.key_env, shown.options) == (
                known.base_url,
                known.key_env,
                known.options,
            ):
                return replace(lane, base_url=own.base_url, options=own.options)
        return None

    def source(self, name: str) -> KeySource:
        """Return where the key *name* is."""
        if self._environment.get(name, "").strip():
            return "environment"
        return "keyring" if self._value(name) else "missing"

    def values(self) -> Iterable[str]:
        """Return every key there is, and every secret that stands in a lane's own settings: what
        must never be written anywhere.
        """
        kept = [value for name in sorted(self.names) if (value := self._value(name))]
        return [*kept, *sorted(self._written)]

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
