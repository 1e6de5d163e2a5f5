"""Money: known prices are exact, unknown ones stay unknown."""

import re
import subprocess
import sys
from datetime import date, timedelta

import pytest

from workbench.measure.pricing import PriceBook, newest_price, own_usd
from workbench.model.attempt import Cost, Tokens
from workbench.model.lane import Lane, Prices

USED = Tokens(1_000_000, 1_000_000, source="measured")


def test_a_lanes_own_prices_count_cached_tokens_at_their_price() -> None:
    prices = Prices(input=1.0, output=4.0, cached_input=0.25)
    assert own_usd(prices, Tokens(1_000_000, 500_000, cached=400_000)) == pytest.approx(2.7)
    assert own_usd(Prices(1.0, 4.0), Tokens(1_000_000, 0, cached=400_000)) == pytest.approx(1.0)


def test_unknown_is_unknown_and_never_zero() -> None:
    book = PriceBook()
    for lane in (Lane("a", "compatible", "m"), Lane("a", "vllm", "m"), Lane("a", "groq", "m")):
        book.prepare(Lane("a", "compatible", "m"))
        assert book.cost(lane, USED) == Cost()
    own = Lane("a", "compatible", "m", prices=Prices(1, 1))
    assert book.cost(own, Tokens()) == Cost()


def test_a_model_on_this_machine_costs_nothing_and_that_is_known() -> None:
    assert PriceBook().cost(Lane("a", "local", "m"), Tokens()).usd == 0.0


def test_the_list_knows_well_known_models_and_says_of_when_it_is() -> None:
    pytest.importorskip("genai_prices")
    book, lane = PriceBook(), Lane("a", "openai", "gpt-4o-mini")
    book.prepare(lane)
    cost = book.cost(lane, USED)
    assert cost.usd is not None
    assert cost.usd > 0
    assert cost.source == "measured"
    assert "genai-prices" in cost.how
    assert re.search(r"newest dated price 20\d\d-\d\d-\d\d, installed 20", cost.how)
    assert book.cost(Lane("a", "openai", "no-such-model"), USED) == Cost()
    half = book.cost(lane, Tokens(None, 500_000, source="estimated"))
    assert half.usd is not None
    assert half.source == "estimated"
    assert "the prompt's tokens are unknown" in half.how


def test_the_lists_date_is_that_of_its_newest_dated_price_and_never_in_the_future() -> None:
    pytest.importorskip("genai_prices")
    newest = newest_price(date(2030, 1, 1))
    assert newest is not None
    assert newest_price(newest - timedelta(days=1)) < newest
    assert newest_price(date(2000, 1, 1)) is None


def test_cached_tokens_are_cheaper_by_the_list() -> None:
    pytest.importorskip("genai_prices")
    book, lane = PriceBook(), Lane("a", "openai", "gpt-4o-mini")
    book.prepare(lane)
    full = book.cost(lane, Tokens(10_000, 10, source="measured")).usd
    cached = book.cost(lane, Tokens(10_000, 10, cached=8_000, source="measured")).usd
    assert full is not None
    assert cached is not None
    assert cached < full


def test_the_list_is_not_imported_before_a_lane_needs_it() -> None:
    code = (
        "import sys; from workbench.measure.pricing import PriceBook;"
        "from workbench.model.lane import Lane; PriceBook().prepare(Lane('a', 'local', 'm'));"
        "print('genai_prices' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
