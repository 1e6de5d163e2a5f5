"""What checks cost per chunk: each alone and ten together, 20,000 chunks of 4 characters.

``python -m benchmarks.checks [--chunks N] [--rounds N]``; medians over the rounds, in microseconds.
The cost of an empty pipeline is part of every number.
"""

from __future__ import annotations

import argparse
import json
from statistics import median
from time import perf_counter

from workbench.checks.base import Progress
from workbench.checks.pipeline import Pipeline
from workbench.checks.registry import names
from workbench.checks.syntax import parse_checks

SIZE = 4
PROSE = "The quick brown fox jumps over the lazy dog, then it rests. "
ITEM = {"name": "some words here", "n": 12345, "v": [1.5, True, None], "tags": ["a", "b"]}
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 40, "pattern": "^[a-z ]+$"},
            "n": {"type": "integer", "minimum": 0},
            "v": {"type": "array", "prefixItems": [{"type": "number"}, {"type": "boolean"}]},
            "tags": {"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": True},
        },
        "required": ["name", "n"],
        "additionalProperties": False,
    },
}
TEN = (
    "not_contains:As an AI",
    "not_contains/i:apologies",
    "contains/i:kind regards",
    "regex:goodbye$",
    r"not_regex:\bTODO\b",
    "not_regex/i:(cannot|can't|unable to)",
    "max_chars:1000000",
    "max_words:1000000",
    "count:bullets<=3",
    "no_refusal",
)
ON_PROSE = {
    "contains_all": "contains_all:zebra, yak",
    "contains_any": "contains_any:zebra, yak",
    "ends_with": "ends_with:goodbye",
    "max_lines": "max_lines:1000000",
    "max_sentences": "max_sentences:1000000",
    "count": "count:commas<=1000000",
    "no_repetition": "no_repetition",
    "markdown": "markdown",
    "no_markdown": "no_markdown",
    "python_syntax": "python_syntax",
    "ifeval": 'ifeval:forbidden_words {"forbidden_words": ["zebra", "yak"]}',
    "at_least": "at_least:2 (contains:zebra) (contains:yak) (max_chars:1000000)",
    "max_tokens": "max_tokens:1000000",
    "deadline": "deadline:total<300s",
    "min_chars": "min_chars:10000000",
    "min_words": "min_words:10000000",
}
ON_JSON = {
    "json": "json",
    "json/unique": "json/unique",
    "json_schema": "json_schema:" + json.dumps(SCHEMA),
    "rule": "rule:len(answer) > 3",
}


def cost(checks: tuple[str, ...], text: str, rounds: int) -> tuple[float, bool]:
    """Return microseconds per chunk, and whether every check was fed to the end."""
    chunks = [text[at : at + SIZE] for at in range(0, len(text), SIZE)]
    now = Progress(1.0, 1.0, 1)
    specs = parse_checks(checks)
    times = []
    for _ in range(rounds):
        pipeline = Pipeline(specs)
        feed = pipeline.feed
        start = perf_counter()
        for chunk in chunks:
            feed(chunk, now)
        times.append((perf_counter() - start) / len(chunks) * 1e6)
    return median(times), len(pipeline.undecided) == len(checks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    length = options.chunks * SIZE
    # Numbered sentences: a text that repeats itself would trip the check for repetition.
    prose = "".join(f"{number} {PROSE}" for number in range(length // len(PROSE) + 1))[:length]
    items = ",".join(json.dumps({**ITEM, "n": number}) for number in range(length // 60))
    array = f"[{items}"[:length]
    rows = [("(no check)", (), prose), ("ten text checks", TEN, prose)]
    rows += [(name, (check,), prose) for name, check in ON_PROSE.items()]
    rows += [(check.split(":")[0], (check,), prose) for check in TEN]
    rows += [(name, (check,), array) for name, check in ON_JSON.items()]
    print(f"{options.chunks} chunks of {SIZE} characters, median of {options.rounds} rounds")
    for name, checks, text in rows:
        micros, whole = cost(checks, text, options.rounds)
        print(f"{name:24} {micros:7.2f} µs per chunk{'' if whole else '  (decided on the way)'}")
    print(f"{len(names())} checks in the registry")


if __name__ == "__main__":
    main()
