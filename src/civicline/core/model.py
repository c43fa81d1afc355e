"""The state that facts fold into. Times are UTC seconds; None means "not yet".

`evolve` owns a state and changes it in place; everybody else reads. What is derived (`derived.py`) is left
out of snapshots and made again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from civicline.core.agency import Agency, Text
from civicline.core.derived import Derived
from civicline.core.lifecycle import (
    IN_LINE,
    AgentState,
    ConsultState,
    ContactState,
    DeclinedFor,
    HeldBy,
    HungUpBy,
    LegState,
    NumberStep,
    OfferState,
    PassedOnFor,
    PromiseEnd,
    Recording,
    TurnedAwayFor,
    Unreached,
)
from civicline.core.pace import Pace
from civicline.core.survey import Response
from civicline.core.told import Told

Place = tuple[float, int]
"""When a contact first joined a line, and the count of all that joined: orders the line and is never lost."""


CUT_BY = frozenset({HungUpBy.CALLER, HungUpBy.LOST})
"""Who ended a talk that may have been cut: a caller whose line drops says BYE like one who is done."""


CALLBACK = "callback"
"""The channel of a contact that began with a promise and no call."""


@dataclass(slots=True)
class Segment:
    """One representative's part in a contact: talk and hold add up to `ended_at` − `began_at`, the wrap-up follows.

    `beside`: was asked by a colleague who had the call; such a part has neither hold nor wrap-up.
    """

    agent: str
    leg: str
    queue: str | None
    began_at: float
    beside: bool = False
    hold_s: float = 0.0
    ended_at: float | None = None
    wrapped_up_at: float | None = None


@dataclass(slots=True)
class Consult:
    """A third party on the call: a colleague, or an office (`need`: what for; `helps`: is never left alone with the
    caller; `recorded`: knows that it is)."""

    leg: str
    begun_at: float
    colleague: str | None = None
    office: str | None = None
    need: str = ""
    state: ConsultState = ConsultState.RINGING
    helps: bool = False
    recorded: bool = False


@dataclass(slots=True)
class Referral:
    """The caller was sent to another office: which one, what for, by whom, and what became of it."""

    leg: str
    office: str
    need: str
    agent: str
    at: float
    answered_at: float | None = None
    ended_at: float | None = None


@dataclass(slots=True)
class PassedOn:
    """The call came from a colleague. `queue`: this very one was asked for, not a topic."""

    agent: str
    why: PassedOnFor
    at: float
    queue: str = ""


@dataclass(slots=True)
class Promise:
    """To ring the person. `made_at`: when it was given; `slot`: when a scheduled one joins the line.

    `ready`: at the next turn the person is rung; else not before `next_at`. `attempts` is raised before the INVITE
    leaves, so an unknown fate counts.
    """

    code: str
    made_at: float
    next_at: float
    slot: float | None = None
    ready: bool = False
    attempts: int = 0
    rung_at: float | None = None
    reached_at: float | None = None
    failed: list[Unreached] = field(default_factory=list)
    end: PromiseEnd | None = None
    met: bool = False
    """The person was reached, and a representative has taken them."""
    by: str = ""
    """The representative who has the person rung whose talk was cut."""
    first: bool = True
    """Was given, or followed one that was given, before the first talk."""
    number: str = ""
    """Keyed hash of the number that was keyed in to be rung at; "" for the one that the call came from."""
    rung_before: int = 0
    """Attempts of promises before this one, so that no attempt's leg has the name of another."""


@dataclass(slots=True)
class Found:
    """A promise for another time, as it was told at `told_at`; `given_up`: its person no longer wants it."""

    promised: str
    slot: float
    told_at: float
    given_up: bool = False


@dataclass(slots=True)
class Times:
    """At which a caller may choose to be rung, as they were told at `told_at` (UTC, s).

    `slots` () where none can be had; `more`: there are later ones. `why`: the one that was chosen last cannot be had,
    or none can. `topic`: what about, where a key of a menu led here; None in line.
    """

    slots: tuple[float, ...]
    told_at: float
    more: bool = False
    why: DeclinedFor | None = None
    topic: str | None = None


