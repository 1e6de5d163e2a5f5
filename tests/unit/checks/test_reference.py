"""The page about checks is what the code says."""

from pathlib import Path

from workbench.checks.reference import markdown
from workbench.checks.registry import definitions

PAGE = Path(__file__).parents[3] / "docs" / "checks.md"


def test_the_page_is_written_from_the_code() -> None:
    text = PAGE.read_text("utf-8")
    assert text == markdown(), "run: make docs"


def test_every_definition_explains_itself() -> None:
    for d in definitions():
        assert d.syntax.startswith(d.name)
        assert d.example.startswith(d.name)
        assert d.summary.endswith(".")
        assert d.decides.endswith(".")
        assert d.cost
        assert not d.cost.endswith(".")
