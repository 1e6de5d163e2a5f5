"""Conversations of other tools become sessions; what has no place is listed, never dropped."""

from __future__ import annotations

import io
import json
import sqlite3
import sys
import zipfile

import pytest

if sys.version_info >= (3, 14):
    import zipfile as with_zstd
else:
    from backports.zstd import zipfile as with_zstd

from workbench.errors import UnknownName, UsageError
from workbench.measure.curves import observe
from workbench.store.imports.registry import IMPORTERS, guess, import_file, importer
from workbench.store.sessions import load

CHAT = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi {{ x }}"}]
CONTAINS = {"pass": False, "reason": "no b", "assertion": {"type": "contains", "value": "b"}}
PROMPTFOO = {
    "results": {
        "timestamp": "2026-11-01T10:00:00.000Z",
        "results": [
            {
                "provider": {"id": "openai:gpt-x", "label": "big"},
                "prompt": {"raw": json.dumps(CHAT)},
                "vars": {"x": "there"},
                "response": {"output": {"a": 1}, "tokenUsage": {"prompt": 5, "completion": 3}},
                "latencyMs": 812,
                "cost": 0.001,
                "gradingResult": {
                    "pass": False,
                    "componentResults": [
                        {"pass": True, "reason": "ok", "assertion": {"type": "is-json"}},
                        CONTAINS,
                    ],
                },
            },
            {
                "provider": {"id": "small"},
                "prompt": {"raw": "Plain"},
                "response": {},
                "error": "429 too many",
                "namedScores": {"x": 1},
            },
        ],
    },
    "config": {"description": "Greetings"},
}

INSPECT_HEADER = {
    "eval": {"task": "sums", "model": "openai/gpt-x", "created": "2026-11-01T10:00:00+00:00"}
}
INSPECT_SAMPLE = {
    "id": 1,
    "epoch": 1,
    "input": "1+1?",
    "messages": [
        {"role": "system", "content": "Count"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "1+1?"}, {"type": "image", "image": "x"}],
        },
        {"role": "assistant", "content": "2"},
    ],
    "output": {
        "model": "gpt-x",
        "choices": [{"message": {"role": "assistant", "content": "2"}, "stop_reason": "stop"}],
        "usage": {"input_tokens": 4, "output_tokens": 1},
        "time": 1.5,
    },
    "scores": {"match": {"value": "C", "explanation": "equal"}, "style": {"value": 0.3}},
    "events": [{}],
}

