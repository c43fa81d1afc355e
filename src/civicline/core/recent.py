"""How long contacts took of late, from those that were closed within the last hour (`model.KEEP_CLOSED_S`)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from civicline.core.handling import total
from civicline.core.model import Contact, State

LAST = 20
"""So many are looked at, of whatever queue, so that the cost does not grow with the day."""
UNKNOWN_S = 300.0
"""Until one is known."""


def handle_s(state: State, queue: str | None) -> float:
    """The mean of talk, hold and wrap-up of the last contacts of this queue."""
    found = [work.talk_s + work.hold_s + work.wrap_up_s for work in map(total, _last(state, queue)) if work.handled]
    return max(1.0, sum(found) / len(found)) if found else UNKNOWN_S


def _last(state: State, queue: str | None) -> Iterator[Contact]:
    for contact_id in islice(reversed(state.closed), LAST):
        contact = state.contacts[contact_id]
        if contact.queue == queue:
            yield contact
