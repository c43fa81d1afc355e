"""What voice needs of the loaded agency pack beside the rules' part: carriers and how long numbers are kept."""

from __future__ import annotations

import logging
from pathlib import Path

from civicline.agency import trunks
from civicline.agency.trunks import Trunk as Carrier
from civicline.voice.database import Database
from civicline.voice.sip.api import Account, Trunk

log = logging.getLogger(__name__)

_LOADED = "SELECT trunks, sealed_days, recording_days FROM agency_pack WHERE id = 1"
DAY_S = 86_400.0


class LoadedPack:
    """Read again by `load` whenever a pack is loaded."""

    def __init__(self, url: str, secrets: Path | None = None) -> None:
        self._database = Database(url)
        self._secrets = secrets
        self._trunks: tuple[Trunk, ...] = ()
        self.sealed_s = DAY_S
        """How long a contact's personal fields are kept after it arrived."""

        self.recording_s = DAY_S
        """How long a recording is kept after it began."""

    def trunks(self) -> tuple[Trunk, ...]:
        return self._trunks

    def load(self) -> None:
        """Raises psycopg.Error while the database is away; what was held is then kept."""
        row = self._database.connection().execute(_LOADED).fetchone()
        if row is not None:
            self._trunks = tuple(
                Trunk(
                    each.name,
                    each.networks,
                    each.caller_id,
                    each.hosts,
                    self._account(each),
                    each.through,
                    each.transport,
                )
                for each in trunks.from_json(row[0])
            )
            self.sealed_s = row[1] * DAY_S
            self.recording_s = row[2] * DAY_S

    def _account(self, trunk: Carrier) -> Account | None:
        if trunk.registration is None:
            return None
        try:
            if self._secrets is None:
                raise FileNotFoundError
            password = (self._secrets / trunk.name).read_text().strip()
        except OSError:
            log.error(
                "trunk %s has no password: put it into a file of that name in CIVICLINE_TRUNK_SECRETS", trunk.name
            )
            return None
        signs = trunk.registration
        return Account(signs.user, password, signs.expires_s, signs.contact)
