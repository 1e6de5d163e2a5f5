"""Fetching a model file over HTTPS, resumed with a range request."""

from __future__ import annotations

from pathlib import Path

from workbench.providers.models.catalogue import HubFile, Model
from workbench.providers.models.watch import Unreachable, Watch

_TIMEOUT = 20.0


def fetch_hub(origin: HubFile, model: Model, part: Path, watch: Watch) -> None:
    """Append to *part* what is missing of the file at ``origin.url``.

    A server that ignores the range starts the file afresh. Redirects are followed (the hub sends
    large files from elsewhere); what comes is trusted for nothing but its hash. Never writes
    more than the model's size.

    Raises:
        Unreachable: no connection, an error status, or the connection broke.
    """
    import httpx2

    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    watch.status("downloading from Hugging Face")
    try:
        with (
            httpx2.Client(follow_redirects=True, timeout=_TIMEOUT) as client,
            client.stream("GET", origin.url, headers=headers) as answer,
        ):
            if not answer.is_success:
                raise Unreachable(f"Hugging Face answered with status {answer.status_code}")
            if answer.status_code != httpx2.codes.PARTIAL_CONTENT:
                have = 0
            with part.open("ab" if have else "wb") as out:
                for block in answer.iter_raw():
                    have += len(block)
                    if have > model.size:
                        break
                    out.write(block)
                    watch.progress(have, model.size)
    except httpx2.HTTPError as error:
        raise Unreachable(f"Hugging Face cannot be reached ({_sentence(error)})") from error


def _sentence(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__
