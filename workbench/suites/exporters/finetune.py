"""Data for small models: chat lines for fine-tuning and few-shot blocks, of reviewed cases only.

The held-out part is chosen by the hash of what near-duplicates share, so that a case and its twin
with another number in it never stand on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from workbench.model.prompt import Message
from workbench.suites.case import Case, prompt_key
from workbench.suites.exporters.base import Export, chat, jsonl, prepare
from workbench.suites.portable import Unmapped

HELD_OUT = 0.2
_SHOTS = 8


def export(name: str, cases: Sequence[Case]) -> Export:
    """Make ``train.jsonl``, ``heldout.jsonl``, ``few_shot.jsonl`` and ``few_shot.md``."""
    del name
    lost = [Unmapped(c.id, "the case", why) for c in cases if (why := _unfit(c))]
    fit = [e.case for e in prepare([c for c in cases if not _unfit(c)]).cases]
    train = [case for case in fit if not held_out(case)]
    held = [case for case in fit if held_out(case)]
    if held and not train:
        why = "every reviewed case falls into the held-out part: review more"
        lost.append(Unmapped(held[0].id, "training data", why))
    shots = few_shot(train)
    return Export(
        {
            "train.jsonl": jsonl([pair(case) for case in train]),
            "heldout.jsonl": jsonl([pair(case) for case in held]),
            "few_shot.jsonl": jsonl(shots),
            "few_shot.md": few_shot_block(shots),
        },
        tuple(lost),
    )


def _unfit(case: Case) -> str:
    if case.review != "reviewed":
        return f"it is {case.review}, not reviewed"
    if not case.expected:
        return "no expected answer is known"
    if case.messages[-1].role != "user":
        return "its last message is not the user's"
    return ""


def held_out(case: Case, share: float = HELD_OUT) -> bool:
    """Return whether *case* is held out: by its prompt's hash, about *share* of the prompts."""
    return int(prompt_key(case), 16) / 16**16 < share


def pair(case: Case) -> dict[str, object]:
    """Return one chat that ends with the expected answer, as fine-tuning services take it."""
    right = Message("assistant", case.expected[0])
    return {"messages": chat(replace(case, messages=(*case.messages, right)))}


def few_shot(cases: Sequence[Case], most: int = _SHOTS) -> list[dict[str, str]]:
    """Return user and assistant messages to put before a prompt, shortest cases first.

    Cases of one prompt count once, and system messages are left out.
    """
    seen: set[str] = set()
    shots: list[dict[str, str]] = []
    for case in sorted(cases, key=lambda c: sum(len(m.content) for m in c.messages)):
        if prompt_key(case) in seen or len(shots) >= 2 * most:
            continue
        seen.add(prompt_key(case))
        shots.append({"role": "user", "content": case.messages[-1].content})
        shots.append({"role": "assistant", "content": case.expected[0]})
    return shots


def few_shot_block(shots: Sequence[Mapping[str, str]]) -> str:
    """Return the same messages as a block of Markdown to stand within a prompt. Its fences are
    longer than any run of backticks in the texts, so that none of them can end one.
    """
    runs = (len(run) for shot in shots for run in re.findall("`+", shot["content"]))
    fence = "`" * max(3, 1 + max(runs, default=0))
    titles = {"user": "Input", "assistant": "Output"}
    parts = [f"{titles[s['role']]}:\n{fence}\n{s['content']}\n{fence}\n" for s in shots]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return "\n".join(
        f"Example {number}\n\n{given}{wanted}" for number, (given, wanted) in enumerate(pairs, 1)
    )
