"""What is heard of every command line by line: a real engine, real files, no terminal."""

from __future__ import annotations

import re

import pytest

from tests.tui.plain_talk import LANES, Person, at_home
from workbench.tui.plain.completing import candidates

# -- understanding ------------------------------------------------------------------------------


async def test_help_is_short_and_has_details_for_each_command(person):
    said = await person.do("help")
    assert len(said) <= 12
    assert max(map(len, said)) < 110
    assert await person.do("help rows") == await person.do("ROWS?") == await person.do("?rows")
    assert "rows FILE: take rows from a .csv" in "\n".join(await person.do("help rows"))
    assert "send: send the prompt to the lanes in the race" in await person.do("help all")


async def test_a_word_is_understood_in_any_case_and_by_its_beginning(person):
    assert await person.do("HIST") == ["Nothing was sent yet. To send the prompt: send"]
    assert await person.do("se") == ["se can be send, set or sessions. Type one letter more."]
    assert await person.do("?") == await person.do("help")
    await person.do("sEnD")
    assert (await person.do("show LAR"))[1] == "large says, 1 line:"


async def test_what_was_said_is_said_again(asked):
    said = await asked.do("fail small")
    assert await asked.do("again") == said
    assert await asked.do("again 1") == said[-1:]
    assert await asked.do("repeat") == said
    assert await asked.do("again x") == ["x is no number of lines. Like: again 3"]


@pytest.mark.parametrize("command", ["again", "page", "answers", "branch", "line", "check -"])
async def test_a_number_of_any_length_is_no_number_there_is(asked, command: str):
    number = "9" * 5000
    assert (await asked.do(f"{command} {number}"))[0].startswith(f"{number} is no ")
    assert (await asked.do("answers 1")) == [
        "After a race at most 1 line of each answer can be heard."
    ]


async def test_a_long_text_is_said_page_by_page(tmp_path, monkeypatch):
    at_home(tmp_path, monkeypatch, LANES)
    person = Person(tmp_path, page=4)
    await person.start()
    await person.do("lanes only spare")
    await person.do("answers 0")
    await person.do("send")
    assert (await person.do("show spare"))[1:] == [
        "spare says, 9 lines:", "  one", "  two", "7 more lines. To hear on: more",
    ]  # fmt: skip
    assert (await person.do(""))[:2] == ["  three", "  four"]
    assert await person.do("more") == ["  seven", "  eight", "  nine"]
    assert await person.do("more") == ["There is no more."]
    await person.do("page all")
    assert len(await person.do("show spare")) == 11
    await person.leave()


async def test_one_can_hear_where_one_is(asked):
    await asked.do("abort")
    await asked.do("guard on")
    await asked.do("user Edited.")
    said = await asked.do("where")
    assert said[0].startswith("Iteration 1 of 1, session ")
    assert said[1:] == [
        "The prompt is edited since it was sent.",
        "Failed lanes are aborted.",
        "The guard is on.",
        "Lanes in the race: small, large.",
    ]


async def test_tab_knows_commands_lanes_variables_rows_checks_and_files(asked, tmp_path):
    def tab(line: str) -> list[str]:
        return candidates(asked.talk, line, line.rpartition(" ")[2])

    (tmp_path / "a.toml").touch()
    (tmp_path / "a\x1b[2J.toml").touch()
    assert tab("hi") == ["history"]
    assert tab("help sh") == ["show"]
    assert tab("SHOW LAR") == ["large"]
    assert tab("load a") == ["a.toml"]
    assert tab("copy sma") == ["small"]
    assert tab("copy small a") == ["a.toml"]
    assert tab("check max_w") == ["max_words"]
    await asked.do("user {{ city }}")
    await asked.do("row add")
    await asked.do("row set id \x1b[2J")
    await asked.do("row add")
    await asked.do("row set id oslo")
    assert tab("set c") == ["city"]
    assert tab("row ") == ["oslo"]
    assert tab("nothing ") == []


# -- the prompt ---------------------------------------------------------------------------------


