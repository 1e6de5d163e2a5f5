"""The documentation is about this program: what it names exists, and what exists is named."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.hygiene.documented import KINDS, Kind
from tests.hygiene.reference import PAGE, page
from workbench import errors

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^    (\S.*)$", re.MULTILINE)
QUOTED = re.compile(r"`([^`\n]+)`")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.what)
def test_everything_of_a_kind_is_documented(kind: Kind) -> None:
    text = (ROOT / kind.page).read_text("utf-8")
    pieces = [*FENCED.findall(text), *INDENTED.findall(text), *QUOTED.findall(text)]
    words = {word for piece in pieces for word in re.split(r"[^\w-]+", piece)}
    names = list(kind.names())
    assert names
    assert [name for name in names if name not in words] == []


def test_the_reference_says_what_the_program_says_of_itself() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: make docs"


def test_no_summary_of_a_command_is_cut_off() -> None:
    listed = [line for line in page().splitlines() if not line.startswith("Usage:")]
    assert [line for line in listed if re.search(r"\w\.\.\.$|,\.\.\.$", line)] == []


def test_every_link_between_pages_leads_somewhere() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for found in LINK.finditer(page.read_text("utf-8"))
        if "://" not in (target := found.group(1))
        and not target.startswith("mailto:")
        and not (page.parent / target).exists()
    ]
    assert dead == []


def test_every_page_begins_with_one_title() -> None:
    bad = [
        str(page.relative_to(ROOT))
        for page in PAGES
        if not page.read_text("utf-8").lstrip().startswith("# ")
    ]
    assert bad == []


def test_decisions_are_numbered_once_and_say_what_was_decided() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert pages
    numbers = Counter(page.name[:4] for page in pages)
    assert [number for number, count in numbers.items() if count > 1 or not number.isdigit()] == []


def test_the_error_tree_is_drawn_whole() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or "")) | {"WorkbenchError"}
    existing = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.WorkbenchError)
    }
    assert drawn == existing
