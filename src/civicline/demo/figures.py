"""What the journal says of the calls since the demonstration began, counted from its facts alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from civicline.core import callback_facts, facts
from civicline.core.facts import Fact

NOWHERE = "-"


@dataclass
class Seen:
    """One contact. Times are UTC seconds."""

    arrived_at: float
    queue: str | None = None
    placed_at: float | None = None
    answered_at: float | None = None
    talk_ended_at: float | None = None
    abandoned_at: float | None = None
    turned_away: bool = False
    refused_recording: bool = False
    released: bool = False
    offered: bool = False
    """To have the place kept."""
    accepted: bool = False
    kept: bool = False
    """Nobody is on the telephone, or it is ringing."""
    missed: bool = False

    @property
    def over(self) -> bool:
        return self.released or self.missed or self.abandoned_at is not None or self.talk_ended_at is not None


@dataclass
class Figures:
    contacts: dict[str, Seen] = field(default_factory=dict)

    def take(self, fact: Fact) -> None:
        if isinstance(fact, facts.ContactArrived):
            self.contacts[fact.contact] = Seen(fact.at)
            return
        seen = self.contacts.get(getattr(fact, "contact", ""))
        note = _NOTES.get(type(fact))
        if seen is not None and note is not None:
            note(seen, fact)

    def now(self) -> dict[str, int]:
        """`answered` counts the contacts that reached a representative; `waiting` and `talking` are of this moment."""
        every = list(self.contacts.values())
        return {
            "calls": len(every),
            "answered": _count(every, lambda seen: seen.answered_at is not None),
            "waiting": _count(every, lambda seen: bool(seen.placed_at) and not seen.answered_at and not _gone(seen)),
            "talking": _count(every, lambda seen: bool(seen.answered_at) and not seen.over),
            "accepted": _count(every, lambda seen: seen.accepted),
            "reconnected": _count(every, _reconnected),
        }

    def whole(self) -> dict[str, Any]:
        every = list(self.contacts.values())
        queues = sorted({seen.queue for seen in every if seen.queue})
        by_queue = {queue: _counts([seen for seen in every if seen.queue == queue]) for queue in queues}
        return _counts(every) | {"by_queue": by_queue}


def _queued(seen: Seen, fact: Any) -> None:
    seen.queue = fact.queue
    seen.placed_at = seen.placed_at or fact.at


def _gone(seen: Seen) -> bool:
    """Not on the telephone any more."""
    return seen.over or seen.kept


def _reconnected(seen: Seen) -> bool:
    return seen.accepted and seen.answered_at is not None


def _accepted(seen: Seen, fact: Any) -> None:
    seen.accepted = seen.kept = True


def _time_taken(seen: Seen, fact: Any) -> None:
    """The wait begins when the time comes. In a menu, where the place was not offered, nothing of it was accepted."""
    seen.kept, seen.accepted = True, seen.accepted or seen.offered
    seen.queue, seen.placed_at = fact.queue or seen.queue, fact.slot


def _reached(seen: Seen, fact: Any) -> None:
    seen.kept = False


def _missed(seen: Seen, fact: Any) -> None:
    seen.kept, seen.missed = False, True


def _set(name: str, at: bool = True) -> Callable[[Seen, Any], None]:
    def note(seen: Seen, fact: Any) -> None:
        setattr(seen, name, fact.at if at else True)

    return note


_NOTES: dict[type, Callable[[Seen, Any], None]] = {
    facts.ContactQueued: _queued,
    facts.OfferAccepted: _set("answered_at"),
    facts.TalkEnded: _set("talk_ended_at"),
    facts.ContactAbandoned: _set("abandoned_at"),
    facts.ContactTurnedAway: _set("turned_away", at=False),
    facts.ContactReleased: _set("released", at=False),
    facts.RecordingRefused: _set("refused_recording", at=False),
    callback_facts.HoldOffered: _set("offered", at=False),
    callback_facts.HoldTaken: _accepted,
    callback_facts.TimeTaken: _time_taken,
    callback_facts.PersonReached: _reached,
    callback_facts.CallbackMissed: _missed,
}


def _count(every: Iterable[Seen], holds: Callable[[Seen], bool]) -> int:
    return sum(map(holds, every))


def _counts(every: list[Seen]) -> dict[str, Any]:
    speeds = [seen.answered_at - seen.placed_at for seen in every if seen.answered_at and seen.placed_at]
    return {
        "placed": len(every),
        "answered": _count(every, lambda seen: seen.answered_at is not None),
        "abandoned_in_menu": _count(every, lambda seen: seen.abandoned_at is not None and seen.placed_at is None),
        "abandoned_in_line": _count(every, lambda seen: seen.abandoned_at is not None and seen.placed_at is not None),
        "turned_away": _count(every, lambda seen: seen.turned_away),
        "refused_recording": _count(every, lambda seen: seen.refused_recording),
        "unfinished": _count(every, lambda seen: not _gone(seen)),
        "offered": _count(every, lambda seen: seen.offered),
        "accepted": _count(every, lambda seen: seen.accepted),
        "reconnected": _count(every, _reconnected),
        "missed": _count(every, lambda seen: seen.missed),
        "still_promised": _count(every, lambda seen: seen.kept),
        "average_speed_of_answer_s": round(sum(speeds) / len(speeds), 2) if speeds else None,
    }
