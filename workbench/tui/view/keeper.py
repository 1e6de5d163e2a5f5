"""Keeps what is being written, so that leaving the screen (or losing it) loses no words."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial

from workbench.config.prompt_file import PromptFile
from workbench.model.events import Notice
from workbench.tui.view.draft import Draft, draft_of, same, same_rows
from workbench.tui.view.setup import DraftStore, Setup
from workbench.tui.view.state import ViewModel

LEAVE_SECONDS = 1.0
"""Leaving the screen waits so long for the file at most."""

RESTORED = Notice("info", "What you had not sent last time is here again.")


def begin_with(setup: Setup, drafts: Callable[[str | None], DraftStore]) -> Setup:
    """Return *setup* with its drafts kept in *drafts*. A new session begins with the one that is
    there; in a saved one it comes back once its session is open.
    """
    first = Draft(setup.prompt, setup.checks, setup.variables)
    setup = replace(setup, drafts=drafts, first=first)
    held = drafts(None).load() if setup.session.id is None else None
    if held is None or same(draft := draft_of_file(held), first):
        return setup
    return replace(
        setup,
        prompt=draft.prompt,
        checks=draft.checks,
        variables=draft.variables,
        rows=draft.rows,
        notice=RESTORED,
    )


class DraftKeeper:
    """Keeps the draft of a view-model while it is one, and forgets it once it was sent.

    *drafts* returns the place of a session's draft, *first* is what the screen began with where
    nobody has written anything.
    """

    def __init__(
        self, drafts: Callable[[str | None], DraftStore], first: Draft, session: str | None
    ) -> None:
        self._drafts = drafts
        self._first = first
        self._store, self._new = drafts(session), session is None
        self._again = _draft_in(self._store) if session is not None else None
        self._kept: Draft | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._last: Future[object] | None = None
        self._mine = True

    @classmethod
    def of(cls, setup: Setup) -> DraftKeeper | None:
        """Return the keeper of a screen; None where nothing keeps drafts."""
        if setup.drafts is None or setup.first is None:
            return None
        return cls(setup.drafts, setup.first, setup.session.id)

    def turn_to(self, session: str | None, model: ViewModel) -> None:
        """*session* is about to be opened (None: a new one): keep what belongs to this one."""
        if self._new and model.fold.head is not None and model.fold.iterations:
            self._store.remove()  # the new session has become one with a name
            self._store, self._kept = self._drafts(model.fold.head.id), None
        self.look(model, wait=True)
        self._store, self._new = self._drafts(session), session is None
        self._again = _draft_in(self._store)
        self._kept, self._mine = None, True

    def restore(self, model: ViewModel) -> bool:
        """Show the draft of last time when its iteration is there; True when it was done."""
        again = self._again
        if again is None or model.iteration is None:
            return False
        self._again = None
        if model.edited or (same(again, model.draft) and same_rows(again, model.draft)):
            return False
        _show(model, again)
        return True

    def take(self) -> Draft | None:
        """Return what was kept of the session that is opened, for the caller to show."""
        again, self._again = self._again, None
        return again

    def look(self, model: ViewModel, *, wait: bool = False) -> None:
        """Keep or forget, where something has changed since the last look; in a thread, because
        secrets may have to be looked up first. With *wait*, until it is done.
        """
        job = self._job(model)
        if job is not None:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, "draft")
            self._last = self._thread.submit(job)
        if wait and self._last is not None:
            with suppress(TimeoutError):
                self._last.result(LEAVE_SECONDS)

    def _job(self, model: ViewModel) -> Callable[[], object] | None:
        if self._again is not None:
            return None
        draft, unsent = model.draft, self.unsent(model)
        if unsent and draft != self._kept:
            self._kept, self._mine = draft, True
            held = PromptFile(draft.prompt, draft.checks, draft.variables, draft.rows)
            return partial(self._store.save, held)
        if not unsent and self._mine:
            self._kept, self._mine = None, False
            return self._store.remove
        return None

    def unsent(self, model: ViewModel) -> bool:
        """Return whether the draft holds what a person wrote and did not send: data rows too, of
        which live mode sends one.
        """
        current = model.iteration
        if current is not None:
            return model.edited or not same_rows(model.draft, draft_of(current.started))
        prompt = model.draft.prompt
        return bool(prompt.user or prompt.system) and not same(model.draft, self._first)


def begin_anew(model: ViewModel, blank: Draft, keeper: DraftKeeper | None) -> None:
    """Turn to a new session: to what was written for one and not sent, else to *blank*."""
    if keeper is not None:
        keeper.turn_to(None, model)
    model.open_session()
    _show(model, (keeper.take() if keeper is not None else None) or blank)


def _show(model: ViewModel, draft: Draft) -> None:
    model.edit(
        system=draft.prompt.system or "",
        user=draft.prompt.user,
        checks=draft.checks,
        variables=draft.variables,
        rows=draft.rows,
    )


def _draft_in(store: DraftStore) -> Draft | None:
    held = store.load()
    return None if held is None else draft_of_file(held)


def draft_of_file(held: PromptFile) -> Draft:
    """Return what the editor shows of a kept draft."""
    return Draft(held.prompt, held.checks or (), dict(held.variables), held.rows)