OPENAI = [
    {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
    {
        "request": {
            "model": "m",
            "temperature": 0.5,
            "messages": [{"role": "user", "content": "c"}],
        },
        "response": {
            "model": "m-1",
            "created": 1760000000,
            "choices": [{"message": {"content": "d"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2},
        },
    },
    {
        "messages": [
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "two"},
            {"role": "user", "content": "three"},
            {"role": "assistant", "content": "four"},
        ],
        "weight": 1,
    },
    {"messages": [{"role": "user", "content": "no answer"}]},
]


@pytest.fixture
def run_import(tmp_path):
    def run(path, kind=None):
        report = import_file(path, kind, tmp_path / "sessions", app="test")
        loaded = load(tmp_path / "sessions" / f"{report.session}.jsonl")
        assert loaded.whole
        return report, loaded.session

    return run


def test_promptfoo_results_keep_prompts_answers_verdicts_costs_and_errors(
    tmp_path, run_import
) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(PROMPTFOO))
    report, session = run_import(path)
    assert (session.title, report.iterations, report.attempts) == ("Greetings", 2, 2)
    first, second = session.attempts()
    assert session.iterations[0].prompt.system == "Be brief"
    assert session.iterations[0].prompt.render()[1].content == "Hi {{ x }}"
    assert (first.lane, first.text, first.total_ms) == ("big", '{"a": 1}', 812.0)
    assert [(c.name, c.verdict) for c in first.checks] == [
        ("is-json", "pass"),
        ("contains:b", "fail"),
    ]
    assert (first.verdict, first.cost.usd, first.tokens.output) == ("fail", 0.001, 3)
    assert (second.state, second.error.message) == ("error", "429 too many")
    assert any("named scores" in s for s in report.unmapped)
    assert any("configuration" in s for s in report.unmapped)


@pytest.mark.parametrize("packing", ["", "deflate", "zstd"])
def test_inspect_logs_of_every_kind(tmp_path, run_import, packing) -> None:
    path = tmp_path / ("log.eval" if packing else "log.json")
    if packing:
        writer = with_zstd if packing == "zstd" else zipfile
        how = with_zstd.ZIP_ZSTANDARD if packing == "zstd" else zipfile.ZIP_DEFLATED
        with writer.ZipFile(path, "w", how) as archive:
            archive.writestr("header.json", json.dumps(INSPECT_HEADER))
            archive.writestr("samples/1_epoch_1.json", json.dumps(INSPECT_SAMPLE))
    else:
        path.write_text(json.dumps({**INSPECT_HEADER, "samples": [INSPECT_SAMPLE]}))
    report, session = run_import(path)
    attempt = session.attempts()[0]
    assert (session.title, attempt.text, attempt.total_ms, attempt.verdict) == (
        "sums",
        "2",
        1500.0,
        "pass",
    )
    assert session.iterations[0].prompt.system == "Count"
    assert [c.name for c in attempt.checks] == ["match"]
    for what in ("style", "image", "transcript"):
        assert any(what in s for s in report.unmapped), what


def test_openai_lines_chats_and_request_logs(tmp_path, run_import) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_text("\n".join(map(json.dumps, OPENAI)) + "\nnot json\n")
    report, session = run_import(path)
    assert [a.text for a in session.attempts()] == ["b", "d", "four"]
    assert session.iterations[1].lanes[0].params.temperature == 0.5
    assert session.attempts()[1].utc.startswith("2025-10-09")
    assert session.iterations[2].prompt.user == "user: one\n\nassistant: two\n\nuser: three"
    for what in ("several turns", "without an answer", "not JSON", "'weight'", "duration"):
        assert any(what in s for s in report.unmapped), what


def test_the_logs_of_newer_llm_are_chains_of_messages(tmp_path, run_import) -> None:
    path = tmp_path / "logs.db"
    db = sqlite3.connect(path)
    db.executescript(
        """
        CREATE TABLE responses (id TEXT, model TEXT, prompt TEXT, response TEXT);
        CREATE TABLE messages (hash TEXT PRIMARY KEY, parent_hash TEXT, role TEXT);
        CREATE TABLE parts (id INTEGER PRIMARY KEY, message_hash TEXT, position INT, type TEXT,
                            text TEXT);
        CREATE TABLE turns (id TEXT, parent_message_hash TEXT, tip_message_hash TEXT, model TEXT,
            resolved_model TEXT, options_json TEXT, schema_id TEXT, input_tokens INT,
            output_tokens INT, duration_ms INT, datetime_utc TEXT);
        INSERT INTO responses VALUES ('t1', 'gpt-x', 'Hi', 'Hello'), ('old', 'gpt-x', 'Old', 'Yes');
        INSERT INTO messages VALUES ('s', NULL, 'system'), ('u1', 's', 'user'),
            ('a1', 'u1', 'assistant'), ('u2', 'a1', 'user'), ('a2', 'u2', 'assistant');
        INSERT INTO parts (message_hash, position, type, text) VALUES ('s', 0, 'text', 'Be kind'),
            ('u1', 0, 'text', 'Hi'), ('a1', 1, 'text', 'Hello'), ('a1', 0, 'reasoning', 'Hm'),
            ('u2', 0, 'text', 'More'), ('u2', 1, 'attachment', NULL), ('a2', 0, 'text', 'Sure');
        INSERT INTO turns VALUES
            ('t1', 'u1', 'a1', 'gpt-x', NULL, '{"temperature": 0.2}', NULL, 3, 1, 900, '2026'),
            ('t2', 'u2', 'a2', 'gpt-x', NULL, NULL, NULL, 5, 1, 800, '2027');
        """
    )
    db.close()
    report, session = run_import(path)
    answers = [
        (i.prompt.system, i.prompt.user, a.text, a.reasoning)
        for i in session.iterations
        for a in i.attempts
    ]
    assert answers == [
        ("Be kind", "Hi", "Hello", "Hm"),
        ("Be kind", "user: Hi\n\nassistant: Hello\n\nuser: More", "Sure", None),
        (None, "Old", "Yes", None),
    ]
    assert session.attempts()[0].total_ms == 900.0
    assert session.iterations[0].lanes[0].params.temperature == 0.2
    for what in ("several turns", "attachment"):
        assert any(what in s for s in report.unmapped), what


def test_the_logs_of_llm(tmp_path, run_import) -> None:
    path = tmp_path / "logs.db"
    db = sqlite3.connect(path)
    db.execute(
        "CREATE TABLE responses (id TEXT, model TEXT, prompt TEXT, system TEXT, options_json TEXT,"
        " response TEXT, conversation_id TEXT, duration_ms INT, datetime_utc TEXT,"
        " input_tokens INT, output_tokens INT)"
    )
    for n in (1, 2):
        db.execute(
            "INSERT INTO responses VALUES (?, 'gpt-x', 'Hi', 'Be kind', ?, 'Hello', 'c', 900,"
            " '2026-11-01T10:00:00', 3, 1)",
            (str(n), '{"temperature": 0.2, "odd": 1}'),
        )
    db.commit()
    db.close()
    before = path.read_bytes()
    report, session = run_import(path)
    assert (report.iterations, report.attempts) == (1, 2)
    attempt = session.attempts()[1]
    assert (attempt.text, attempt.total_ms, attempt.repeat) == ("Hello", 900.0, 2)
    lane = session.iterations[0].lanes[0]
    assert (lane.params.temperature, lane.params.extra) == (0.2, {"odd": 1})
    assert any("earlier turns" in s for s in report.unmapped)
    assert path.read_bytes() == before


def test_imported_attempts_never_enter_statistics_of_time(tmp_path, run_import) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(PROMPTFOO))
    _, session = run_import(path)
    assert observe(session.attempts()) == ()


