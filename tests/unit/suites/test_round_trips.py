"""What leaves in another tool's format comes back as the same cases."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.suite_cases import HOSTILE, all_cases, rich_case
from workbench.errors import UnknownName
from workbench.model.prompt import Message
from workbench.suites.case import Case
from workbench.suites.exporters import inspect
from workbench.suites.exporters.base import write_export
from workbench.suites.exporters.finetune import few_shot_block, held_out
from workbench.suites.exporters.promptfoo import escape
from workbench.suites.exporters.registry import TARGETS, exporter, prove
from workbench.suites.importers.promptfoo import unescape
from workbench.suites.importers.registry import SOURCES, importer
from workbench.suites.proof import Toolbox

KEEP_ALL = [name for name in TARGETS if name != "finetune"]


def test_whatever_leaves_can_come_back() -> None:
    assert list(SOURCES) == list(TARGETS)
    with pytest.raises(UnknownName, match="export target"):
        exporter("promptfo")
    with pytest.raises(UnknownName, match="import format"):
        importer("promptfo")


@pytest.mark.parametrize("target", KEEP_ALL)
def test_export_and_import_give_the_same_cases(target: str, tmp_path: Path) -> None:
    cases = all_cases()
    write_export(exporter(target)("a suite", cases), tmp_path / "out")
    back = importer(target)(tmp_path / "out")
    assert list(back.cases) == cases
    assert back.unmapped == ()


@pytest.mark.parametrize("target", KEEP_ALL)
def test_a_change_made_in_the_other_tool_is_not_lost(target: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_export(exporter(target)("s", [rich_case()]), folder)
    for path in folder.rglob("*.json*"):
        path.write_text(path.read_text().replace("No.", "Yes, and more."))
    (case,) = importer(target)(folder).cases
    assert case.messages[-1].content == "Yes, and more."


def ask_us(path: Path) -> None:
    """Change the prompt of the records in *path*, and not what Workbench keeps beside it."""

    def changed(value: object) -> object:
        if isinstance(value, dict):
            return {k: v if k == "workbench" else changed(v) for k, v in value.items()}
        if isinstance(value, list):
            return [changed(item) for item in value]
        return value.replace("Ask me.", "Ask us.") if isinstance(value, str) else value

    text = path.read_text()
    if text.startswith("["):
        path.write_text(json.dumps(changed(json.loads(text))))
    else:
        lines = (json.dumps(changed(json.loads(line))) for line in text.splitlines())
        path.write_text("\n".join(lines))


@pytest.mark.parametrize("target", KEEP_ALL)
def test_what_the_other_tool_has_no_place_for_survives_a_change_made_there(
    target: str, tmp_path: Path
) -> None:
    sent = replace(
        rich_case(), checks=("json/fence", "max_words:50"), messages=(Message("user", "Ask me."),),
        prompt=None, variables={}, review="reviewed",
    )  # fmt: skip
    folder = tmp_path / "out"
    write_export(exporter(target)("s", [sent]), folder)
    for path in folder.rglob("*.json*"):
        ask_us(path)
    back = importer(target)(folder)
    (case,) = back.cases
    assert case.messages == (Message("user", "Ask us."),)
    assert (case.checks, case.labels, case.tags) == (sent.checks, sent.labels, sent.tags)
    assert (case.expected, case.notes, case.review) == (sent.expected, sent.notes, "new")
    assert case.evidence is None
    assert [item.what for item in back.unmapped] == ["the recorded answer"]


def test_checks_taken_out_and_added_in_promptfoo_are_so_here(tmp_path: Path) -> None:
    sent = replace(rich_case(), checks=("json/fence", "max_words:50", "contains:x"))
    write_export(exporter("promptfoo")("s", [sent]), tmp_path)
    path = tmp_path / "tests.jsonl"
    test = json.loads(path.read_text())
    test["description"] = "another title"
    test["assert"] = [a for a in test["assert"] if a["value"] != "x"]
    test["assert"].append({"type": "icontains", "value": "hello"})
    path.write_text(json.dumps(test))
    back = importer("promptfoo")(tmp_path)
    wanted = ("json/fence", "max_words:50", 'contains/i:"hello"')
    assert back.cases == (replace(sent, title="another title", checks=wanted),)
    assert back.unmapped == ()


@pytest.mark.parametrize("target", list(TARGETS))
def test_exports_are_deterministic_and_hold_no_line_breaker(target: str) -> None:
    export = exporter(target)
    assert export("s", all_cases()) == export("s", all_cases())
    for name, text in export("s", all_cases()).files.items():
        if name.endswith(".jsonl"):
            assert all(json.loads(line) for line in text.splitlines())


@pytest.mark.parametrize("text", HOSTILE)
def test_what_promptfoo_expands_is_escaped_and_comes_back(text: str) -> None:
    made = escape(text)
    assert unescape(made) == text
    left = re.sub(r"\{\{ '[^']*' \}\}", "\x00", made)
    assert not re.search(r"\{\{|\{%|\{#|#\}", left)
    assert not re.match(r"[A-Za-z]+:", made)


def test_lone_surrogates_are_replaced_and_listed() -> None:
    broken = Case("s", rich_case().messages, tags=("\ud800",))
    export = exporter("hf")("s", [broken])
    assert [item.what for item in export.unmapped] == ["lone surrogates"]
    assert "\ufffd" in export.files["data.jsonl"]


def test_fine_tuning_data_is_of_reviewed_cases_with_an_answer_only() -> None:
    export = exporter("finetune")("s", all_cases())
    lines = [json.loads(line) for name in ("train.jsonl", "heldout.jsonl")
             for line in export.files[name].splitlines()]  # fmt: skip
    assert [line["messages"][-1] for line in lines] == [{"role": "assistant", "content": "3"}]
    assert len(export.unmapped) == len(all_cases()) - 1


def test_a_few_shot_block_holds_every_text_whole_whatever_fences_are_in_it() -> None:
    texts = ["plain", "a fence:\n```python\nx = 1\n```", "````", "Example 2\n\nInput:\n"]
    shots = [
        {"role": role, "content": f"{text} {role}"}
        for text in texts
        for role in ("user", "assistant")
    ]
    block = few_shot_block(shots)
    fence = next(line for line in block.splitlines() if set(line) == {"`"})
    inside = block.split(f"{fence}\n")[1::2]
    assert inside == [f"{shot['content']}\n" for shot in shots]
    assert [f"Example {n}" in block for n in (1, 4, 5)] == [True, True, False]


def test_near_duplicates_never_stand_on_both_sides_of_the_split() -> None:
    def numbered(prompt: int, twin: int) -> Case:
        from tests.suite_cases import case

        word = "".join(chr(97 + int(d)) for d in str(prompt))
        return case(f"{prompt}-{twin}", f"Sum of  {word} and {twin}", None, expected=("x",))

    sides = [{held_out(numbered(p, t)) for t in range(5)} for p in range(200)]
    assert all(len(side) == 1 for side in sides)
    assert 15 < sum(side == {True} for side in sides) < 70


def test_a_proof_in_a_folder_of_a_relative_name_runs_in_that_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(inspect, "prove", lambda *given: asked.append(given[2]))
    monkeypatch.chdir(tmp_path)
    prove("inspect", "s", [], Path("out"), Toolbox())
    assert asked == [tmp_path / "out"]
