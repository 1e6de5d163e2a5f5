"""Files are replaced whole; what is no file is written to."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from workbench.files.replace import replace_file


def test_a_file_is_replaced_and_keeps_nothing_of_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"older and longer")
    replace_file(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


BELOW_DEV = Path("/dev", "shm")


@pytest.mark.skipif(not BELOW_DEV.is_dir(), reason="needs a folder for files below /dev")
def test_a_link_below_dev_to_a_file_is_replaced_like_any_other() -> None:
    with tempfile.TemporaryDirectory(dir=BELOW_DEV) as name:
        folder = Path(name)
        (folder / "real").write_bytes(b"old")
        (folder / "link").symlink_to("real")
        replace_file(folder / "link", b"new")
        assert (folder / "link").read_bytes() == b"new"


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        replace_file(tmp_path / "pipe", b"new")
        assert os.read(reader, 100) == b"new"
    finally:
        os.close(reader)
    assert (tmp_path / "pipe").is_fifo()