async def test_the_user_message_is_changed_line_by_line_and_changes_are_taken_back(person):
    await person.do("user", "one", "two", "three", ".")
    assert await person.do("line") == ["1: one", "2: two", "3: three"]
    assert await person.do("line 2 zwei") == ["Line 2 is changed."]
    assert await person.do("line 2 + two and a half") == ["Line 3 is added."]
    assert await person.do("line + four") == ["Line 5 is added."]
    assert await person.do("line 1 -") == ["Line 1 is gone."]
    assert person.talk.model.draft.prompt.user == "zwei\ntwo and a half\nthree\nfour"
    assert await person.do("line 9 x") == ["9 is no line there is. There are 4 lines."]
    await person.do("undo")
    await person.do("undo")
    assert person.talk.model.draft.prompt.user == "one\nzwei\ntwo and a half\nthree"


async def test_messages_variables_and_checks(person):
    await person.do("system Be brief.")
    await person.do("user Hello {{ who }}, {{ when }}")
    assert await person.do("send") == ["who, when has no value. To give it: set who"]
    said = await person.do("set WHO", "you", "all", ".")
    assert said[0].startswith("Type the value of who. A line with a dot alone ends it")
    assert said[1:] == ["who is set."]
    assert await person.do("set") == ["Variable who: you", "  all", "Variable when has no value."]
    assert await person.do("set x y") == ["Unknown variable of the prompt 'x'. Known: when, who."]
    assert await person.do("check 2 max_words:7") == ["Check 2: max_words:7"]
    assert await person.do("check - 1") == ["json is gone."]
    assert await person.do("check") == ["Check 1: max_words:7"]
    assert "Did you mean" in (await person.do("check jsn"))[0]
    assert (await person.do("check ? max_words"))[0].startswith("max_words:N")
    assert "json_schema" in (await person.do("check ? json"))[1]
    said = await person.do("prompt")
    assert said[:4] == [
        "System message:",
        "  Be brief.",
        "User message:",
        "  Hello {{ who }}, {{ when }}",
    ]
    await person.do("system -")
    assert "No system message." in await person.do("prompt")


async def test_a_text_is_edited_in_the_persons_own_editor(person, tmp_path, monkeypatch):
    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nprintf "edited" > "$1"\n')
    script.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(script))
    assert await person.do("edit system") == ["system is set."]
    assert person.talk.model.draft.prompt.system == "edited"
    await person.do("user {{ who }}")
    assert await person.do("edit who") == ["who is set."]
    assert person.talk.model.draft.variables["who"] == "edited"
    assert await person.do("edit who") == ["who is as it was."]


async def test_a_prompt_file_brings_its_data_rows(traveller):
    await traveller.do("rows cities.csv")
    await traveller.do("write capital.toml")
    await traveller.do("rows -")
    assert await traveller.do("load capital.toml") == ["Loaded capital.toml, 3 data rows."]
    assert await traveller.do("load") == ["Which file? Like: load prompt.toml"]
    assert [row.id for row in traveller.talk.model.draft.rows] == ["fr", "de", "no"]


# -- the race -----------------------------------------------------------------------------------


async def test_after_a_race_the_verdict_comes_first_and_then_a_little_of_each_answer(person):
    await person.do("lanes only spare large")
    said = await person.do("send")
    at = next(i for i, line in enumerate(said) if line.startswith("Iteration 1: "))
    assert said[at + 1 : at + 3] == ["large says, 1 line:", '  {"umbrellas": 3}']
    assert said[at + 3] == "spare says, 9 lines:"
    assert said[at + 8 :] == ["  five", "4 more lines. To hear them: show spare"]
    assert await person.do("answers 0") == ["No answer is said after a race. To hear one: show"]
    said = await person.do("send")
    assert said[-1].startswith("Iteration 2: ")
    await person.do("answers all")
    assert (await person.do("send"))[-1] == "  nine"


async def test_lanes_go_into_the_race_and_out_of_it_and_get_ready(person):
    assert await person.do("lanes spare") == ["Lanes in the race: small, large, spare."]
    assert (await person.do("lanes small"))[-1] == "Lanes in the race: large, spare."
    assert (await person.do("lanes only SMA"))[-1] == "Lanes in the race: small."
    assert await person.do("lanes small") == ["small stays: it is the only lane in the race."]
    assert await person.do("lanes s") == ["s can be smollm2, small or spare. Type one letter more."]
    said = await person.do("lanes")
    assert said[0].startswith("small: in the race, scripted script, ")
    assert any(line.startswith("large: not in the race") for line in said[1:])
    assert person.talk.model.fold.lanes["spare"].ready


