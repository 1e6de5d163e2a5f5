"""``workbench export`` and ``workbench import``: suites to and from other tools."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from workbench.api import cases as api
from workbench.api.setup import settings_for
from workbench.cli import diagnostics, output
from workbench.suites.exporters.registry import TARGETS
from workbench.suites.importers.registry import SOURCES
from workbench.suites.portable import Unmapped
from workbench.text import plural


@click.command(name="export")
@click.argument("suite")
@click.option("--to", "target", required=True, help=f"One of {', '.join(TARGETS)}.")
@click.option("-o", "--output", "folder", required=True, type=click.Path(path_type=Path))
@click.option("--case", "ids", multiple=True, help="Only this case; repeat for several.")
@click.option("--verify", is_flag=True, help="Let the target's own tool prove the files.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def export_command(
    *,
    suite: str,
    target: str,
    folder: Path,
    ids: tuple[str, ...],
    verify: bool,
    as_json: bool,
) -> int:
    """Write SUITE in another tool's format. Rejected cases stay out.

    Exit code: 0 written (and proven), 1 the tool disagreed, 2 wrong usage.
    """
    settings = settings_for()
    loaded = api.open_suite(settings, suite)
    diagnostics.damage(loaded.report())
    export, written = api.export_suite(settings, loaded, target, folder, ids)
    _tell(export.unmapped)
    proof = api.prove_export(loaded, target, folder, ids) if verify else None
    if as_json:
        output.document(
            {
                "v": 1,
                "target": target,
                "files": [str(path) for path in written],
                "unmapped": [_record(item) for item in export.unmapped],
                "proof": {
                    "tool": proof.tool,
                    "ok": proof.ok,
                    "loaded": len(proof.loaded),
                    "failed": sorted(proof.failed),
                    "reason": proof.reason,
                }
                if proof
                else None,
            }
        )
    else:
        for path in written:
            output.line(str(path))
    if proof is not None:
        verdict = "proven" if proof.ok else f"NOT proven: {proof.reason}"
        diagnostics.say(
            f"{verdict} with {proof.tool}: {plural(len(proof.loaded), 'case')} loaded, "
            f"{len(proof.failed)} of {len(proof.expected)} failures reproduced"
        )
    return int(proof is not None and not proof.ok)


@click.command(name="import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--from", "source", help=f"If the file does not tell: {', '.join(SOURCES)}.")
@click.option("--suite", required=True, help="The suite's name, or its file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def import_command(*, path: Path, source: str | None, suite: str, as_json: bool) -> None:
    """Read the cases of another tool's file (or of an export's folder) into a suite."""
    read, added = api.import_cases(settings_for(), source, path, suite)
    _tell(read.unmapped)
    if as_json:
        output.document(
            {
                "v": 1,
                "added": [case.id for case in added.written],
                "known": [case.id for case in added.known],
                "unmapped": [_record(item) for item in read.unmapped],
            }
        )
    else:
        for case in added.written:
            output.line(case.id)
    known = f", {len(added.known)} were there already" if added.known else ""
    diagnostics.say(f"{plural(len(added.written), 'case')} added{known}")


def _record(item: Unmapped) -> dict[str, str]:
    return {"case": item.case, "what": item.what, "why": item.why}


def _tell(unmapped: Sequence[Unmapped]) -> None:
    for item in unmapped:
        diagnostics.say(f"not carried over: {item.what} of {item.case}: {item.why}")
