"""The key that signs sessions and cookies: derived from the keyset, so that the data folder alone forges none."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.utils.functional import lazy

PARTS = ("1", "2")
"""Keyed hashes of 128 bits each."""


def secret_key(keyset_path: Path, environ: Mapping[str, str] = os.environ) -> str:
    """`CIVICLINE_SECRET_KEY`, else what the keyset gives, the same over its rotations; else, while there is no keyset,
    one for this process alone."""
    given = environ.get("CIVICLINE_SECRET_KEY")
    return given or _derived(keyset_path)


def _derived(path: Path) -> str:
    from civicline.people import keyset

    try:
        keys = keyset.load(path)
    except keyset.KeysetError:
        return secrets.token_urlsafe(64)
    return "".join(keys.hashed(part, "cookies") for part in PARTS)


def when_needed(keyset_path: Path) -> str:
    """As text that is made when it is first read: reading a keyset takes 0.2 s, and few commands sign anything."""
    made = cache(lambda: secret_key(keyset_path))
    found: str = lazy(made, str)()
    return found
