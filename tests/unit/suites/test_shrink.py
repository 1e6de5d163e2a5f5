"""Delta debugging of a failing input."""

from hypothesis import given
from hypothesis import strategies as st

from workbench.suites.shrink import shrink


async def test_the_failing_words_alone_are_left() -> None:
    text = "First line.\nSecond line here. It has a bug and more.\nThird with a cause in it.\n"

    async def fails(tried: str) -> bool:
        return "bug" in tried and "cause" in tried

    found = await shrink(text, fails, 200)
    assert found is not None
    assert (found.text.split(), found.minimal) == (["bug", "cause"], True)


@given(st.lists(st.sampled_from(("a ", "b ", "c. ", "x\n")), max_size=12).map("".join))
async def test_what_is_found_fails_is_a_part_and_no_word_can_go(text: str) -> None:
    async def fails(tried: str) -> bool:
        return tried.count("a") >= 2 or "c. x" in tried

    found = await shrink(text, fails, 10_000)
    assert (found is None) == (not await fails(text))
    if found is not None:
        assert await fails(found.text)
        rest = iter(text)
        assert all(char in rest for char in found.text)


async def test_the_budget_holds_and_the_best_so_far_is_kept() -> None:
    asked: list[str] = []

    async def fails(tried: str) -> bool:
        asked.append(tried)
        return "z" in tried

    found = await shrink("a b c d e f g h z", fails, 3)
    assert found is not None
    assert (len(asked), found.tries, found.minimal) == (3, 3, False)
    assert "z" in found.text
    assert len(found.text) < 17


async def test_an_input_that_does_not_fail_is_left_alone() -> None:
    async def never(_: str) -> bool:
        return False

    assert await shrink("abc", never) is None
