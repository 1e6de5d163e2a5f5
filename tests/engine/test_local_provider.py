"""Lanes on embedded models, through the real llama.cpp."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from workbench.config.paths import models_dir
from workbench.errors import ConfigError, LocalModelError, ModelFileError, UnknownName
from workbench.model.lane import Lane, Params
from workbench.model.prompt import Message
from workbench.providers import registry
from workbench.providers.base import Delta, Final, Request, Sent, Services
from workbench.providers.local import LocalProvider, make
from workbench.providers.local_process import LocalServers
from workbench.providers.models.catalogue import find_model
from workbench.providers.models.files import model_path

SMALL = model_path(models_dir(), find_model("smollm2"))


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    made = Services(lambda _name, _url: None, cores=2, local_lanes=2, models_dir=models_dir())
    yield made
    await made.close()


def request(text: str = "Tell me about the sea.", tokens: int = 12) -> Request:
    params = Params(temperature=0.0, seed=7, max_tokens=tokens)
    return Request("smollm2", (Message("user", text),), params)


async def answer(provider: LocalProvider, asked: Request) -> tuple[str, Final]:
    text, final, kinds = "", None, []
    async for batch in provider.stream(asked):
        for item in batch:
            kinds.append(type(item))
            if isinstance(item, Delta):
                text += item.text
            elif isinstance(item, Final):
                final = item
    assert kinds[0] is Sent
    assert kinds[-1] is Final
    assert isinstance(final, Final)
    return text, final


@pytest.mark.models
async def test_an_answer_streams_with_usage_and_the_models_own_timings(services: Services) -> None:
    provider = make(Lane("small", "local", "smollm2"), services)
    said: list[str] = []
    await provider.prepare(said.append)
    assert said[-1] == "loading model"
    text, final = await answer(provider, request())
    assert text.strip()
    assert final.complete
    assert final.finish_reason == "length"
    assert (final.tokens.output, final.tokens.source) == (12, "measured")
    assert final.provider_data["timings"]
    said.clear()
    await provider.prepare(said.append)
    assert said == []


@pytest.mark.models
async def test_a_gguf_path_is_a_lane_and_shares_the_process_of_the_same_file(
    services: Services,
) -> None:
    named = make(Lane("small", "local", "smollm2"), services)
    mine = make(Lane("mine", "local", "mine", path=str(SMALL)), services)
    first, second = await asyncio.gather(answer(named, request()), answer(mine, request()))
    assert first[0] == second[0]
    assert len(services.share(LocalServers, lambda: LocalServers(1, 1))._servers) == 1


@pytest.mark.models
async def test_a_crash_in_mid_answer_is_that_attempts_error_and_the_next_one_works(
    services: Services,
) -> None:
    provider = make(Lane("small", "local", "smollm2"), services)
    came: list[str] = []

    async def kill_it_on_the_way() -> None:
        async for batch in provider.stream(request(tokens=400)):
            first = not came
            came.extend(item.text for item in batch if isinstance(item, Delta))
            if came and first and provider._server is not None and provider._server.pid:
                os.kill(provider._server.pid, signal.SIGKILL)

    with pytest.raises(LocalModelError, match="SIGKILL") as caught:
        await kill_it_on_the_way()
    assert "".join(came).strip()
    assert caught.value.kind == "local_model"
    assert "starts it again" in caught.value.hint
    assert (await answer(provider, request()))[1].complete


@pytest.mark.models
async def test_leaving_an_answer_early_frees_the_model_for_the_next(services: Services) -> None:
    provider = make(Lane("small", "local", "smollm2"), services)
    stream = provider.stream(request(tokens=2000))
    async for batch in stream:
        if any(isinstance(item, Delta) for item in batch):
            break
    await stream.aclose()
    async with asyncio.timeout(30):
        assert (await answer(provider, request("Say hi.", 3)))[1].complete


async def test_missing_weights_are_one_sentence_with_the_command_that_fetches_them(
    tmp_path: Path,
) -> None:
    services = Services(lambda _name, _url: None, models_dir=tmp_path)
    provider = make(Lane("small", "local", "smollm2"), services)
    with pytest.raises(ModelFileError, match="not on this machine") as caught:
        await provider.prepare(lambda _: None)
    assert caught.value.hint.endswith("workbench models pull smollm2")
    await services.close()


async def test_a_path_that_is_no_model_is_told_before_anything_starts(tmp_path: Path) -> None:
    services = Services(lambda _name, _url: None)
    provider = make(Lane("mine", "local", "x", path=str(tmp_path / "no.gguf")), services)
    with pytest.raises(ModelFileError, match=r"no\.gguf cannot be read"):
        await provider.prepare(lambda _: None)
    await services.close()


def test_a_lane_that_cannot_work_is_refused_when_it_is_made() -> None:
    services = Services(lambda _name, _url: None)
    with pytest.raises(UnknownName, match="smolm2"):
        registry.provider_for(Lane("x", "local", "smolm2"), services)
    for wrong in ("many", 3, True):
        with pytest.raises(ConfigError, match="context of the lane x"):
            make(Lane("x", "local", "smollm2", options={"context": wrong}), services)
