"""Every source file stays small enough to have one reason to change."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT = 400
FOLDERS = ("workbench", "tests", "benchmarks")


def sources() -> list[Path]:
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "__pycache__" not in path.parts)


def test_no_source_file_is_longer_than_the_limit() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in sources()
    }
    assert len(lengths) > 30
    assert {name: lines for name, lines in lengths.items() if lines > LIMIT} == {}


def test_every_package_says_what_it_holds() -> None:
    packages = (ROOT / "workbench").rglob("__init__.py")
    silent = [str(p.relative_to(ROOT)) for p in packages if not p.read_text("utf-8").strip()]
    assert silent == []
