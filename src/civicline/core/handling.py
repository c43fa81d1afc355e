"""Whose time a contact took, and what people were sent to other offices for.

A contact that was passed on counts once for the whole (measures.py) and here once for each who had it: talk, hold and
wrap-up are those of that person's part. Time beside a colleague's call is nobody's talk. Times are seconds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from civicline.core.model import Contact, Segment


@dataclass(frozen=True, slots=True)
class Work:
    """`contacts`: had in hand; `handled`: of these, the wrap-up is over, and the times are of these alone."""

    contacts: int = 0
    handled: int = 0
    talk_s: float = 0.0
    hold_s: float = 0.0
    wrap_up_s: float = 0.0
    asked: int = 0
    """How often a colleague asked."""
    beside_s: float = 0.0

    @property
    def handle_time_s(self) -> float | None:
        """(talk + hold + wrap-up) ÷ handled."""
        return (self.talk_s + self.hold_s + self.wrap_up_s) / self.handled if self.handled else None

    def __add__(self, other: Work) -> Work:
        return Work(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def work_of(segment: Segment) -> Work:
    lasted_s = (segment.ended_at if segment.ended_at is not None else segment.began_at) - segment.began_at
    if segment.beside:
        return Work(asked=1, beside_s=lasted_s)
    if segment.ended_at is None or segment.wrapped_up_at is None:
        return Work(contacts=1)
    return Work(1, 1, lasted_s - segment.hold_s, segment.hold_s, segment.wrapped_up_at - segment.ended_at)


def by_agent(contacts: Iterable[Contact]) -> dict[str, Work]:
    found: defaultdict[str, Work] = defaultdict(Work)
    for contact in contacts:
        for segment in contact.segments:
            found[segment.agent] += work_of(segment)
    return dict(sorted(found.items()))


def total(contact: Contact) -> Work:
    """Of all who had this contact."""
    return sum((work_of(segment) for segment in contact.segments), Work())


def needs(contacts: Iterable[Contact]) -> list[tuple[str, str, int, int]]:
    """Office, need ("" where it was not said), how often people were sent there for it, and how often it answered."""
    sent: Counter[tuple[str, str]] = Counter()
    answered: Counter[tuple[str, str]] = Counter()
    for contact in contacts:
        for referral in contact.referrals:
            sent[referral.office, referral.need] += 1
            answered[referral.office, referral.need] += referral.answered_at is not None
    return [(*key, count, answered[key]) for key, count in sorted(sent.items(), key=lambda each: (-each[1], each[0]))]
