"""``language``: the language the answer is written in."""

from __future__ import annotations

from collections.abc import Callable

from workbench.checks.base import Argument, Check, Definition
from workbench.errors import CheckSyntaxError
from workbench.model.verdict import Decision

MAX_SAMPLE = 20_000
"""How many characters of an answer are looked at."""

LANGUAGES = frozenset(
    (
        *("af", "ar", "bg", "bn", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "fa"),
        *("fi", "fr", "gu", "he", "hi", "hr", "hu", "id", "it", "ja", "kn", "ko", "lt", "lv"),
        *("mk", "ml", "mr", "ne", "nl", "no", "pa", "pl", "pt", "ro", "ru", "sk", "sl", "so"),
        *("sq", "sv", "sw", "ta", "te", "th", "tl", "tr", "uk", "ur", "vi", "zh-cn", "zh-tw"),
    )
)


def detect(text: str) -> str | None:
    """Return the ISO 639-1 code of the language of *text*; None when nothing in it tells.

    Deterministic: the detector's sampling is seeded.

    Raises:
        ModuleNotFoundError: the package langdetect is not installed.
    """
    from langdetect import DetectorFactory, LangDetectException
    from langdetect import detect as guess

    DetectorFactory.seed = 0
    sample = text[:MAX_SAMPLE].encode("utf-8", "replace").decode("utf-8")
    try:
        return str(guess(sample))
    except LangDetectException:
        return None


class Language:
    """Judges at the end: a sentence in another language may still follow or have been quoted."""

    __slots__ = ("_parts", "_seen", "_wanted")

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted
        self._parts: list[str] = []
        self._seen = 0

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        if self._seen < MAX_SAMPLE:
            self._parts.append(text)
        self._seen += len(text)
        return None

    def finish(self) -> Decision:
        """See the protocol."""
        try:
            found = detect("".join(self._parts))
        except ModuleNotFoundError:
            reason = "install it with: pip install 'workbench[language]'"
            return Decision("error", self._seen, f"langdetect is not installed; {reason}")
        if found is None:
            return Decision("fail", self._seen, "no language can be told from it")
        if found == self._wanted or found.split("-")[0] == self._wanted:
            return Decision("pass", self._seen, f"written in {found}")
        return Decision("fail", self._seen, f"written in {found}, not {self._wanted}")


def _parse(argument: Argument) -> Callable[[], Check]:
    wanted = argument.text.strip().lower()
    if wanted not in LANGUAGES and wanted != "zh":
        raise CheckSyntaxError(
            "This is not a language that can be told.",
            hint="Use an ISO 639-1 code: " + ", ".join(sorted(LANGUAGES)) + ".",
        )
    return lambda: Language(wanted)


LANGUAGE = Definition(
    name="language",
    summary="The answer is written in this language (ISO 639-1).",
    syntax="language:CODE",
    example="language:en",
    when="end",
    cost="nothing per chunk, some milliseconds at the end",
    parse=_parse,
    decides="Passes and fails at the end. Needs the extra `language`.",
    heavy=True,
)
