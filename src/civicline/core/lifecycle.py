"""The life cycles of contact, agent, offer and leg, as tables.

Theory of operation. A life cycle is a table from (state, name of the fact) to the next state; a fact that is not in
the table for the present state is an error (`LifecycleError`): only the engine makes facts, and `decide` looks at the
state first. Nothing but `evolve` changes a state. Reading the five tables below is reading all that may happen.

    contact   menu -> waiting -> offered -> talking -> wrapping -> closed
                 \\-> turned_away -> closed   ^  |missed
              (abandoned from menu, waiting and offered: closed)  |__|
              waiting -> kept <-> ringing_back -> waiting (virtual hold; a scheduled callback begins as kept)
              menu -> kept (a time is chosen by key, as while the line is closed)
              wrapping -> kept (the talk was cut, its representative has the person rung)
              talking -> waiting (passed on to a queue), -> outside (sent to another office) -> closed, or waiting again
              (wrapping -> surveying -> closed while a survey goes on: survey.py)
    agent     signed_out -> break <-> available -> offered -> talking -> wrap_up -> available, break or signed_out
                                                     \\-> missed (until the person says "available")
              available -> offered -> consulted (by a colleague) -> talking (took the call over), or available
    offer     made -> accepted | missed | withdrawn (the contact left)
    leg       new -> ringing -> answered -> ending (should end; voice hangs up) -> ended
    consult   ringing -> aside <-> with_caller, both <-> joined
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ContactState(StrEnum):
    MENU = "menu"
    TURNED_AWAY = "turned_away"
    WAITING = "waiting"
    OFFERED = "offered"
    KEPT = "kept"
    """The place is in the line, nobody is on the telephone. It is offered to nobody."""
    RINGING_BACK = "ringing_back"
    """We ring the person, or they have answered and not pressed 1 yet."""
    TALKING = "talking"
    OUTSIDE = "outside"
    """With another office, or its telephone rings; no representative is on the line."""
    WRAPPING = "wrapping"
    SURVEYING = "surveying"
    """The wrap-up is over; the caller still answers the survey."""
    CLOSED = "closed"


class AgentState(StrEnum):
    SIGNED_OUT = "signed_out"
    BREAK = "break"
    AVAILABLE = "available"
    OFFERED = "offered"
    MISSED = "missed"
    TALKING = "talking"
    CONSULTED = "consulted"
    """A colleague asks, while their caller is on hold or listens too."""
    WRAP_UP = "wrap_up"


class LegState(StrEnum):
    NEW = "new"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDING = "ending"
    ENDED = "ended"


class Recording(StrEnum):
    """What the person allows. Unasked counts as not allowed."""

    UNASKED = "unasked"
    ALLOWED = "allowed"
    REFUSED = "refused"


class Failure(StrEnum):
    """Why a phone that we rang did not answer."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"


class NumberStep(StrEnum):
    """Where a caller is who keys in the number at which to be rung."""

    ASKED = "asked"
    ENTERED = "entered"
    """It is read back, and to be confirmed."""


class DeclinedFor(StrEnum):
    """Why a time that somebody chose, or a call to a number, is not promised."""

    FULL = "full"
    NO_NUMBER = "no_number"
    """Withheld, or one that we do not ring."""
    NO_SLOT = "no_slot"
    """Not a time at which people are rung, or past."""
    NUMBER_HAS_ONE = "number_has_one"
    DAY_IS_FULL = "day_is_full"
    """The number was promised as many today as one is."""
    GONE = "gone"
    """What it should replace is under way, or over."""


