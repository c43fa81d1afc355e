"""The journal folded by the laws of tests/core/laws.py: what held after every decision while processes were killed."""

from __future__ import annotations

import time
from itertools import groupby

from chaos.floor import ATTEMPTS
from civicline.core import deadlines, kinds
from civicline.core.model import State
from civicline.journal import read
from civicline.journal.connect import connect
from core import laws

READ_AT_ONCE = 2000
LATE_S = 5.0
"""What fell due is decided by then, once everything runs."""


class Witness:
    def __init__(self, url: str) -> None:
        self._url = url
        self._state = State()
        self._position = 0
        self.decisions = 0

    def look(self) -> None:
        """At what is new. Raises AssertionError at the first decision after which a law did not hold.

        The laws: no contact has two representatives, no place is overtaken or lost, no person two legs; nobody is free
        beside somebody who waits, and no promise is forgotten.
        """
        facts = []
        with connect(self._url, "witness") as conn:
            while events := read.read(conn, self._position, READ_AT_ONCE):
                self._position = events[-1].position
                facts += [fact for event in events if (fact := kinds.fact(event.kind, event.body)) is not None]
        for _, said in groupby(facts, key=lambda fact: fact.at):  # one decision's facts have one time
            laws.fold(self._state, said)
            laws.check_all(self._state, ATTEMPTS)
            self.decisions += 1

    def settled(self) -> None:
        """Nothing that fell due is still to be decided."""
        due = deadlines.next_at(self._state)
        assert due is None or due > time.time() - LATE_S, f"due {time.time() - due:.1f} s ago and not decided"
