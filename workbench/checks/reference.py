"""The reference page of the checks, written from their definitions: ``docs/checks.md``.

``python -m workbench.checks.reference`` prints it.
"""

from __future__ import annotations

import sys

from workbench.checks.base import Definition, When
from workbench.checks.registry import definitions

WHEN: dict[When, str] = {
    "earliest": "at the earliest character",
    "early": "early, where the text allows",
    "end": "at the end",
    "timer": "by clock or counter",
}
"""When a check fails, in words."""

_HEAD = """\
# Checks

A check is fed an answer while it streams and says *pending*, *pass* or *fail*. It decides as early
as the text allows: an answer that can no longer become valid has failed, whatever follows. Three
laws hold for every check and are tested on arbitrary text in arbitrary chunks:

1. Chunking does not matter: the same text in any split gives the same verdict at the same offset.
2. Early is never wrong: a decision on a part of the answer holds for every continuation.
3. Early is earliest, where this page says so: the fail comes at the first character after which no
   continuation could pass.

Offsets count Unicode code points from 0. An early decision names the character that made it; a
decision at the end names the length of the answer. A check that crashes or cannot be asked is an
*error* of that check: it counts neither as a pass nor as a fail.

## How a check is written

The same on the command line (`--check`), in `workbench.toml` and on the screen:

    [warn] [not] [label=NAME] [lanes=A,B] name[/option[=value]]...[:argument]

- `warn` makes a failure a warning: it is shown and never fails the attempt.
- `not` turns pass and fail around; an error stays an error.
- `label="no slop"` gives the check a name of its own in results and for aborts on named checks.
- `lanes=fast,slow` limits it to some lanes.
- Everything after the first colon is the argument as it stands. A text argument in double quotes
  is read with JSON escapes (`contains:"two\\nlines"`); so are the items of lists.
- Where the table says *files*, the argument `@path` stands for the text of a file. It is read when
  the check is written, and kept with the session, so that a session never reads files by itself.

A mistake is told with its column when the check is written, not when it runs.

## Without a model

    workbench checks list
    workbench checks show json_schema
    workbench checks try json max_words:50 < answer.txt
    workbench checks try --jsonl json < answers.jsonl

`try` judges any text; `--chunk N` feeds it N characters at a time (the verdict is the same),
`--json` prints one document. With `--jsonl` each line is `{"id": ..., "text": ..., "checks":
[...]}`; a line without checks is judged with those of the command line, and each is answered with
one line: verdict, first failed check, `at_char` and reason. Checks of clock, tokens and cost need a
stream and are errors there.

## Other lanes, and code

`judge` and `agree` are decided by the engine when the answer is complete. What a judge took (time,
tokens, cost) and its raw reply are kept apart from the attempt. As members of a group they are
asked only when the other members leave it open. `python` runs only in a workspace that is trusted,
in a process of its own; `regex/python` needs no trust, the pattern is only data.

## All checks

| check | the answer... | fails |
|---|---|---|
"""


def markdown() -> str:
    """Return the page."""
    found = definitions()
    rows = "".join(f"| `{d.name}` | {_cell(d.summary)} | {WHEN[d.when]} |\n" for d in found)
    return _HEAD + rows + "".join(map(_section, found))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _section(d: Definition) -> str:
    lines = [
        f"\n## {d.name}\n",
        f"{d.summary}\n",
        f"    {d.syntax}\n    {d.example}\n",
        f"- Decides: {d.decides}",
        f"- Fails: {WHEN[d.when]}.",
        f"- Costs: {d.cost}.",
    ]
    for option in d.options:
        form = f"/{option.name}={option.value}" if option.value else f"/{option.name}"
        lines.append(f"- Option `{form}`: {option.summary}.")
    if d.files:
        lines.append("- Files: the argument may be `@path`.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(markdown())
