"""Files of other tools as people have them: what fits becomes cases, the rest is listed."""

import json
from pathlib import Path

import pytest

from workbench.errors import UsageError
from workbench.model.prompt import Message, Prompt
from workbench.suites.importers.registry import SOURCES, importer

PROMPTFOO = """\
prompts:
  - 'Translate to {{ language }}: {{ text }}'
  - file://../outside.txt
  - '{% if x %}a{% endif %}'
providers: [openai:gpt-4o-mini]
tests:
  - description: greets
    vars: {language: French, text: Hello}
    assert:
      - {type: icontains, value: bonjour}
      - {type: not-contains, value: "file://x"}
      - {type: javascript, value: output.length < 5}
      - {type: llm-rubric, value: is polite}
    threshold: 0.5
  - vars: {language: "{{ env.KEY }}", text: a}
  - vars: {language: [French, German], text: Hello}
"""


def test_promptfoo(tmp_path: Path) -> None:
    (tmp_path / "promptfooconfig.yaml").write_text(PROMPTFOO)
    (tmp_path.parent / "outside.txt").write_text("secret")
    back = importer("promptfoo")(tmp_path)
    first = back.cases[0]
    assert first.messages == (Message("user", "Translate to French: Hello"),)
    assert first.prompt == Prompt("Translate to {{ language }}: {{ text }}")
    assert first.checks == ('contains/i:"bonjour"', 'not contains:"file://x"')
    what = {item.what for item in back.unmapped}
    assert {"assert javascript", "assert llm-rubric", "threshold", "file://../outside.txt"} <= what
    assert any("template" in item.why for item in back.unmapped)
    assert "secret" not in repr(back)


def test_a_prompt_of_promptfoo_that_is_a_chat_becomes_its_messages(tmp_path: Path) -> None:
    chat = json.dumps([{"role": "system", "content": "s"}, {"role": "user", "content": "{{ q }}"}])
    (tmp_path / "chat.json").write_text(chat)
    (tmp_path / "promptfooconfig.yaml").write_text(
        "prompts: [file://chat.json]\ntests: [{vars: {q: hi}}]\n"
    )
    (case,) = importer("promptfoo")(tmp_path).cases
    assert case.messages == (Message("system", "s"), Message("user", "hi"))


@pytest.mark.parametrize(
    ("yaml", "why"),
    [
        ("a: &x [1]\nb: *x\n", "aliases"),
        ("a: !!python/object/apply:os.system ['true']\n", "could not determine a constructor"),
        ("[" * 80 + "]" * 80, "nested too deeply"),
        ("a: [", "is not YAML"),
        ("- 1\n", "no configuration"),
    ],
)
def test_yaml_that_does_more_than_hold_values_is_refused(
    yaml: str, why: str, tmp_path: Path
) -> None:
    path = tmp_path / "promptfooconfig.yaml"
    path.write_text(yaml)
    with pytest.raises(UsageError, match=why):
        importer("promptfoo")(path)


FOREIGN = {
    "inspect": ({"input": "2+2?", "target": "4", "choices": ["3", "4"]}, ["choices"]),
    "openai-evals": ({"input": [{"role": "user", "content": "2+2?"}], "ideal": ["4"]}, []),
    "deepeval": ({"input": "2+2?", "expected_output": "4", "context": ["c"]}, ["context"]),
    "langsmith": ({"inputs": {"q": "2+2?"}, "outputs": {"a": "4"}, "split": "test"}, ["split"]),
    "braintrust": ({"input": "2+2?", "expected": "4", "created": "now"}, ["created"]),
    "langfuse": ({"input": "2+2?", "expectedOutput": "4", "status": "ACTIVE"}, ["status"]),
    "hf": ({"question": "2+2?", "answer": "4", "level": 1}, ["level"]),
    "finetune": (
        {"messages": [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"}]},
        [],
    ),
}


@pytest.mark.parametrize("source", FOREIGN)
def test_a_foreign_record_becomes_a_case_and_the_rest_is_listed(
    source: str, tmp_path: Path
) -> None:
    record, lost = FOREIGN[source]
    path = tmp_path / "theirs.jsonl"
    path.write_text(json.dumps(record) + "\nnot json\n")
    back = importer(source)(path)
    (case,) = back.cases
    assert case.messages == (Message("user", "2+2?"),)
    assert case.expected == ("4",)
    assert case.id
    assert [item.what for item in back.unmapped] == ["the line", *lost]


@pytest.mark.parametrize("source", SOURCES)
def test_a_file_of_something_else_is_refused_or_listed_never_a_crash(
    source: str, tmp_path: Path
) -> None:
    path = tmp_path / "odd.jsonl"
    for data in (b"\xff\xfe", b"", b"[1, {}]", b'{"messages": 3, "input": {}}\n', b"null\n"):
        path.write_bytes(data)
        refused = False
        try:
            back = importer(source)(path)
        except UsageError:
            refused = True
        assert refused or back.cases == ()
        assert refused or bool(back.unmapped) == bool(data)
