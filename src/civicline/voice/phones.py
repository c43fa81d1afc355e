"""The registrar's memory, written through to the database by a thread of its own, and HA1 look-ups."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import BoundedSemaphore
from typing import Any

import psycopg

from civicline.journal.connect import pause_s
from civicline.people.keyset import KeysetError
from civicline.phones.accounts import every_ha1, ha1
from civicline.phones.bindings import StoredBindings
from civicline.voice.database import Database
from civicline.voice.sip.api import Binding, CredentialsAwayError, Known
from civicline.voice.sip.registrar import KNOWN_FOR_S, MOST_CONTACTS_KEPT, MemoryBindings

log = logging.getLogger(__name__)

MISSED_REFRESH_S = 60.0
"""A registration that ran out so shortly before our start, or will so soon, could not be refreshed while nobody was
there: it holds until the phone has tried again."""

AWAY_FOR_S = 2.0
"""So long after the database was found away it is not asked again."""
MOST_WAITING = 1000
"""Passwords that may be waiting to be looked up: more than strangers may ask for in ten seconds."""


class Phones(MemoryBindings):
    """A `sip.api.Bindings`: read from memory on the loop, stored behind it, so that a restart knows the phones."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._stored = StoredBindings(Database(url).connection, KNOWN_FOR_S, MOST_CONTACTS_KEPT)
        self._writer = ThreadPoolExecutor(1, "phones")
        self._changes = 0
        self._kept_until = 0.0

    def load(self) -> None:
        """Take up what a process before us stored, and know the hosts of what ran out before. Raises psycopg.Error."""
        now = time.time()
        self._kept_until = earliest = now + MISSED_REFRESH_S
        for binding in self._stored.all(run_out_s=KNOWN_FOR_S):
            if binding.expires_at > now - MISSED_REFRESH_S:
                super().put(replace(binding, expires_at=max(binding.expires_at, earliest)))
            else:
                self.know(binding)

    def look(self, soon: Callable[[Callable[[], None]], None], then: Callable[[], None]) -> None:
        """Take up what phones told other voice nodes, and forget what they took back there. Reads behind what is still
        to be written, and comes back by `soon`, with `then`; what changed here meanwhile is newer, and waits for the
        next look."""
        before = self._changes

        def read() -> None:
            with contextlib.suppress(psycopg.Error):
                found = self._stored.all()
                soon(lambda: take(found))

        def take(found: Sequence[Binding]) -> None:
            if before == self._changes:
                self._replace(found)
            then()

        self._writer.submit(read)

    def _replace(self, found: Sequence[Binding]) -> None:
        held = {(each.user, each.contact) for each in found}
        for known in [each for each in self.all() if (each.user, each.contact) not in held]:
            if known.expires_at > self._kept_until:
                super().drop(known.user, known.contact)
        for each in found:
            super().put(each)

    def put(self, binding: Binding) -> None:
        super().put(binding)
        self._changes += 1
        self._writer.submit(_until_stored, lambda: self._stored.put(binding))

    def drop(self, user: str, contact: str | None) -> None:
        super().drop(user, contact)
        self._changes += 1
        self._writer.submit(_until_stored, lambda: self._stored.drop(user, contact))


def _until_stored(write: Callable[[], None]) -> None:
    """While the database is away memory has it; but a restart would not, until the phone's next refresh."""
    attempt = 0
    while True:
        try:
            write()
            return
        except psycopg.OperationalError as error:
            attempt += 1
            if attempt == 1:
                log.warning("voice: a registration is not stored yet: %s", type(error).__name__)
            time.sleep(pause_s(attempt))
        except psycopg.Error as error:
            log.error("voice: a registration cannot be stored: %s", type(error).__name__)
            return


class Accounts:
    """`sip.api.Credentials`: HA1 of a user, looked up by a thread of its own; the last one known while the database is
    away: a phone that is refused waits before it asks again, and cannot be rung when its registration has run out.

    A database host that was cut off is noticed after seconds. Whoever asked before that, or soon after, is answered
    from what is known, so that not each of them waits so long."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        self._known: dict[str, Mapping[str, str]] = {}
        self._reader = ThreadPoolExecutor(1, "accounts")
        self._room = BoundedSemaphore(MOST_WAITING)
        self._away_until = 0.0

    def load(self, conn: psycopg.Connection[Any]) -> None:
        self._known.update(every_ha1(conn))

    def __call__(self, user: str) -> Future[Known]:
        if not self._room.acquire(blocking=False):
            raise CredentialsAwayError
        asked = self._reader.submit(self._look, user, time.monotonic())
        asked.add_done_callback(lambda _: self._room.release())
        return asked

    def _look(self, user: str, asked_at: float) -> Known:
        if asked_at < self._away_until:
            return self._last_known(user)
        try:
            found = ha1(self._database.connection(), user)
        except psycopg.Error:
            self._away_until = time.monotonic() + AWAY_FOR_S
            return self._last_known(user)
        except KeysetError as error:  # wrapped by a key that this process does not have yet
            log.error("voice: a telephone's password cannot be opened: %s", error)
            return self._last_known(user)
        if found is None:
            self._known.pop(user, None)
        else:
            self._known[user] = found
        return found

    def _last_known(self, user: str) -> Known:
        if user not in self._known:
            raise CredentialsAwayError
        return self._known[user]
