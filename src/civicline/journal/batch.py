"""What a writer was asked to append, and one try of appending it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg

from civicline.journal.append import append, find_batch, lock
from civicline.journal.event import Appended, Draft, Statement

Done = Callable[[Appended | Exception], None]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Submission:
    drafts: Sequence[Draft]
    statements: Sequence[Statement] = ()
    done: Done | None = None

    def answer(self, result: Appended | Exception) -> None:
        """Tell whoever submitted it; what they raise must not stop the writer."""
        if self.done is None:
            return
        try:
            self.done(result)
        except Exception:
            _log.exception("the receiver of an append's result failed")


def new_batch_id() -> UUID:
    """Ordered by time (like RFC 9562's version 7), so that the index grows at one end."""
    stamp = (time.time_ns() // 1_000_000).to_bytes(6, "big")
    tail = bytearray(os.urandom(10))
    tail[0] = 0x70 | tail[0] & 0x0F
    tail[2] = 0x80 | tail[2] & 0x3F
    return UUID(bytes=stamp + bytes(tail))


@dataclass
class Batch:
    """Submissions that are committed together; the id tells a later try whether an earlier one was committed."""

    submissions: list[Submission]
    id: UUID = field(default_factory=new_batch_id)
    tried: bool = False

    def write(self, conn: psycopg.Connection[Any], epoch: int | None) -> None:
        """Append all and answer each. Raises what the database raises; nothing is answered then."""
        drafts = [draft for one in self.submissions for draft in one.drafts]
        statements = [statement for one in self.submissions for statement in one.statements]
        if self.tried:
            appended = self._again(conn, drafts, statements, epoch)
        else:
            self.tried = True
            appended = append(conn, drafts, epoch, self.id, statements)
        self._answer(appended)

    def _again(
        self, conn: psycopg.Connection[Any], drafts: list[Draft], statements: list[Statement], epoch: int | None
    ) -> Appended:
        with conn.transaction():
            lock(conn)
            known = find_batch(conn, self.id)
            if known is not None:
                return known
            for sql, params in statements:
                conn.execute(sql, params)
            return append(conn, drafts, epoch, self.id)

    def _answer(self, appended: Appended) -> None:
        first = appended.first
        for one in self.submissions:
            one.answer(Appended(first, first + len(one.drafts) - 1, appended.at))
            first += len(one.drafts)

    def split(self) -> list[Batch]:
        """Each submission by itself: so that one that the database refuses fails alone."""
        return [Batch([one]) for one in self.submissions]

    def fail(self, error: Exception) -> None:
        for one in self.submissions:
            one.answer(error)
