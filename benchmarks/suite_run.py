"""One suite through ``workbench run``, promptfoo and Inspect AI: wall, CPU, memory.

Every tool sends the same cases (32 words each, three checks) to the deterministic server in a
process of its own, with so many requests at a time, and keeps its usual record: the session file,
promptfoo's results as JSON, Inspect's log. Everything is counted from the start of the process to
its end. ``cpu ms`` is user and system time per case of the tool with its children; ``ideal`` the
seconds that the server's latency alone takes. Where that would be minutes, fewer cases are sent.

    python -m benchmarks.suite_run                     the whole table: about a quarter of an hour
    python -m benchmarks.suite_run --tools workbench --cases 200 --at-once 32
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.server import Behaviour, in_process_of_its_own
from workbench.api.tools import tools_folder
from workbench.suites.proof import Toolbox
from workbench.suites.tools import RECIPES, Recipe, set_up

ROOT = Path(__file__).parents[1]
TOKENS = 32
LONGEST_IDEAL_S = 60.0
FEW = 40
INSPECT = Recipe(packages=(*RECIPES["inspect"].packages, "openai<4"))

INSPECT_TASK = """\
from inspect_ai import Task, task
from inspect_ai.dataset import json_dataset
from inspect_ai.scorer import accuracy, scorer, Score
from inspect_ai.solver import generate

@scorer(metrics=[accuracy()])
def three():
    async def score(state, target):
        text = state.output.completion
        good = "the" in text and len(text) <= 2000 and "I cannot" not in text
        return Score(value="C" if good else "I")
    return score

@task
def bench():
    return Task(dataset=json_dataset("cases.jsonl"), solver=generate(), scorer=three())
"""


@dataclass(frozen=True)
class Work:
    """What to send: *cases* cases to *model* at *url*, *at_once* at a time."""

    cases: int
    at_once: int
    url: str
    model: str


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds, seconds of CPU, megabytes at the peak."""

    wall_s: float
    cpu_s: float
    memory_mb: float


Prepared = tuple[list[str], dict[str, str], Callable[[Path], int]]
"""A command, its environment, and what counts the cases it passed."""


def prompt(number: int) -> str:
    """Return the prompt of a case."""
    return f"Say the words, number {number}."


def workbench(folder: Path, work: Work) -> Prepared:
    """Prepare ``workbench run``."""
    lane = f'provider = "compatible"\nmodel = "{work.model}"\nbase_url = "{work.url}"\n'
    (folder / "workbench.toml").write_text(f"[lanes.bench]\n{lane}")
    checks = ["contains:the", "max_chars:2000", "not_contains:I cannot"]
    with (folder / "cases.jsonl").open("w") as file:
        for n in range(work.cases):
            messages = [{"role": "user", "content": prompt(n)}]
            case = {"v": 1, "id": f"c{n}", "messages": messages, "checks": checks}
            file.write(json.dumps(case) + "\n")
    env = {f"WORKBENCH_{name}": str(folder / name) for name in ("CONFIG", "STATE", "CACHE")}
    command = [sys.executable, "-m", "workbench", "run", "cases.jsonl", "-l", "bench"]
    command += ["-j", str(work.at_once), "--json"]

    def passed(folder: Path) -> int:
        found = json.loads((folder / "stdout").read_text())
        return sum(case["passed"] for lane in found["lanes"] for case in lane["cases"])

    return command, {**env, "PYTHONPATH": str(ROOT)}, passed


def promptfoo(folder: Path, work: Work) -> Prepared:
    """Prepare ``promptfoo eval``."""
    asserts = [
        {"type": "contains", "value": "the"},
        {"type": "javascript", "value": "output.length <= 2000"},
        {"type": "not-contains", "value": "I cannot"},
    ]
    api = {"apiBaseUrl": work.url, "apiKey": "none"}
    config = {
        "prompts": ["{{text}}"],
        "providers": [{"id": f"openai:chat:{work.model}", "config": api}],
        "defaultTest": {"assert": asserts},
        "tests": [{"vars": {"text": prompt(n)}} for n in range(work.cases)],
    }
    (folder / "promptfooconfig.json").write_text(json.dumps(config))
    command = [Toolbox(tools_folder()).command("promptfoo", "promptfoo"), "eval", "--no-cache"]
    command += ["-c", "promptfooconfig.json", "-j", str(work.at_once), "--no-table"]
    command += ["--no-progress-bar", "--no-write", "-o", "out.json"]
    quiet = ("DISABLE_TELEMETRY", "DISABLE_UPDATE", "DISABLE_REMOTE_GENERATION")
    env = {f"PROMPTFOO_{name}": "1" for name in quiet} | {"PROMPTFOO_CONFIG_DIR": str(folder)}

    def passed(folder: Path) -> int:
        found = json.loads((folder / "out.json").read_text())
        return int(found["results"]["stats"]["successes"])

    return command, env, passed


