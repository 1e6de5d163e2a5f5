"""Chat completions: what a stream says, at every chunking."""

import json
from collections.abc import Iterable

import pytest

from workbench.model.attempt import Tokens
from workbench.providers.base import Delta, Final
from workbench.providers.openai_chat import ChatStream


def chunk(content: object = None, **more: object) -> bytes:
    delta = {} if content is None else {"content": content}
    delta.update(more.pop("delta", {}))  # type: ignore[call-overload]
    choice = {"index": 0, "delta": delta, "finish_reason": more.pop("finish", None)}
    return b"data: " + json.dumps({"choices": [choice], **more}).encode() + b"\n\n"


def read(stream: bytes, step: int | None = None) -> tuple[list[Delta], Final, ChatStream]:
    chat = ChatStream()
    deltas: list[Delta] = []
    step = step or max(len(stream), 1)
    for i in range(0, len(stream), step):
        deltas += chat.feed([(i, stream[i : i + step])])
    deltas += chat.rest()
    return deltas, chat.final(), chat


def text(deltas: Iterable[Delta], channel: str = "answer") -> str:
    return "".join(d.text for d in deltas if d.channel == channel)


STEPS = (1, 2, 3, 7, 50, None)


@pytest.mark.parametrize("step", STEPS)
def test_reasoning_stands_apart_from_the_answer(step: int | None) -> None:
    stream = (
        chunk(delta={"reasoning_content": "hm "})
        + chunk(delta={"reasoning": "well"})
        + chunk("yes", finish="stop")
        + b"data: [DONE]\n\n"
    )
    deltas, final, _ = read(stream, step)
    assert text(deltas) == "yes"
    assert text(deltas, "reasoning") == "hm well"
    assert final.complete
    assert final.finish_reason == "stop"


@pytest.mark.parametrize("step", STEPS)
def test_the_last_usage_counts_and_is_never_summed(step: int | None) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 1}
    last = {**usage, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
    stream = chunk("a", usage=usage) + chunk("b", usage=last, finish="stop")
    _, final, _ = read(stream, step)
    assert final.tokens == Tokens(9, 2, None, 4, "measured")


def test_usage_that_never_came_is_unknown() -> None:
    _, final, _ = read(chunk("a", finish="stop", usage=None))
    assert final.tokens == Tokens()


@pytest.mark.parametrize("step", STEPS)
def test_halves_of_a_surrogate_pair_in_two_chunks_are_one_character(step: int | None) -> None:
    stream = (
        b'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n'
        b'data: {"choices":[{"delta":{"content":"\\ude00b"},"finish_reason":"stop"}]}\n\n'
    )
    deltas, _, _ = read(stream, step)
    assert text(deltas) == "a\U0001f600b"


def test_a_lone_half_of_a_surrogate_pair_is_kept() -> None:
    deltas, _, _ = read(b'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n')
    assert text(deltas) == "a\ud83d"


def test_without_finish_reason_or_done_an_answer_is_truncated() -> None:
    _, final, _ = read(chunk("half an ans"))
    assert not final.complete
    _, final, _ = read(chunk("half") + b'data: {"choices":[{"del')
    assert not final.complete
    assert final.provider_data["cut_inside_event"] is True


ERRORS = [
    (b'data: {"error":{"message":"boom","code":503}}\n\n', "server"),
    (b'data: {"error":{"message":"slow down","type":"rate_limit_exceeded"}}\n\n', "rate_limit"),
    (b'data: {"object":"error","message":"x","code":400}\n\n', "bad_request"),
    (b'event: error\ndata: {"message":"boom"}\n\n', "server"),
    (b"event: error\ndata: boom\n\n", "server"),
    (b'error: {"code":500,"message":"boom","type":"server_error"}\n\n', "server"),
    (b'data: {"choices":[{"index":0,"error":{"code":502,"message":"boom"}}]}\n\n', "server"),
    (b"data: <html>\n\n", "protocol"),
    (b"data: [1]\n\n", "protocol"),
    (b'data: {"choices":[{"delta":{"content":5}}]}\n\n', "protocol"),
    (b"data: " + b"[" * 100_000 + b"\n\n", "protocol"),
]  # fmt: skip


@pytest.mark.parametrize("step", [1, None])
@pytest.mark.parametrize(("error", "kind"), ERRORS)
def test_an_error_in_the_stream_is_an_error_and_the_text_before_it_is_kept(
    error: bytes, kind: str, step: int | None
) -> None:
    deltas, _, chat = read(chunk("so far") + error + chunk("never"), step)
    assert text(deltas) == "so far"
    assert chat.error is not None
    assert chat.error.kind == kind
    assert chat.error.body


def test_tool_calls_are_put_together_and_kept() -> None:
    def piece(**call: object) -> bytes:
        return chunk(delta={"tool_calls": [call]})

    stream = (
        piece(index=0, id="c1", function={"name": "look", "arguments": '{"a"'})
        + piece(index=0, function={"arguments": ": 1}"})
        + piece(index=1, id="c2", function={"name": "go", "arguments": "{}"})
        + chunk(finish="tool_calls")
    )
    _, final, _ = read(stream)
    assert final.provider_data["tool_calls"] == [
        {"id": "c1", "name": "look", "arguments": '{"a": 1}'},
        {"id": "c2", "name": "go", "arguments": "{}"},
    ]


def test_refusal_log_probabilities_and_server_timings_are_kept() -> None:
    logprobs = {"content": [{"token": "a", "logprob": -0.1, "top_logprobs": []}]}
    choice = {"index": 0, "delta": {"content": "a"}, "logprobs": logprobs}
    stream = (
        b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"
        + chunk(delta={"refusal": "I cannot."})
        + chunk(finish="stop", timings={"prompt_n": 3, "predicted_n": 1, "cache_n": 2})
        + b'data: {"choices":[],"time_info":{"total_time":0.1}}\n\n'
    )  # fmt: skip
    _, final, _ = read(stream)
    assert final.provider_data["refusal"] == "I cannot."
    assert final.provider_data["logprobs"] == logprobs["content"]
    assert final.provider_data["time_info"] == {"total_time": 0.1}
    assert final.tokens == Tokens(5, 1, None, 2, "measured")


def test_content_in_parts_is_text_and_thinking() -> None:
    content = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "yes"},
    ]
    deltas, _, _ = read(chunk(content, finish="stop"))
    assert (text(deltas), text(deltas, "reasoning")) == ("yes", "hm")


def test_pings_comments_and_empty_data_are_no_progress() -> None:
    _, _, chat = read(b": hi\n\nevent: ping\ndata: {}\n\ndata:\n\nretry: 3\n\n")
    assert not chat.begun
    assert chat.error is None
    assert chat.progress_ns == 0
