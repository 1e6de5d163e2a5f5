"""The page of keys lists every action there is, as it is."""

from __future__ import annotations

from pathlib import Path

from workbench.tui.bindings import ACTIONS, SCOPES, key_label
from workbench.tui.web.launch import BROWSER_KEYS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "keys.md"


def table() -> str:
    """The tables of the page; print them to renew it."""
    out = []
    for scope, title in SCOPES.items():
        out += [f"## {title}", "", "| action | keys | what it does |", "|---|---|---|"]
        for action in ACTIONS:
            if action.scope == scope:
                keys = ", ".join(f"`{key_label(key)}`" for key in action.keys.split(","))
                out.append(f"| `{action.id}` | {keys} | {action.help} |")
        out.append("")
    return "\n".join(out).strip()


def test_the_page_lists_every_action_with_its_keys():
    assert table() in PAGE.read_text(encoding="utf-8")


def test_no_key_of_one_place_means_two_things():
    for other in ({}, BROWSER_KEYS):
        for scope in SCOPES:
            actions = [a for a in ACTIONS if a.scope in (scope, "app")]
            keys = [k for a in actions for k in other.get(a.id, a.keys).split(",")]
            assert len(keys) == len(set(keys))
