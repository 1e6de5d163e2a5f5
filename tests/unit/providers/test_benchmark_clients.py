"""The benchmarks measure what runs: each of our own clients streams an answer to its end."""

import pytest

from benchmarks.clients import CLIENTS
from benchmarks.server import Behaviour, serve, url_of


@pytest.mark.parametrize("name", ["engine", "workbench", "workbench-masked"])
async def test_a_client_of_the_benchmarks_reads_every_token(name: str) -> None:
    server = await serve(Behaviour())
    async with CLIENTS[name](url_of(server)) as ask:
        timeline = await ask("bench:tokens=7")
    server.close()
    assert len(timeline.texts) == 7
