"""Telephone measures from contacts: every number with its formula and its parts (docs/explanation/measures.md).

`parts_of` says in which parts one contact counts; parts add up over contacts; `measures` divides. A ratio whose
denominator is nothing is None, never 0. Times are seconds. Definitions: the IRS's telephone measures and the field's
usual ones; where two are in use, both are given under two names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from civicline.core import handling
from civicline.core.lifecycle import IN_LINE, ContactState, PromiseEnd, Recording
from civicline.core.model import Contact
from civicline.core.told import is_close, is_in_range

SHORT_S = 5.0
"""An abandon before this was no wait: a wrong number, a change of mind."""

SERVICE_LEVEL_S = 20.0
"""For contacts whose queue the pack no longer names."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Counts of contacts, and seconds. `received` is the sum of `OUTCOMES`."""

    received: int = 0
    automated: int = 0
    """Left in the menu after an information message was heard to its end."""
    primary_abandon: int = 0
    """Left before joining a queue, without having heard an information message to its end."""
    secondary_abandon: int = 0
    """Left in a queue, ringing included."""
    courtesy_disconnect: int = 0
    """Turned away with a message: closed or full."""
    callback_missed: int = 0
    """Kept the place or chose a time, and was reached in none of the attempts."""
    callback_cancelled: int = 0
    """Kept the place or chose a time, and no longer wanted it."""
    callback_overtaken: int = 0
    """Kept the place, and rang again before being rung: the place went on in that contact."""
    answered: int = 0
    """By a representative."""
    still_open: int = 0
    """Neither answered nor over yet."""
    turned_away_closed: int = 0
    turned_away_full: int = 0
    abandoned_ringing: int = 0
    """Of the secondary abandons: while a representative's phone rang."""
    short_abandon: int = 0
    """Of the secondary abandons: within 5 s of joining the queue."""
    routed: int = 0
    """Joined a queue for a representative."""
    with_event: int = 0
    """Answered, or abandoned in a queue."""
    answered_in_time: int = 0
    """Within the queue's service level time."""
    abandoned_in_time: int = 0
    wait_answered_s: float = 0.0
    """From joining the first queue to the representative's answer, on the telephone or not."""
    answered_holding: int = 0
    """Of the answered: waited on the telephone all the time."""
    wait_holding_s: float = 0.0
    """Of these."""
    place_restored: int = 0
    """Came back after leaving the line, or after not being reached, and has the old place."""
    rung_back_by_agent: int = 0
    """Was cut off in the talk, and its representative had the person rung."""
    hold_offered: int = 0
    """Was told that the place can be kept."""
    hold_accepted: int = 0
    """Of these: had it kept, or chose a time."""
    reconnected: int = 0
    """Of the accepted: was rung and spoke with a representative."""
    hold_abandoned: int = 0
    """Of the accepted: over without having spoken with a representative, whoever ended it."""
    hold_overtaken: int = 0
    """Of the accepted: rang again before being rung, and the place went on in that contact."""
    callbacks: int = 0
    """Was promised to be rung, at the turn or at a time."""
    attempts: int = 0
    """How often these were rung."""
    wait_told: int = 0
    """Of the answered: an estimate of the wait was made before."""
    wait_told_close: int = 0
    """Of these, by the first estimate: the real wait from then on was within 60 s of it, or within 25 % of the wait."""
    wait_told_in_range: int = 0
    """Of these: the real wait lay in the range in minutes."""
    wait_told_error_s: float = 0.0
    """Of these: how far the wait was from the estimate."""
    handled: int = 0
    """Answered, and the wrap-up over."""
    talk_s: float = 0.0
    """Of the handled."""
    hold_s: float = 0.0
    """Of the handled: the caller was on hold, also while a colleague or an office was asked."""
    wrap_up_s: float = 0.0
    """Of the handled."""
    held: int = 0
    """Of the answered: was on hold at least once."""
    passed_on: int = 0
    """Of the answered: went from one representative to another at least once, or back into a line."""
    left_after_answer: int = 0
    """Of the passed on: left in that line. Counted as answered, since they were."""
    referred: int = 0
    """Of the answered: was sent to another office."""
    offers: int = 0
    offers_missed: int = 0
    heard_notice: int = 0
    recording_refused: int = 0
    """Of those that heard the notice."""
    wrapped: int = 0
    """With the representative's word on how it ended."""
    resolved: int = 0
    """Of the wrapped: resolved by that word."""
    handling_s: float = 0.0
    """Representatives' time talking or wrapping up in the period."""
    available_s: float = 0.0
    """Representatives' time available in the period, while their phone rang included."""

    def __add__(self, other: Parts) -> Parts:
        return Parts(*(getattr(self, name) + getattr(other, name) for name in NAMES))


