"""Records behave as the standard library's frozen dataclasses do."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import typing
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.model import attempt, events, lane, prompt
from workbench.records import dataclass

Made = Callable[..., object]


def _both(body: str) -> tuple[Made, Made]:
    """Return a class made twice: by us and by the standard library."""
    source = f"@dataclass(frozen=True, slots=True)\nclass Thing:\n    '''A thing.'''\n{body}"
    found = []
    for make in (dataclass, dataclasses.dataclass):
        space = {**vars(typing), "typing": typing, "field": dataclasses.field, "dataclass": make}
        space["__name__"] = __name__
        exec(source, space)  # noqa: S102 - the source above
        found.append(space["Thing"])
    return found[0], found[1]


PLAIN = """
    LIMIT: typing.ClassVar[int] = 3
    first: int
    text: str = "none"
    values: Mapping[str, int] = field(default_factory=dict)
    note: object = field(default=None, compare=False, repr=False)
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """A record that pickle can find."""

    number: int
    text: str = "x"


@dataclass(frozen=True, slots=True)
class Own:
    """A record with methods of its own."""

    number: int

    def __repr__(self) -> str:
        return "hidden"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own)

    def __hash__(self) -> int:
        return 7


@given(
    st.lists(
        st.tuples(
            st.sampled_from([1, 2, 2.0, True]),
            st.sampled_from(["", "a"]),
            st.sampled_from([(), (1,)]),
            st.integers(0, 1),
        ),
        min_size=2,
        max_size=2,
    )
)
def test_records_are_equal_shown_and_hashed_as_the_standard_ones(
    rows: list[tuple[object, ...]],
) -> None:
    ours, theirs = _both(PLAIN)
    a, b = (ours(*row) for row in rows)
    c, d = (theirs(*row) for row in rows)
    assert (a == b) is (c == d)
    assert (a != b) is (c != d)
    assert repr(a) == repr(c)
    assert hash(a) == hash(c)
    assert a != c
    assert dataclasses.asdict(typing.cast("Sample", a)) == dataclasses.asdict(
        typing.cast("Sample", c)
    )


def test_a_record_is_made_with_the_same_arguments_and_defaults() -> None:
    ours, theirs = _both(PLAIN)
    parameters = inspect.signature(ours).parameters
    assert list(parameters) == list(inspect.signature(theirs).parameters)
    one, other = typing.cast("dict[str, object]", ours(1)), ours(1)
    assert repr(one) == repr(theirs(1))
    assert getattr(one, "values") is not getattr(other, "values")  # noqa: B009 - of a class made here
    assert repr(ours(1, values={"a": 2})) == repr(theirs(1, values={"a": 2}))
    for wrong in ((), (1, "", {}, None, None)):
        with pytest.raises(TypeError):
            ours(*wrong)


def test_a_record_without_fields_equals_its_like_and_nothing_else() -> None:
    ours, theirs = _both("")
    assert ours() == ours()
    assert hash(ours()) == hash(theirs())
    assert ours() != ()


def test_no_field_of_a_record_can_be_set_or_removed_and_none_added() -> None:
    sample = Sample(1)
    for name in ("number", "other"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(sample, name, 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        del sample.number  # type: ignore[misc] # that is what is tried
    assert not hasattr(sample, "__dict__")


def test_copies_pickles_and_replacements_hold_the_same_values() -> None:
    sample = Sample(3, "y")
    assert copy.copy(sample) == copy.deepcopy(sample) == pickle.loads(pickle.dumps(sample))  # noqa: S301 - our own
    assert dataclasses.replace(sample, text="z") == Sample(3, "z")


def test_a_record_keeps_the_methods_it_brings() -> None:
    assert repr(Own(1)) == "hidden"
    assert Own(1) == Own(2)
    assert hash(Own(1)) == 7


def test_a_record_matches_by_position() -> None:
    match Sample(1, "a"):
        case Sample(number, text):
            assert (number, text) == (1, "a")


def test_what_is_written_after_the_init_is_called() -> None:
    ours, _ = _both("    number: int\n    def __post_init__(self):\n        1 / self.number\n")
    with pytest.raises(ZeroDivisionError):
        ours(0)


@pytest.mark.parametrize(
    "record",
    [
        attempt.Tokens(1, 2),
        events.Notice("info", "text", "hint"),
        lane.Lane("a", "scripted", "b"),
        prompt.DataRow("1", {"a": "b"}, ("json",)),
    ],
    ids=lambda record: type(record).__name__,
)
def test_records_of_the_model_travel_between_processes(record: object) -> None:
    packed = msgspec.msgpack.encode(record)
    assert msgspec.msgpack.decode(packed, type=type(record)) == record


def test_every_record_of_the_package_is_made_this_way() -> None:
    root = Path(__file__).resolve().parents[2] / "workbench"
    # These need more than a record.
    own = {"records.py", "tui/view/lane_form.py", "store/sessions.py"}
    found = {
        str(path.relative_to(root)): text
        for path in root.rglob("*.py")
        if "@dataclass" in (text := path.read_text("utf-8"))
    }
    others = {name for name, t in found.items() if "from workbench.records import" not in t}
    assert others <= own
