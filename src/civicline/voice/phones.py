"""The registrar's memory, written through to the database by a thread of its own, and HA1 look-ups."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import psycopg

from civicline.phones.accounts import ha1
from civicline.phones.bindings import StoredBindings
from civicline.voice.database import Database
from civicline.voice.sip.api import Binding
from civicline.voice.sip.registrar import MemoryBindings

log = logging.getLogger(__name__)


class Phones(MemoryBindings):
    """A `sip.api.Bindings`: read from memory on the loop, stored behind it, so that a restart knows the phones."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._stored = StoredBindings(Database(url).connection)
        self._writer = ThreadPoolExecutor(1, "phones")

    def load(self) -> None:
        """Take up what a process before us stored. Raises psycopg.Error."""
        for binding in self._stored.all():
            super().put(binding)

    def put(self, binding: Binding) -> None:
        super().put(binding)
        self._writer.submit(_quietly, lambda: self._stored.put(binding))

    def drop(self, user: str, contact: str | None) -> None:
        super().drop(user, contact)
        self._writer.submit(_quietly, lambda: self._stored.drop(user, contact))


def _quietly(write: Callable[[], None]) -> None:
    """A registration that could not be stored is stored at its next refresh; until then memory has it."""
    try:
        write()
    except psycopg.Error as error:
        log.warning("voice: a registration was not stored: %s", type(error).__name__)


class Accounts:
    """`sip.api.Credentials`: HA1 of a user; the last one known while the database is away."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        self._known: dict[str, Mapping[str, str]] = {}

    def __call__(self, user: str) -> Mapping[str, str] | None:
        try:
            found = ha1(self._database.connection(), user)
        except psycopg.Error:
            return self._known.get(user)
        if found is None:
            self._known.pop(user, None)
        else:
            self._known[user] = found
        return found