NAMES = tuple(each.name for each in fields(Parts))
OUTCOMES = (
    "automated",
    "primary_abandon",
    "secondary_abandon",
    "courtesy_disconnect",
    "callback_missed",
    "callback_cancelled",
    "callback_overtaken",
    "answered",
    "still_open",
)
"""Each received contact is in exactly one of them."""


def outcome(contact: Contact) -> str:
    if contact.connected_at is not None:
        return "answered"
    if contact.turned_away is not None:
        return "courtesy_disconnect"
    if contact.promise is not None and contact.promise.end is not None:
        return f"callback_{contact.promise.end.value}"
    if contact.abandoned_in is None:
        return "still_open"
    if contact.abandoned_in is not ContactState.MENU:
        return "secondary_abandon"
    return "automated" if contact.informed_at is not None else "primary_abandon"


def queue_of(contact: Contact) -> str | None:
    """The queue that it counts for: where it waited first, though it may have been passed on. None: it reached none."""
    first = next((segment.queue for segment in contact.segments if not segment.beside), None)
    return first or contact.queue


def parts_of(contact: Contact, in_time_s: float) -> Parts:
    """One contact's parts; `in_time_s` is the service level time of `queue_of` it."""
    said = {"received": 1, outcome(contact): 1} | _menu_parts(contact) | _queue_parts(contact, in_time_s)
    said |= _promise_parts(contact) | _told_parts(contact)
    return Parts(**said | _handled_parts(contact))


def _menu_parts(contact: Contact) -> dict[str, Any]:
    heard = contact.notice_at is not None
    return {
        "turned_away_closed": int(contact.turned_away == "closed"),
        "turned_away_full": int(contact.turned_away == "full"),
        "heard_notice": int(heard),
        "recording_refused": int(heard and contact.recording is Recording.REFUSED),
    }


def _queue_parts(contact: Contact, in_time_s: float) -> dict[str, Any]:
    if contact.place is None and not _has_given_place_up(contact):
        return {}
    answered = contact.connected_at is not None
    abandoned = contact.abandoned_in is not None and not answered
    end = contact.connected_at if answered else contact.closed_at
    wait_s = end - _in_line_from(contact) if end is not None else 0.0
    return {
        "routed": 1,
        "with_event": int(answered or abandoned),
        "answered_in_time": int(answered and wait_s <= in_time_s),
        "abandoned_in_time": int(abandoned and wait_s <= in_time_s),
        "short_abandon": int(abandoned and wait_s < SHORT_S),
        "abandoned_ringing": int(abandoned and contact.abandoned_in is ContactState.OFFERED),
        "wait_answered_s": wait_s if answered else 0.0,
        "offers": contact.offers,
        "offers_missed": contact.missed,
        "held": int(contact.holds > 0),
        "passed_on": int(contact.times_passed_on > 0),
        "left_after_answer": int(answered and contact.abandoned_in is not None),
        "referred": int(bool(contact.referrals)),
    }


def _has_given_place_up(contact: Contact) -> bool:
    """It was in line, where it was offered, and chose a time instead."""
    return contact.slot is not None and contact.hold_offered_at is not None


def _in_line_from(contact: Contact) -> float:
    """When its own wait began: a place that was given back is older than the call."""
    return max(contact.place[0] if contact.place else 0.0, contact.arrived_at)