async def test_failures_verdicts_details_and_what_happened(asked):
    said = await asked.do("fail")
    assert said[0].startswith("small failed json after ")
    assert said[-1] == "large: nothing failed."
    said = await asked.do("verdicts")
    took = r"after [\d.]+ m?s"
    assert re.match(rf"json: small failed {took}; large passed {took}\.", said[0])
    said = await asked.do("details large")
    assert said[0] == "large."
    assert any(re.match(r"first token [\d.]+ m?s", line) for line in said)
    assert any(re.match(r"passed [\d.]+ m?s, json", line) for line in said)
    said = await asked.do("replay")
    assert any(re.match(r"[\d.]+ m?s: small fails json: ", line) for line in said)
    assert said[-1].endswith("complete.")
    assert await asked.do("show large reasoning") == ["large sent no reasoning."]


async def test_totals_come_with_their_change_where_it_can_be_compared(asked):
    said = await asked.do("totals")
    assert said[0].startswith("Iteration 1: 1 of 2 passed, first failure after ")
    assert said[1:] == ["Tokens: 9.", said[2], "Cost: $0."]
    assert re.fullmatch(r"Slowest: [\d.]+ m?s\.", said[2])
    await asked.do("send")
    said = await asked.do("totals")
    assert said[0].endswith("; iteration 1 had 1 of 2.")
    change = r"(, [\d.]+ m?s (more|less) than iteration 1)?"
    assert re.fullmatch(rf"Slowest: [\d.]+ m?s{change}\.", said[2])
    await asked.do("lanes only large")
    await asked.do("send")
    assert (await asked.do("totals"))[0].endswith("; iteration 2 asked others.")


async def test_several_attempts_of_a_lane_are_heard_one_by_one(tmp_path, monkeypatch):
    configuration = LANES.replace("[defaults]", "[defaults]\nrepeat = 3")
    at_home(tmp_path, monkeypatch, configuration.replace('text = "Sure!', 'texts = ["{}", "Sure!'))
    (tmp_path / "workbench.toml").write_text(
        (tmp_path / "workbench.toml").read_text().replace('is: 3"', 'is: 3", "[]"]')
    )
    person = Person(tmp_path)
    await person.start()
    said = await person.do("send")
    assert "small: 2 of 3 answers passed, 95 % interval 21% to 94%." in said
    assert (await person.do("show small"))[0] == "small, attempt 2 of 3, 2 passed."
    assert (await person.do("attempt small"))[0] == "small, attempt 3 of 3, 2 passed."
    assert (await person.do("attempt small"))[0].startswith("small has no attempt after this one.")
    assert (await person.do("attempt small 1"))[-1] == "  {}"
    assert (await person.do("attempt small 4")) == [
        "4 is no attempt there is. There are 3 attempts."
    ]
    await person.leave()


async def test_a_provider_that_fails_is_heard_with_what_to_do(tmp_path, monkeypatch):
    at_home(tmp_path, monkeypatch, LANES + '[lanes.far]\nprovider = "openai"\nmodel = "m"\n')
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    person = Person(tmp_path)
    await person.start()
    await person.do("lanes only far")
    said = await person.do("fail") + await person.do("send") + await person.do("fail")
    assert ".." not in "".join(said)
    assert said[-1].startswith("far: No key for the lane far: OPENAI_API_KEY is not set. Set ")
    await person.leave()


async def test_what_only_looks_like_a_variable_is_told(person):
    assert await person.do("user Hello {{ first name }} and {{ who }}") == [
        "The user message is set.",
        '"{{ first name }}" is no variable: it is sent as it stands.',
    ]


async def test_an_answer_is_written_to_a_file_that_was_not_there(asked, tmp_path):
    assert await asked.do("copy large answer.txt") == ["The answer of large is in answer.txt."]
    assert (tmp_path / "answer.txt").read_text() == '{"umbrellas": 3}'
    assert await asked.do("copy large answer.txt") == [
        "answer.txt is there already. Choose another name."
    ]