@dataclass(slots=True)
class Contact:
    id: str
    channel: str
    line: str
    caller: str
    leg: str
    node: str
    arrived_at: float
    state: ContactState = ContactState.MENU
    notice_at: float | None = None
    recording: Recording = Recording.UNASKED
    recording_paused_at: float | None = None
    pause_reminded_at: float | None = None
    language: str | None = None
    topic: str | None = None
    topic_by: str | None = None
    queue: str | None = None
    skill: str = ""
    priority: int = 0
    step: int = 0
    place: Place | None = None
    queued_at: float | None = None
    offers: int = 0
    missed: int = 0
    offer: str | None = None
    agent: str | None = None
    connected_at: float | None = None
    talk_ended_at: float | None = None
    ended_by: HungUpBy | None = None
    turned_away: TurnedAwayFor | None = None
    abandoned_in: ContactState | None = None
    closed_at: float | None = None
    wrap_up_ended_at: float | None = None
    """With or without a word; the contact may still be surveyed then."""
    wrapped_at: float | None = None
    final_topic: str | None = None
    disposition: str | None = None
    resolved: bool | None = None
    survey: Response | None = None
    menu: str | None = None
    """The menu that the caller is in, or came from to a message or to digits; None before the first."""
    trail: tuple[str, ...] = ()
    """The menus behind it, the first one first."""
    visit: int = 0
    """Counts what was entered, so that entering a menu again is a step of its own."""
    message: str | None = None
    digits: str | None = None
    """What the caller is keying in. The digits themselves are sealed, never here."""
    digits_entered: bool = False
    code_asked: bool = False
    """The caller is keying in the code of a place. It is never here, nor in any request."""
    code_unknown: bool = False
    """The one that was keyed in just now is nobody's."""
    code_guesses: int = 0
    """How many codes were keyed in that are nobody's."""
    found: Found | None = None
    """What the code that was keyed in stands for: a promise whose time has not come."""
    informed_at: float | None = None
    """When an information message was first heard to its end."""
    wants_queue: str | None = None
    """Chosen by key without a topic."""
    position: int | None = None
    """In line, as it was last told; it never rises."""
    position_now: bool = False
    """Whether the last announcement said it."""
    wait: Told | None = None
    """As it was last said."""
    wait_now: bool = False
    """Whether the last announcement said it."""
    first_wait: Told | None = None
    first_wait_at: float | None = None
    told_at: float | None = None
    tells: int = 0
    taken_at: float | None = None
    """When the representative who has the call took it; `connected_at` is the first one's."""
    held_at: float | None = None
    held_by: HeldBy | None = None
    holds: int = 0
    consult: Consult | None = None
    parties: int = 0
    """Third parties that were rung: names the next one's leg."""
    passed_on: PassedOn | None = None
    times_passed_on: int = 0
    referrals: list[Referral] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    may_ring: bool = False
    """The number that the call came from is known, and the agency may ring it."""
    hold_offered_at: float | None = None
    hold_here: bool = False
    """It was offered for the number that the contact has; if not, only for another one."""
    number_step: NumberStep | None = None
    number_visit: int = 0
    """Counts the steps of keying in a number, so that each is one of its own."""
    number_declined: DeclinedFor | None = None
    """Why the number that was keyed in last is not rung."""
    hold_times: bool = False
    """A time may be chosen instead."""
    times: Times | None = None
    """Of which one may be chosen now; None while none is asked for."""
    times_visit: int = 0
    """Counts the times that some were told, so that each is a step of its own."""
    promise: Promise | None = None
    restored_from: str | None = None
    """The contact whose place it has."""
    restored_to: str | None = None
    """The contact that has its place now."""
    for_agent: str | None = None
    """The only one who may take it, until `OpenedToAnybody`."""
    for_agent_since: float | None = None
    """When it began to wait for that one; None while its turn has not come."""
    ring_back_declined: DeclinedFor | None = None
    """Why its representative could not have the person rung."""
    promised_to: str | None = None
    """The contact by which its representative has promised to ring the person another time."""

    @property
    def slot(self) -> float | None:
        """The time for which it is promised a call; None for a kept place, or without a promise."""
        return self.promise.slot if self.promise is not None else None

    @property
    def came_at(self) -> float:
        """When the figures of a day count it: at its arrival, or at the slot of a callback that began with no call."""
        slot = self.slot if self.channel == CALLBACK else None
        return self.arrived_at if slot is None else slot

    @property
    def has_come(self) -> bool:
        """Not so a callback that began with no call before its slot, nor one that was cancelled before."""
        return self.place is not None or self.channel != CALLBACK

    @property
    def was_cut(self) -> bool:
        """The talk ended and the representative did not end it; and no word says that it was over all the same."""
        ended = self.state in (ContactState.WRAPPING, ContactState.CLOSED) and self.talk_ended_at is not None
        with_agent = self.agent is not None and self.abandoned_in is None
        return ended and with_agent and self.ended_by in CUT_BY and self.resolved is not True

    @property
    def left_at(self) -> float | None:
        """Since when its place waits for its return: cut off in the talk, gone from the line (the first time, or passed
        on) or while an office rang, or promised a call and not reached. None: it does not wait, or was given back."""
        if self.place is None or self.restored_to is not None:
            return None
        if self.was_cut:
            return self.talk_ended_at
        missed = self.promise is not None and self.promise.end is PromiseEnd.MISSED
        left = self.abandoned_in in IN_LINE or self._left_an_office_that_rang
        return self.closed_at if left or missed else None

    @property
    def _left_an_office_that_rang(self) -> bool:
        last = self.referrals[-1] if self.referrals else None
        unanswered = last is not None and last.answered_at is None and last.ended_at == self.closed_at
        return unanswered and self.agent is None and self.ended_by in CUT_BY

    @property
    def is_ahead(self) -> bool:
        """Promised for a time that has not come."""
        return self.state is ContactState.KEPT and self.place is None

    @property
    def can_be_rung(self) -> bool:
        """At the number that the call came from, or at one that was keyed in."""
        return self.may_ring or (self.promise is not None and self.promise.number != "")

    @property
    def is_in_first_line(self) -> bool:
        """Waits, and has spoken to nobody yet."""
        return self.state in IN_LINE and self.connected_at is None

    @property
    def is_released(self) -> bool:
        """Rung back, and not yet with a representative."""
        if self.state is ContactState.RINGING_BACK:
            return True
        reached = self.promise is not None and self.promise.reached_at is not None and not self.promise.met
        return reached and self.state in IN_LINE

    @property
    def is_written_about(self) -> bool:
        """Somebody's wrap-up is not over."""
        return any(not s.beside and s.ended_at is not None and s.wrapped_up_at is None for s in self.segments)

    @property
    def holder(self) -> Segment | None:
        """The part of whoever has the call now."""
        return next((s for s in reversed(self.segments) if s.ended_at is None and not s.beside), None)

    @property
    def hears_music(self) -> bool:
        """On hold by us: the caller's own phone plays for itself."""
        return self.held_at is not None and self.held_by is not HeldBy.CALLER


