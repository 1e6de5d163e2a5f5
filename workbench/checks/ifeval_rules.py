"""What each instruction of IFEval asks of a whole answer; see :mod:`workbench.checks.ifeval`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from workbench.checks.languages import detect
from workbench.checks.units import Blocks
from workbench.errors import CheckSyntaxError

Value: TypeAlias = "str | int | list[str]"
Follows = Callable[[str], bool]


class Arguments:
    """The arguments of one instruction, as the data set names them."""

    def __init__(self, values: Mapping[str, Value], column: int) -> None:
        self._values = dict(values)
        self._column = column
        self._used: set[str] = set()

    def fail(self, message: str) -> CheckSyntaxError:
        """Return the error to raise about the arguments."""
        return CheckSyntaxError(message, column=self._column)

    def text(self, name: str) -> str:
        """Return a text that must be there and not be empty."""
        value = self._take(name)
        if not isinstance(value, str) or not value.strip():
            raise self.fail(f"{name} must be a text.")
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of texts that must be there and not be empty."""
        value = self._take(name)
        good = isinstance(value, list) and value and all(isinstance(v, str) and v for v in value)
        if not good or not isinstance(value, list):
            raise self.fail(f"{name} must be a list of texts.")
        return value

    def number(self, name: str) -> int:
        """Return a whole number that must be there."""
        value = self._take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**9:
            raise self.fail(f"{name} must be a whole number.")
        return value

    def below(self, name: str) -> bool:
        """Return True for the relation ``less than`` and False for ``at least``."""
        relation = self._take(name)
        if relation not in ("less than", "at least"):
            raise self.fail(f'{name} must be "less than" or "at least".')
        return relation == "less than"

    def all_used(self) -> None:
        """Refuse arguments that the instruction does not have."""
        odd = sorted(set(self._values) - self._used)
        if odd:
            raise self.fail(f"{odd[0]} is not an argument of this instruction.")

    def _take(self, name: str) -> Value:
        self._used.add(name)
        if name not in self._values:
            raise self.fail(f"{name} is missing.")
        return self._values[name]


def _compared(count: Callable[[str], int], number: int, *, below: bool) -> Follows:
    return lambda text: (count(text) < number) if below else (count(text) >= number)


def _keywords(a: Arguments) -> Follows:
    patterns = [re.compile(re.escape(word), re.IGNORECASE) for word in a.texts("keywords")]
    return lambda text: all(pattern.search(text) for pattern in patterns)


def _keyword_frequency(a: Arguments) -> Follows:
    pattern = re.compile(re.escape(a.text("keyword").strip()), re.IGNORECASE)
    number, below = a.number("frequency"), a.below("relation")
    return _compared(lambda text: len(pattern.findall(text)), number, below=below)


def forbidden_pattern(words: list[str]) -> re.Pattern[str]:
    """Return the pattern that finds one of *words* as a word of its own."""
    listed = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.compile(rf"\b(?:{listed})\b", re.IGNORECASE)


def _forbidden(a: Arguments) -> Follows:
    pattern = forbidden_pattern(a.texts("forbidden_words"))
    return lambda text: pattern.search(text) is None


def _letters(a: Arguments) -> Follows:
    letter = a.text("letter").strip().lower()
    if len(letter) != 1:
        raise a.fail("letter must be a single letter.")
    number, below = a.number("let_frequency"), a.below("let_relation")
    return _compared(lambda text: text.lower().count(letter), number, below=below)


def _language(a: Arguments) -> Follows:
    language = a.text("language")
    return lambda text: detect(text) in (language, None)


def _sentences(a: Arguments) -> Follows:
    number, below = a.number("num_sentences"), a.below("relation")
    return _compared(
        lambda text: len(list(Blocks(paragraphs=False).feed(text))), number, below=below
    )


def _words(a: Arguments) -> Follows:
    number, below = a.number("num_words"), a.below("relation")
    return _compared(lambda text: len(re.findall(r"\w+", text)), number, below=below)


def _paragraphs(a: Arguments) -> Follows:
    wanted = a.number("num_paragraphs")

    def follows(text: str) -> bool:
        parts = re.split(r"\s?\*\*\*\s?", text)
        if any(not part.strip() for part in parts[1:-1]):
            return False
        return sum(bool(part.strip()) for part in parts) == wanted

    return follows


def _nth_paragraph(a: Arguments) -> Follows:
    wanted, nth = a.number("num_paragraphs"), a.number("nth_paragraph")
    first = a.text("first_word").lower()
    if not 1 <= nth <= wanted:
        raise a.fail("nth_paragraph must be between 1 and num_paragraphs.")

    def follows(text: str) -> bool:
        parts = text.split("\n\n")
        count = sum(bool(part.strip()) for part in parts)
        words = parts[nth - 1].split() if nth <= count else []
        if not words:
            return False
        word = words[0].lstrip("'").lstrip('"')
        return count == wanted and re.split(r"[.,?!'\"]", word)[0].lower() == first

    return follows


def _placeholders(a: Arguments) -> Follows:
    number = a.number("num_placeholders")
    return lambda text: sum(map(_placeholders_in, text.split("\n"))) >= number


