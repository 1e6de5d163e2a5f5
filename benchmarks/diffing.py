"""How long a diff of words takes, and how many edits it finds, beside difflib and git.

    python -m benchmarks.diffing [--words 2000,20000,200000] [--changed 1,20,80]

CPU milliseconds of this process and its children (git), best of three; edits are the units deleted
and inserted, relative to the fewest that anybody found for the same pair. git compares with
``--word-diff``, counted from its own output. difflib's exact mode runs up to 2,000 words, its
default ("autojunk") up to 20,000: beyond that they take a minute and more.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from workbench.diffing.compare import apply, diff

VOCABULARY = [f"word{n}" for n in range(8000)]
WEIGHTS = [1 / (n + 1) for n in range(len(VOCABULARY))]
DIFFLIB_EXACT = 2_000
DIFFLIB_DEFAULT = 20_000


def pair(size: int, changed: float, seed: int = 1) -> tuple[str, str]:
    """Return a text with Zipf's word frequencies in lines of 14 words, and a changed copy."""
    rng = Random(seed)
    first = rng.choices(VOCABULARY, WEIGHTS, k=size)
    second: list[str] = []
    for word in first:
        if rng.random() >= changed:
            second.append(word)
            continue
        other = rng.choices(VOCABULARY, WEIGHTS)[0]
        second += rng.choice(([other], [], [word, other]))
    return text(first), text(second)


def text(units: list[str]) -> str:
    lines = (units[at : at + 14] for at in range(0, len(units), 14))
    return "".join(" ".join(line) + "\n" for line in lines)


def cpu_ms(work: Callable[[], int], rounds: int = 3) -> tuple[float, int]:
    best, result = float("inf"), 0
    for _ in range(rounds):
        start = used()
        result = work()
        best = min(best, used() - start)
    return best * 1000, result


def used() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def ours(a: str, b: str) -> int:
    summary = diff(a, b).summary
    return summary.deleted + summary.inserted


def with_difflib(a: str, b: str, *, autojunk: bool) -> int:
    first, second = a.split(), b.split()
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=autojunk)
    equal = sum(block.size for block in matcher.get_matching_blocks())
    return len(first) + len(second) - 2 * equal


def with_git(a: Path, b: Path) -> int:
    git = shutil.which("git") or "git"
    command = [git, "diff", "--no-index", "--word-diff=porcelain", "--minimal", "-U0", a, b]
    out = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    changed = (line[1:] for line in out.splitlines()[5:] if re.match(r"[-+](?![-+]{2} )", line))
    return sum(len(line.split()) for line in changed)


def measure(size: int, changed: float, folder: Path) -> list[dict[str, object]]:
    a, b = pair(size, changed)
    (folder / "a").write_text(a)
    (folder / "b").write_text(b)
    tools: dict[str, Callable[[], int]] = {"workbench": lambda: ours(a, b)}
    if size <= DIFFLIB_EXACT:
        tools["difflib exact"] = lambda: with_difflib(a, b, autojunk=False)
    if size <= DIFFLIB_DEFAULT:
        tools["difflib"] = lambda: with_difflib(a, b, autojunk=True)
    if shutil.which("git"):
        tools["git"] = lambda: with_git(folder / "a", folder / "b")
    rows: list[dict[str, object]] = []
    for name, work in tools.items():
        ms, edits = cpu_ms(work, 1 if size > 50_000 else 3)
        rows.append({"tool": name, "words": size, "changed": changed, "ms": ms, "edits": edits})
    made = diff(a, b)
    if apply(made, a) != b:
        raise SystemExit("the diff does not give the second text")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", default="2000,20000,200000")
    parser.add_argument("--changed", default="1,20,80", help="in per cent")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    every: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for size in map(int, options.words.split(",")):
            for share in map(float, options.changed.split(",")):
                rows = measure(size, share / 100, Path(folder))
                fewest = min(int(str(row["edits"])) for row in rows)
                for row in rows:
                    row["relative"] = int(str(row["edits"])) / fewest
                    if not options.json:
                        print(
                            f"{row['tool']:14}{size:>8} words {share:>3.0f} % changed"
                            f"{row['ms']:>10.1f} ms {row['edits']:>8} edits"
                            f" {row['relative']:>6.2f}"
                        )
                every += rows
    if options.json:
        print(json.dumps({"v": 1, "rows": every}, indent=1))


if __name__ == "__main__":
    main()
