"""Workbench: send one prompt to several models, check every answer while it streams.

The names below are the public Python interface; each is imported when first used::

    import workbench

    settings = workbench.settings_for()
    plan = workbench.RacePlan(
        workbench.Prompt("Where is the Eiffel Tower? Answer in JSON."),
        lanes=(settings.lane("smollm2"), settings.lane("qwen")),
        checks=("json", "contains:Paris"),
        abort="first",
    )
    outcome = workbench.send(workbench.make_tools(settings, local_lanes=2), plan)
    for attempt in outcome.iteration.attempts:
        print(attempt.lane, attempt.verdict, attempt.ttff_ms)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.api.document import attempt_document, iteration_document
    from workbench.api.send import Outcome, send, send_async
    from workbench.api.setup import settings_for
    from workbench.api.wiring import make_tools
    from workbench.engine.plan import OpenSession, RacePlan
    from workbench.errors import WorkbenchError
    from workbench.model.attempt import Attempt
    from workbench.model.fold import SessionFold
    from workbench.model.lane import Lane, Params
    from workbench.model.prompt import Message, Prompt
    from workbench.model.session import Iteration, Session
    from workbench.model.verdict import CheckResult, FirstFailure

__version__ = "0.1.0"

__all__ = [
    "Attempt",
    "CheckResult",
    "FirstFailure",
    "Iteration",
    "Lane",
    "Message",
    "OpenSession",
    "Outcome",
    "Params",
    "Prompt",
    "RacePlan",
    "Session",
    "SessionFold",
    "WorkbenchError",
    "attempt_document",
    "iteration_document",
    "make_tools",
    "send",
    "send_async",
    "settings_for",
]

_HOME = {
    "Attempt": "model.attempt",
    "CheckResult": "model.verdict",
    "FirstFailure": "model.verdict",
    "Iteration": "model.session",
    "Lane": "model.lane",
    "Message": "model.prompt",
    "OpenSession": "engine.plan",
    "Outcome": "api.send",
    "Params": "model.lane",
    "Prompt": "model.prompt",
    "RacePlan": "engine.plan",
    "Session": "model.session",
    "SessionFold": "model.fold",
    "WorkbenchError": "errors",
    "attempt_document": "api.document",
    "iteration_document": "api.document",
    "make_tools": "api.wiring",
    "send": "api.send",
    "send_async": "api.send",
    "settings_for": "api.setup",
}


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"workbench.{home}"), name)
