"""The key that signs cookies: made once, kept in the data folder, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

FILE = "secret-key"


def secret_key(data: Path, environ: Mapping[str, str] = os.environ) -> str:
    """`CIVICLINE_SECRET_KEY`, else the key in `data`, else one for this process alone while there is no data folder."""
    given = environ.get("CIVICLINE_SECRET_KEY")
    if given:
        return given
    if not data.is_dir():
        return secrets.token_urlsafe(64)
    return _kept(data / FILE)


def _kept(path: Path) -> str:
    if not path.exists():
        _make(path)
    return path.read_text("ascii").strip()


def _make(path: Path) -> None:
    """Write beside and link, so that two processes that start together agree on one key."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(64))
    try:
        os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
