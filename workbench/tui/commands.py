"""The command palette lists every action there is."""

from __future__ import annotations

from collections.abc import Iterable

from textual.command import DiscoveryHit, Hit, Hits, Provider

from workbench.tui.bindings import ACTIONS, Action, key_label, keys_of


class Actions(Provider):
    """Every action, by its title, with its key and what it does."""

    def _entries(self) -> Iterable[tuple[Action, str]]:
        keymap = getattr(self.app, "keymap", {})
        for action in ACTIONS:
            keys = ", ".join(key_label(key) for key in keys_of(action, keymap))
            yield action, f"{action.help}  {keys}"

    async def discover(self) -> Hits:
        """List everything while nothing is typed."""
        for action, text in self._entries():
            yield DiscoveryHit(action.title, self._doing(action), help=text)

    async def search(self, query: str) -> Hits:
        """List what matches."""
        matcher = self.matcher(query)
        for action, text in self._entries():
            found = query.casefold() in action.help.casefold()
            score = matcher.match(action.title) or (0.1 if found else 0.0)
            if score > 0:
                yield Hit(score, matcher.highlight(action.title), self._doing(action), help=text)

    def _doing(self, action: Action) -> Doing:
        return Doing(self, action)


class Doing:
    """Runs an action where the focus was when the palette opened."""

    def __init__(self, provider: Provider, action: Action) -> None:
        self.provider = provider
        self.action = action

    async def __call__(self) -> None:
        """Run it."""
        app = self.provider.app
        places = {"lane": self.provider.focused, "workbench": self.provider.screen, "app": app}
        await app.run_action(self.action.method, places[self.action.scope])
