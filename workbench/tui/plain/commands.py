"""The commands: one word each, with what it does. Each is a method of :class:`Commands`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workbench.engine.plan import Mark, OpenSession, StartRace
from workbench.errors import UnknownName, UsageError
from workbench.files.home import from_home
from workbench.model.fold import LiveAttempt
from workbench.text import plural
from workbench.tui.compare import pairs
from workbench.tui.plain import words
from workbench.tui.plain.talk import Talk
from workbench.tui.setup import RECENT

HELP: Mapping[str, str] = {
    "send": "send the prompt to the lanes in the race",
    "user": "user TEXT: set the user message; user alone: several lines",
    "system": "system TEXT: set the system message; system - takes it away",
    "set": "set NAME VALUE: give a variable a value; set NAME alone: several lines",
    "check": "check CHECK: add a check; check - NUMBER: take one away",
    "edit": "edit the user message in your own editor",
    "prompt": "hear the prompt, its variables, checks and lanes",
    "lanes": "hear the lanes; lanes NAME: take one into the race or out of it",
    "show": "show LANE: hear a whole answer; show alone: all of them",
    "fail": "fail LANE: hear what failed, where and why; fail alone: of every lane",
    "diff": "diff LANE: what changed since the iteration before; diff alone: everything",
    "case": "case LANE: save a failure as an eval case",
    "replay": "hear again what happened in the iteration, with times",
    "older": "go to the iteration before; sending from there makes a branch",
    "newer": "go to the iteration after",
    "branch": "branch NUMBER: go to an iteration; the next send comes from it",
    "history": "hear every iteration in one line",
    "star": "put a star on the iteration, or take it away",
    "abort": "abort lanes on their first failure, or let them run",
    "sessions": "sessions WORDS: find sessions; sessions alone: all",
    "open": "open ID: open a session",
    "load": "load FILE: load a prompt file",
    "write": "write FILE: write the prompt to a file",
    "pull": "fetch the embedded models",
    "help": "hear the commands",
    "quit": "leave; everything is saved",
}


class Commands:
    """Carries commands out. Every method takes what stands behind the word."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.model = talk.model
        self.left = False

    async def run(self, line: str) -> None:
        """Carry out one line.

        Raises:
            WorkbenchError: it cannot be done; a sentence and a hint.
        """
        await self.talk.catch_up()
        word, _, rest = line.strip().partition(" ")
        word = word.lower()
        if not word:
            return
        if word not in HELP:
            raise UnknownName("command", word, HELP)
        await getattr(self, f"do_{word}")(rest.strip())

    def _attempts(self, lane: str) -> list[LiveAttempt]:
        current = self.model.iteration
        if current is None:
            raise UsageError("Nothing was sent yet.", "To send the prompt: send")
        found = list(current.attempts.values())
        if not lane:
            return found
        names = {a.queued.lane for a in found}
        if lane not in names:
            raise UnknownName("lane of this iteration", lane, names)
        return [a for a in found if a.queued.lane == lane]

    def _several(self, what: str) -> str | None:
        """Ask for lines until one holds a dot alone; None when there is no more to hear."""
        self.talk.say(f"{what}. A line with a dot alone ends it.")
        lines: list[str] = []
        while (line := self.talk.voice.ask("")) != ".":
            if line is None:
                return None
            lines.append(line)
        return "\n".join(lines)

    # -- the prompt -----------------------------------------------------------------------------

    async def do_user(self, text: str) -> None:
        """Set the user message."""
        given = text or self._several("Type the user message")
        if given is not None:
            self.model.edit(user=given)
            self.talk.say("The user message is set.")

    async def do_system(self, text: str) -> None:
        """Set the system message, or take it away."""
        given = text or self._several("Type the system message")
        if given is not None:
            self.model.edit(system="" if given == "-" else given)
            self.talk.say("The system message is " + ("gone." if given == "-" else "set."))

    async def do_set(self, text: str) -> None:
        """Give a variable a value."""
        name, _, value = text.partition(" ")
        known = self.model.draft.prompt.variables()
        if name not in known:
            raise UnknownName("variable of the prompt", name, known)
        given = value or self._several(f"Type the value of {name}")
        if given is not None:
            self.model.edit(variables={**self.model.draft.variables, name: given})
            self.talk.say(f"{name} is set.")

    async def do_check(self, text: str) -> None:
        """Add a check, or take one away."""
        checks = list(self.model.draft.checks)
        if text.startswith("- "):
            number = _number(text[2:], len(checks), "check")
            gone = checks.pop(number - 1)
            self.talk.say(f"{gone} is gone.")
        elif text:
            problem = self.talk.setup.check_problem(text)
            if problem:
                raise UsageError(problem)
            checks.append(text)
            self.talk.say(f"Check {len(checks)}: {text}")
        else:
            self.talk.say(*(f"Check {n}: {c}" for n, c in enumerate(checks, 1)))
        self.model.edit(checks=checks)

    async def do_edit(self, _text: str) -> None:
        """Edit the user message in the person's own editor."""
        from workbench.tui.external import edit

        self.model.edit(user=edit(self.model.draft.prompt.user))
        self.talk.say("The user message is set.")

    async def do_prompt(self, _text: str) -> None:
        """Say the draft."""
        self.talk.say(*words.prompt(self.model))

    async def do_load(self, name: str) -> None:
        """Load a prompt file."""
        self._load(name)
        self.talk.say(f"Loaded {name}.")

    def _load(self, name: str) -> None:
        from workbench.config.prompt_file import load_prompt

        held = load_prompt(from_home(name))
        self.model.edit(
            system=held.prompt.system or "",
            user=held.prompt.user,
            checks=held.checks,
            variables={**self.model.draft.variables, **held.variables},
        )

    async def do_write(self, name: str) -> None:
        """Write the prompt to a file."""
        self._save(name)
        self.talk.say(f"Written to {name}.")

    def _save(self, name: str) -> None:
        from workbench.config.prompt_file import PromptFile, save_prompt

        draft = self.model.draft
        values = {n: draft.variables[n] for n in draft.prompt.variables() if n in draft.variables}
        save_prompt(from_home(name), PromptFile(draft.prompt, draft.checks, values))

    # -- the race -------------------------------------------------------------------------------

    async def do_send(self, _text: str) -> None:
        """Send the draft."""
        missing = self.model.draft.missing()
        if missing:
            raise UsageError(f"{', '.join(missing)} has no value.", f"To give it: set {missing[0]}")
        for check in self.model.draft.checks:
            problem = self.talk.setup.check_problem(check)
            if problem:
                raise UsageError(problem, "To take a check away: check - NUMBER")
        await self.talk.race(StartRace(self.model.plan()))

    async def do_abort(self, _text: str) -> None:
        """Switch aborting."""
        mode = self.model.toggle_abort()
        self.talk.say("Failed lanes run on." if mode == "off" else "Failed lanes are aborted.")

    async def do_lanes(self, name: str) -> None:
        """Say the lanes, or take one into the race or out of it."""
        if not name:
            self.talk.say(*words.lanes(self.model))
        elif name not in self.model.lanes:
            raise UnknownName("lane", name, self.model.lanes)
        else:
            racing = self.model.toggle_lane(name)
            self.talk.say(f"{name} is {'in' if racing else 'out of'} the race.")

    async def do_pull(self, _text: str) -> None:
        """Fetch the embedded models."""
        shelf = self.talk.setup.shelf
        for model in shelf.models() if shelf is not None else ():
            self.talk.say(f"{model.name}, {model.size / 1e6:.0f} MB: {model.state}.")
            if model.state != "ready" and shelf is not None:
                shelf.pull(model.name, Tenths(self.talk, model.name))
                self.talk.say(f"{model.name} is here.")

    # -- what came of it ------------------------------------------------------------------------

    async def do_show(self, lane: str) -> None:
        """Say answers."""
        for attempt in self._attempts(lane):
            self.talk.say(words.verdict(attempt), *words.answer(attempt))

    async def do_fail(self, lane: str) -> None:
        """Say what failed."""
        for attempt in self._attempts(lane):
            self.talk.say(*words.why(attempt))

    async def do_diff(self, lane: str) -> None:
        """Say what changed."""
        found = [p for p in pairs(self.model) if not lane or lane in (p.what, p.a_name, p.b_name)]
        if not found:
            raise UsageError("There is nothing to compare.", "Send twice, or to two lanes.")
        for pair in found:
            self.talk.say(*words.difference(pair))

    async def do_replay(self, _text: str) -> None:
        """Say what happened."""
        self._attempts("")
        if self.model.iteration is not None:
            self.talk.say(*words.story(self.model.iteration))

    async def do_case(self, lane: str) -> None:
        """Save a failure as a case, once it was said what is saved."""
        from workbench.suites.case import case_of

        failed = [a for a in self._attempts(lane) if a.first_failure is not None]
        if not failed or self.talk.setup.save_case is None:
            raise UsageError("Nothing failed here.", "A case is made of a failure.")
        case = case_of(self.model.fold.session(), failed[0].record())
        self.talk.say(*words.case(case, self.talk.setup.suite))
        self.talk.say("What would be right? Empty if unknown, - to save nothing.")
        expected = self.talk.voice.ask("")
        if expected is None or expected.strip() == "-":
            self.talk.say("Nothing is saved.")
            return
        if expected.strip():
            case = replace(case, expected=(expected.strip(),))
        added = self.talk.setup.save_case(case)
        if added.written:
            self.talk.say(f"Saved as {added.written[0].id} in {self.talk.setup.suite}.")
        else:
            self.talk.say(f"It is known already, as {added.known[0].id}. Nothing was added.")

    # -- iterations and sessions ----------------------------------------------------------------

    async def do_older(self, _text: str) -> None:
        """Go to the older iteration."""
        self._go(self.model.step(-1))

    async def do_newer(self, _text: str) -> None:
        """Go to the newer iteration."""
        self._go(self.model.step(1))

    def _go(self, went: bool) -> None:
        current = self.model.iteration
        if not went or current is None:
            raise UsageError("There is no other iteration that way.")
        self.talk.say(words.summary(self.model, current))

    async def do_branch(self, text: str) -> None:
        """Go to an iteration."""
        number = _number(text, max(self.model.fold.iterations, default=0), "iteration")
        if number not in self.model.fold.iterations:
            raise UnknownName("iteration", text, map(str, self.model.fold.iterations))
        self.model.select(number)
        self._go(went=True)

    async def do_history(self, _text: str) -> None:
        """Say every iteration."""
        self._attempts("")
        self.talk.say(*words.history(self.model, sorted(self.model.fold.iterations)))

    async def do_star(self, _text: str) -> None:
        """Put a star or take it away."""
        self._attempts("")
        current = self.model.iteration
        if current is not None:
            star = not current.marks.star
            await self.talk.mark(Mark(current.number, star=star))
            self.talk.say(f"Iteration {current.number} has {'a' if star else 'no'} star.")

    async def do_sessions(self, text: str) -> None:
        """Find sessions."""
        found = self.talk.setup.sessions(text)
        for entry in found:
            count = plural(entry.iterations, "iteration")
            self.talk.say(f"{entry.id}: {entry.title}, {count}. {entry.note}".strip())
        self.talk.say(f"{plural(len(found), 'session')}.")

    async def do_open(self, name: str) -> None:
        """Open a session."""
        if not name:
            raise UsageError("Which one?", "To hear them: sessions")
        await self.talk.open(OpenSession(name, last=RECENT))

    async def do_help(self, _text: str) -> None:
        """Say the commands."""
        self.talk.say(*(f"{word}: {text}" for word, text in HELP.items()))

    async def do_quit(self, _text: str) -> None:
        """Leave."""
        self.left = True


class Tenths:
    """Says how far a download is, at every tenth of it."""

    def __init__(self, talk: Talk, name: str) -> None:
        self._talk = talk
        self._name = name
        self._said = 0

    def status(self, text: str) -> None:
        """Say the stage that begins."""
        self._said = 0
        self._talk.say(f"{self._name}: {text}")

    def progress(self, done: int, total: int) -> None:
        """Say a tenth."""
        tenth = 10 * done // max(1, total)
        if tenth > self._said:
            self._said = tenth
            self._talk.say(f"{self._name}: {tenth * 10} percent")


def _number(text: str, most: int, what: str) -> int:
    """Read a number from 1 to *most*.

    Raises:
        UsageError: it is none.
    """
    if text.strip().isdecimal() and 1 <= int(text) <= most:
        return int(text)
    raise UsageError(f"{text!r} is no {what} there is.", f"There are {most}.")
