"""Text files that somebody names: UTF-8, of a size that fits into memory, or an error that says why
not.
"""

from __future__ import annotations

from pathlib import Path

from workbench.errors import UsageError

MOST_BYTES = 64 * 1024 * 1024


def read_text(
    path: Path, most: int = MOST_BYTES, *, kind: type[UsageError] = UsageError, hint: str = ""
) -> str:
    """Return the text of a file; a byte order mark is passed over.

    Raises:
        UsageError: (a *kind* of it) it cannot be read, is no UTF-8 text, or larger than *most*
            bytes; then *hint* says what to do.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise kind(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:  # a name that can be none
        raise kind(f"{path} cannot be read: {error}.") from error
    if len(data) > most:
        raise kind(f"{path} is larger than {most / (1 << 20):.3g} MB.", hint)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise kind(
            f"{path} is not UTF-8 text (byte {error.start}).", "Convert it, e.g. with iconv."
        ) from error