def _promise_parts(contact: Contact) -> dict[str, Any]:
    """Offered, promised, and who waited without one."""
    promise, answered_at = contact.promise, contact.connected_at
    first = _was_promised_first(contact)
    held = not first and answered_at is not None
    offered = contact.hold_offered_at is not None
    return {
        "answered_holding": int(held),
        "wait_holding_s": answered_at - _in_line_from(contact) if held and answered_at else 0.0,
        "place_restored": int(contact.restored_from is not None),
        "hold_offered": int(offered),
        "hold_accepted": int(offered and first),
        "reconnected": int(offered and first and answered_at is not None),
        "hold_abandoned": int(offered and first and _was_given_up(contact)),
        "hold_overtaken": int(offered and first and _was_overtaken(contact)),
        "callbacks": int(promise is not None),
        "attempts": promise.rung_before + promise.attempts if promise is not None else 0,
        "rung_back_by_agent": int(promise is not None and bool(promise.by)),
    }


def _was_promised_first(contact: Contact) -> bool:
    """Before the first talk: its wait was not on the telephone."""
    return contact.promise is not None and contact.promise.first


def _was_given_up(contact: Contact) -> bool:
    """Nobody answered, and the place did not go on in another call."""
    over = contact.connected_at is None and contact.state is ContactState.CLOSED
    return over and not _was_overtaken(contact)


def _was_overtaken(contact: Contact) -> bool:
    promise = contact.promise
    return contact.connected_at is None and promise is not None and promise.end is PromiseEnd.OVERTAKEN


def _told_parts(contact: Contact) -> dict[str, Any]:
    told, at, answered = contact.first_wait, contact.first_wait_at, contact.connected_at
    if told is None or at is None or answered is None or answered < at or _was_promised_first(contact):
        return {}
    wait_s = answered - at
    return {
        "wait_told": 1,
        "wait_told_close": int(is_close(told.wait_s, wait_s)),
        "wait_told_in_range": int(is_in_range(told.range, wait_s)),
        "wait_told_error_s": abs(told.wait_s - wait_s),
    }


def _handled_parts(contact: Contact) -> dict[str, Any]:
    word = {
        "wrapped": int(contact.wrapped_at is not None),
        "resolved": int(contact.wrapped_at is not None and contact.resolved is True),
    }
    done = handling.total(contact)
    if not done.contacts or done.handled < done.contacts or contact.state in IN_LINE:
        return word
    return word | {"handled": 1, "talk_s": done.talk_s, "hold_s": done.hold_s, "wrap_up_s": done.wrap_up_s}


RUNNING = (
    "answered", "wait_answered_s", "answered_holding", "wait_holding_s", "wait_told", "wait_told_close", "hold_offered",
    "hold_accepted", "reconnected", "hold_abandoned", "callback_missed",
)  # fmt: skip
"""Parts that are shown while the day goes on."""


def running(contact: Contact) -> dict[str, float]:
    """Those of `RUNNING` in which this contact counts so far; the others are 0. Cheap until it counts in any."""
    if contact.connected_at is None and contact.hold_offered_at is None and contact.promise is None:
        return {}
    said: dict[str, Any] = {outcome(contact): 1} | _queue_parts(contact, SERVICE_LEVEL_S)
    said |= _promise_parts(contact) | _told_parts(contact)
    return {name: said[name] for name in RUNNING if said.get(name)}


def total(contacts: Iterable[Contact], in_time_s: Mapping[str, float]) -> Parts:
    """All parts of these contacts; `in_time_s` gives the service level time of each queue."""
    sums: dict[str, Any] = dict.fromkeys(NAMES, 0)
    for contact in contacts:
        parts = parts_of(contact, in_time_s.get(queue_of(contact) or "", SERVICE_LEVEL_S))
        for name in NAMES:
            sums[name] += getattr(parts, name)
    return Parts(**sums)


