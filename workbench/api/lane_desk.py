"""Where lanes are written: what a form for them needs to know and to do.

Every change is made in one file, which is named beforehand, and only after the whole configuration
with that change has been read as it would be at the next start. A key's value is never asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import msgspec

from workbench.api.keys import Keys
from workbench.api.lanes import LaneRow, list_lanes, try_lane
from workbench.checks.syntax import parse_check
from workbench.config import edit
from workbench.config.lane_fields import FIELD_OF, LANE_FIELDS, NAME, flat, nested, shown, typed
from workbench.config.lanes import LaneTable
from workbench.config.paths import config_dir, state_dir
from workbench.config.settings import Settings, load_settings
from workbench.errors import ConfigError, UnknownName, UsageError, WorkbenchError
from workbench.files.home import from_home
from workbench.model.confidential import MASKED, public, restored, secrets_of
from workbench.model.lane import Deadlines, Lane, Limits, Params, Prices
from workbench.providers.presets import PRESETS
from workbench.providers.registry import PROVIDERS
from workbench.records import dataclass

Texts = Mapping[str, str]
"""What stands in a form: a text for each field that is set."""

_STARRED = ("options", "params.extra", "base_url")
_NO_SECRET = (
    f"{MASKED} stands for a secret that is in no file.",
    "Name a variable that holds it, env:NAME, or write the secret itself.",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field: a sentence and a hint. ``line`` counts from 0."""

    message: str
    hint: str = ""
    line: int = 0


class LaneDesk:
    """The lanes of a project folder, read anew for every question.

    Every method that reads may raise :class:`~workbench.errors.ConfigError`: a file is broken.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def settings(self, instead: Mapping[Path, str] | None = None) -> Settings:
        """Return what the files say now, or would say with texts *instead*."""
        return load_settings(config_dir() / "config.toml", self.folder, state_dir(), instead or {})

    def rows(self) -> list[LaneRow]:
        """Return every lane with where its key is and which file declares it."""
        return list_lanes(self.settings())

    def target(self, name: str | None = None) -> Path:
        """Return the file that a lane is written to: the one that declares it, else the project's
        where there is one, else the user's own.
        """
        settings = self.settings()
        source = settings.source(f"lanes.{name}") if name else "default"
        if source != "default":
            return Path(source)
        project = settings.project_file
        return project if project.exists() else settings.user_file

    def names(self) -> tuple[str, ...]:
        """Return the names of all lanes."""
        return tuple(self.settings().lanes)

    def texts(self, name: str) -> dict[str, str]:
        """Return a lane as a form shows it: only what differs from the defaults, and stars for
        secrets that stand in the file.
        """
        lane = public(self.settings().lane(name))
        return {key: shown(value) for key, value in _values(lane).items()}

    def usual(self, texts: Texts) -> dict[str, str]:
        """Return what holds for fields that are not set, in words."""
        found = {field.key: field.usual for field in LANE_FIELDS if field.usual}
        preset = PRESETS.get(texts.get("provider", ""))
        if preset is not None:
            found |= {"base_url": preset.base_url, "key_env": preset.key_env or "no key"}
        return found

    def offers(self, key: str, name: str | None = None) -> tuple[str, ...]:
        """Return the values a field can be completed to."""
        if key == "provider":
            return tuple(PROVIDERS)
        if key == "fallback":
            return tuple(other for other in self.names() if other != name)
        if key == "params.response_format":
            return ("json_object",)
        return FIELD_OF[key].choices if key in FIELD_OF else ()

    def key_note(self, texts: Texts) -> str:
        """Say where the lane's key is: its value is neither shown nor asked for."""
        preset = PRESETS.get(texts.get("provider", ""))
        name = texts.get("key_env", "").strip() or (preset.key_env if preset else None)
        if not name:
            return "This lane needs no key."
        source = Keys(self.settings()).source(name)
        if source == "missing":
            return f"{name} is not set: set it in the environment, or: workbench lanes key LANE"
        return f"{name} is in the {source}."

    # -- what is wrong --------------------------------------------------------------------------

    def name_fault(self, name: str) -> Fault | None:
        """Return why a new lane cannot be called that."""
        if not NAME.match(name):
            return Fault("A name is letters, digits, - _ and . ", "Like fast, or gpt-4o-mini.")
        if name in self.names():
            return Fault(f"There is a lane called {name}.", "Edit it, or choose another name.")
        return None

    def faults(self, texts: Texts, name: str = "new", like: str | None = None) -> dict[str, Fault]:
        """Return what is wrong, by field; under an empty key what is wrong with the whole.

        Stars stand for the secrets of the lane *like*, or of the one called *name*.
        """
        found: dict[str, Fault] = {}
        values: dict[str, object] = {}
        for key, text in texts.items():
            try:
                values[key] = typed(FIELD_OF[key], text)
            except ConfigError as error:
                found[key] = Fault(error.message, error.hint)
        values = self._unmasked(values, like or name)
        found |= self._check_faults(values)
        fallback = values.get("fallback")
        if isinstance(fallback, str) and fallback not in self.offers("fallback", name):
            unknown = UnknownName("lane", fallback, self.offers("fallback", name))
            found["fallback"] = Fault(unknown.message, unknown.hint)
        path, beside = values.get("path"), self.target(name).parent
        if isinstance(path, str) and not (beside / from_home(path)).is_file():
            found["path"] = Fault(f"There is no file {path}.", f"It is looked for in {beside}.")
        if not found and (whole := self._whole(values, name)) is not None:
            found[whole[0]] = whole[1]
        return found

    def _check_faults(self, values: Mapping[str, object]) -> dict[str, Fault]:
        lines = values.get("checks")
        for number, line in enumerate(lines if isinstance(lines, list) else []):
            try:
                parse_check(line, self.folder)
            except WorkbenchError as error:
                return {"checks": Fault(error.message, error.hint, number)}
        return {}

    def _whole(self, values: Mapping[str, object], name: str) -> tuple[str, Fault] | None:
        try:
            table = msgspec.convert(nested(values), LaneTable)
            lane = table.lane(name, self.folder)
            if MASKED in secrets_of(lane):
                starred = (k for k in _STARRED if MASKED in shown(values.get(k)))
                return next(starred, ""), Fault(*_NO_SECRET)
            try_lane(lane)
        except msgspec.ValidationError as error:
            text, _, where = str(error).partition(" - at `$.")
            return where.rstrip("`") if where else "", Fault(text)
        except UnknownName as error:
            key = "provider" if error.name == values.get("provider") else ""
            return key or ("options" if "option" in error.message else ""), _fault(error)
        except WorkbenchError as error:
            return _field_of(error.message), _fault(error)
        return None

    # -- changes --------------------------------------------------------------------------------

    def save(self, name: str, texts: Texts, *, new: bool = False, like: str | None = None) -> Path:
        """Write a lane and return the file. What the form does not know stays as it is, and so do
        the secrets that it showed as stars; in a copy they are those of the lane *like*.

        Raises:
            UsageError: something is wrong; nothing was written.
        """
        wrong = self.faults(texts, name, like)
        if new and (fault := self.name_fault(name)) is not None:
            wrong = {"name": fault, **wrong}
        if wrong:
            key, fault = next(iter(wrong.items()))
            raise UsageError(f"{key or name}: {fault.message}", fault.hint)
        settings = self.settings()
        path = self.target(name)
        now = self._unmasked({k: typed(FIELD_OF[k], v) for k, v in texts.items()}, like or name)
        before = {} if new else _values(settings.lane(name))
        if not new and settings.source(f"lanes.{name}") == str(path) and _is_table(path, name):
            changes = {k: now.get(k) for k in FIELD_OF if now.get(k) != before.get(k)}
            if "deadline" in changes:
                changes["deadlines.total"] = None  # the same limit by its other name
        else:
            changes = {key: value for key, value in now.items() if value is not None}
        edit.put_lane(path, name, changes, self._approve(path))
        return path

    def _unmasked(self, values: Mapping[str, object], like: str) -> dict[str, object]:
        lane = self.settings().lanes.get(like)
        if lane is None:
            return dict(values)
        own, starred = _values(lane), _values(public(lane))
        return {k: restored(v, starred.get(k), own.get(k)) for k, v in values.items()}

    def remove(self, name: str) -> Path:
        """Take a lane out of the file that declares it; return the file.

        Raises:
            UsageError: it comes with Workbench, or another lane falls back to it.
        """
        settings = self.settings()
        source = settings.source(f"lanes.{name}")
        if source == "default":
            raise UsageError(f"{name} comes with Workbench.", "Take it out of the race instead.")
        user = next((lane.name for lane in settings.lanes.values() if lane.fallback == name), None)
        if user is not None:
            raise UsageError(f"The lane {user} falls back to {name}.", "Change that first.")
        edit.remove_lane(Path(source), name, self._approve(Path(source)))
        return Path(source)

    def _approve(self, path: Path) -> edit.Approve:
        def approve(text: str) -> None:
            self.settings({path: text})

        return approve

    def check_command(self, name: str) -> list[str]:
        """Return the command that checks a lane: key, connection, models, one token."""
        return [sys.executable, "-m", "workbench", "lanes", "check", name, "--json"]


