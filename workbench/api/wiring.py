"""Builds an engine's tools from the settings: the one place that knows all the parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from workbench.api.crash import mask_logs
from workbench.api.journals import open_session
from workbench.api.keys import Keys
from workbench.api.setup import settings_for
from workbench.checks.pipeline import Pipeline
from workbench.checks.syntax import CheckSpec, for_lane, parse_checks
from workbench.config.paths import cache_dir, models_dir
from workbench.config.settings import Settings
from workbench.engine.core import Tools
from workbench.engine.guard import GuardJob
from workbench.engine.plan import StartGuard
from workbench.errors import ConfigError, UnknownName
from workbench.files.home import from_home
from workbench.measure.pricing import PriceBook
from workbench.model.lane import Lane
from workbench.providers import registry
from workbench.providers.base import Provider, Services
from workbench.providers.cached import CachedProvider
from workbench.providers.local_process import usable_cores
from workbench.providers.masked import MaskedProvider
from workbench.providers.presets import billing_of
from workbench.providers.presets import resolve as resolve_lane
from workbench.redact import Redactor

SPECS_KEPT = 4096


def make_tools(
    settings: Settings,
    local_lanes: int = 1,
    *,
    cached: bool = False,
    code: bool = True,
    services: Services | None = None,
) -> Tools:
    """Return what an engine is built from. *local_lanes* is how many local models will race at
    once (:func:`local_models`): the cores are shared out between them.

    With *cached*, requests answered before are answered from the cache, marked as such. Checks in
    the user's own Python run only with *code* and in a project folder the user trusts. *services*
    of an engine that already runs are used on, with the keys of these settings.

    Raises:
        NotSaved: the cache's folder cannot be made.
    """
    mask_logs()
    cores = settings.cores or usable_cores()
    prices = PriceBook()
    keys = Keys(settings)
    if services is None:
        services = Services(
            keys, cores=cores, local_lanes=max(1, local_lanes), models_dir=models_dir()
        )
    services.secret = keys
    used = services

    def reload() -> Tools:
        now = settings_for(settings.project_file.parent)
        return make_tools(now, local_lanes, cached=cached, code=code, services=used)

    return Tools(
        services=services,
        provider=ProviderMaker(
            prices, keys, settings.proxy, _cached(settings, services) if cached else None
        ),
        pipeline=PipelineMaker(trusted=code and settings.trusted, grading=True),
        price=prices.cost,
        open_session=lambda command: open_session(settings, command, known_secrets(settings)),
        lane=settings.lane,
        billing=billing_of,
        mask=lambda text: Redactor(known_secrets(settings))(text),  # noqa: PLW0108 - keys are read late
        reload=reload,
        secrets=lambda: known_secrets(settings),
        guard=lambda command, session: _guard(settings, command, session),
    )


def local_models(lanes: Iterable[Lane], *, sequential: bool = False) -> int:
    """Return how many local models run at the same time when *lanes* race.

    Lanes of one file of weights share its process, and lanes that race one after another share all
    the cores: neither may halve the threads.
    """
    files = {_weights(lane) for lane in lanes if lane.provider == "local"}
    return min(1, len(files)) if sequential else len(files)


def _weights(lane: Lane) -> Path:
    if lane.path:
        return from_home(lane.path).resolve()
    from workbench.providers.models.catalogue import find_model
    from workbench.providers.models.files import model_path

    try:
        return model_path(models_dir(), find_model(lane.model)).resolve()
    except UnknownName:  # told when the lane is used
        return Path(lane.model)


def _guard(settings: Settings, command: StartGuard, session: str) -> GuardJob:
    from workbench.api.guard import guard_job

    return guard_job(settings, command, session, known_secrets(settings))


def fallbacks_of(lanes: Iterable[Lane], settings: Settings) -> tuple[Lane, ...]:
    """Return the lanes that *lanes* name as their fallback.

    Raises:
        UnknownName: a lane names a fallback that nobody declared.
    """
    names = dict.fromkeys(lane.fallback for lane in lanes if lane.fallback)
    return tuple(settings.lane(name) for name in names)


def _cached(settings: Settings, services: Services) -> Callable[[Lane, Services], Provider]:
    from workbench.store.cache import ResponseCache

    secrets = tuple(known_secrets(settings))
    opened = ResponseCache(cache_dir() / "responses", secrets=secrets)
    cache = services.share(ResponseCache, lambda: opened)
    redactor = Redactor(secrets)

    def provider(lane: Lane, services: Services) -> Provider:
        live = registry.provider_for(lane, services)
        return CachedProvider(lane, cache, MaskedProvider(live, redactor) if redactor else live)

    return provider


class ProviderMaker:
    """Makes adapters of lanes the user's own settings declare, with the prices looked up and the
    configured proxy set before any clock. Keys that come back from a server are masked.
    """

    def __init__(
        self,
        prices: PriceBook,
        keys: Keys,
        proxy: str | None,
        make: Callable[[Lane, Services], Provider] | None = None,
    ) -> None:
        self._prices = prices
        self._keys = keys
        self._proxy = proxy
        self._make = make or registry.provider_for

    def __call__(self, lane: Lane, services: Services) -> Provider:
        """Return the adapter of *lane*.

        Raises:
            WorkbenchError: the lane cannot be used as it is configured.
        """
        own = self._keys.own(lane)
        if own is None:
            raise ConfigError(
                f"The lane {lane.name} would send to {lane.base_url or lane.provider}, as no lane "
                "of your own configuration does: nothing is sent.",
                f"If you trust it, declare it: [lanes.{lane.name}] in workbench.toml.",
            )
        lane = own
        self._prices.prepare(lane)
        sends = resolve_lane(lane).base_url is not None
        if sends and self._proxy is not None and "proxy" not in lane.options:
            lane = replace(lane, options={**lane.options, "proxy": self._proxy})
        made = self._make(lane, services)
        if sends and (redactor := self._redactor):
            return MaskedProvider(made, redactor)
        return made

    @cached_property
    def _redactor(self) -> Redactor:
        return Redactor(self._keys.values())


class PipelineMaker:
    """Makes the checks of attempts. A check text is read once: what is compiled is shared, what
    an attempt changes is made anew. Checks in the user's own Python run only when *trusted*; with
    *grading* the engine lets other lanes decide the checks that need them.
    """

    def __init__(self, *, trusted: bool = False, grading: bool = False) -> None:
        self._trusted = trusted
        self._grading = grading
        self._specs: dict[tuple[tuple[str, ...], str], tuple[CheckSpec, ...]] = {}

    def __call__(self, texts: tuple[str, ...], lane: Lane) -> Pipeline:
        """Return the checks of one attempt of *lane*.

        Raises:
            CheckSyntaxError: one of them cannot be read.
        """
        specs = self._specs.get((texts, lane.name))
        if specs is None:
            if len(self._specs) >= SPECS_KEPT:
                self._specs.clear()
            specs = for_lane(parse_checks(texts), lane.name)
            self._specs[texts, lane.name] = specs
        return Pipeline(specs, trusted=self._trusted, grading=self._grading)


def known_secrets(settings: Settings) -> Iterable[str]:
    """Return the values that must never be written anywhere."""
    return Keys(settings).values()
