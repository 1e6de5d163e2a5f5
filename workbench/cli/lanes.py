"""``workbench lanes``: what is declared, whether it works, and its key."""

from __future__ import annotations

from dataclasses import asdict

import click

from workbench.api import keys
from workbench.api import lanes as api
from workbench.api.setup import settings_for
from workbench.cli import diagnostics, output
from workbench.cli.group import Group
from workbench.errors import ConfigError
from workbench.providers.presets import resolve

_MARKS = {True: "ok", False: "failed", None: "-"}


@click.group(cls=Group)
def lanes() -> None:
    """List the declared lanes, check one, store a key."""


@lanes.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(*, as_json: bool) -> None:
    """List every declared lane: provider, model, address, whether its key is there, and its cap.

    The cap is the `max_tokens` that is sent.
    """
    rows = api.list_lanes(settings_for())
    if as_json:
        output.document({"v": 1, "lanes": [asdict(row) for row in rows]})
        return
    output.table(
        ("lane", "provider", "model", "where", "key", "cap", "declared in"),
        [
            (
                row.name,
                row.provider,
                row.model,
                row.where,
                f"{row.key_name}: {row.key}" if row.key_name else row.key,
                "–" if row.max_tokens is None else str(row.max_tokens),
                row.declared,
            )
            for row in rows
        ],
    )


@lanes.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def check(ctx: click.Context, *, name: str, as_json: bool) -> None:
    """Try the lane NAME: its key, a connection, its list of models, and one token.

    Sends one short request, which may cost a fraction of a cent. Exit code 3 when a step fails.
    """
    found = api.check_lane(settings_for(), name)
    if as_json:
        steps = [asdict(step) for step in found.steps]
        output.document(
            {"v": 1, "lane": name, "ok": found.ok, "steps": steps, "models": list(found.models)}
        )
    else:
        output.table(
            ("step", "", "ms", "what"),
            [
                (s.name, _MARKS[s.ok], "" if s.ms is None else f"{s.ms:.1f}", s.message)
                for s in found.steps
            ],
        )
        for step in found.steps:
            if step.ok is False and step.hint:
                diagnostics.say(f"hint: {step.hint}")
    ctx.exit(0 if found.ok else 3)


@lanes.command()
@click.argument("name")
def key(*, name: str) -> None:
    """Store the key of the lane NAME in the system's keyring; it is asked for, never shown.

    Raises:
        ConfigError: the lane needs no key, or there is no keyring.
    """
    lane = resolve(settings_for().lane(name))
    if not lane.key_env:
        raise ConfigError(f"The lane {name} needs no key.", "Name one in its key_env.")
    value = str(click.prompt(f"Key for {lane.base_url}", hide_input=True, err=True)).strip()
    if not value:
        raise ConfigError("That is no key: nothing but white space.", "Nothing was stored.")
    keys.store_in_keyring(lane.key_env, value)
    diagnostics.say(f"{lane.key_env}: stored in the keyring")
