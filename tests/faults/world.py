"""A project with lanes whose server gives back every secret it is sent; a stranger's session."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from tests.faults.echo import Echo

KEY = 'sk-Vq7/zR+4kW2mXp9Lt"c5Ny'
HEADER = "hd-Jf3/bT+8nQ6uYs1Ge"
"""A secret that the user wrote into a header of a lane, in ``workbench.toml``."""
REFERRED = "rf-Wd5/cH+2mKx7Pz9Ra"
"""One that a header of a lane refers to."""
SECRETS = (KEY, HEADER, REFERRED)
WINDOW = 8
"""So many characters of the key in a row are a leak, wherever they begin."""

CONFIG = """
[defaults]
lanes = ["echo", "refuse", "midway"]
checks = ["json"]

[lanes.header]
base_url = "{url}"
model = "echo"
options = {{ headers = {{ "X-Api-Key" = "%s" }} }}

[lanes.refers]
base_url = "{url}"
model = "refuse"
options = {{ headers = {{ Authorization = "Bearer env:CANARY_HEADER" }} }}

[lanes.echo]
base_url = "{url}"
key_env = "CANARY_KEY"
model = "echo"
prices = {{ input = 1.0, output = 1.0 }}

[lanes.refuse]
base_url = "{url}"
key_env = "CANARY_KEY"
model = "refuse"

[lanes.midway]
base_url = "{url}"
key_env = "CANARY_KEY"
model = "midway"
limits = {{ retries = 0 }}

[lanes.sdk]
provider = "openai"
base_url = "{url}"
key_env = "CANARY_KEY"
model = "echo"
""".replace("%s", HEADER)
FOREIGN_CONFIG = """
[lanes.evil]
base_url = "{url}"
key_env = "CANARY_KEY"
model = "{model}"
limits = {{ retries = 0 }}
"""
SUITE = (
    '{"id": "a", "messages": [{"role": "user", "content": "Say it."}], "checks": ["json"],'
    ' "base_url": "%s", "lane": "evil", "provider": "compatible"}\n'
)
PROMPTFOO = """
providers: [{id: "openai:chat:gpt", config: {apiBaseUrl: "%s", apiKeyEnvar: CANARY_KEY}}]
prompts: ["Say {{x}}"]
tests: [{vars: {x: "it"}, assert: [{type: is-json}]}]
"""


def leaked(data: bytes) -> list[str]:
    """Return the parts of secrets in *data*, which may be wrapped or drawn piece by piece."""
    text = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]", b"", data).decode("utf-8", "replace")
    forms = [
        form
        for key in SECRETS
        for form in (key, quote(key, safe=""), key.replace('"', '\\"'), key.replace("/", "\\/"))
    ]
    parts = {form[at : at + WINDOW] for form in forms for at in range(len(form) - WINDOW + 1)}
    return [part for part in parts if part in text]


class World:
    """A project with its two servers, and everything that was printed in it."""

    def __init__(self, folder: Path, mine: Echo, other: Echo) -> None:
        self.folder, self.mine, self.other = folder, mine, other
        self.project = folder / "project"
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "CANARY_KEY": f" {KEY} ",
            "CANARY_HEADER": REFERRED,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            **{f"WORKBENCH_{n}": str(folder / n.lower()) for n in ("CONFIG", "STATE", "CACHE")},
        }
        self.project.mkdir()
        (self.project / "suite.jsonl").write_text(SUITE % other.url)
        (self.project / "promptfooconfig.yaml").write_text(PROMPTFOO % other.url)

    def configure(self, text: str) -> None:
        (self.project / "workbench.toml").write_text(text)

    def run(self, *arguments: str, known: bool = True) -> tuple[int, bytes]:
        """Run a command; without *known* the key is not in its environment."""
        env = {k: v for k, v in self.environment.items() if known or k != "CANARY_KEY"}
        done = subprocess.run(
            [sys.executable, "-m", "workbench", *arguments],
            cwd=self.project,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout

    def foreign_session(self) -> None:
        """Somebody else's session: their lane refused the first prompt and failed the second."""
        for model, more in (("refuse", ()), ("echo", ("--session", "foreign"))):
            self.configure(FOREIGN_CONFIG.format(url=self.other.url, model=model))
            text = self.project / "workbench.toml"
            text.write_text(text.read_text().replace('key_env = "CANARY_KEY"\n', ""))
            self.run("send", "Hello", "-l", "evil", "-c", "json", *more, known=False)
            for path in (self.project / "sessions").glob("*.jsonl"):
                path.rename(path.with_name("foreign.jsonl"))
        path = self.project / "sessions" / "foreign.jsonl"
        named = path.read_text().replace('"key_env":null', '"key_env":"CANARY_KEY"')
        path.write_text(named)
        assert self.other.connections == 2
        self.other.connections = 0
        self.configure(CONFIG.format(url=self.mine.url))

    def newest(self, pattern: str) -> str:
        """Return the id of the session whose file matches, the newest first."""
        files = (self.project / "sessions").glob(pattern)
        own = [path for path in files if path.stem != "foreign"]
        return max(own, key=lambda path: path.stat().st_mtime_ns).stem if own else "none"

    def assert_no_leak_in_files(self) -> None:
        own = self.project / "workbench.toml"
        files = [path for path in self.folder.rglob("*") if path.is_file() and path != own]
        saved = b"".join(path.read_bytes() for path in self.project.rglob("*.jsonl"))
        assert b"echo-***" in saved, "nothing was saved that could have leaked"
        found = {str(path): leaked(path.read_bytes()) for path in files}
        assert {path: parts for path, parts in found.items() if parts} == {}
