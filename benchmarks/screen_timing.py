"""What the screen costs the clock: timing errors of the engine, headless and behind the TUI.

Eight lanes stream at 1,000 tokens a second each from the deterministic server, whose chunks carry
Eight lanes stream at 1,000 tokens a second each from the deterministic server; its chunks carry
application runs in a pseudo-terminal of 200 × 60 and paints while it streams. Both times the errors
are read from the saved session, so the whole path is measured: wire, engine, journal.

    python -m benchmarks.screen_timing --lanes 8 --pace 1000 --tokens 3000
"""

from __future__ import annotations

import argparse
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from fcntl import ioctl
from pathlib import Path

from benchmarks.server import Behaviour, in_process_of_its_own
from benchmarks.timing_error import quantile
from workbench.model.session import Session
from workbench.store.sessions import load

CTRL_J = b"\n"
CTRL_Q = b"\x11"


def project(folder: Path, url: str, lanes: int, model: str) -> dict[str, str]:
    """Write a project whose lanes all ask the server; return the environment to run it in."""
    names = [f"lane{n}" for n in range(lanes)]
    lines = [f"[defaults]\nlanes = {names}\nchecks = ['not_contains:BAD', 'max_words:100000']\n"]
    lines += [
        f"[lanes.{name}]\nprovider = 'compatible'\nbase_url = '{url}'\nmodel = '{model}'\n"
        for name in names
    ]
    (folder / "workbench.toml").write_text("\n".join(lines))
    own = {f"WORKBENCH_{n}": str(folder / n.lower()) for n in ("CONFIG", "STATE", "CACHE")}
    return {**os.environ, **own, "PYTHONPATH": str(Path.cwd()), "TERM": "xterm-256color"}


def saved(folder: Path) -> Session | None:
    """Return the project's session once its iteration has ended."""
    for path in (folder / "sessions").glob("*.jsonl"):
        if b'"t":"iteration_end"' in path.read_bytes():
            return load(path).session
    return None


def headless(folder: Path, environment: dict[str, str]) -> Session:
    """Run the race with ``workbench send``."""
    command = [sys.executable, "-m", "workbench", "send", "Go."]
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    session = saved(folder)
    assert session is not None
    return session


def on_screen(folder: Path, environment: dict[str, str], columns: int, rows: int) -> Session:
    """Run the race in the TUI, in a pseudo-terminal that reads everything it paints."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe(sys.executable, [sys.executable, "-m", "workbench"], environment)
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    deadline = time.monotonic() + 90
    _read(terminal, 4.0)
    os.write(terminal, CTRL_J)
    session = None
    while session is None and time.monotonic() < deadline:
        _read(terminal, 0.5)
        session = saved(folder)
    os.write(terminal, CTRL_Q)
    _read(terminal, 2.0)
    os.kill(pid, signal.SIGKILL) if os.waitpid(pid, os.WNOHANG)[0] == 0 else None
    os.close(terminal)
    assert session is not None, "the race did not end in time"
    return session


def _read(terminal: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            try:
                os.read(terminal, 1 << 16)
            except OSError:
                return


def report(name: str, session: Session) -> None:
    """Print the errors of one run."""
    ttft, ttff, spread, clock = [], [], [], []
    for attempt in session.attempts():
        truth = []
        for ms, text in attempt.chunks:
            for token in text.split():
                _, got, written = token.split(":")
                truth.append((ms, (int(written) - int(got)) / 1e6))
                if token.startswith("BAD") and attempt.ttff_ms is not None:
                    ttff.append(attempt.ttff_ms - truth[-1][1])
        ttft.append(truth[0][0] - truth[0][1])
        spread += [ms - true for ms, true in truth]
        clock.append(attempt.clock_error_ms or float("nan"))
    cells = [quantile(v, q) for v in (ttft, ttff, spread) for q in (0.5, 0.99)]
    print(f"{name:12}" + "".join(f"{c:9.2f}" for c in cells) + f"{quantile(clock, 0.5):9.2f}")


def main() -> None:
    """Measure both in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lanes", type=int, default=8)
    parser.add_argument("--pace", type=float, default=1000.0)
    parser.add_argument("--tokens", type=int, default=3000)
    parser.add_argument("--first", type=float, default=200.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    model = (
        f"bench:tokens={options.tokens},pace={options.pace},first={options.first},"
        f"bad_at={options.tokens // 2}"
    )
    print("errors in ms      TTFT p50      p99 TTFF p50      p99  all p50      p99   own ±")
    with in_process_of_its_own(Behaviour()) as url:
        for _ in range(options.rounds):
            for name in ("headless", "screen"):
                with tempfile.TemporaryDirectory() as temporary:
                    folder = Path(temporary)
                    environment = project(folder, url, options.lanes, model)
                    session = (
                        headless(folder, environment)
                        if name == "headless"
                        else on_screen(folder, environment, 200, 60)
                    )
                    report(name, session)


if __name__ == "__main__":
    main()
