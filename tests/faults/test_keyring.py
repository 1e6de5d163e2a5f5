"""``workbench lanes key`` with a real keyring library, whose backend keeps keys in a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.echo import echo_server
from tests.tui.test_ends import Terminal

KEY = "sk-kept-in-the-keyring-0042"
BACKEND = '''
import json, os, pathlib
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError, PasswordSetError

class FileKeyring(KeyringBackend):
    """Passwords in a JSON file: for tests alone."""

    priority = 1
    path = pathlib.Path(os.environ["KEYRING_FILE"])

    def _all(self):
        return json.loads(self.path.read_text()) if self.path.exists() else {}

    def get_password(self, service, username):
        return self._all().get(f"{service}/{username}")

    def set_password(self, service, username, password):
        if os.environ.get("KEYRING_LOCKED"):
            raise PasswordSetError("the keyring is locked")
        self.path.write_text(json.dumps({**self._all(), f"{service}/{username}": password}))

    def delete_password(self, service, username):
        raise PasswordDeleteError("not here")
'''


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder, and a keyring in a file beside it."""
    (tmp_path / "filekeyring.py").write_text(BACKEND)
    root = Path(__file__).resolve().parents[2]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(root), str(tmp_path))))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "filekeyring.FileKeyring")
    monkeypatch.setenv("KEYRING_FILE", str(tmp_path / "keyring.json"))
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(tmp_path / name.lower()))
    monkeypatch.delenv("FAR_KEY", raising=False)
    project = tmp_path / "project"
    project.mkdir()
    configure(project, "http://127.0.0.1:9/v1")
    return project


def configure(project: Path, url: str) -> None:
    (project / "workbench.toml").write_text(
        f'[defaults]\nlanes = ["far"]\n[lanes.far]\nbase_url = "{url}"\n'
        'model = "echo"\nkey_env = "FAR_KEY"\n'
    )


def workbench(project: Path, *arguments: str, said: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "workbench", *arguments],
        cwd=project,
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_key_typed_at_the_prompt_is_kept_in_the_keyring_and_never_shown(place: Path) -> None:
    command = (sys.executable, "-m", "workbench", "lanes", "key", "far")
    terminal = Terminal(place, command=command, folder=place)
    terminal.read_until(b"Key for http://127.0.0.1:9/v1")
    os.write(terminal.main, f"  {KEY} \n".encode())
    assert terminal.leave() == 0
    assert KEY.encode() not in terminal.out
    assert b"FAR_KEY: stored in the keyring" in terminal.out
    kept = json.loads((place.parent / "keyring.json").read_text())
    assert kept == {"workbench/FAR_KEY": KEY}


def test_a_key_of_the_keyring_is_used_named_and_masked(place: Path) -> None:
    with echo_server() as server:
        configure(place, server.url)
        assert workbench(place, "doctor")[0] == 1
        assert workbench(place, "lanes", "key", "far", said=f"{KEY}\n")[0] == 0
        assert workbench(place, "doctor")[0] == 0
        rows = json.loads(workbench(place, "lanes", "list", "--json")[1])["lanes"]
        assert [row["key"] for row in rows if row["name"] == "far"] == ["keyring"]
        code, out, err = workbench(place, "send", "Hello", "--json")
    assert code == 0
    assert f"Authorization: Bearer {KEY}" in server.requests[-1]
    assert KEY not in out + err
    written = [path for path in place.rglob("*") if path.is_file()]
    assert not [path for path in written if KEY.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("setting", "said", "words"),
    [
        (("KEYRING_LOCKED", "1"), f"{KEY}\n", "cannot keep the key"),
        (("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring"), f"{KEY}\n", "cannot keep"),
        (("PYTHON_KEYRING_BACKEND", "no.such.Backend"), f"{KEY}\n", "cannot keep the key"),
        (("KEYRING_LOCKED", ""), "   \n", "That is no key"),
    ],
)
def test_a_keyring_that_refuses_is_a_sentence_and_shows_no_key(
    place: Path, monkeypatch: pytest.MonkeyPatch, setting: tuple[str, str], said: str, words: str
) -> None:
    monkeypatch.setenv(*setting)
    code, out, err = workbench(place, "lanes", "key", "far", said=said)
    assert code == 2
    assert words in err
    assert "Traceback" not in err
    assert KEY not in out + err
