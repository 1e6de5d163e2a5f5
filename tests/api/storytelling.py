"""A session with a plot, for reports: three lanes, ten iterations, things get better."""

from __future__ import annotations

import random

from workbench.model.attempt import Attempt, Avoided, Cost, Tokens
from workbench.model.lane import Lane
from workbench.model.prompt import Prompt
from workbench.model.session import Iteration, Session
from workbench.model.verdict import CheckResult, FirstFailure

LANES = (
    Lane("smollm2", "local", "SmolLM2-135M-Instruct"),
    Lane("qwen", "local", "Qwen2.5-Coder-0.5B-Instruct"),
    Lane("large", "compatible", "some-large-model-70b"),
)
SPEED = {"smollm2": (90.0, 16.0), "qwen": (310.0, 43.0), "large": (800.0, 22.0)}
GOOD = '{"label": "refund", "priority": 2, "reason": "The customer asks for their money back."}'
BAD = "Sure! Here is the JSON you asked for:\n```json\n" + GOOD + "\n```\nI hope this helps!"
PROMPTS = (
    "Classify this ticket as JSON with label, priority and reason:\n\n{{ ticket }}",
    "Classify this ticket. Reply with JSON only (label, priority, reason):\n\n{{ ticket }}",
    "Reply with one JSON object and nothing else. Keys: label, priority, reason.\n\n{{ ticket }}",
)


def plot(seed: int = 4, iterations: int = 10) -> Session:
    rng = random.Random(seed)
    made, number = [], 0
    for n in range(1, iterations + 1):
        attempts = []
        for k, lane in enumerate(LANES):
            number += 1
            attempts.append(_attempt(rng, number, n, lane, 0.12 * n + 0.15 * k))
        made.append(
            Iteration(
                n,
                Prompt(PROMPTS[min(n // 3, 2)], "You label support tickets."),
                LANES,
                ("json", "max_words:40"),
                f"2026-11-22T10:{n * 2 % 60:02}:00.000Z",
                parent=n - 1 or None,
                variables={"ticket": "I want my money back <now> & fast!"},
                attempts=tuple(attempts),
                total_ms=3000.0,
                name="JSON only" if n == 3 else "",
                star=n == 6,
                note="Says nothing else now." if n == 6 else "",
            )
        )
    return Session(
        "tickets-2026-11-22", "Ticket labels", "2026-11-22T10:00:00Z", "demo", tuple(made)
    )


def _attempt(rng: random.Random, number: int, iteration: int, lane: Lane, skill: float) -> Attempt:
    first, gap = SPEED[lane.name]
    passed = rng.random() < skill
    words = (GOOD if passed else BAD).split(" ")
    first *= 0.9 + 0.3 * rng.random()
    chunks = tuple((first + gap * n, (" " if n else "") + w) for n, w in enumerate(words))
    total = chunks[-1][0]
    at = first + rng.choice((0, 0, 3, 5)) * gap
    result = CheckResult("json", "pass", len(GOOD), len(words), total)
    failure = None
    if not passed:
        result = CheckResult("json", "fail", 0, 1, at, "no JSON text begins with 'S'", (0, 4))
        failure = FirstFailure("check", "json", 0, 1, at, "no JSON text begins with 'S'")
    return Attempt(
        number,
        iteration,
        lane.name,
        lane.model,
        state="complete",
        text="".join(t for _, t in chunks),
        chunks=chunks,
        checks=(result, CheckResult("max_words:40", "pass", 90, 14, total)),
        verdict="pass" if passed else "fail",
        first_failure=failure,
        utc=f"2026-11-22T10:{iteration * 2 % 60:02}:00.000Z",
        ttft_ms=first,
        total_ms=total,
        clock_error_ms=0.3,
        tokens=Tokens(60, len(words), source="measured"),
        tokens_per_s=1000 / gap,
        cost=Cost(0.0021, "estimated", "list") if lane.name == "large" else Cost(),
        avoided=None if passed else Avoided(240, 2.6, None, "estimated", "mean of passes"),
    )
