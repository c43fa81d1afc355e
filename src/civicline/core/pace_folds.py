"""How the paces learn: from the end of each wait and of each wrap-up."""

from __future__ import annotations

from civicline.core import pace
from civicline.core.lifecycle import IN_LINE
from civicline.core.model import Contact, Segment, State


def handled(state: State, contact: Contact, segment: Segment) -> None:
    """Talk, hold and wrap-up of one representative, under the queue that the contact came from to them."""
    if segment.queue is None or segment.wrapped_up_at is None:
        return
    skill = contact.skill if contact.queue == segment.queue else ""
    pace.note_handled(state.paces, segment.queue, skill, segment.wrapped_up_at - segment.began_at)


def waited(state: State, contact: Contact, at: float, left: bool) -> None:
    if contact.state in IN_LINE and contact.queue is not None:
        pace.note_waited(state.paces, contact.queue, contact.skill, at - in_line_since(contact), left)


def in_line_since(contact: Contact) -> float:
    """When this wait began: joining the queue, or coming back to a line from a talk, another office or a kept place."""
    back = contact.referrals[-1].ended_at if contact.referrals else None
    reached = contact.promise.reached_at if contact.promise else None
    return max(contact.queued_at or 0.0, contact.talk_ended_at or 0.0, back or 0.0, reached or 0.0)
