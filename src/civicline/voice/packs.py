"""The carriers of the loaded agency pack, read again whenever one is loaded."""

from __future__ import annotations

from civicline.agency import trunks
from civicline.voice.database import Database
from civicline.voice.sip.api import Trunk

_LOADED = "SELECT trunks FROM agency_pack WHERE id = 1"


class Trunks:
    """Call it for the trunks that hold now."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        self._held: tuple[Trunk, ...] = ()

    def __call__(self) -> tuple[Trunk, ...]:
        return self._held

    def load(self) -> None:
        """Raises psycopg.Error while the database is away; what was held is then kept."""
        row = self._database.connection().execute(_LOADED).fetchone()
        self._held = tuple(
            Trunk(each.name, each.networks, each.caller_id, each.hosts)
            for each in trunks.from_json(row[0] if row else [])
        )