@dataclass(frozen=True, slots=True)
class Formula:
    """(sum of `over`) ÷ (sum of `under`); a part with a leading "-" is subtracted."""

    over: tuple[str, ...]
    under: tuple[str, ...]

    @property
    def text(self) -> str:
        return f"{_written(self.over)} ÷ {_written(self.under)}"

    def value(self, parts: Parts) -> float | None:
        under = _summed(parts, self.under)
        return _summed(parts, self.over) / under if under > 0 else None

    def parts(self, parts: Parts) -> dict[str, float]:
        return {name.lstrip("-"): getattr(parts, name.lstrip("-")) for name in self.over + self.under}


def _written(names: tuple[str, ...]) -> str:
    text = " + ".join(names).replace("+ -", "− ")
    return text if len(names) == 1 else f"({text})"


def _summed(parts: Parts, names: tuple[str, ...]) -> float:
    sum_so_far = 0.0
    for name in names:
        sum_so_far += -getattr(parts, name[1:]) if name[0] == "-" else getattr(parts, name)
    return sum_so_far


FORMULAS: dict[str, Formula] = {
    "los": Formula(("answered",), ("routed",)),
    "answered_share_of_all": Formula(("answered",), ("received",)),
    "asa_hold_only_s": Formula(("wait_holding_s",), ("answered_holding",)),
    "asa_with_callback_s": Formula(("wait_answered_s",), ("answered",)),
    "asa_callback_as_zero_s": Formula(("wait_holding_s",), ("answered",)),
    "hold_accepted_share": Formula(("hold_accepted",), ("hold_offered",)),
    "reconnected_share": Formula(("reconnected",), ("hold_accepted",)),
    "hold_abandoned_share": Formula(("hold_abandoned",), ("hold_accepted",)),
    "hold_overtaken_share": Formula(("hold_overtaken",), ("hold_accepted",)),
    "attempts_per_callback": Formula(("attempts",), ("callbacks",)),
    "service_level_ignore": Formula(("answered_in_time",), ("with_event", "-abandoned_in_time")),
    "service_level_negative": Formula(("answered_in_time",), ("with_event",)),
    "service_level_positive": Formula(("answered_in_time", "abandoned_in_time"), ("with_event",)),
    "wait_told_close": Formula(("wait_told_close",), ("wait_told",)),
    "wait_told_in_range": Formula(("wait_told_in_range",), ("wait_told",)),
    "wait_told_error_s": Formula(("wait_told_error_s",), ("wait_told",)),
    "handle_time_s": Formula(("talk_s", "hold_s", "wrap_up_s"), ("handled",)),
    "hold_time_s": Formula(("hold_s",), ("handled",)),
    "transfer_rate": Formula(("passed_on",), ("answered",)),
    "referred_share": Formula(("referred",), ("answered",)),
    "occupancy": Formula(("handling_s",), ("handling_s", "available_s")),
    "abandon_rate": Formula(("secondary_abandon",), ("routed",)),
    "abandon_rate_without_short": Formula(("secondary_abandon", "-short_abandon"), ("routed", "-short_abandon")),
    "offers_missed_share": Formula(("offers_missed",), ("offers",)),
    "recording_refused_share": Formula(("recording_refused",), ("heard_notice",)),
    "resolved_first_by_representative": Formula(("resolved",), ("wrapped",)),
}

UNKNOWN: dict[str, str] = {
    "busy": "calls refused before they became a contact; only the carrier counts them",
    "shrinkage": "paid time not available ÷ paid time; the journal does not know what time is paid",
}
"""Measures that this system cannot know now: given as null, with the reason in place of a formula."""


def measures(parts: Parts) -> dict[str, dict[str, Any]]:
    """Name -> value (None without a denominator), formula and the parts that it was made of."""
    known = {
        name: {"value": each.value(parts), "formula": each.text, "parts": each.parts(parts)}
        for name, each in FORMULAS.items()
    }
    return known | {name: {"value": None, "formula": why, "parts": {}} for name, why in UNKNOWN.items()}
