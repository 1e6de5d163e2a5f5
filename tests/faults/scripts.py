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


def choice(index: int = 0, finish: str | None = None, **delta: object) -> dict[str, object]:
    return {"index": index, "delta": delta, "finish_reason": finish}


def chunk(*choices: dict[str, object], **more: object) -> bytes:
    return data({"id": "c1", "choices": list(choices), **more})


CALL = {"index": 0, "id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}

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
    Fault("two done markers", (ok(*WHOLE, DONE),), "complete", "Hello", output=2),
    Fault("a done marker with white space", (ok(*HELLO, b"data:  [DONE] \n\n"),), "complete", "Hello"),
    Fault("text after the finish reason", (ok(*HELLO, stop(), say("!"), DONE),), "complete", "Hello!", finish="stop"),
    Fault("two finish reasons", (ok(*HELLO, stop("length"), stop("stop"), DONE),), "complete", "Hello", finish="length"),
    Fault("an empty finish reason is none", (ok(*HELLO, stop("")),), "truncated", "Hello"),
    Fault("the finish reason of another choice", (ok(*HELLO, chunk(choice(1, "stop"))),), "truncated", "Hello"),
    Fault("an event that is called done", (ok(*HELLO, b"event: done\ndata: {}\n\n"),), "truncated", "Hello"),
    Fault("nothing but the length limit", (ok(say(""), stop("length"), DONE),), "complete", "", finish="length"),
    Fault("given up with an error", (ok(*HELLO, stop("error"), DONE),), "error", "Hello", "server"),
    Fault("given up by vLLM", (ok(*HELLO, stop("abort"), DONE),), "error", "Hello", "server"),
    Fault("given up by DeepSeek", (ok(*HELLO, stop("insufficient_system_resource"), DONE),), "error", "Hello", "server"),
    Fault("HTTP/1.0 that is kept alive", ((b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\nConnection: keep-alive\r\nContent-Length: %d\r\n\r\n" % len(b"".join(WHOLE)), b"".join(WHOLE)),), "complete", "Hello", output=2),
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
    Fault("2,000 interim responses", ((b"HTTP/1.1 102 Processing\r\n\r\n" * 2000, *ok(*WHOLE)),), "complete", "Hello", output=2),
    Fault("announced trailers", ((head("text/event-stream", "200 OK", "Trailer: X-Sum"), frame(b"".join(WHOLE)), b"0\r\nX-Sum: 5\r\nX-Other: y\r\n\r\n"),), "complete", "Hello", output=2),
    Fault("an identity coding that is named", ((head("text/event-stream", "200 OK", "Content-Encoding: Identity"), frame(b"".join(WHOLE)), END),), "complete", "Hello", output=2),
    Fault("named events that are chunks", (ok(b"event: message\n" + HELLO[0], b"event: completion\n" + HELLO[1], stop()),), "complete", "Hello"),
    Fault("null and empty objects between", (ok(b"data: null\n\n", HELLO[0], b"data: {}\n\n", HELLO[1], stop()),), "complete", "Hello"),
    Fault("a content type that says nothing", ((head("application/octet-stream"), frame(b"".join(WHOLE)), END),), "complete", "Hello", output=2),
    Fault("no content type", ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", frame(b"".join(WHOLE)), END),), "complete", "Hello", output=2),
)  # fmt: skip

CONTENT = (
    Fault("usage in every chunk", (ok(say("a", usage={**USAGE, "completion_tokens": 1}), say("b", usage=USAGE), stop(usage=USAGE)),), "complete", "ab", output=2),
    Fault("usage in a chunk of its own", (ok(*HELLO, stop(), data({"choices": [], "usage": USAGE}), DONE),), "complete", "Hello", output=2),
    Fault("usage of Groq", (ok(*HELLO, stop(x_groq={"id": "r", "usage": USAGE})),), "complete", "Hello", output=2),
    Fault("null usage is unknown", (ok(*HELLO, stop(usage=None)),), "complete", "Hello"),
    Fault("usage of a strange shape is unknown", (ok(*HELLO, stop(usage=[1]), DONE),), "complete", "Hello"),
    Fault("null usage, then usage", (ok(say("a", usage=None), stop(usage=None), data({"choices": [], "usage": USAGE}), DONE),), "complete", "a", output=2),
    Fault("usage after done is too late", (ok(*HELLO, stop(), DONE, data({"choices": [], "usage": USAGE})),), "complete", "Hello"),
    Fault("usage of zero for text that came is unknown", (ok(*HELLO, stop(usage={"prompt_tokens": 0, "completion_tokens": 0}), DONE),), "complete", "Hello"),
    Fault("negative usage is unknown", (ok(*HELLO, stop(usage={"prompt_tokens": -1, "completion_tokens": -5}), DONE),), "complete", "Hello"),
    Fault("usage as text and as decimals", (ok(*HELLO, stop(usage={"prompt_tokens": "5", "completion_tokens": 2.0}), DONE),), "complete", "Hello", output=2),
    Fault("usage of the prompt alone", (ok(*HELLO, stop(usage={"prompt_tokens": 5}), DONE),), "complete", "Hello"),
    Fault("a message in place of deltas", (ok(data({"choices": [{"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}]}), DONE),), "complete", "Hello"),
    Fault("a message that says it all again", (ok(*HELLO, data({"choices": [{"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}]}), DONE),), "complete", "Hello"),
    Fault("text as of plain completions", (ok(data({"choices": [{"index": 0, "text": "Hello"}]}), stop(), DONE),), "complete", "Hello"),
    Fault("content in parts", (ok(chunk(choice(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}])), stop()),), "complete", "Hello", reasoning="hm"),
    Fault("two choices at once", (ok(chunk(choice(content="a"), choice(1, content="b")), chunk(choice(1, "stop"), choice(0, "stop"))),), "complete", "a"),
    Fault("nothing but tool calls", (ok(chunk(choice(role="assistant", content=None)), chunk(choice(tool_calls=[CALL])), stop("tool_calls"), DONE),), "complete", "", finish="tool_calls"),
    Fault("a function call of old", (ok(chunk(choice(function_call={"name": "f", "arguments": "{}"})), stop("function_call"), DONE),), "complete", "", finish="function_call"),
    Fault("nothing but a refusal", (ok(chunk(choice(refusal="I can")), chunk(choice(refusal="not")), stop(), DONE),), "complete", ""),
    Fault("empty errors are none", (ok(say("a", error=None), say("b", error=""), say("c", error={}), say("d", error=False), stop(), DONE),), "complete", "abcd"),
    Fault("NaN beside the text", (ok(b'data: {"choices":[{"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-Infinity}]}}],"x":NaN}\n\n', stop()),), "complete", "a"),
    Fault("the last of two equal keys", (ok(b'data: {"choices":[{"delta":{"content":"a","content":"b"}}]}\n\n', stop()),), "complete", "b"),
    Fault("reasoning that is no text", (ok(chunk(choice(reasoning={"x": 1}, content="a")), stop()),), "complete", "a"),
    Fault("an index as text", (ok(data({"choices": [{"index": "0", "delta": {"content": "a"}}]}), stop()),), "complete", "a"),
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
    Fault("content that is a number", (ok(say("a"), chunk(choice(content=5))),), "error", "a", "protocol"),
    Fault("choices that are no list", (ok(data({"choices": {"0": 1}})),), "error", "", "protocol"),
    Fault("529 of an overloaded server", (plain(b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', "529 Overloaded"),), "error", "", "server", body="Overloaded"),
    Fault("304", ((b"HTTP/1.1 304 Not Modified\r\n\r\n",),), "error", "", "not_found"),
    Fault("brotli although asked not to", ((head("text/event-stream", "200 OK", "Content-Encoding: br"), frame(b"\x1b\x00\x00"), END),), "error", "", "protocol"),
    Fault("compressed in transfer", ((head("text/event-stream", "200 OK", "Transfer-Encoding: gzip, chunked", chunked=False), frame(gzip.compress(b"".join(WHOLE))), END),), "error", "", "protocol"),
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
    Fault("lines without CR in the head", ((b"HTTP/1.1 200 OK\nContent-Type: text/event-stream\n\n", "close"),), "error", "", "protocol"),
    Fault("a folded header", ((b"HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n\r\n", "close"),), "error", "", "protocol"),
    Fault("two lengths", ((b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", "close"),), "error", "", "protocol"),
    Fault("switching protocols", ((b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "hold"),), "error", "", "protocol"),
    Fault("headers without end", ((b"HTTP/1.1 200 OK\r\n", "flood-headers"),), "error", "", "protocol"),
    Fault("a line without end", ((head(), frame(HELLO[0]), "flood-line"),), "error", "Hel", "too_large"),
    Fault("a second answer nobody asked for", ((*ok(*WHOLE), *ok(say("smuggled"), stop())),), "complete", "Hello", output=2),
)  # fmt: skip

ALL = ENDINGS + FRAMING + CONTENT + ERRORS + TRANSPORT
