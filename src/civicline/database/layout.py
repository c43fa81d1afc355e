"""Where the database's files lie in the data folder.

`postgres/data` is PostgreSQL's own folder, `postgres/run` holds its socket; both belong to the server's account.
`database.json` (the roles' passwords) and `postgres.lock` belong to the account that starts Civicline.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from civicline.settings import Settings

SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_MAX = 107  # bytes; unix(7), sun_path less its closing zero


@dataclass(frozen=True)
class Layout:
    data: Path

    @property
    def home(self) -> Path:
        return self.data / "postgres"

    @property
    def cluster(self) -> Path:
        return self.home / "data"

    @property
    def passwords(self) -> Path:
        return self.data / "database.json"

    @property
    def lock(self) -> Path:
        return self.data / "postgres.lock"

    @property
    def digest(self) -> str:
        return hashlib.sha256(bytes(self.data)).hexdigest()[:12]

    @property
    def cluster_name(self) -> str:
        """PostgreSQL shows it in the title of each of its processes: so ours are found after a crash."""
        return f"civicline-{self.digest}"

    @property
    def socket_is_inside(self) -> bool:
        return len(bytes(self.home / "run" / SOCKET_NAME)) <= SOCKET_PATH_MAX

    @property
    def socket_dir(self) -> Path:
        """Inside the data folder, or in a private folder when that path is too long for a socket."""
        if self.socket_is_inside:
            return self.home / "run"
        return Path("/tmp") / f"civicline-{self.digest}"  # noqa: S108 -- 0700, its owner is checked


def layout(settings: Settings) -> Layout:
    return Layout(settings.data)
