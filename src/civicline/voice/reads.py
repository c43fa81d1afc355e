"""Reads of the database beside the loop: a host that is cut off keeps a read waiting for seconds, and calls go on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import psycopg

from civicline.voice.database import Database

log = logging.getLogger(__name__)

T = TypeVar("T")
Then = Callable[[], object]


class Reads:
    """`soon` brings what was found back to the loop."""

    def __init__(self, url: str, soon: Callable[[Callable[[], None]], None]) -> None:
        self._database = Database(url)
        self._soon = soon
        self._thread = ThreadPoolExecutor(1, "reads")
        self._under_way: set[Hashable] = set()

    def start(
        self, key: Hashable, what: Callable[[psycopg.Connection[Any]], T], then: Callable[[T], object], away: Then
    ) -> None:
        """Read, and call `then` with what was found, or `away` while the database is away. What is being read under
        this key already is not read again."""
        if key not in self._under_way:
            self._under_way.add(key)
            self._thread.submit(self._read, key, what, then, away)

    def _read(
        self, key: Hashable, what: Callable[[psycopg.Connection[Any]], T], then: Callable[[T], object], away: Then
    ) -> None:
        try:
            found = what(self._database.connection())
        except Exception as error:  # whatever it is, what waits for it must not wait for ever
            log.error("voice: the database could not be read: %s", type(error).__name__)
            self._soon(partial(self._done, key, away))
        else:
            self._soon(partial(self._done, key, partial(then, found)))

    def _done(self, key: Hashable, then: Then) -> None:
        self._under_way.discard(key)
        then()
