"""References that people read out, and the codes of their links."""

from __future__ import annotations

import secrets

from django.utils.crypto import constant_time_compare, salted_hmac

LETTERS = "23456789BCDFGHJKMNPQRSTVWXZ"
"""Without those that are taken for one another, and without vowels, so that no words come to be."""
CODE_B = 24
_SALT = "civicline.callbacks.code"
_NONE = "0" * 64


def new_reference() -> str:
    """Such as K7F2-9QMX. It names a callback and opens nothing."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{drawn[:4]}-{drawn[4:]}"


def new_code() -> str:
    return secrets.token_urlsafe(CODE_B)


def hashed(code: str) -> str:
    return salted_hmac(_SALT, code, algorithm="sha256").hexdigest()


def opens(code: str, code_hash: str | None) -> bool:
    """Takes as long when there is nothing to open."""
    return constant_time_compare(hashed(code), code_hash or _NONE)
