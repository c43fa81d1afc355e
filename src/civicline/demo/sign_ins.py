"""Passwords of the demonstration's people, made once and kept beside its data, so that a softphone goes on working.

The file can be read by its owner only. A real agency's passwords are kept nowhere.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from civicline.phones.accounts import new_password
from civicline.settings import Settings

NAME = "sign-ins.json"
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without what is easily mistaken for another


@dataclass(frozen=True)
class SignIns:
    """`web` is one password for everybody, `sip` a password for each telephone."""

    web: str = field(repr=False)
    sip: dict[str, str] = field(repr=False)


def folder(settings: Settings) -> Path:
    return settings.data / "demo"


def load(settings: Settings) -> SignIns:
    body = json.loads((folder(settings) / NAME).read_text())
    return SignIns(body["web"], body["sip"])


def ensure(settings: Settings, users: Iterable[str]) -> SignIns:
    """Those that were made before, with new ones for whoever has none."""
    folder(settings).mkdir(mode=0o700, exist_ok=True)
    path = folder(settings) / NAME
    before = load(settings) if path.exists() else SignIns(_word(), {})
    made = SignIns(before.web, {user: before.sip.get(user) or new_password() for user in users})
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(made), indent=1))
    draft.replace(path)
    return made


def _word() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))