def _values(lane: Lane) -> dict[str, object]:
    """Return what a lane says beyond the defaults, by dotted key."""
    plain = {
        "provider": lane.provider,
        "model": lane.model,
        "base_url": lane.base_url,
        "path": lane.path,
        "key_env": lane.key_env,
        "params": _changed(lane.params, Params()),
        "checks": list(lane.checks) or None,
        "deadlines": _changed(lane.deadlines, Deadlines()),
        "prices": _changed(lane.prices or Prices(), Prices()),
        "max_cost": lane.max_cost,
        "fallback": lane.fallback,
        "options": dict(lane.options) or None,
        "limits": _changed(lane.limits, Limits()),
    }
    found = {key: value for key, value in flat(plain).items() if value is not None}
    if "deadlines.total" in found:
        found["deadline"] = found.pop("deadlines.total")
    return found


Record = Params | Deadlines | Limits | Prices


def _changed(record: Record, usual: Record) -> dict[str, object]:
    known = asdict(usual)
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(record).items()
        if value != known[name]
    }


def _is_table(path: Path, name: str) -> bool:
    import tomllib

    lanes = tomllib.loads(path.read_text("utf-8-sig")).get("lanes", {})
    return isinstance(lanes.get(name), dict)


def _fault(error: WorkbenchError) -> Fault:
    return Fault(error.message, error.hint)


def _field_of(message: str) -> str:
    """Return the field that a message is about, for the mark beside it."""
    if "URL" in message or "http" in message:
        return "base_url"
    return next((key for key in ("base_url", "key_env", "path", "options") if key in message), "")
