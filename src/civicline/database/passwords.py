"""The passwords of the database's roles: made once, in a file that only our own account may read."""

from __future__ import annotations

import json
import os
import secrets
import stat
from dataclasses import asdict, dataclass
from pathlib import Path

from civicline.database.errors import DatabaseError


@dataclass(frozen=True)
class Passwords:
    superuser: str
    owner: str
    app: str
    auditor: str


def load(path: Path) -> Passwords | None:
    """None when there are none yet. Raises DatabaseError when others can read them."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    with os.fdopen(fd, encoding="utf-8") as file:
        if stat.S_IMODE(os.fstat(fd).st_mode) & 0o077:
            raise DatabaseError(f"{path} holds passwords and others may read it: chmod 600 {path}")
        return Passwords(**json.load(file))


def ensure(path: Path) -> Passwords:
    """The stored passwords, made when there are none; whole or not at all, also when two processes make them."""
    made = Passwords(*(secrets.token_hex(24) for _ in range(4)))
    while (found := load(path)) is None:
        _write_new(path, made)
    return found


def _write_new(path: Path, passwords: Passwords) -> None:
    draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            json.dump(asdict(passwords), file, indent=1)
            file.flush()
            os.fsync(fd)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
