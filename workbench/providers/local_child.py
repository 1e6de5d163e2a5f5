"""The process that runs one embedded model: llama.cpp behind a loopback port.

Started by :mod:`workbench.providers.local_process` as a script of its own; it imports nothing of
Workbench. Its first line of standard input is a JSON object with its settings (the access token
among them: it never shows in a list of processes). Then it reads on until that pipe closes, and
ends: the pipe closes when the parent ends, however the parent ends. Standard output carries one
JSON line, ``{"url": ...}`` or ``{"error": ...}``; everything llama.cpp prints goes to the
standard error pipe, of which the parent keeps the last lines.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from typing import IO, NoReturn
from urllib.parse import urlsplit

_ERRORS_ONLY = 1
_NICE = 5
_HEALTH_TIMEOUT = 10.0
_MAX_ANSWER_TOKENS = 2048


def main() -> NoReturn:
    """Serve one model until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    report = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    settings = json.loads(sys.stdin.buffer.readline() or b"null")
    if settings is None:
        os._exit(0)
    _die_with(int(settings["parent"]))
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    threading.Thread(target=_watch_parent, daemon=True).start()
    try:
        server, url = _serve(settings)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        _say(report, error=str(error) or type(error).__name__)
        os._exit(1)
    _say(report, url=url)
    threading.Event().wait()
    del server
    os._exit(0)


def _say(report: IO[str], **words: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        report.write(json.dumps(words) + "\n")
        report.flush()


def _watch_parent() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def _die_with(parent: int) -> None:
    """On Linux, have the kernel end this process with its parent: it acts even while native code
    holds the interpreter.
    """
    if sys.platform != "linux":
        return
    import ctypes

    pr_set_pdeathsig = 1
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _serve(settings: Mapping[str, object]) -> tuple[object, str]:
    import xllamacpp

    slots = int(str(settings["slots"]))
    params = xllamacpp.CommonParams()
    params.model.path = str(settings["path"])
    params.model_alias = {str(settings["name"])}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [str(settings["token"])]
    params.n_ctx = int(str(settings["context"]))
    params.n_parallel = slots
    params.kv_unified = slots > 1
    params.n_predict = _MAX_ANSWER_TOKENS
    params.cache_ram_mib = 0
    params.endpoint_slots = False
    params.ui = False
    params.verbosity = _ERRORS_ONLY
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = int(str(settings["threads"]))
        cpu.poll = 0
    server = xllamacpp.Server(params)
    url = str(server.listening_address)
    _check_health(url)
    return server, url


def _check_health(url: str) -> None:
    at = urlsplit(url)
    connection = http.client.HTTPConnection(
        at.hostname or "127.0.0.1", at.port, timeout=_HEALTH_TIMEOUT
    )
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise RuntimeError(f"the server says it is not well (status {answer.status})")
    finally:
        connection.close()


if __name__ == "__main__":
    main()
