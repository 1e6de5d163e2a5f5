"""promptfoo: a YAML configuration and one JSON line for each test.

promptfoo expands Nunjucks templates in assertion values, so a saved ``{{ env.KEY }}`` would be
replaced by the key and sent out, and loads a value that begins with ``file://``. Every such sign
is replaced by an expression that prints it. Texts inside the ``messages`` array, the recorded
answer and the metadata are not expanded and stay as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from workbench.suites.case import Case
from workbench.suites.exporters.base import (
    Export,
    Exportable,
    case_record,
    chat,
    jsonl,
    prepare,
)
from workbench.suites.portable import Rule
from workbench.suites.proof import Proof, Toolbox, check_ran, proof_of, recorded

_NUNJUCKS = re.compile(r"\{\{|\{%|\{#|#\}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_QUIET = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    "PROMPTFOO_DISABLE_SHARING": "1",
    "PROMPTFOO_CACHE_ENABLED": "false",
    "PROMPTFOO_SELF_HOSTED": "1",
}
_CONFIG = """\
# {what}
# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json
description: {name}
prompts:
  - '{{{{ messages | dump | safe }}}}'
providers:
  - echo{hint}
tests: file://{tests}
"""


def export(name: str, cases: Sequence[Case]) -> Export:
    """Make a configuration for live runs and one that replays the recorded answers."""
    ready = prepare(cases)
    return Export(
        {
            "promptfooconfig.yaml": _config(
                "Sends every case to your providers.", name, "tests.jsonl", "  # your own go here"
            ),
            "tests.jsonl": jsonl([as_test(e) for e in ready.cases]),
            "replay.yaml": _config(
                "Judges the recorded answers; sends nothing.", name, "replay.jsonl", ""
            ),
            "replay.jsonl": jsonl([as_test(e, replay=True) for e in recorded(ready.cases)]),
        },
        ready.unmapped,
    )


def _config(what: str, name: str, tests: str, hint: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", name)
    return _CONFIG.format(what=what, name=json.dumps(plain), tests=tests, hint=hint)


def as_test(item: Exportable, *, replay: bool = False) -> dict[str, object]:
    """Return one test of promptfoo."""
    case = item.case
    made: dict[str, object] = {
        "description": case.title or case.id,
        "vars": {"messages": chat(case)},
        "assert": [assertion(rule) for rule in item.rules],
        "options": {"disableVarExpansion": True},
        "metadata": {"id": case.id, "workbench": case_record(case)},
    }
    if replay and case.evidence is not None:
        made["providerOutput"] = case.evidence.answer
    return made


def assertion(rule: Rule) -> dict[str, object]:
    """Return one assertion of promptfoo."""
    prefix = "not-" if rule.negated else ""
    lone = rule.values[0] if len(rule.values) == 1 else None
    fold = "i" if rule.ignore_case else ""
    made: dict[str, object]
    if rule.kind == "json":
        made = {"type": f"{prefix}is-json"}
    elif rule.kind == "contains" and lone is not None and not rule.trim:
        made = {"type": f"{prefix}{fold}contains", "value": escape(lone)}
    elif rule.kind in ("contains_any", "contains_all") and not rule.trim:
        kind = rule.kind.replace("_", "-")
        made = {"type": f"{prefix}{fold}{kind}", "value": [escape(v) for v in rule.values]}
    elif rule.kind == "regex":
        made = {"type": f"{prefix}regex", "value": escape(rule.values[0])}
    elif rule.kind == "equals" and lone is not None and not (rule.trim or rule.ignore_case):
        made = {"type": f"{prefix}equals", "value": escape(lone)}
    elif rule.kind == "starts_with" and lone is not None and not (rule.trim or rule.ignore_case):
        made = {"type": f"{prefix}starts-with", "value": escape(lone)}
    else:
        made = {"type": "javascript", "value": _javascript(rule)}
    if rule.check:
        made["metric"] = escape(rule.check)
    return made


def escape(text: str) -> str:
    """Return *text* so that promptfoo's templates give exactly it, and no loader takes it."""
    made = _NUNJUCKS.sub(lambda sign: "{{ '" + sign.group() + "' }}", text)
    return "{{ '' }}" + made if _SCHEME.match(text) else made


def _javascript(rule: Rule) -> str:
    """Return an expression that holds when the rule does; no brace or hash stands in it."""
    answer = "output" + (".toLowerCase()" if rule.ignore_case else "")
    answer += ".trim()" if rule.trim else ""
    values = [v.lower() if rule.ignore_case else v for v in rule.values]
    wanted = _literal([v.strip() if rule.trim else v for v in values])
    number = rule.number
    expression = {
        "equals": f"{wanted}.includes({answer})",
        "contains": f"{wanted}.some(v => {answer}.includes(v))",
        "contains_any": f"{wanted}.some(v => {answer}.includes(v))",
        "contains_all": f"{wanted}.every(v => {answer}.includes(v))",
        "starts_with": f"{wanted}.some(v => {answer}.startsWith(v))",
        "ends_with": f"{wanted}.some(v => {answer}.endsWith(v))",
        "max_chars": f"[...output].length <= {number}",
        "min_chars": f"[...output].length >= {number}",
        "max_words": f"output.split(/\\s+/).filter(Boolean).length <= {number}",
        "min_words": f"output.split(/\\s+/).filter(Boolean).length >= {number}",
    }[rule.kind]
    return f"!({expression})" if rule.negated else expression


def _literal(values: list[str]) -> str:
    """Return a JavaScript array in which no character means anything to Nunjucks."""
    return re.sub(r"[{}#%]", lambda sign: f"\\u{ord(sign.group()):04x}", json.dumps(values))


def prove(name: str, cases: Sequence[Exportable], folder: Path, tools: Toolbox) -> Proof:
    """Validate both configurations, then evaluate the replay with the ``echo`` provider."""
    del name
    promptfoo = tools.command("promptfoo", "promptfoo")
    version = tools.run([promptfoo, "--version"], folder, _QUIET).stdout.strip()
    for config in ("promptfooconfig.yaml", "replay.yaml"):
        process = tools.run([promptfoo, "validate", "-c", config], folder, _QUIET)
        check_ran(process, "promptfoo validate", (0,))
    out = folder / ".promptfoo-proof.json"
    flags = ["--no-cache", "--no-write", "--no-table", "--no-progress-bar", "-o", out.name]
    process = tools.run([promptfoo, "eval", "-c", "replay.yaml", *flags], folder, _QUIET)
    check_ran(process, "promptfoo eval", (0, 100))
    results = json.loads(out.read_text(encoding="utf-8"))["results"]["results"]
    out.unlink()
    ids = {r["testCase"]["metadata"]["id"]: bool(r["success"]) for r in results}
    failed = (case_id for case_id, success in ids.items() if not success)
    return proof_of(f"promptfoo {version.split()[-1]}", recorded(cases), ids, failed)
