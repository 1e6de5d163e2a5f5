"""The prompt a first start shows: something to send with one key.

On the embedded models the small lane talks instead of answering and fails at its first character;
the larger one passes.
"""

from __future__ import annotations

from workbench.model.prompt import Prompt

SAMPLE_PROMPT = Prompt(
    user=(
        "Extract item (string), quantity (number) and city (string) from this message:"
        "\n\n{{message}}"
    ),
    system="You reply with raw JSON only. Never use Markdown.",
)
SAMPLE_VARIABLES = {"message": "Please send three blue umbrellas to Oslo by Friday."}
SAMPLE_CHECKS = ("json/fence", "contains:Oslo", "max_words:40")
