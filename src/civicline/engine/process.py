"""The engine: the one process that decides. It reads requests, decides them in order, and stores the facts.

It holds the leader's lock; without it, it waits and follows nothing. Anything unexpected from the database ends the
turn, and the next turn begins with a recovery from the journal: so what is in memory never outlives a doubt about what
was stored.
"""

from __future__ import annotations

import logging
import threading
from contextlib import closing
from functools import partial

import psycopg

from civicline.collector import settle
from civicline.core import deadlines
from civicline.database.urls import urls
from civicline.engine import fold
from civicline.engine.clock import Clock
from civicline.engine.fold import UndecidableError
from civicline.engine.snapshots import Snapshots
from civicline.journal.append import StaleEpochError
from civicline.journal.event import Draft, Event
from civicline.journal.follow import Follower
from civicline.journal.leader import Leadership, LeadStopped, lead
from civicline.journal.read import Part
from civicline.settings import Settings
from civicline.stopping import told_to_stop

log = logging.getLogger(__name__)

SNAPSHOT_EVERY = 5000
"""Journal rows between two snapshots: a recovery folds at most about this many (0.2 s)."""
IDLE_S = 1.0
RETRY_S = 0.2


def run(settings: Settings) -> int:
    """Lead whenever the lock can be had, until SIGTERM. Blocks."""
    stop = told_to_stop()
    url = urls(settings).app
    undecidable: set[int] = set()
    while not stop.is_set():
        try:
            _lead_once(url, settings.node, stop, undecidable)
        except LeadStopped:
            break
        except UndecidableError as error:
            log.exception("engine: %s; it is set aside, the rest goes on", error)
            undecidable.add(error.position)
        except (psycopg.Error, StaleEpochError) as error:
            log.warning("engine: %s; recovering from the journal", type(error).__name__)
            stop.wait(RETRY_S)
    return 0


def _lead_once(url: str, node: str, stop: threading.Event, undecidable: set[int]) -> None:
    with closing(lead(url, node, stop)) as leadership:
        turn = Turn(leadership, url, undecidable)
        settle()
        log.info("engine: leading at epoch %d from position %d", leadership.epoch, turn.folded.position)
        while not stop.is_set():
            turn.step()
        fold.save(leadership.conn, turn.folded)


class Turn:
    """One leadership: from recovery until the lock or the database is lost."""

    def __init__(self, leadership: Leadership, url: str, undecidable: set[int]) -> None:
        self.leadership = leadership
        self.undecidable = undecidable
        self.folded, unanswered = fold.recover(leadership.conn)
        self.saved_at = self.folded.position
        self.clock = Clock(partial(_database_says, leadership))
        self.clock.stamped(self.folded.state.now)
        self.snapshots = Snapshots(url)
        self.follower = Follower(url, after=self.folded.position, part=Part.REQUESTS)
        self.store(fold.decide_all(self.folded, unanswered, undecidable))

    def step(self) -> None:
        """Wait for requests or for the next deadline, decide, store."""
        events = self.follower.read(self._patience_s())
        self.store(fold.decide_all(self.folded, events, self.undecidable))
        self.clock.look()
        due = deadlines.next_at(self.folded.state)
        if due is not None and due <= (now := self.clock.now()):
            self.store(fold.pass_time(self.folded, now))
        self._save_when_due(events)

    def store(self, drafts: list[Draft]) -> None:
        """Append facts; the state holds them, so from here on it stands at the last of them."""
        if drafts:
            stored = self.leadership.append(drafts)
            self.folded.stored = stored.last
            self.clock.stamped(stored.at)

    def _patience_s(self) -> float:
        due = deadlines.next_at(self.folded.state)
        return IDLE_S if due is None else min(IDLE_S, max(0.0, due - self.clock.now()))

    def _save_when_due(self, events: list[Event]) -> None:
        due = self.folded.position - self.saved_at >= SNAPSHOT_EVERY and len(events) < SNAPSHOT_EVERY
        if due and self.snapshots.begin(self.folded):
            self.saved_at = self.folded.position


def _database_says(leadership: Leadership) -> float:
    row = leadership.conn.execute("select extract(epoch from clock_timestamp())::float8").fetchone()
    assert row is not None
    return float(row[0])
