# ruff: noqa: E501 - one script per line: a table
"""The fault scripts: what a server sends, and what must come of it.

Wire formats after the published references: chat completion chunks and errors of OpenAI
(https://platform.openai.com/docs/api-reference/chat-streaming), ``time_info`` and reasoning of
Cerebras (https://inference-docs.cerebras.ai/api-reference/chat-completions), ``error:`` lines and
``timings`` of llama.cpp's server, error objects of vLLM, comments and mid-stream errors of
OpenRouter.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import Literal

from tests.faults.server import Answer

State = Literal["complete", "truncated", "error"]


@dataclass(frozen=True)
class Fault:
    """A script and what must come of it. ``kind`` is the provider error's; ``output`` the number
    of output tokens (None: unknown); ``requests`` how many the server must have seen.
    """

    name: str
    answers: tuple[Answer, ...]
    state: State
    text: str = ""
    kind: str | None = None
    output: int | None = None
    requests: int = 1
    reasoning: str = ""
    body: str | None = None
    finish: str | None = None


def head(
    kind: str = "text/event-stream", status: str = "200 OK", *more: str, chunked: bool = True
) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", *more]
    if chunked:
        lines.append("Transfer-Encoding: chunked")
    return "\r\n".join((*lines, "", "")).encode()


def frame(body: bytes) -> bytes:
    """One HTTP chunk."""
    return b"%x\r\n%b\r\n" % (len(body), body)


END = b"0\r\n\r\n"
DONE = b"data: [DONE]\n\n"


def data(document: object, end: str = "\n\n", prefix: str = "data: ") -> bytes:
    return f"{prefix}{json.dumps(document, ensure_ascii=False)}{end}".encode()


def say(text: str, end: str = "\n\n", prefix: str = "data: ", **more: object) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return data({"id": "c1", "choices": [choice], **more}, end, prefix)


def stop(reason: str = "stop", end: str = "\n\n", **more: object) -> bytes:
    choice = {"index": 0, "delta": {}, "finish_reason": reason}
    return data({"id": "c1", "choices": [choice], **more}, end)


USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}


def ok(*events: bytes, ending: bytes = END) -> Answer:
    """A 200 event stream of one HTTP chunk per event."""
    return (head(), *(frame(event) for event in events), ending)


def plain(body: bytes, status: str, kind: str = "application/json", *more: str) -> Answer:
    return (head(kind, status, *more, f"Content-Length: {len(body)}", chunked=False) + body,)


HELLO = (say("Hel"), say("lo"))
WHOLE = (*HELLO, stop(usage=USAGE), DONE)
BIG = b"x" * (17 << 20)

ENDINGS = (
    Fault("whole", (ok(*WHOLE),), "complete", "Hello", output=2, finish="stop"),
    Fault("no done marker", (ok(*WHOLE[:3]),), "complete", "Hello", output=2),
    Fault("done without a finish reason", (ok(*HELLO, DONE),), "complete", "Hello"),
    Fault("neither finish reason nor done", (ok(*HELLO),), "truncated", "Hello"),
    Fault("cut by the length limit", (ok(*HELLO, stop("length")),), "complete", "Hello", finish="length"),
    Fault("content filter", (ok(*HELLO, stop("content_filter")),), "complete", "Hello", finish="content_filter"),
    Fault("ends inside JSON", (ok(*HELLO, b'data: {"choices":[{"ind'),), "truncated", "Hello"),
    Fault("ends without the blank line", (ok(*HELLO, stop()[:-1]),), "truncated", "Hello"),
    Fault("closed inside an HTTP chunk", ((head(), frame(HELLO[0]), b"50\r\ndata: {", "close"),), "truncated", "Hel"),
    Fault("closed between HTTP chunks", ((head(), frame(HELLO[0]), "close"),), "truncated", "Hel"),
    Fault("closed after the finish reason", ((head(), frame(HELLO[0]), frame(stop()), "close"),), "complete", "Hel"),
    Fault("shorter than its content length", ((head("text/event-stream", "200 OK", "Content-Length: 9999", chunked=False) + HELLO[0], "close"),), "truncated", "Hel"),
    Fault("body that ends with the connection", ((head(chunked=False) + b"".join(WHOLE), "close"),), "complete", "Hello", output=2),
    Fault("HTTP/1.0", ((b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + b"".join(WHOLE), "close"),), "complete", "Hello", output=2),
    Fault("done, then the connection stays open", ((head(), frame(b"".join(WHOLE)), "hold"),), "complete", "Hello", output=2),
    Fault("text after done is not an answer", (ok(*WHOLE, say("more")),), "complete", "Hello", output=2),
    Fault("answer without text", (ok(stop(usage={**USAGE, "completion_tokens": 0})),), "complete", "", output=0),
    Fault("role only", (ok(say("")),), "truncated", ""),
)  # fmt: skip

FRAMING = (
    Fault("CRLF", (ok(say("a\u2028b\u0085", "\r\n\r\n"), stop(end="\r\n\r\n")),), "complete", "a\u2028b\u0085"),
    Fault("CR", (ok(say("é", "\r\r"), stop(end="\r\r")),), "complete", "é"),
    Fault("mixed line ends", (ok(say("a", "\r\n\n"), say("b", "\n\r\n"), stop(end="\r\n\r")),), "complete", "ab"),
    Fault("byte order mark", (ok(b"\xef\xbb\xbf" + say("a"), stop()),), "complete", "a"),
    Fault("no space after the colon", (ok(say("a", prefix="data:"), stop()),), "complete", "a"),
    Fault("comments between", (ok(b": OPENROUTER PROCESSING\n\n", say("a"), b":\n\n", stop()),), "complete", "a"),
    Fault("ping, empty data, retry, id", (ok(b"event: ping\ndata: {}\n\ndata:\n\ndata\n\nretry: 5\n\nid: 1\n\n", say("a"), stop()),), "complete", "a"),
    Fault("an event in several data lines", (ok(b'data: {"choices":\ndata: [{"delta":{"content":"a"},\ndata: "finish_reason":"stop"}]}\n\n'),), "complete", "a"),
    Fault("emoji", (ok(say("\U0001f469\u200d\U0001f4bb"), stop()),), "complete", "\U0001f469\u200d\U0001f4bb"),
    Fault("surrogate halves in two chunks", (ok(b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\n', b'data: {"choices":[{"delta":{"content":"\\ude00"}}]}\n\n', stop()),), "complete", "\U0001f600"),
    Fault("a lone surrogate", (ok(b'data: {"choices":[{"delta":{"content":"a\\udc00b"}}]}\n\n', stop()),), "complete", "a\udc00b"),
    Fault("bytes that are not UTF-8", (ok(b'data: {"choices":[{"delta":{"content":"a\xffb"}}]}\n\n', stop()),), "complete", "a\ufffdb"),
    Fault("NUL and escapes are text", (ok(say("\x00\x1b[31m"), stop()),), "complete", "\x00\x1b[31m"),
    Fault("HTTP chunk extensions and trailers", ((head(), b"%x;name=value\r\n%b\r\n" % (len(HELLO[0]), HELLO[0]), frame(stop()), b"0\r\nX-Trailer: 1\r\n\r\n"),), "complete", "Hel"),
    Fault("interim responses come first", ((b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", *ok(*WHOLE)),), "complete", "Hello", output=2),
    Fault("a content type that says nothing", ((head("application/octet-stream"), frame(b"".join(WHOLE)), END),), "complete", "Hello", output=2),
    Fault("no content type", ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", frame(b"".join(WHOLE)), END),), "complete", "Hello", output=2),
)  # fmt: skip

CONTENT = (
    Fault("usage in every chunk", (ok(say("a", usage={**USAGE, "completion_tokens": 1}), say("b", usage=USAGE), stop(usage=USAGE)),), "complete", "ab", output=2),
    Fault("usage in a chunk of its own", (ok(*HELLO, stop(), data({"choices": [], "usage": USAGE}), DONE),), "complete", "Hello", output=2),
    Fault("usage of Groq", (ok(*HELLO, stop(x_groq={"id": "r", "usage": USAGE})),), "complete", "Hello", output=2),
    Fault("null usage is unknown", (ok(*HELLO, stop(usage=None)),), "complete", "Hello"),
    Fault("usage of a strange shape is unknown", (ok(*HELLO, stop(usage=[1]), DONE),), "complete", "Hello"),
    Fault("timings stand in for usage", (ok(*HELLO, stop(timings={"prompt_n": 4, "predicted_n": 2})),), "complete", "Hello", output=2),
    Fault("reasoning apart", (ok(data({"choices": [{"delta": {"reasoning": "hm"}}]}), data({"choices": [{"delta": {"reasoning_content": "."}}]}), say("a"), stop()),), "complete", "a", reasoning="hm."),
    Fault("fields nobody knows", (ok(say("a", obfuscation="xyz", nvext={"a": [1]}), stop()),), "complete", "a"),
    Fault("ids and models of other types", (ok(say("a", id=7, model=None, x_groq=3), stop()),), "complete", "a"),
    Fault("arguments of a tool call as an object", (ok(data({"choices": [{"delta": {"tool_calls": [{"id": 1, "function": {"name": "f", "arguments": {"a": 1}}}]}}]}), stop("tool_calls")),), "complete", ""),
    Fault("other choices are not this answer", (ok(data({"choices": [{"index": 1, "delta": {"content": "other"}}]}), say("a"), stop()),), "complete", "a"),
    Fault("deep nesting beside the text", (ok(b'data: {"choices":[{"delta":{"content":"a"}}],"x":' + b"[" * 500 + b"]" * 500 + b"}\n\n", stop()),), "complete", "a"),
)  # fmt: skip

ERRORS = (
    Fault("error object in a chunk", (ok(say("a"), data({"error": {"message": "boom", "type": "server_error", "code": 500}})),), "error", "a", "server", body="boom"),
    Fault("error event", (ok(say("a"), b"event: error\n" + data({"error": {"message": "boom"}})),), "error", "a", "server", body="boom"),
    Fault("error line of llama.cpp", (ok(say("a"), data({"code": 400, "message": "too long", "type": "exceed_context_size_error"}, prefix="error: ")),), "error", "a", "bad_request", body="too long"),
    Fault("error object of vLLM", (ok(data({"object": "error", "message": "boom", "type": "BadRequestError", "param": None, "code": 400})),), "error", "", "bad_request", body="boom"),
    Fault("error of OpenRouter in mid-stream", (ok(say("a"), data({"id": "c", "error": {"code": 502, "message": "Provider disconnected"}, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]})),), "error", "a", "server", body="disconnected"),
    Fault("detail instead of a chunk", (ok(data({"detail": "not here"})),), "error", "", "server", body="not here"),
    Fault("rate limit in mid-stream", (ok(say("a"), data({"error": {"message": "slow down", "code": 429}})),), "error", "a", "rate_limit", body="slow down"),
    Fault("HTML in the stream", (ok(say("a"), b"data: <html>502</html>\n\n"),), "error", "a", "protocol", body="<html>"),
    Fault("JSON that is no object", (ok(b"data: 5\n\n"),), "error", "", "protocol", body="5"),
    Fault("nested without end", (ok(b"data: " + b'{"a":' * 50_000 + b"\n\n"),), "error", "", "protocol"),
    Fault("200 with HTML", (plain(b"<html>Sign in</html>", "200 OK", "text/html"),), "error", "", "protocol", body="Sign in"),
    Fault("200 with an error in JSON", (plain(b'{"error":{"message":"no credit","code":402}}', "200 OK"),), "error", "", "auth", body="no credit"),
    Fault("200 with a whole completion", (plain(b'{"choices":[{"message":{"content":"Hello"}}]}', "200 OK"),), "error", "", "protocol", body="Hello"),
    Fault("200 with an empty body", (plain(b"", "200 OK", "text/event-stream"),), "error", "", "protocol"),
    Fault("200 with an event stream that is HTML", (plain(b"<html>\n\n</html>", "200 OK", "text/event-stream"),), "error", "", "protocol", body="<html>"),
    Fault("only comments, then the end", (ok(b": wait\n\n"),), "error", "", "protocol"),
    Fault("204", ((b"HTTP/1.1 204 No Content\r\n\r\n",),), "error", "", "bad_request"),
    Fault("401", (plain(b'{"error":{"message":"Incorrect API key"}}', "401 Unauthorized"),), "error", "", "auth", body="Incorrect"),
    Fault("403 as HTML", (plain(b"<html><h1>Forbidden</h1></html>", "403 Forbidden", "text/html"),), "error", "", "auth", body="Forbidden"),
    Fault("404", (plain(b'{"detail":"Not Found"}', "404 Not Found"),), "error", "", "not_found", body="Not Found"),
    Fault("413", (plain(b"too big", "413 Payload Too Large", "text/plain"),), "error", "", "too_large", body="too big"),
    Fault("422 with a list", (plain(b'{"detail":[{"msg":"field required"}]}', "422 Unprocessable"),), "error", "", "bad_request", body="field required"),
    Fault("429", (plain(b"{}", "429 Too Many Requests", "application/json", "Retry-After: 7"),), "error", "", "rate_limit"),
    Fault("500 without a body", (plain(b"", "500 Oops"),), "error", "", "server"),
    Fault("503 that never ends its body", ((head("text/plain", "503 Busy"), frame(b"busy"), "close"),), "error", "", "server", body="busy"),
    Fault("redirect", (plain(b"", "307 Temporary Redirect", "text/plain", "Location: https://elsewhere.example/v1"),), "error", "", "not_found"),
    Fault("compressed although asked not to", ((head("text/event-stream", "200 OK", "Content-Encoding: gzip"), frame(gzip.compress(b"".join(WHOLE))), END),), "error", "", "protocol"),
)  # fmt: skip

TRANSPORT = (
    Fault("closed without an answer", (("close",),), "error", "", "protocol"),
    Fault("reset without an answer", (("reset",),), "error", "", "protocol"),
    Fault("closed within the head", ((b"HTTP/1.1 200 OK\r\nContent-Ty", "close"),), "error", "", "protocol"),
    Fault("reset in mid-answer", ((head(), frame(HELLO[0]), "reset"),), "truncated"),
    Fault("not HTTP", ((b"SSH-2.0-OpenSSH_9.6\r\n", "hold"),), "error", "", "protocol"),
    Fault("TLS alert in plain text", ((b"\x15\x03\x03\x00\x02\x02\x46", "close"),), "error", "", "protocol"),
    Fault("length and chunked at once", ((head("text/event-stream", "200 OK", "Content-Length: 5"), *ok(*WHOLE)[1:], "close"),), "error", "", "protocol"),
    Fault("bad HTTP chunk size", ((head(), frame(HELLO[0]), b"zz\r\nx\r\n", "hold"),), "error", "Hel", "protocol"),
    Fault("switching protocols", ((b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "hold"),), "error", "", "protocol"),
    Fault("headers without end", ((b"HTTP/1.1 200 OK\r\n", "flood-headers"),), "error", "", "protocol"),
    Fault("a line without end", ((head(), frame(HELLO[0]), "flood-line"),), "error", "Hel", "too_large"),
    Fault("a second answer nobody asked for", ((*ok(*WHOLE), *ok(say("smuggled"), stop())),), "complete", "Hello", output=2),
)  # fmt: skip

ALL = ENDINGS + FRAMING + CONTENT + ERRORS + TRANSPORT
