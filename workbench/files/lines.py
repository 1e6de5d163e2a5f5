"""Lines of a file that may be gigabytes long, in blocks: memory holds one block and one line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

BLOCK = 1 << 20


class Line(NamedTuple):
    """One line: its number from 1, its byte offset, its content, and whether it has its end."""

    number: int
    offset: int
    data: bytes
    ended: bool


def blocks_of(fd: int, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """Yield the file's content from byte *start* on, up to byte *stop* if it is given; does not
    move the file's own position.
    """
    while block := os.pread(fd, BLOCK if stop is None else min(BLOCK, stop - start), start):
        yield block
        start += len(block)


def lines_in(blocks: Iterable[bytes], number: int = 1, offset: int = 0) -> Iterator[Line]:
    """Yield the lines in *blocks*, the first of which has this number and offset."""
    begun: list[bytes] = []
    for block in blocks:
        *whole, rest = block.split(b"\n")
        for line in whole:
            if begun:
                line = b"".join((*begun, line))  # noqa: PLW2901 - the same line, all of it
                begun.clear()
            yield Line(number, offset, line, True)
            number += 1
            offset += len(line) + 1
        if rest:
            begun.append(rest)
    if begun:
        yield Line(number, offset, b"".join(begun), False)
