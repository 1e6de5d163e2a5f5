"""Data rows, measures and other checks for old answers, line by line."""

from __future__ import annotations

import json
import re

from workbench.api.retro import edited
from workbench.api.retro import recheck as judge_again
from workbench.measure.story import story
from workbench.tui.plain import figures
from workbench.tui.view.lines import plain
from workbench.tui.view.measures import measures
from workbench.tui.view.recheck import summary as screen_summary

# -- data rows ----------------------------------------------------------------------------------


async def test_rows_come_from_a_file_and_those_that_failed_are_heard_first(traveller):
    assert (await traveller.do("rows"))[0].startswith("There are no data rows.")
    assert "nowhere.csv cannot be read" in (await traveller.do("rows nowhere.csv"))[0]
    said = await traveller.do("rows cities.csv")
    assert said == ["3 rows of cities.csv. To send each to every lane: send"]
    assert await traveller.do("rows") == [
        "3 data rows, not sent yet.",
        "Row fr, not sent: city Paris.",
        "Row de, not sent: city Berlin.",
        "Row no, not sent: city Oslo.",
    ]
    said = await traveller.do("send")
    assert said[0] == "Iteration 1 goes to sure, talks. 3 data rows, 6 answers. Ctrl+C stops it."
    assert len([line for line in said if line.startswith("First failure: row ")]) == 1
    assert "sure: 3 of 3 rows passed, 95 % interval 44% to 100%." in said
    assert "talks: 1 of 3 rows passed, 95 % interval 6% to 79%." in said
    said = await traveller.do("rows")
    assert re.match(r"Row de: sure passed; talks failed contains:Germany after [\d.]+ m?s", said[2])
    assert said[3].startswith("Row no: ")
    assert said[4:] == ["1 row without a failure. To hear them: rows all"]
    assert (await traveller.do("rows all"))[4] == "Row fr: sure passed; talks passed."


async def test_a_row_is_gone_to_and_everything_is_about_it(traveller):
    await traveller.do("rows cities.csv")
    await traveller.do("send")
    said = await traveller.do("row failed")
    assert said[0].startswith("Row de: sure passed; talks failed contains:Germany")
    assert said[1:] == ["Value city: Berlin", "Check of this row: contains:Germany"]
    assert (await traveller.do("fail"))[:2][0] == "Row de."
    assert (await traveller.do("show talks"))[0] == "Row de."
    assert (await traveller.do("row next"))[0].startswith("Row no: ")
    assert await traveller.do("row next") == ["There is no other row that way."]
    assert (await traveller.do("row FR"))[0] == "Row fr: sure passed; talks passed."
    assert await traveller.do("row xx") == ["Unknown data row 'xx'. Known: de, fr, no."]


async def test_rows_are_written_by_hand(traveller):
    assert (await traveller.do("row add"))[0] == "Row 1 is added, and in hand."
    assert await traveller.do("row set city Rome") == ["city of row 1 is set."]
    assert await traveller.do("row set id it") == ["id of row it is set."]
    assert await traveller.do("row check contains:Italy") == ["Check 1 of this row: contains:Italy"]
    await traveller.do("row add")
    assert await traveller.do("row set id it") == ["Every row needs an id of its own."]
    assert (await traveller.do("row remove"))[0].startswith("Row 2 is removed.")
    (row,) = traveller.talk.model.draft.rows
    assert (row.id, dict(row.values), row.checks) == ("it", {"city": "Rome"}, ("contains:Italy",))
    await traveller.do("undo")
    assert [r.id for r in traveller.talk.model.draft.rows] == ["it", "2"]
    await traveller.do("rows -")
    assert await traveller.do("row") == [
        "There are no data rows. From a file: rows FILE. By hand: row add"
    ]


async def test_many_rows_are_not_told_one_by_one(traveller, tmp_path, monkeypatch):
    monkeypatch.setattr(traveller.talk.narrator, "_clock", lambda: 0.0)  # however long it takes
    lines = [json.dumps({"city": f"C{n}", "checks": ["contains:Germany"]}) for n in range(60)]
    (tmp_path / "many.jsonl").write_text("\n".join(lines))
    await traveller.do("rows many.jsonl")
    said = await traveller.do("send")
    assert len(said) < 10
    assert "talks: 0 of 60 rows passed, 95 % interval 0% to 6%." in said
    assert len(await traveller.do("rows")) == 62


# -- measures and other checks ------------------------------------------------------------------


async def test_the_measures_hold_every_number_of_the_screen(asked):
    await asked.do("abort")
    await asked.do("send")
    told = story(asked.talk.model.fold.session())
    assert await asked.do("measures") == figures.measures(told)
    said = "\n".join(figures.measures(told))
    shown = "\n".join(plain(line) for line in measures(told, 400))
    numbers = re.findall(r"\d[\d.]*(?:%| ms| s)?", shown)
    assert len(numbers) > 20
    assert [n for n in numbers if n not in said] == []
    assert (await asked.do("measures co"))[0] == "Cost."
    assert (await asked.do("measures pace"))[0].startswith("2 iterations, ")
    assert "Known: avoided" in (await asked.do("measures xyz"))[0]


async def test_other_checks_are_asked_of_old_answers_and_changed_ones_come_first(asked):
    said = await asked.do("recheck contains:Sure")
    assert said[0] == "2 answers: 1 passed, now 0."
    assert said[1] == "1 come out differently."
    assert said[2].startswith("Iteration 1, large: was pass, is fail (contains:Sure, ")
    assert await asked.do("recheck checks") == [
        "Check 1: json", "Check 2: max_words:100", "Check 3: contains:Sure",
    ]  # fmt: skip
    said = await asked.do("recheck - 1")
    session = asked.talk.model.fold.session()
    found = judge_again(session, edited(session, ["max_words:100", "contains:Sure"]))
    line = plain(screen_summary(found))
    assert said[0].removesuffix(".") in line
    assert said[2].startswith("Iteration 1, small: was fail (json, ")
    assert (await asked.do("recheck new"))[0] == "2 answers: 1 passed, now 1."
    assert "Did you mean" in (await asked.do("recheck jsn"))[0]
    assert asked.talk.model.draft.checks == ("json", "max_words:100")