@dataclass(slots=True)
class Agent:
    id: str
    state: AgentState = AgentState.SIGNED_OUT
    since: float = 0.0
    idle_since: float = 0.0
    """End of the last contact, or when the shift began: the longest idle is offered the next contact."""
    reason: str = ""
    phone: bool = False
    contact: str | None = None
    leg: str | None = None
    next: str = ""
    next_reason: str = ""


@dataclass(slots=True)
class Offer:
    id: str
    contact: str
    agent: str
    at: float
    state: OfferState = OfferState.MADE


@dataclass(slots=True)
class Leg:
    """`id` of a representative's leg is its offer's id."""

    id: str
    contact: str
    node: str
    agent: str | None = None
    state: LegState = LegState.NEW
    answered_at: float | None = None
    ending_at: float | None = None
    office: str | None = None
    """Of a leg that we ring outside."""
    attempt: int = 0
    """Of a leg by which we ring the person back."""
    holds: bool = False
    """Its phone holds by its own key."""


@dataclass(slots=True)
class Urgent:
    """Said before the menu until `until`: `texts` as typed, or the pack's message of that id."""

    menu: str
    texts: Text
    message: str
    until: float
    by: str
    at: float


@dataclass(slots=True)
class State:
    now: float = 0.0
    joined: int = 0
    agency: Agency | None = None
    contacts: dict[str, Contact] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    offers: dict[str, Offer] = field(default_factory=dict)
    legs: dict[str, Leg] = field(default_factory=dict)
    urgent: dict[str, Urgent] = field(default_factory=dict)
    """By menu; over any reload of the pack."""
    promised: deque[tuple[float, str]] = field(default_factory=deque)
    """When whom (keyed hash of the number) was promised a call, within `PROMISED_S` before the last promise."""
    leads: dict[str, float] = field(default_factory=dict)
    """By queue: seconds from ringing somebody back to the key 1, as it was of late."""
    nodes: dict[str, float] = field(default_factory=dict)
    """By voice node: when it took its last call."""
    paces: dict[str, Pace] = field(default_factory=dict)
    """By queue, and by queue and skill: `pace.key`."""
    closed: deque[str] = field(default_factory=deque)
    """Closed contacts in the order of closing; kept `KEEP_CLOSED_S` so that late words still find them."""
    derived: Derived = field(default_factory=Derived, init=False, compare=False, repr=False)


KEEP_CLOSED_S = 3600.0
PROMISED_S = 86_400.0