async def test_differences_by_lane_iteration_and_way(asked):
    await asked.do("user Say JSON again.")
    await asked.do("send")
    assert await asked.do("diff large") == [
        "large, iteration 1 against iteration 2: the same.",
        *(await asked.do("diff lanes")),
    ]
    said = await asked.do("diff prompt")
    assert said[0].startswith("prompt, iteration 1 against iteration 2: 1 change, ")
    assert said[1] == 'Changed "." to "again.", after "Say JSON"'
    await asked.do("send")
    assert (await asked.do("diff 1"))[0].endswith("iteration 1 against iteration 3: the same.")
    assert "by line" not in "".join(await asked.do("diff prompt by line"))
    assert (await asked.do("diff prompt by x")) == [
        "Unknown way to compare 'x'. Known: json, line, sentence, word."
    ]
    assert "Unknown thing to compare" in (await asked.do("diff nobody"))[0]


# -- iterations and sessions --------------------------------------------------------------------


async def test_iterations_are_named_annotated_starred_and_branched_from(asked):
    await asked.do("user Second.")
    await asked.do("send")
    assert await asked.do("name the long one") == ["The name of iteration 2 is set."]
    assert await asked.do("note try shorter") == ["The note of iteration 2 is set."]
    assert await asked.do("star 1") == ["Iteration 1 has a star."]
    said = await asked.do("history")
    assert said[0].startswith("Iteration 2: 1 of 2 passed, ")
    assert said[0].endswith(", in view. the long one Note: try shorter")
    assert said[1].endswith(", starred. Say JSON.")
    assert await asked.do("name") == ["Iteration 2 has the name: the long one"]
    assert await asked.do("note -") == ["The note of iteration 2 is gone."]
    await asked.do("user Second, edited")
    assert (await asked.do("rollback 1"))[0].startswith("Iteration 1: ")
    assert await asked.do("older") == ["There is no older iteration."]
    assert (await asked.do("newer"))[0].endswith("Your edits of it are here.")
    await asked.do("branch 1")
    await asked.do("send")
    assert "from iteration 1, in view. Say JSON." in (await asked.do("history"))[0]
    tree = await asked.do("history tree")
    assert [line.partition(":")[0] for line in tree] == [
        "Iteration 1",
        "Iteration 2",
        "Iteration 3",
    ]
    assert await asked.do("branch 9") == ["9 is no iteration there is. There are 3 iterations."]


async def test_sessions_are_listed_with_numbers_and_opened_by_them(asked, tmp_path):
    await asked.leave()
    again = Person(tmp_path)
    await again.start()
    said = await again.do("sessions")
    assert re.match(r"\d+ sessions?\. To open one: open NUMBER", said[0])
    assert said[1].startswith("1: ")
    assert (await again.do("open 1"))[0].startswith("Session ")
    assert again.talk.model.draft.prompt.user == "Say JSON."
    assert "session in the list there is" in (await again.do("open 99"))[0]
    assert (await again.do("open nothing-like-it"))[0].startswith("Unknown session")
    await again.leave()
    third = Person(tmp_path)
    await third.start()
    assert (await third.do("older"))[0].startswith("Session ")  # in a new session: the last one
    assert (await third.do("history"))[0].startswith("Iteration 1: ")
    assert await third.do("earlier") == ["All iterations are loaded."]
    await third.leave()


async def test_a_new_session_begins_empty_and_what_was_not_sent_in_it_waits(asked):
    said = await asked.do("new")
    assert said == ["A new session."]
    assert asked.talk.model.draft.prompt.user == ""
    assert (await asked.do("send"))[0].startswith("The prompt is empty.")
    await asked.do("user half a thought")
    assert await asked.do("new") == ["The prompt is empty. To take that back: undo"]
    await asked.do("undo")
    await asked.do("older")
    assert asked.talk.model.draft.prompt.user == "Say JSON."
    await asked.do("new")
    assert asked.talk.model.draft.prompt.user == "half a thought"


async def test_earlier_iterations_of_a_long_session_are_loaded(asked, tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.tui.plain.commands.session.RECENT", 1)
    await asked.do("send")
    await asked.do("send")
    await asked.leave()
    again = Person(tmp_path)
    await again.start()
    assert (await again.do("open last"))[0].endswith(", 1 iteration, 2 earlier ones.")
    assert "2 earlier iterations are not loaded" in (await again.do("history"))[-1]
    assert (await again.do("older"))[0].startswith("Iteration 2: ")
    assert len(await again.do("history")) == 3
    await again.leave()
