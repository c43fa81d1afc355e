"""The code of a promise, which its person is told."""

from __future__ import annotations

import hashlib
from itertools import count

from civicline.core.model import State

CODE_DIGITS = 6


def code_of(state: State, contact_id: str) -> str:
    """For a new promise: digits that no open promise has. The same for whoever decides it again."""
    names = (hashlib.sha256(f"code {contact_id} {turn}".encode()).digest() for turn in count())
    codes = (f"{int.from_bytes(name[:8]) % 10**CODE_DIGITS:0{CODE_DIGITS}}" for name in names)
    return next(code for code in codes if code not in state.derived.codes)