def _placeholders_in(line: str) -> int:
    r"""Count as ``\[.*?\]`` would, without its quadratic search for an end that is not there."""
    count, start = 0, line.find("[")
    while start >= 0 and (end := line.find("]", start)) >= 0:
        count += 1
        start = line.find("[", end + 1)
    return count


def _postscript(a: Arguments) -> Follows:
    marker = a.text("postscript_marker").strip()
    patterns = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    pattern = re.compile(patterns.get(marker) or re.escape(marker.lower()))
    return lambda text: pattern.search(text.lower()) is not None


def _bullets(a: Arguments) -> Follows:
    number = a.number("num_bullets")
    # White space before a bullet is looked at within its line: over lines it would be quadratic.
    star = re.compile(r"^[^\S\n]*\*[^\*].*$", re.MULTILINE)
    dash = re.compile(r"^[^\S\n]*-.*$", re.MULTILINE)
    return lambda text: len(star.findall(text)) + len(dash.findall(text)) == number


def _constrained(_: Arguments) -> Follows:
    choices = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
    return lambda text: any(choice in text for choice in choices)


def _highlights(a: Arguments) -> Follows:
    number = a.number("num_highlights")

    def follows(text: str) -> bool:
        single = [found.strip("*").strip() for found in re.findall(r"\*[^\n\*]*\*", text)]
        double = [found[2:-2].strip() for found in re.findall(r"\*\*[^\n\*]*\*\*", text)]
        return sum(map(bool, single + double)) >= number

    return follows


def _sections(a: Arguments) -> Follows:
    splitter, number = re.escape(a.text("section_spliter").strip()), a.number("num_sections")
    pattern = re.compile(r"\s?" + splitter + r"\s?\d+\s?")
    return lambda text: len(pattern.split(text)) - 1 >= number


def _json(_: Arguments) -> Follows:
    def follows(text: str) -> bool:
        text = text.strip()
        for start in ("```json", "```Json", "```JSON", "```"):
            text = text.removeprefix(start)
        try:
            json.loads(text.removesuffix("```").strip())
        except (ValueError, RecursionError):
            return False
        return True

    return follows


def _title(_: Arguments) -> Follows:
    return lambda text: any(map(_has_title, text.split("\n")))


def _has_title(line: str) -> bool:
    r"""Look as ``<<[^\n]+>>`` would, greedily, without its quadratic search for an end."""
    start, end = line.find("<<"), line.rfind(">>")
    return 0 <= start <= end - 3 and bool(line[start : end + 2].lstrip("<").rstrip(">").strip())


def _two_responses(_: Arguments) -> Follows:
    def follows(text: str) -> bool:
        parts = [part.strip() for part in text.split("******")]
        if not all(parts[1:-1]):
            return False
        answers = [part for part in parts if part]
        return len(answers) == 2 and answers[0] != answers[1]

    return follows


def _repeat_prompt(a: Arguments) -> Follows:
    prompt = a.text("prompt_to_repeat").strip().lower()
    return lambda text: text.strip().lower().startswith(prompt)


def _end(a: Arguments) -> Follows:
    phrase = a.text("end_phrase").strip().lower()
    return lambda text: text.strip().strip('"').lower().endswith(phrase)


def _quotation(_: Arguments) -> Follows:
    return lambda text: len(text.strip()) > 1 and text.strip()[0] == text.strip()[-1] == '"'


def _capital_words(a: Arguments) -> Follows:
    number, below = a.number("capital_frequency"), a.below("capital_relation")
    pattern = re.compile(r"\w+(?:[-']\w+)*")
    return _compared(
        lambda text: sum(word.isupper() for word in pattern.findall(text)), number, below=below
    )


def _upper(_: Arguments) -> Follows:
    return lambda text: text.isupper() and detect(text) in ("en", None)


def _lower(_: Arguments) -> Follows:
    return lambda text: text.islower() and detect(text) in ("en", None)


def _no_comma(_: Arguments) -> Follows:
    return lambda text: "," not in text


RULES: Mapping[str, Callable[[Arguments], Follows]] = {
    "keywords:existence": _keywords,
    "keywords:frequency": _keyword_frequency,
    "keywords:forbidden_words": _forbidden,
    "keywords:letter_frequency": _letters,
    "language:response_language": _language,
    "length_constraints:number_sentences": _sentences,
    "length_constraints:number_paragraphs": _paragraphs,
    "length_constraints:number_words": _words,
    "length_constraints:nth_paragraph_first_word": _nth_paragraph,
    "detectable_content:number_placeholders": _placeholders,
    "detectable_content:postscript": _postscript,
    "detectable_format:number_bullet_lists": _bullets,
    "detectable_format:constrained_response": _constrained,
    "detectable_format:number_highlighted_sections": _highlights,
    "detectable_format:multiple_sections": _sections,
    "detectable_format:json_format": _json,
    "detectable_format:title": _title,
    "combination:two_responses": _two_responses,
    "combination:repeat_prompt": _repeat_prompt,
    "startend:end_checker": _end,
    "startend:quotation": _quotation,
    "change_case:capital_word_frequency": _capital_words,
    "change_case:english_capital": _upper,
    "change_case:english_lowercase": _lower,
    "punctuation:no_comma": _no_comma,
}
"""Every instruction of the data set by its published name."""