class Unreached(StrEnum):
    """Why an attempt to ring somebody back failed. The first four are what the phone said (`Failure`); lost: nobody
    knows."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    NOT_PRESSED = "not_pressed"
    HUNG_UP = "hung_up"
    LOST = "lost"


class PromiseEnd(StrEnum):
    """How a promise ended that did not lead to the person."""

    MISSED = "missed"
    CANCELLED = "cancelled"
    OVERTAKEN = "overtaken"


class HungUpBy(StrEnum):
    CALLER = "caller"
    AGENT = "agent"
    OFFICE = "office"
    US = "us"
    LOST = "lost"


class HeldBy(StrEnum):
    """Who put the caller on hold: the representative at the desk or by the phone's own key, or the caller's phone."""

    DESK = "desk"
    PHONE = "phone"
    CALLER = "caller"


class PassedOnFor(StrEnum):
    """Why a call was passed on. The last three are ours: after a consult; the phone left while the caller
    was on hold; the office did not answer."""

    OTHER_TOPIC = "other_topic"
    EXPERT = "expert"
    LANGUAGE = "language"
    CALLER_ASKED = "caller_asked"
    OTHER = "other"
    CONSULTED = "consulted"
    PHONE_LEFT = "phone_left"
    OFFICE_MISSED = "office_missed"


class TopicBy(StrEnum):
    KEY = "key"
    OPERATOR_KEY = "operator_key"
    SILENCE = "silence"
    INVALID_KEYS = "invalid_keys"
    LINE = "line"
    """The number that was called is for one topic only."""
    CODE = "code"
    """It is that of the contact whose place the code names."""


class TurnedAwayFor(StrEnum):
    CLOSED = "closed"
    FULL = "full"


class LifecycleError(AssertionError):
    """A fact that its table does not allow: a fault in the rules, never in the input."""


C, A, L = ContactState, AgentState, LegState

CONTACT: Mapping[tuple[ContactState, str], ContactState] = {
    (C.MENU, "NoticePlayed"): C.MENU,
    (C.MENU, "RecordingRefused"): C.MENU,
    (C.MENU, "LanguageChosen"): C.MENU,
    (C.MENU, "TopicChosen"): C.MENU,
    (C.MENU, "MenuEntered"): C.MENU,
    (C.MENU, "MessageBegun"): C.MENU,
    (C.MENU, "MessageHeard"): C.MENU,
    (C.MENU, "DigitsAsked"): C.MENU,
    (C.MENU, "DigitsEntered"): C.MENU,
    (C.MENU, "DigitsConfirmed"): C.MENU,
    (C.MENU, "QueueChosen"): C.MENU,
    (C.MENU, "CodeAsked"): C.MENU,
    (C.MENU, "CodeUnknown"): C.MENU,
    (C.MENU, "TimeFound"): C.MENU,
    (C.MENU, "TimeGivenUp"): C.MENU,
    (C.MENU, "TimesTold"): C.MENU,
    (C.MENU, "TimeTaken"): C.KEPT,
    (C.MENU, "PlaceRestored"): C.MENU,
    (C.MENU, "ContactQueued"): C.WAITING,
    (C.MENU, "ContactTurnedAway"): C.TURNED_AWAY,
    (C.MENU, "CallMoved"): C.MENU,
    (C.TURNED_AWAY, "CallMoved"): C.TURNED_AWAY,
    (C.MENU, "ContactAbandoned"): C.CLOSED,
    (C.TURNED_AWAY, "RecordingRefused"): C.TURNED_AWAY,
    (C.TURNED_AWAY, "ContactReleased"): C.CLOSED,
    (C.WAITING, "RecordingRefused"): C.WAITING,
    (C.WAITING, "ContactQueued"): C.WAITING,
    (C.WAITING, "ContactWidened"): C.WAITING,
    (C.WAITING, "PositionTold"): C.WAITING,
    (C.WAITING, "OfferMade"): C.OFFERED,
    (C.WAITING, "ContactAbandoned"): C.CLOSED,
    (C.WAITING, "OpenedToAnybody"): C.WAITING,
    (C.WAITING, "HoldOffered"): C.WAITING,
    (C.WAITING, "HoldTaken"): C.KEPT,
    (C.WAITING, "NumberAsked"): C.WAITING,
    (C.WAITING, "NumberEntered"): C.WAITING,
    (C.WAITING, "NumberDeclined"): C.WAITING,
    (C.WAITING, "NumberLeft"): C.WAITING,
    (C.WAITING, "TimesTold"): C.WAITING,
    (C.WAITING, "TimesLeft"): C.WAITING,
    (C.WAITING, "TimeTaken"): C.KEPT,
    (C.WRAPPING, "RingBackPromised"): C.KEPT,
    (C.KEPT, "OpenedToAnybody"): C.KEPT,
    (C.KEPT, "HoldSaid"): C.KEPT,
    (C.KEPT, "RecordingRefused"): C.KEPT,
    (C.KEPT, "ContactQueued"): C.KEPT,
    (C.KEPT, "CallbackReady"): C.KEPT,
    (C.KEPT, "CallbackDue"): C.RINGING_BACK,
    (C.KEPT, "CallbackMissed"): C.CLOSED,
    (C.KEPT, "CallbackCancelled"): C.CLOSED,
    (C.KEPT, "CallbackOvertaken"): C.CLOSED,
    (C.RINGING_BACK, "RecordingRefused"): C.RINGING_BACK,
    (C.RINGING_BACK, "NoticePlayed"): C.RINGING_BACK,
    (C.RINGING_BACK, "ContactQueued"): C.RINGING_BACK,
    (C.RINGING_BACK, "PersonReached"): C.WAITING,
    (C.RINGING_BACK, "AttemptFailed"): C.KEPT,
    (C.RINGING_BACK, "CallbackCancelled"): C.CLOSED,
    (C.RINGING_BACK, "CallbackOvertaken"): C.CLOSED,
    (C.OFFERED, "RecordingRefused"): C.OFFERED,
    (C.OFFERED, "NumberAsked"): C.OFFERED,
    (C.OFFERED, "NumberEntered"): C.OFFERED,
    (C.OFFERED, "NumberDeclined"): C.OFFERED,
    (C.OFFERED, "NumberLeft"): C.OFFERED,
    (C.OFFERED, "TimesTold"): C.OFFERED,
    (C.OFFERED, "TimesLeft"): C.OFFERED,
    (C.OFFERED, "OfferMissed"): C.WAITING,
    (C.OFFERED, "OfferAccepted"): C.TALKING,
    (C.OFFERED, "ContactAbandoned"): C.CLOSED,
    (C.TALKING, "RecordingRefused"): C.TALKING,
    (C.TALKING, "CallerHeld"): C.TALKING,
    (C.TALKING, "CallerResumed"): C.TALKING,
    (C.TALKING, "ConsultBegun"): C.TALKING,
    (C.TALKING, "ConsultAnswered"): C.TALKING,
    (C.TALKING, "ConsultMissed"): C.TALKING,
    (C.TALKING, "ConsultTurned"): C.TALKING,
    (C.TALKING, "ConsultEnded"): C.TALKING,
    (C.TALKING, "ConsultCompleted"): C.TALKING,
    (C.TALKING, "ContactPassedOn"): C.WAITING,
    (C.TALKING, "ContactReferred"): C.OUTSIDE,
    (C.OUTSIDE, "RecordingRefused"): C.OUTSIDE,
    (C.OUTSIDE, "OfficeAnswered"): C.OUTSIDE,
    (C.OUTSIDE, "OfficeMissed"): C.WAITING,
    (C.OUTSIDE, "ReferralEnded"): C.CLOSED,
    (C.TALKING, "RecordingPaused"): C.TALKING,
    (C.TALKING, "RecordingPauseReminded"): C.TALKING,
    (C.TALKING, "RecordingResumed"): C.TALKING,
    (C.TALKING, "TalkEnded"): C.WRAPPING,
    (C.WRAPPING, "RecordingRefused"): C.WRAPPING,
    (C.SURVEYING, "RecordingRefused"): C.SURVEYING,
    (C.CLOSED, "RecordingRefused"): C.CLOSED,  # whoever passed the call on still writes about it
    (C.WRAPPING, "ContactWrapped"): C.CLOSED,
    (C.WRAPPING, "WrapUpRanOut"): C.CLOSED,
    (C.WRAPPING, "surveying"): C.SURVEYING,  # in place of these two while the survey goes on
    (C.WRAPPING, "SurveyEnded"): C.WRAPPING,
    (C.SURVEYING, "ContactWrapped"): C.SURVEYING,
    (C.SURVEYING, "SurveyEnded"): C.CLOSED,
    (C.CLOSED, "ContactWrapped"): C.CLOSED,  # the word came after the time ran out: late is better than never
}

AGENT: Mapping[tuple[AgentState, str], AgentState] = {
    (A.SIGNED_OUT, "AgentSignedIn"): A.BREAK,
    (A.BREAK, "AgentAvailable"): A.AVAILABLE,
    (A.MISSED, "AgentAvailable"): A.AVAILABLE,
    (A.WRAP_UP, "AgentAvailable"): A.AVAILABLE,
    (A.BREAK, "AgentOnBreak"): A.BREAK,
    (A.AVAILABLE, "AgentOnBreak"): A.BREAK,
    (A.MISSED, "AgentOnBreak"): A.BREAK,
    (A.WRAP_UP, "AgentOnBreak"): A.BREAK,
    (A.BREAK, "AgentSignedOut"): A.SIGNED_OUT,
    (A.AVAILABLE, "AgentSignedOut"): A.SIGNED_OUT,
    (A.MISSED, "AgentSignedOut"): A.SIGNED_OUT,
    (A.WRAP_UP, "AgentSignedOut"): A.SIGNED_OUT,
    (A.AVAILABLE, "OfferMade"): A.OFFERED,
    (A.OFFERED, "OfferMissed"): A.MISSED,
    (A.OFFERED, "OfferAccepted"): A.TALKING,
    (A.OFFERED, "ContactAbandoned"): A.AVAILABLE,
    (A.TALKING, "TalkEnded"): A.WRAP_UP,
    (A.TALKING, "ContactPassedOn"): A.WRAP_UP,
    (A.TALKING, "ContactReferred"): A.WRAP_UP,
    (A.TALKING, "ConsultCompleted"): A.WRAP_UP,
    (A.AVAILABLE, "ConsultBegun"): A.OFFERED,
    (A.OFFERED, "ConsultAnswered"): A.CONSULTED,
    (A.OFFERED, "ConsultMissed"): A.MISSED,
    (A.OFFERED, "ConsultEnded"): A.AVAILABLE,
    (A.CONSULTED, "ConsultEnded"): A.AVAILABLE,
    (A.CONSULTED, "ConsultCompleted"): A.TALKING,
}

LEG: Mapping[tuple[LegState, str], LegState] = {
    (L.NEW, "CallMoved"): L.NEW,
    (L.NEW, "LegRinging"): L.RINGING,
    (L.NEW, "LegAnswered"): L.ANSWERED,
    (L.RINGING, "LegAnswered"): L.ANSWERED,
    (L.ANSWERED, "LegHeld"): L.ANSWERED,
    (L.ANSWERED, "LegResumed"): L.ANSWERED,
    (L.NEW, "ending"): L.ENDING,
    (L.RINGING, "ending"): L.ENDING,
    (L.ANSWERED, "ending"): L.ENDING,
    (L.ENDING, "ending"): L.ENDING,
    (L.NEW, "LegEnded"): L.ENDED,
    (L.RINGING, "LegEnded"): L.ENDED,
    (L.ANSWERED, "LegEnded"): L.ENDED,
    (L.ENDING, "LegEnded"): L.ENDED,
}


class ConsultState(StrEnum):
    """Whom the representative speaks to. Aside: with the consulted party, the caller hears music; with the caller: the
    consulted party hears music; joined: all three hear each other."""

    RINGING = "ringing"
    ASIDE = "aside"
    WITH_CALLER = "with_caller"
    JOINED = "joined"


N = ConsultState

CONSULT: Mapping[tuple[ConsultState, str], ConsultState] = {
    (N.RINGING, "ConsultAnswered"): N.ASIDE,
    (N.ASIDE, "with_caller"): N.WITH_CALLER,
    (N.ASIDE, "joined"): N.JOINED,
    (N.WITH_CALLER, "aside"): N.ASIDE,
    (N.WITH_CALLER, "joined"): N.JOINED,
    (N.JOINED, "aside"): N.ASIDE,
    (N.JOINED, "with_caller"): N.WITH_CALLER,
}
"""`ConsultTurned` names the state that it turns to. Every state ends with the consult: missed, ended or completed."""


class OfferState(StrEnum):
    MADE = "made"
    ACCEPTED = "accepted"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"


O = OfferState

OFFER: Mapping[tuple[OfferState, str], OfferState] = {
    (O.MADE, "OfferAccepted"): O.ACCEPTED,
    (O.MADE, "OfferMissed"): O.MISSED,
    (O.MADE, "ContactAbandoned"): O.WITHDRAWN,
}

IN_LINE = frozenset({C.WAITING, C.OFFERED})
"""States in which a caller waits for a representative and hears music."""

PROMISED = frozenset({C.KEPT, C.RINGING_BACK})
"""States in which nobody waits on the telephone for a representative, but the place holds."""

WORKING = frozenset({A.AVAILABLE, A.OFFERED, A.TALKING, A.CONSULTED, A.WRAP_UP})
"""Agent states of somebody who takes one contact after another."""

BUSY = frozenset({A.OFFERED, A.TALKING, A.CONSULTED, A.WRAP_UP})
"""Agent states that belong to a contact."""
