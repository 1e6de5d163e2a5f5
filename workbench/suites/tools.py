"""Sets up the tools that prove exports, each in an environment of its own under the user's cache.

Nothing is installed twice: an environment that is complete for its pinned versions is left alone.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from platform import machine

from workbench.errors import UsageError, WorkbenchError
from workbench.records import dataclass

_DONE = ".complete"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to install.

    ``bare`` packages come without their dependencies (openai/evals names dozens that its basic
    evals never import), ``packages`` with theirs. Of the optional dependencies of ``npm`` packages
    only the builds for this machine of those in ``native`` are installed.
    """

    packages: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()
    native: tuple[str, ...] = ()


RECIPES: Mapping[str, Recipe] = {
    "promptfoo": Recipe(npm=("promptfoo@0.121.20",), native=("libsql",)),
    "inspect": Recipe(packages=("inspect-ai==0.3.285",)),
    "openai-evals": Recipe(
        packages=(
            "openai<4", "pyyaml", "blobfile", "backoff", "numpy", "pandas", "pydantic", "fire",
            "tqdm", "filelock", "lz4", "zstandard", "requests", "termcolor", "dacite",
            "tiktoken", "typing_extensions",
        ),
        bare=("evals==3.0.1.post1",),
    ),
    "deepeval": Recipe(packages=("deepeval==4.3.1",)),
    "hf": Recipe(packages=("datasets==5.2.0",)),
    "pytest": Recipe(packages=("pytest==9.2.0",)),
}  # fmt: skip


def set_up(name: str, folder: Path, recipe: Recipe | None = None) -> bool:
    """Install the tool *name*, or what *recipe* says under that name, into *folder*; return False
    when it was complete already.

    Raises:
        UsageError: unknown name, or npm is missing.
        WorkbenchError: the installation failed.
    """
    recipe = recipe or RECIPES.get(name)
    if recipe is None:
        raise UsageError(f"There is no tool {name!r}.", "Known: " + ", ".join(RECIPES) + ".")
    target, wanted = folder / name, repr(recipe)
    done = target / _DONE
    if done.exists() and done.read_text(encoding="utf-8") == wanted:
        return False
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True, mode=0o700)
    if recipe.npm:
        _npm(recipe, target)
    else:
        _venv(recipe, target)
    done.write_text(wanted, encoding="utf-8")
    return True


def _npm(recipe: Recipe, target: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise UsageError("npm is missing.", "Install Node.js 20 or newer, e.g. apt install npm.")
    # Optional packages (browsers, native models, agents) are seven eighths of promptfoo's weight.
    flags = ["--omit=optional", "--omit=peer", "--ignore-scripts", "--no-audit", "--no-fund"]
    command = [npm, "install", "--prefix", str(target), *flags, "--no-progress", "--loglevel=error"]
    _run([*command, *recipe.npm])
    builds = [build for package in recipe.native for build in _native(target, package)]
    if builds:
        _run([*command, *builds])


def _native(target: Path, package: str) -> list[str]:
    """Return the builds of *package* for this machine, as npm names them."""
    file = target / "node_modules" / package / "package.json"
    optional: dict[str, str] = json.loads(file.read_text(encoding="utf-8")).get(
        "optionalDependencies", {}
    )
    cpu = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64"}.get(machine(), machine())
    fits = f"{sys.platform}-{cpu}"
    return [f"{n}@{v}" for n, v in optional.items() if fits in n and "musl" not in n]


def _venv(recipe: Recipe, target: Path) -> None:
    uv = shutil.which("uv")
    if uv:
        _run([uv, "venv", "--quiet", "--python", sys.executable, "--allow-existing", str(target)])
        install = [uv, "pip", "install", "--quiet", "--python", str(target / "bin" / "python")]
    else:
        _run([sys.executable, "-m", "venv", str(target)])
        install = [str(target / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    if recipe.bare:
        _run([*install, "--no-deps", *recipe.bare])
    _run([*install, *recipe.packages])


def _run(command: list[str]) -> None:
    process = subprocess.run(command, check=False, capture_output=True, text=True)
    if process.returncode:
        said = (process.stderr or process.stdout).strip()[-1500:]
        raise WorkbenchError(f"{Path(command[0]).name} failed: {said}")
