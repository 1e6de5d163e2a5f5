"""Lines come out the same however the file is cut into blocks."""

from itertools import accumulate, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from workbench.files import lines
from workbench.files.append import AppendFile
from workbench.files.lines import lines_in
from workbench.model.events import IterationStarted
from workbench.store.sessions import Reading

_BYTES = st.lists(st.sampled_from([b"\n", b"a", b"bc", b"{}"]), max_size=40).map(b"".join)


@given(_BYTES, st.lists(st.integers(0, 60), max_size=8))
def test_blocks_do_not_matter(data: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    blocks = [data[a:b] for a, b in pairwise(places)]
    found = list(lines_in(blocks, number=7, offset=100))
    assert b"".join(line.data + b"\n" * line.ended for line in found) == data
    assert [line.number for line in found] == list(range(7, 7 + len(found)))
    assert all(data[n.offset - 100 :].startswith(n.data) for n in found)
    assert all(b"\n" not in line.data for line in found)
    assert all(line.ended for line in found[:-1])


def test_a_file_of_several_blocks_moves_as_it_stands(tmp_path: Path) -> None:
    data = b"".join(b"%d " % n * 50_000 + b"\n" for n in range(24)) + b"torn"
    assert len(data) > 2 * lines.BLOCK
    file = AppendFile(tmp_path / "a.jsonl", create=True)
    file.write(data)
    file.move_to(tmp_path / "b.jsonl")
    file.close()
    assert (tmp_path / "b.jsonl").read_bytes() == data
    file = AppendFile(tmp_path / "b.jsonl", create=False)
    file.move_to(tmp_path / "c.jsonl", upto=lines.BLOCK + 5)
    file.close()
    assert (tmp_path / "c.jsonl").read_bytes() == data[: lines.BLOCK + 5]


@given(
    st.lists(st.sampled_from(["iteration", "notice", "garbage"]), max_size=30),
    st.integers(0, 4),
    st.integers(1, 40),
)
def test_the_latest_iterations_are_found_in_any_blocks(
    kinds: list[str], last: int, block: int
) -> None:
    head = b'{"v":1,"t":"session","id":"a","title":"t","utc":"u","app":"w"}\n'
    with TemporaryDirectory() as folder, patch.object(lines, "BLOCK", block):
        path = Path(folder) / "a.jsonl"
        path.write_bytes(head + b"".join(_line(kind, n) for n, kind in _numbered(kinds)))
        few = Reading(path, last=last)
        shown = [e.iteration for e in few if isinstance(e, IterationStarted)]
    numbers = [n for n, kind in _numbered(kinds) if kind == "iteration"]
    begins = [line for line, kind in enumerate(kinds, 1) if kind == "iteration"]
    assert shown == numbers[len(numbers) - min(last, len(numbers)) :]
    assert few.earlier == len(numbers) - len(shown)
    begin = begins[-len(shown)] if shown else len(kinds) + 1
    garbage = [n for n, kind in enumerate(kinds, 1) if kind == "garbage"]
    seen = [n for n in garbage if n >= begin or not few.earlier]
    assert [d.line for d in few.damage] == [n + 1 for n in seen]


def _numbered(kinds: list[str]) -> list[tuple[int, str]]:
    counts = accumulate(kind == "iteration" for kind in kinds)
    return list(zip(counts, kinds, strict=True))


def _line(kind: str, number: int) -> bytes:
    if kind == "garbage":
        return b"garbage\n"
    if kind == "notice":
        return b'{"v":1,"t":"notice","level":"info","message":"m"}\n'
    return (
        b'{"v":1,"t":"iteration","iteration":%d,"prompt":{"user":"p"},"lanes":[],"checks":[],'
        b'"utc":"u"}\n' % number
    )
