"""Cases for the tests of suites: plain ones and hostile ones, each with its recorded answer."""

from workbench.model.prompt import Message, Prompt
from workbench.suites.case import Case, Evidence

HOSTILE = (
    "{{ env.CANARY }}",
    "{% raw %}{{ env.CANARY }}{% endraw %}",
    "{# gone #} #} {%- set a = 1 %}",
    "file:///etc/passwd",
    "file://./workbench_checks.py",
    "python:os.system('true')",
    '=HYPERLINK("http://127.0.0.1")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1)\t-2",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "&anchor *alias !!python/object:os.system",
    "a: b\n- c\n---\n",
    "\x1b]52;c;aGk=\x07\x1b[31m \u202e\u2066 \u2028 \u2029 \x85 \x00 \x7f",
    "quotes ' \" ` \\ \\n $HOME ${HOME} $(id) %s %(x)s {0}",
    "emoji 👨‍👩‍👧 é e\u0301 日本 \U0001f600",
    "x" * 20_000,
)


def case(
    case_id: str,
    user: str,
    answer: str | None,
    *checks: str,
    expected: tuple[str, ...] = (),
    **more: object,
) -> Case:
    evidence = None
    if answer is not None:
        evidence = Evidence("fast", "m-1", answer, checks[0] if checks else None, "because", 3)
    return Case(
        case_id,
        (Message("user", user),),
        title=f"case {case_id}",
        checks=checks,
        expected=expected,
        evidence=evidence,
        **more,
    )


def hostile_cases() -> list[Case]:
    """Each hostile text as prompt, check and answer; two that fail, one that passes."""
    made = []
    for number, text in enumerate(HOSTILE):
        quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        made += [
            case(f"h{number}-in", text, f"well, {text} then", f"not_contains:{quoted}"),
            case(f"h{number}-out", text, "something else", f"contains:{quoted}"),
            case(f"h{number}-ok", text, text, f"equals:{quoted}", tags=(text[:50],)),
        ]
    return made


def plain_cases() -> list[Case]:
    """One case for each kind of check, failing and passing."""
    return [
        case("json-bad", "Give JSON.", "Sure! {}", "json"),
        case("json-ok", "Give JSON.", ' {"a": 1}\n', "json"),
        case("json-nan", "Give JSON.", "[NaN]", "json"),
        case("one-of-bad", "Sentiment?", "Positive!", "one_of/i/trim:positive, negative"),
        case("one-of-ok", "Sentiment?", " POSITIVE\n", "one_of/i/trim:positive, negative"),
        case("chars-bad", "Be brief.", "👍👍👍👍", "max_chars:3"),
        case("chars-ok", "Be brief.", "👍👍👍", "max_chars:3"),
        case("words-bad", "Be brief.", "one two three", "max_words:2"),
        case("words-ok", "Be brief.", "one two", "max_words:2"),
        case("regex-bad", "A date?", "on 2026-1-1", r"regex:\d{4}-\d\d-\d\d"),
        case("regex-ok", "A date?", "on 2026-01-01.", r"regex:\d{4}-\d\d-\d\d"),
        case("regex-full", "A date?", "2026-01-01\n", r"regex/full:\d{4}-\d\d-\d\d"),
        case("regex-not", "No digits.", "one 1", r"not_regex:\d"),
        case("case-bad", "No AI.", "AS AN AI model", "not_contains/i:as an ai"),
        case("not-bad", "No JSON.", "{}", "not json"),
        case("two-bad", "Both.", "{} {}", "json", "max_chars:3", "contains:{"),
        case("expected-bad", "2+2?", "5", expected=("4",)),
        case("expected-ok", "2+2?", " 4 ", expected=("4", "four")),
        case("warned", "Brief.", "long answer", "warn max_chars:3"),
        case("deadline", "Fast.", "too late", "deadline:ttft<0.5s"),
        case("no-answer", "Sentiment?", None, "one_of:good, bad"),
    ]


def rich_case() -> Case:
    """A case with every field filled."""
    return Case(
        "rich",
        (Message("system", "Be exact."), Message("user", "Sum 1 and {{ x }}"),
         Message("assistant", "3?"), Message("user", "No.")),
        title="a title {{ x }}",
        checks=("json", "max_chars:9"),
        expected=("3", "three"),
        labels=("math", "high"),
        tags=("t1", "=t2"),
        notes="a note\nof two lines",
        review="reviewed",
        prompt=Prompt("Sum 1 and {{ x }}", "Be exact."),
        variables={"x": "{{ env.CANARY }}"},
        evidence=Evidence(
            "fast", "m-1", "The sum is 3", "json", "not JSON", 0, (0, 1), 12.5, "s-1", 4,
            "2026-01-01T00:00:00Z",
        ),
        metadata={"source": {"line": 3, "deep": [1, None, {"a": "{{ b }}"}]}},
        extra={"later": {"field": True}},
    )  # fmt: skip


def all_cases() -> list[Case]:
    return [*plain_cases(), *hostile_cases(), rich_case()]
