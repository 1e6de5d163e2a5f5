"""A server that gives back the key it was sent, in every place an answer has, and remembers what
reached it.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote


class Echo(ThreadingHTTPServer):
    """``requests`` are the heads and bodies it got; ``connections`` how often it was reached."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[str] = []
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request, client_address) -> None:
        """A client that leaves while it is answered is no error here: lanes are aborted."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def get_request(self):
        self.connections += 1
        return super().get_request()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Echo

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        key = self._key("")
        self._plain(200, {"data": [{"id": key}, {"id": f"echo-{key}"}]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        key, model = self._key(body), json.loads(body)["model"]
        if model == "refuse":
            words = f"Incorrect API key {key}, in a URL {quote(key, safe='')}"
            self._plain(401, {"error": {"message": words, "code": key}})
        else:
            self._stream(key, breaks=model == "midway")

    def _key(self, body: str) -> str:
        self.server.requests.append(f"{self.path}\n{self.headers}\n{body}")
        return self._sent()

    def _sent(self) -> str:
        """The key of the request, in whichever header it came."""
        sent = self.headers.get("authorization") or self.headers.get("x-api-key") or "none"
        return sent.removeprefix("Bearer ")

    def _plain(self, status: int, document: object) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, key: str, *, breaks: bool) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("x-request-id", key)
        self.send_header("x-ratelimit-limit-requests", key)
        self.send_header("connection", "close")
        self.end_headers()
        for piece in (key[:3], key[3:9], key[9:], "\n", json.dumps(key), " that was it"):
            self._say({"reasoning_content": piece})
        for at in range(len(key)):
            self._say({"content": key[at]})
        self._say({"content": f"\nwhole {key} quoted {json.dumps(key)} in a URL {quote(key)}\n"})
        if breaks:
            self._data({"error": {"message": f"the key {key} is worn out", "type": key}})
            return
        call = {"index": 0, "id": key, "function": {"name": "f", "arguments": json.dumps([key])}}
        self._say({"tool_calls": [call]})
        self._say({"content": f"begun {key[:-1]}"}, finish_reason="stop")
        self._data({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 9}})
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _say(self, delta: object, finish_reason: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        self._data({"choices": [choice]})

    def _data(self, document: dict[str, object]) -> None:
        key = self._sent()
        head = {"id": f"chatcmpl-{key}", "model": f"echo-{key}", "system_fingerprint": key}
        self.wfile.write(b"data: " + json.dumps(head | document).encode() + b"\n\n")
        self.wfile.flush()


@contextmanager
def echo_server() -> Iterator[Echo]:
    """Run one on a free port of this machine."""
    server = Echo()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
