"""``language``: the language the answer is written in."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Protocol

from workbench.checks.base import Argument, Check, Definition
from workbench.errors import CheckSyntaxError
from workbench.model.verdict import Decision

MAX_SAMPLE = 20_000
"""How many characters of an answer are looked at."""

PASSAGE = 80
"""How many letters are enough to tell a language from."""

CLEAR = 0.95
"""How likely another language must be for a passage to count as written in it."""

LANGUAGES = frozenset(
    (
        *("af", "ar", "bg", "bn", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "fa"),
        *("fi", "fr", "gu", "he", "hi", "hr", "hu", "id", "it", "ja", "kn", "ko", "lt", "lv"),
        *("mk", "ml", "mr", "ne", "nl", "no", "pa", "pl", "pt", "ro", "ru", "sk", "sl", "so"),
        *("sq", "sv", "sw", "ta", "te", "th", "tl", "tr", "uk", "ur", "vi", "zh-cn", "zh-tw"),
    )
)


_LOADING = threading.Lock()
_SENTENCE_END = re.compile(r"""\n|[\u3002\uff01\uff1f]|[.!?\u2026]["'\u201d\u2019)\]]{0,3}\s""")
_OVERLAP = 4
"""How much of an end of a sentence can stand before a chunk."""


class _Guess(Protocol):
    lang: str
    prob: float


class _Detector(Protocol):
    """What is used of the package langdetect."""

    LangDetectException: type[Exception]

    def detect_langs(self, text: str) -> list[_Guess]: ...


def _langdetect() -> _Detector:
    """Return the detector with its profiles loaded: half a second, once.

    Raises:
        ModuleNotFoundError: the package langdetect is not installed.
    """
    import langdetect

    with _LOADING:  # the profiles are filled into a shared object, which must not be used half full
        langdetect.DetectorFactory.seed = 0
        langdetect.detector_factory.init_factory()
    return langdetect  # type: ignore[no-any-return] # has no types


def _shares(text: str) -> dict[str, float]:
    """Return how likely each language is for *text*; empty when nothing in it tells."""
    detector = _langdetect()
    try:
        found = detector.detect_langs(text.encode("utf-8", "replace").decode("utf-8"))
    except detector.LangDetectException:
        return {}
    return {language.lang: language.prob for language in found}


def detect(text: str) -> str | None:
    """Return the ISO 639-1 code of the language of *text*; None when nothing in it tells.

    Deterministic: the detector's sampling is seeded.

    Raises:
        ModuleNotFoundError: the package langdetect is not installed.
    """
    shares = _shares(text[:MAX_SAMPLE])
    return max(shares, key=lambda language: shares[language], default=None)


class Passages:
    """Cuts an answer into passages: whole sentences and lines, together of at least
    :data:`PASSAGE` letters. Code fences are left out.
    """

    __slots__ = ("_at", "_fenced", "_fresh", "_letters", "_open", "_passage")

    def __init__(self) -> None:
        self._at = 0
        self._open = ""
        self._passage = ""
        self._letters = 0
        self._fresh = True
        self._fenced = False

    def feed(self, text: str) -> Iterator[tuple[int, str]]:
        """Take the next chunk; yield the passages that ended, with the offset of their end."""
        before = self._open
        buffer, start = before + text, 0
        for found in _SENTENCE_END.finditer(buffer, max(len(before) - _OVERLAP, 0)):
            sentence, start = buffer[start : found.end()], found.end()
            self._take(sentence)
            if self._letters >= PASSAGE:
                yield self._at - len(before) + start, self._passage
                self._passage, self._letters = "", 0
        self._open = buffer[start:]
        self._at += len(text)

    def _take(self, sentence: str) -> None:
        fence = self._fresh and sentence.lstrip(" ").startswith(("```", "~~~"))
        self._fresh = sentence.endswith("\n")
        if fence:
            self._fenced = not self._fenced
        elif not self._fenced:
            self._passage += sentence
            self._letters += sum(map(str.isalpha, sentence))


class Language:
    """Fails when the answer opens in another language or goes over to one, else judges at the end.

    One passage in another language may be a quotation, unless it is the first.
    """

    __slots__ = ("_foreign", "_parts", "_passages", "_seen", "_split", "_wanted")

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted
        self._parts: list[str] = []
        self._seen = 0
        self._split = Passages()
        self._passages = 0
        self._foreign = 0
        with suppress(ModuleNotFoundError):
            _langdetect()  # before the answer is sent for, not while it streams

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        text = text[: MAX_SAMPLE - self._seen]
        self._parts.append(text)
        self._seen += len(text)
        try:
            for end, passage in self._split.feed(text):
                if self._strange(passage):
                    return self._failed(end, passage)
        except ModuleNotFoundError:
            return _not_installed(0)
        return self._judge(MAX_SAMPLE - 1) if self._seen == MAX_SAMPLE else None

    def _strange(self, passage: str) -> bool:
        shares = _shares(passage)
        wanted = sum(share for code, share in shares.items() if self._is_wanted(code))
        strange = max(shares.values(), default=0.0) >= CLEAR and wanted <= 1 - CLEAR
        self._passages += 1
        self._foreign = self._foreign + 1 if strange else 0
        return strange and (self._passages == 1 or self._foreign > 1)

    def _is_wanted(self, code: str) -> bool:
        return self._wanted in (code, code.partition("-")[0])

    def _failed(self, end: int, passage: str) -> Decision:
        found = detect(passage)
        place = "opens" if self._passages == 1 else "goes on"
        reason = f"the answer {place} in {found}, not {self._wanted}"
        return Decision("fail", end - 1, reason, (max(end - len(passage), 0), end))

    def finish(self) -> Decision:
        """See the protocol."""
        return self._judge(self._seen)

    def _judge(self, at: int) -> Decision:
        try:
            found = detect("".join(self._parts))
        except ModuleNotFoundError:
            return _not_installed(at)
        if found is None:
            return Decision("fail", at, "no language can be told from it")
        if self._is_wanted(found):
            return Decision("pass", at, f"written in {found}")
        return Decision("fail", at, f"written in {found}, not {self._wanted}")


def _not_installed(at: int) -> Decision:
    reason = "install it with: pip install 'workbench[language]'"
    return Decision("error", at, f"langdetect is not installed; {reason}")


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
    when="early",
    cost="about a millisecond for each passage of some sentences",
    parse=_parse,
    decides=(
        f"Fails at the end of the sentence that completes the first passage ({PASSAGE} letters or "
        "more) when it is clearly in another language, or the second such passage in a row; code "
        f"fences are left out. Else by the whole, of which the first {MAX_SAMPLE:,} characters "
        "count. Needs the extra `language`."
    ),
    heavy=True,
)
