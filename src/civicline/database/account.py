"""The system account that the server runs as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from civicline.database.errors import DatabaseError

PREFERRED = ("civicline", "nobody")


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int
    drops: bool
    """True when we are root and the server is started as another account."""

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments for subprocess: the folder is entered before the account is changed, see decision 0001."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.drops else {}

    def give(self, path: Path) -> None:
        if self.drops:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def reaches(self, path: Path) -> bool:
        """Whether this account may pass through all folders above `path` and read it."""
        return all(self._may(part, 0o1) for part in path.parents) and self._may(path, 0o4)

    def _may(self, path: Path, bit: int) -> bool:
        found = path.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & bit << 6)
        return bool(found.st_mode & (bit << 3 if found.st_gid == self.gid else bit))


def account(home: Path, uid: int | None = None) -> Account:
    """Ourselves; as root the owner of an existing database, else `civicline` when there is one, else `nobody`."""
    if (os.geteuid() if uid is None else uid) != 0:
        return Account(os.geteuid(), os.getegid(), drops=False)
    if home.exists():
        return _owner(home)
    return _named(PREFERRED)


def _owner(home: Path) -> Account:
    found = home.lstat()
    if found.st_uid == 0:
        raise DatabaseError(f"{home} belongs to root, and PostgreSQL does not run as root: chown -R it to civicline")
    return Account(found.st_uid, found.st_gid, drops=True)


def _named(names: tuple[str, ...]) -> Account:
    for name in names:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, drops=True)
    raise DatabaseError("PostgreSQL does not run as root: make an account for it with `useradd --system civicline`")


def environment(base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The server gets none of our environment: it may hold secrets, and PG* variables would change what it does."""
    return {"PATH": base.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