@pytest.mark.parametrize("kind", sorted(IMPORTERS))
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        b"[" * 100_000,
        b"{}",
        b"[1]",
        b"null",
        b'{"results": 5}',
        b"PK\x03\x04junk",
    ],
)
def test_what_is_not_the_format_is_said_to_be_not(tmp_path, run_import, kind, data) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(UsageError):
        run_import(path, kind)
    assert not list((tmp_path).glob("sessions/*"))


@pytest.mark.parametrize("how", [zipfile.ZIP_DEFLATED, with_zstd.ZIP_ZSTANDARD])
def test_a_log_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch, how) -> None:
    from workbench.store.imports import inspect

    monkeypatch.setattr(inspect, "MOST_UNPACKED", 1000)
    packed = io.BytesIO()
    with with_zstd.ZipFile(packed, "w", how) as archive:
        archive.writestr("header.json", json.dumps({"eval": {"task": "x" * 100_000}}))
    path = tmp_path / "bomb.eval"
    path.write_bytes(packed.getvalue())
    with pytest.raises(UsageError, match="unpacks"):
        inspect.read(path)


def test_a_log_whose_packing_is_broken_is_refused(tmp_path) -> None:
    from workbench.store.imports import inspect

    packed = io.BytesIO()
    with with_zstd.ZipFile(packed, "w", with_zstd.ZIP_ZSTANDARD) as archive:
        archive.writestr("header.json", json.dumps({"eval": {"task": "abc" * 1000}}))
    path = tmp_path / "broken.eval"
    for at in range(45, 75):
        data = bytearray(packed.getvalue())
        data[at] ^= 0xFF
        path.write_bytes(data)
        with pytest.raises(UsageError):
            inspect.read(path)


def test_formats_are_guessed_from_the_file(tmp_path) -> None:
    for name, data, kind in (
        ("a.jsonl", b"{}", "openai"),
        ("a.eval", b"PK", "inspect"),
        ("a.db", b"SQLite format 3\x00", "llm"),
        ("a.json", b'{"version": 2, "eval": {}}', "inspect"),
        ("b.json", b'{"evalId": "x", "results": {}}', "promptfoo"),
    ):
        (tmp_path / name).write_bytes(data)
        assert guess(tmp_path / name) == kind
    (tmp_path / "x.txt").write_bytes(b"{}")
    with pytest.raises(UnknownName):
        guess(tmp_path / "x.txt")
    with pytest.raises(UnknownName):
        importer("nothing")
