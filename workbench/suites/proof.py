"""Proving an export with the tool it is for: load it, run it on the recorded answers, compare.

The tools live in environments of their own (``<cache>/tools/<name>``, made by
``python -m workbench.api.tools``) or wherever the user has them. They run without a network, a
home or a key of the user's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol
from xml.etree import ElementTree as ET

from workbench.errors import UsageError, WorkbenchError
from workbench.records import dataclass
from workbench.suites.case import Case
from workbench.suites.exporters.base import Exportable

_NOWHERE = "http://127.0.0.1:9"
_SECONDS = 300


class ToolFailed(WorkbenchError):
    """The target's tool did not run to its end on an export."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the tool said. ``expected`` are the ids that must fail, ``failed`` those that did;
    ``loaded`` are all ids the tool saw.
    """

    tool: str
    loaded: frozenset[str]
    expected: frozenset[str]
    failed: frozenset[str]
    wanted: frozenset[str]

    @property
    def ok(self) -> bool:
        """True when the tool saw every case and failed exactly those that must."""
        return self.loaded == self.wanted and self.failed == self.expected

    @property
    def reason(self) -> str:
        """Why it is not proven, empty if it is."""
        parts = (
            ("not loaded", self.wanted - self.loaded),
            ("unknown", self.loaded - self.wanted),
            ("passed but must fail", self.expected - self.failed),
            ("failed but must pass", self.failed - self.expected),
        )
        return "; ".join(f"{what}: {', '.join(sorted(ids))}" for what, ids in parts if ids)


class Prover(Protocol):
    """Runs the target's tool on an export. ``name`` is the suite's, ``folder`` holds the files."""

    def __call__(
        self, name: str, cases: Sequence[Exportable], folder: Path, tools: Toolbox
    ) -> Proof:
        """Return what the tool said.

        Raises:
            UsageError: the tool is not installed.
            ToolFailed: it did not run to its end.
        """
        ...


def proof_of(
    tool: str, cases: Sequence[Exportable], loaded: Iterable[str], failed: Iterable[str]
) -> Proof:
    """Hold what a tool said of *cases* against what must be so."""
    return Proof(
        tool,
        frozenset(loaded),
        frozenset(e.case.id for e in cases if e.fails),
        frozenset(failed),
        frozenset(e.case.id for e in cases),
    )


def recorded(cases: Iterable[Exportable]) -> list[Exportable]:
    """Return those that have an answer to replay and a rule to judge it by."""
    return [e for e in cases if e.case.evidence is not None and e.rules]


def recorded_answer(case: Case) -> str:
    """Return the answer on record, empty without one."""
    return case.evidence.answer if case.evidence else ""


class Toolbox:
    """Finds and runs the tools. *folder* holds their environments, one each, if it exists."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    def python(self, environment: str, module: str) -> str:
        """Return the interpreter that has *module*: the environment's, or the one running now.

        Raises:
            UsageError: neither has it.
        """
        own = self._within(environment, "bin/python")
        for interpreter in (own, sys.executable):
            if interpreter and self._has(interpreter, module):
                return interpreter
        raise UsageError(
            f"{environment} is not installed, so the export cannot be proven here.",
            f"Install it with `python -m workbench.api.tools {environment}`.",
        )

    def command(self, environment: str, name: str) -> str:
        """Return the path of command *name*, from its environment or the PATH.

        Raises:
            UsageError: there is none.
        """
        own = self._within(environment, f"node_modules/.bin/{name}")
        found = own or self._within(environment, f"bin/{name}") or shutil.which(name)
        if found is None:
            raise UsageError(
                f"{name} is not installed, so the export cannot be proven here.",
                f"Install it with `python -m workbench.api.tools {environment}`.",
            )
        return found

    def run(
        self, command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run *command* in *cwd* with a bare environment, offline; its exit code may be any.

        Raises:
            ToolFailed: it cannot be started or does not end within five minutes.
        """
        with tempfile.TemporaryDirectory(prefix="workbench-home-") as home:
            try:
                return subprocess.run(
                    list(command),
                    cwd=cwd,
                    env=_bare(home, env or {}),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                    timeout=_SECONDS,
                    check=False,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise ToolFailed(f"{Path(command[0]).name} did not end: {error}.") from error

    def _within(self, environment: str, path: str) -> str | None:
        if self.folder is None:
            return None
        found = self.folder / environment / path
        return str(found) if found.exists() else None

    def _has(self, interpreter: str, module: str) -> bool:
        code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
        return self.run([interpreter, "-c", code], Path.cwd()).returncode == 0


def _bare(home: str, extra: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "HOME": home,
        "XDG_CACHE_HOME": home,
        "http_proxy": _NOWHERE,
        "https_proxy": _NOWHERE,
        "HTTP_PROXY": _NOWHERE,
        "HTTPS_PROXY": _NOWHERE,
        "PYTHONDONTWRITEBYTECODE": "1",
        **extra,
    }


def check_ran(process: subprocess.CompletedProcess[str], tool: str, fine: Iterable[int]) -> None:
    """Raise unless the exit code is one of *fine*.

    Raises:
        ToolFailed: with the end of what the tool said.
    """
    if process.returncode not in fine:
        said = (process.stderr or process.stdout).strip()[-1500:]
        raise ToolFailed(f"{tool} ended with {process.returncode}: {said}")


def junit_verdicts(report: Path) -> dict[str, bool]:
    """Return whether each case of a JUnit file that our own pytest wrote passed, by its id, and
    remove the file; skipped ones are none.
    """
    found: dict[str, bool] = {}
    for element in ET.fromstring(report.read_text(encoding="utf-8")).iter("testcase"):  # noqa: S314 -- our own pytest just wrote it
        if element.find("skipped") is None:
            named = element.find("properties/property[@name='case']")
            case_id = named.get("value", "") if named is not None else ""
            found[case_id] = element.find("failure") is None
    report.unlink()
    return found
