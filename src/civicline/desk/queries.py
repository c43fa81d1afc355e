"""What the desk shows, read from the read models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from civicline.contacts import queries
from civicline.contacts.models import AgentRow, ContactRow
from civicline.core.agency import Agency
from civicline.core.lifecycle import AgentState, PassedOnFor, Recording
from civicline.desk import promising, ring_back
from civicline.desk.actions import NOTE
from civicline.desk.in_call import REMIND_AFTER_S, Control, Group, controls, groups, reasons, third
from civicline.desk.promising import Later
from civicline.desk.ring_back import RingBack
from civicline.people import sealing
from civicline.web.agency import said, written
from civicline.web.words import AGENT_STATES, LANGUAGES, PASSED_ON_FOR

A = AgentState
NUMBER = "number"
BUTTONS: dict[AgentState, tuple[str, ...]] = {
    A.SIGNED_OUT: ("sign-in",),
    A.BREAK: ("available", "sign-out"),
    A.AVAILABLE: ("break", "sign-out"),
    A.MISSED: ("available", "break", "sign-out"),
    A.OFFERED: ("break", "sign-out"),
    A.TALKING: ("hang-up", "break", "sign-out"),
    A.CONSULTED: ("break", "sign-out"),
    A.WRAP_UP: ("break", "sign-out"),
}
"""What a representative may ask for in each state; in the last four it holds after the present contact."""
LATER = frozenset({A.OFFERED, A.TALKING, A.CONSULTED, A.WRAP_UP})
LABELS: dict[str, Promise] = {
    "sign-in": _("Start work"),
    "available": _("Available"),
    "break": _("Break"),
    "sign-out": _("End work"),
    "hang-up": _("Hang up"),
    "pause-recording": _("Pause the recording"),
    "resume-recording": _("Go on recording"),
    "refuse-recording": _("The person does not want to be recorded"),
}
LATER_LABELS: dict[str, Promise] = {
    "break": _("Break after this contact"),
    "sign-out": _("End work after this contact"),
    "available": _("Stay available after this contact"),
}


@dataclass(frozen=True, slots=True)
class Button:
    name: str
    label: Promise


@dataclass(frozen=True, slots=True)
class Choice:
    id: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    """A number that the caller keyed in, and what it is."""

    label: str
    digits: str


@dataclass(frozen=True, slots=True)
class InHand:
    """The contact that is offered, talked to or wrapped up. `number` None: withheld, or disposed of."""

    id: str
    number: str | None
    language: str
    language_code: str
    topic: str
    since: datetime | None
    """When its wait began (offered), the talk (talking) or the wrap-up (wrapping)."""
    recording: str
    held_since: datetime | None
    third: str
    consult: str
    """State of the third party, "" without one."""
    asked_by: str
    """The colleague who asks, when it is us who is asked."""
    passed_on_by: str
    passed_on_why: str | Promise
    note: str
    controls: list[Control]
    groups: list[Group]
    paused_at: datetime | None
    untold: bool
    """The recording pauses by itself: an office has joined that was not told of it."""
    paused_s: int
    """How long the recording had been paused when the journal last reminded; 0 before."""
    buttons: list[Button]
    """What may be asked of its recording."""
    entered: list[Entered]
    ring_back: RingBack | None
    later: Later | None


@dataclass(frozen=True, slots=True)
class Desk:
    state: str
    state_label: Promise
    since: datetime | None
    next: str
    phone: bool
    sip_user: str
    buttons: list[Button]
    contact: InHand | None
    topics: list[Choice]
    dispositions: list[Choice]
    reasons: list[tuple[str, Promise]]
    remind_s: int = REMIND_AFTER_S


def desk(staff: str) -> Desk | None:
    """None when the agency that is loaded has no such representative."""
    row = queries.agent(staff)
    if row is None:
        return None
    state = AgentState(row.state)
    agency = queries.agency()
    contact = queries.contact(row.contact) if row.contact else None
    return Desk(
        state=state,
        state_label=AGENT_STATES[state],
        since=None if state is A.SIGNED_OUT else row.since,
        next=row.next,
        phone=row.phone,
        sip_user=row.id,
        buttons=_buttons(state, row),
        contact=_in_hand(state, row, contact, agency) if contact else None,
        topics=_topics(agency, contact),
        dispositions=_dispositions(agency),
        reasons=reasons(),
    )


def _buttons(state: AgentState, row: AgentRow) -> list[Button]:
    names = list(BUTTONS[state])
    if state not in LATER:
        return [Button(name, LABELS[name]) for name in names]
    asked = {"break": "break", "signed_out": "sign-out"}.get(row.next)
    names = ["available" if name == asked else name for name in names]
    return [Button(name, LATER_LABELS.get(name, LABELS[name])) for name in names]


def _in_hand(state: AgentState, me: AgentRow, row: ContactRow, agency: Agency | None) -> InHand:
    asked = row.consult_with == me.id and not row.consult_outside
    since = {A.OFFERED: me.since if asked else row.place_at, A.TALKING: row.taken_at}.get(state, me.since)
    holds = state is A.TALKING
    topic = agency.topics.get(row.topic or "") if agency else None
    number = _opened(row.id, NUMBER)
    return InHand(
        id=row.id,
        number=written(number) if number else None,
        language=LANGUAGES.get(row.language or "", row.language or ""),
        language_code=row.language or "",
        topic=said(topic.label) if topic else "",
        since=since,
        recording=row.recording,
        held_since=row.held_at if holds else None,
        third=third(row, agency) if holds else "",
        consult=(row.consult_state or "") if holds else "",
        asked_by=_name(agency, row.agent) if asked else "",
        passed_on_by=_name(agency, row.passed_on_by),
        passed_on_why=PASSED_ON_FOR[PassedOnFor(row.passed_on_why)] if row.passed_on_why else "",
        note=(_opened(row.id, NOTE) or "") if row.passed_on_by or asked else "",
        controls=controls(row) if holds else [],
        groups=groups(agency, me.id) if holds and agency and not row.consult_state else [],
        paused_at=row.recording_paused_at if holds else None,
        untold=holds and row.consult_untold,
        paused_s=_paused_s(row) if holds else 0,
        buttons=[Button(name, LABELS[name]) for name in _of_recording(state, row)],
        entered=_entered(row.id, agency) if agency else [],
        ring_back=ring_back.of(me, row, agency),
        later=promising.of(me, row, agency),
    )


def _name(agency: Agency | None, staff: str | None) -> str:
    return agency.staff[staff].name if agency and staff in agency.staff else staff or ""


def may_go_to(target: str, me: str) -> bool:
    """Whether the call can be passed on there at this moment."""
    agency = queries.agency()
    return agency is not None and any(each.value == target for group in groups(agency, me) for each in group.targets)


def writes_about(me: str, contact: str) -> bool:
    """Whether this representative wraps up that contact."""
    row = queries.agent(me)
    return row is not None and row.contact == contact and row.state == A.WRAP_UP


def talks(me: str, contact: str) -> bool:
    """Whether this representative has that contact on the phone."""
    row = queries.agent(me)
    return row is not None and row.contact == contact and row.state == A.TALKING


def queue_of(target: str) -> str:
    """The queue of a topic; "" for another target."""
    agency, (kind, _, name) = queries.agency(), target.partition(":")
    return agency.topics[name].queue if agency and kind == "topic" and name in agency.topics else ""


def _of_recording(state: AgentState, row: ContactRow) -> list[str]:
    """Pausing is for the talk; whoever says no may say so until the wrap-up is over."""
    if row.recording == Recording.REFUSED or state not in (A.TALKING, A.WRAP_UP):
        return []
    pause = "resume-recording" if row.recording_paused_at else "pause-recording"
    may_pause = state is A.TALKING and row.recording == Recording.ALLOWED
    return [pause, "refuse-recording"] if may_pause else ["refuse-recording"]


def _paused_s(row: ContactRow) -> int:
    if row.recording_paused_at is None or row.pause_reminded_at is None:
        return 0
    return round((row.pause_reminded_at - row.recording_paused_at).total_seconds())


def _entered(contact: str, agency: Agency) -> list[Entered]:
    found = ((each, _opened(contact, sealing.DIGITS + each.id)) for each in agency.digits.values())
    return [Entered(said(each.label), digits) for each, digits in found if digits]


def _opened(contact: str, field: str) -> str | None:
    connection.ensure_connection()
    return sealing.readable(connection.connection, contact, field)


def _topics(agency: Agency | None, contact: ContactRow | None) -> list[Choice]:
    chosen = contact.topic if contact else None
    found = agency.topics.values() if agency else ()
    return sorted((Choice(t.id, said(t.label), t.id == chosen) for t in found), key=lambda choice: choice.label)


def _dispositions(agency: Agency | None) -> list[Choice]:
    return [Choice(key, said(label)) for key, label in agency.dispositions.items()] if agency else []
