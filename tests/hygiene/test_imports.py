"""What is not needed is not imported: each case starts a clean interpreter and looks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = (
    *("textual", "rich", "openai", "cerebras", "httpx", "httpx2", "pydantic", "keyring"),
    *("xllamacpp", "diskcache", "genai_prices", "jsonschema_rs", "rapidfuzz", "markdown_it"),
)
SCREEN = ("textual", "rich", "markdown_it", "openai", "cerebras", "xllamacpp")


def imported_by(code: str) -> set[str]:
    """Return the top-level modules a clean interpreter holds after running *code*."""
    script = f"""
import sys, json, contextlib, io
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    try:
        exec({code!r})
    except SystemExit:
        pass
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def command(*words: str) -> str:
    """Return code that runs the command line with these words."""
    return f"sys.argv = ['workbench', *{words!r}]; from workbench.__main__ import main; main()"


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert imported_by("import workbench") & {*HEAVY, "click", "asyncio", "tomlkit"} == set()


def test_a_bare_start_does_without_the_command_line_library_until_a_shell_asks() -> None:
    assert "click" not in imported_by(command())
    asked = f"import os; os.environ['_WORKBENCH_COMPLETE'] = 'bash_source'; {command()}"
    assert "click" in imported_by(asked)


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("nonsense",)], ids=" ".join)
def test_help_imports_the_command_line_library_and_nothing_else_heavy(
    words: tuple[str, ...],
) -> None:
    found = imported_by(command(*words))
    assert "click" in found
    assert found & {*HEAVY, "tomlkit", "asyncio", "re2"} == set()


@pytest.mark.parametrize(
    "words",
    [
        ("send", "--help"),
        ("models", "--help"),
        ("models", "list"),
        ("send", "hello", "--lane", "nobody", "--session", "none"),
    ],
    ids=" ".join,
)
def test_a_headless_command_never_imports_the_screen_or_an_sdk(words: tuple[str, ...]) -> None:
    assert imported_by(command(*words)) & set(SCREEN) == set()


@pytest.mark.parametrize(
    "module",
    [
        "workbench.model.fold",
        "workbench.errors",
        "workbench.text",
    ],
)
def test_records_need_the_standard_library_alone(module: str) -> None:
    found = imported_by(f"import {module}") - set(sys.stdlib_module_names)
    # Files named in .pth of an environment are imported by every interpreter, ours or not.
    assert {name for name in found if not name.startswith(("_", "sitecustomize"))} <= {"workbench"}