def inspect(folder: Path, work: Work) -> Prepared:
    """Prepare ``inspect eval``. Its client for compatible servers is the openai package."""
    set_up("inspect-live", tools_folder(), INSPECT)
    (folder / "task.py").write_text(INSPECT_TASK)
    with (folder / "cases.jsonl").open("w") as file:
        for n in range(work.cases):
            file.write(json.dumps({"id": n + 1, "input": prompt(n), "target": ""}) + "\n")
    python = tools_folder() / "inspect-live" / "bin" / "python"
    command = [str(python), "-m", "inspect_ai", "eval", "task.py", "--log-format", "json"]
    command += ["--model", f"openai-api/bench/{work.model}", "--display", "none"]
    command += ["--max-connections", str(work.at_once), "--max-samples", str(work.at_once)]
    env = {"BENCH_BASE_URL": work.url, "BENCH_API_KEY": "none", "INSPECT_LOG_DIR": "logs"}

    def passed(folder: Path) -> int:
        log = json.loads(next((folder / "logs").glob("*.json")).read_text())
        value = log["results"]["scores"][0]["metrics"]["accuracy"]["value"]
        return round(value * log["results"]["completed_samples"])

    return command, env, passed


TOOLS: Mapping[str, Callable[[Path, Work], Prepared]] = {
    "workbench": workbench,
    "promptfoo": promptfoo,
    "inspect": inspect,
}


def run(command: Sequence[str], env: Mapping[str, str], folder: Path) -> Cost:
    """Run a command to its end and return what it took.

    Raises:
        SystemExit: it failed.
    """
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "TMPDIR")}
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**kept, "HOME": str(folder), **env},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = (folder / "stderr").read_text()[-1500:] or (folder / "stdout").read_text()[-1500:]
        raise SystemExit(f"{Path(command[0]).name} ended with {process.returncode}: {said}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def measure(tool: str, work: Work) -> Cost:
    """Run one tool on the work.

    Raises:
        SystemExit: it failed, or not every case passed.
    """
    folder = Path(tempfile.mkdtemp(prefix="suite-run-"))
    try:
        command, env, passed = TOOLS[tool](folder, work)
        cost = run(command, env, folder)
        if passed(folder) != work.cases:
            raise SystemExit(f"{tool}: {passed(folder)} of {work.cases} passed: not the same work")
    finally:
        shutil.rmtree(folder)
    return cost


def rows(options: argparse.Namespace) -> Iterator[tuple[int, int, float]]:
    """Yield cases, requests at a time and latency (ms) of each row of the table."""
    for latency in options.latency:
        for at_once in options.at_once:
            ideal = options.cases / at_once * latency / 1000
            few = min(FEW, options.cases)
            yield (options.cases if ideal <= LONGEST_IDEAL_S else few), at_once, latency


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--at-once", nargs="+", type=int, default=[1, 32, 256])
    parser.add_argument("--latency", nargs="+", type=float, default=[0.0, 500.0], help="in ms")
    parser.add_argument("--best-of", type=int, default=3, metavar="N", help="of Workbench's runs")
    options = parser.parse_args()
    print(
        f"{'tool':12}{'cases':>6}{'at once':>8}{'latency':>8}{'ideal s':>8}"
        f"{'wall s':>8}{'cases/s':>8}{'cpu ms':>8}{'MB':>6}"
    )
    with in_process_of_its_own(Behaviour(tokens=TOKENS, text="words")) as url:
        table = [(1, 1, 0.0), *rows(options)]
        for cases, at_once, latency in table:
            work = Work(cases, at_once, url, f"bench:first={latency:g}")
            for tool in options.tools:
                tries = options.best_of if tool == "workbench" else 1
                cost = min((measure(tool, work) for _ in range(tries)), key=lambda c: c.wall_s)
                ideal = -(-cases // at_once) * latency / 1000
                print(
                    f"{tool:12}{cases:6}{at_once:8}{latency:8.0f}{ideal:8.1f}{cost.wall_s:8.2f}"
                    f"{cases / cost.wall_s:8.0f}{cost.cpu_s / cases * 1e3:8.2f}"
                    f"{cost.memory_mb:6.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
