"""The report: one file, nothing loaded, nothing run, whatever the texts say."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tests.api.storytelling import plot
from workbench.api.report import render, write_report
from workbench.api.report.html import el, text
from workbench.errors import NotSaved
from workbench.model.session import Session

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>\x1b]8;;http://x\x07\u202e\ud800&lt;'


class Page(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.words: list[str] = []
        self.style = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data) -> None:
        if self.tags[-1:] == ["style"] and not self.style:
            self.style = data
        else:
            self.words.append(data)


def hostile() -> Session:
    session = plot(iterations=4)
    iterations = tuple(
        replace(
            it,
            prompt=replace(it.prompt, user=it.prompt.user + EVIL, system=EVIL),
            name=EVIL,
            note=EVIL,
            variables={EVIL: EVIL},
            attempts=tuple(
                replace(
                    a,
                    lane=a.lane + EVIL,
                    model=EVIL,
                    text=a.text + EVIL,
                    reasoning=EVIL,
                    checks=tuple(replace(c, name=EVIL, reason=EVIL) for c in a.checks),
                )
                for a in it.attempts
            ),
        )
        for it in session.iterations
    )
    return replace(session, title=EVIL, id=EVIL, utc=EVIL, app=EVIL, iterations=iterations)


@pytest.mark.parametrize("session", [plot(), hostile(), Session("s", "", "", "")])
def test_the_page_is_self_contained_and_runs_nothing(session) -> None:
    page = Page(render(session, damage=[EVIL]))
    assert not {"script", "img", "iframe", "link", "object", "form", "a", "base"} & set(page.tags)
    for _, name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in ("src", "href", "style", "action", "xlink:href")
        assert "url(" not in (value or "")
    assert "url(" not in page.style
    assert "@import" not in page.style


def test_the_policy_allows_this_style_sheet_and_nothing_else() -> None:
    page = Page(render(plot()))
    policy = dict(p for p in _meta(page) if p[0] == "policy")["policy"]
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert "unsafe" not in policy


def _meta(page: Page) -> list[tuple[str, str]]:
    return [("policy", v or "") for t, n, v in page.attributes if (t, n) == ("meta", "content")][:1]


def test_hostile_text_is_shown_as_text() -> None:
    html = render(hostile())
    words = "".join(Page(html).words)
    assert "<script>alert(1)</script>" in words
    assert not any(c in html for c in "\x1b\x07\u202e")
    html.encode("utf-8")


def test_every_prompt_answer_verdict_and_number_of_the_story_is_there() -> None:
    words = "".join(Page(render(plot())).words)
    for word in (
        "Ticket labels",
        "smollm2",
        "Qwen2.5-Coder-0.5B-Instruct",
        "Reply with one JSON object",
        "The customer asks for their money back.",
        "no JSON text begins with 'S'",
        "80\u00a0%",
        "Says nothing else now.",
        "★ 6",
        "(estimated)",
        "unknown",
    ):
        assert word in words, word


def test_the_evidence_is_marked_and_changes_of_the_prompt_are_shown() -> None:
    html = render(plot())
    assert "<mark>Sure</mark>" in html
    assert "<ins>" in html
    assert "<del>" in html


def test_long_sessions_say_what_they_leave_out() -> None:
    words = "".join(Page(render(plot(), most_attempts=6)).words)
    assert "8 earlier iterations left out" in words


def test_secrets_are_masked_even_when_escaped() -> None:
    secret = "sk-<&>\"'-1234567890"
    session = replace(plot(iterations=1), title=f"key {secret}")
    assert "1234567890" not in render(session, secrets=[secret])


def test_a_report_is_written_in_one_step_or_not_at_all(tmp_path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    write_report(path, "new")
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    with pytest.raises(NotSaved):
        write_report(tmp_path / "none" / "report.html", "new")


@pytest.mark.needs("chromium")
def test_a_browser_shows_it_with_its_style_and_without_a_complaint(tmp_path) -> None:
    path = tmp_path / "report.html"
    write_report(path, render(hostile()))
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    picture = tmp_path / "report.png"
    shot = [*command, profile, f"--screenshot={picture}", "--window-size=900,900", path.as_uri()]
    shown = subprocess.run(shot, capture_output=True, text=True, check=True, timeout=120)
    assert "CONSOLE" not in shown.stderr  # what the policy refuses is said there
    assert picture.stat().st_size > 20_000


def test_only_elements_are_markup() -> None:
    assert el("b", "<i>", None, ["&", el("i", "x")]).html == "<b>&lt;i&gt;&amp;<i>x</i></b>"
    assert el("p", title='"', open=True, hidden=False).html == '<p title="&quot;" open></p>'
    assert text("\x00\t\n") == "␀    \n"
    for name in ("a b", "x>", ""):
        with pytest.raises(ValueError, match="no name"):
            el(name)
