"""Facts: what the contact centre decided. Only the engine appends them. `at` is the time of the decision (UTC, s)."""

from __future__ import annotations

from dataclasses import dataclass

from civicline.core.agency import Agency
from civicline.core.callback_facts import CallbackFact
from civicline.core.lifecycle import ConsultState, Failure, HeldBy, HungUpBy, PassedOnFor, TopicBy, TurnedAwayFor
from civicline.core.menu_facts import MenuFact
from civicline.core.ring_back_facts import RingBackFact
from civicline.core.survey import Replied, SurveyEnd


@dataclass(frozen=True, slots=True)
class AgencyLoaded:
    at: float
    agency: Agency


@dataclass(frozen=True, slots=True)
class ContactArrived:
    at: float
    contact: str
    channel: str
    line: str
    caller: str
    leg: str
    node: str
    may_ring: bool = False


@dataclass(frozen=True, slots=True)
class CallMoved:
    """The INVITE has come to another node, before the one to which it came first could answer."""

    at: float
    contact: str
    leg: str
    node: str


@dataclass(frozen=True, slots=True)
class NoticePlayed:
    """Where it was not `said`, since there is no sound of it, recording stays unasked."""

    at: float
    contact: str
    said: bool = True


@dataclass(frozen=True, slots=True)
class RecordingRefused:
    """By key, or in words to `agent`. What was recorded is destroyed (`recording.destroyed`)."""

    at: float
    contact: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class RecordingPaused:
    at: float
    contact: str
    agent: str


@dataclass(frozen=True, slots=True)
class RecordingPauseReminded:
    """The pause goes on: the representative is told again."""

    at: float
    contact: str
    agent: str


@dataclass(frozen=True, slots=True)
class RecordingResumed:
    at: float
    contact: str
    agent: str


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    at: float
    contact: str
    language: str


@dataclass(frozen=True, slots=True)
class TopicChosen:
    at: float
    contact: str
    topic: str | None
    by: TopicBy


@dataclass(frozen=True, slots=True)
class ContactQueued:
    """Joined a queue. The place is given the first time and kept ever after."""

    at: float
    contact: str
    queue: str
    skill: str
    priority: int


@dataclass(frozen=True, slots=True)
class ContactTurnedAway:
    """The caller hears why and is then let go: closed hours, or a full queue."""

    at: float
    contact: str
    why: TurnedAwayFor


@dataclass(frozen=True, slots=True)
class ContactWidened:
    """Overflow step `step` (counted from 1) of its queue now holds for it."""

    at: float
    contact: str
    step: int


@dataclass(frozen=True, slots=True)
class OfferMade:
    at: float
    contact: str
    offer: str
    agent: str


@dataclass(frozen=True, slots=True)
class OfferMissed:
    """The representative's phone did not answer: the contact is back at its place, the agent is "missed"."""

    at: float
    contact: str
    offer: str
    agent: str
    failure: Failure


@dataclass(frozen=True, slots=True)
class OfferAccepted:
    at: float
    contact: str
    offer: str
    agent: str


@dataclass(frozen=True, slots=True)
class TalkEnded:
    at: float
    contact: str
    agent: str
    by: HungUpBy


@dataclass(frozen=True, slots=True)
class ContactWrapped:
    at: float
    contact: str
    agent: str
    topic: str
    disposition: str
    resolved: bool


@dataclass(frozen=True, slots=True)
class WrapUpRanOut:
    """No word came within the queue's wrap-up time: the contact is closed without one, the agent put on break."""

    at: float
    contact: str
    agent: str


@dataclass(frozen=True, slots=True)
class ContactAbandoned:
    """The caller left in the menu, in the queue or while a phone rang (`agent` and `offer` then name it)."""

    at: float
    contact: str
    offer: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class ContactReleased:
    """A contact that was turned away is over."""

    at: float
    contact: str


@dataclass(frozen=True, slots=True)
class LegRinging:
    at: float
    leg: str


@dataclass(frozen=True, slots=True)
class LegAnswered:
    at: float
    leg: str


@dataclass(frozen=True, slots=True)
class LegEnded:
    at: float
    leg: str
    by: HungUpBy


@dataclass(frozen=True, slots=True)
class PhoneRegistered:
    at: float
    agent: str


@dataclass(frozen=True, slots=True)
class PhoneGone:
    at: float
    agent: str


@dataclass(frozen=True, slots=True)
class AgentSignedIn:
    at: float
    agent: str


@dataclass(frozen=True, slots=True)
class AgentSignedOut:
    at: float
    agent: str


@dataclass(frozen=True, slots=True)
class AgentAvailable:
    at: float
    agent: str


@dataclass(frozen=True, slots=True)
class AgentOnBreak:
    at: float
    agent: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AgentNextSet:
    """What the agent does after the present contact: "available", "break" or "signed_out"."""

    at: float
    agent: str
    next: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SurveyOffered:
    """The caller was told that questions will follow the call."""

    at: float
    contact: str
    survey: str


@dataclass(frozen=True, slots=True)
class SurveyBegan:
    """The representative is about to hang up; the caller's leg stays."""

    at: float
    contact: str
    survey: str


@dataclass(frozen=True, slots=True)
class SurveyAnswered:
    """What became of one question; `value` and `counts_as` as the pack had them when it was asked."""

    at: float
    contact: str
    question: str
    how: Replied
    value: str = ""
    counts_as: str = ""


@dataclass(frozen=True, slots=True)
class SurveyEnded:
    at: float
    contact: str
    how: SurveyEnd


@dataclass(frozen=True, slots=True)
class LegHeld:
    """Its phone holds. What follows for the caller is a fact of its own, now or when a third party goes."""

    at: float
    leg: str


@dataclass(frozen=True, slots=True)
class LegResumed:
    at: float
    leg: str


@dataclass(frozen=True, slots=True)
class CallerHeld:
    """Said again when somebody else holds: the hold goes on, it counts from its beginning."""

    at: float
    contact: str
    agent: str
    by: HeldBy


@dataclass(frozen=True, slots=True)
class CallerResumed:
    at: float
    contact: str
    agent: str


@dataclass(frozen=True, slots=True)
class ContactPassedOn:
    """Blind transfer: back in line at the old place. `topic` None: it stays what it was; `by_queue`: the queue was
    named, not a topic."""

    at: float
    contact: str
    agent: str
    why: PassedOnFor
    queue: str
    skill: str
    priority: int
    topic: str | None = None
    by_queue: bool = False


@dataclass(frozen=True, slots=True)
class ConsultBegun:
    """`leg` is about to be rung; the caller is on hold from here on. `helps`, `recorded`: as the pack had it."""

    at: float
    contact: str
    agent: str
    leg: str
    colleague: str | None = None
    office: str | None = None
    need: str = ""
    helps: bool = False
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class ConsultAnswered:
    at: float
    contact: str
    leg: str
    colleague: str | None = None


@dataclass(frozen=True, slots=True)
class ConsultMissed:
    """Nobody answered; the caller is still on hold."""

    at: float
    contact: str
    leg: str
    failure: Failure
    colleague: str | None = None


@dataclass(frozen=True, slots=True)
class ConsultTurned:
    """Aside holds the caller, the other two resume."""

    at: float
    contact: str
    to: ConsultState


@dataclass(frozen=True, slots=True)
class ConsultEnded:
    """The third party is gone, or is let go; who was on hold is on hold."""

    at: float
    contact: str
    leg: str
    by: HungUpBy
    colleague: str | None = None


@dataclass(frozen=True, slots=True)
class ConsultCompleted:
    """Attended transfer: `colleague` has the call, `agent` wraps up."""

    at: float
    contact: str
    agent: str
    colleague: str
    leg: str


@dataclass(frozen=True, slots=True)
class ContactReferred:
    """Sent to another office: its leg is rung, or was consulted and is there already."""

    at: float
    contact: str
    agent: str
    leg: str
    office: str
    need: str


@dataclass(frozen=True, slots=True)
class OfficeAnswered:
    at: float
    contact: str
    leg: str


@dataclass(frozen=True, slots=True)
class OfficeMissed:
    """The office did not answer, or its line was lost: the caller is back in line at the old place."""

    at: float
    contact: str
    leg: str
    failure: Failure


@dataclass(frozen=True, slots=True)
class ReferralEnded:
    """The caller and the office have ended their talk, or the caller left while it rang."""

    at: float
    contact: str
    by: HungUpBy


@dataclass(frozen=True, slots=True)
class SegmentWrapped:
    """The word of somebody who passed the call on."""

    at: float
    contact: str
    agent: str
    topic: str
    disposition: str
    resolved: bool


@dataclass(frozen=True, slots=True)
class SegmentWrapUpRanOut:
    at: float
    contact: str
    agent: str


Fact = (
    AgencyLoaded | ContactArrived | CallMoved | NoticePlayed | RecordingRefused | LanguageChosen | TopicChosen
    | ContactQueued
    | ContactTurnedAway | ContactWidened | OfferMade | OfferMissed | OfferAccepted | TalkEnded | ContactWrapped
    | WrapUpRanOut | ContactAbandoned | ContactReleased | LegRinging | LegAnswered | LegEnded
    | PhoneRegistered | PhoneGone | AgentSignedIn | AgentSignedOut | AgentAvailable | AgentOnBreak | AgentNextSet
    | RecordingPaused | RecordingPauseReminded | RecordingResumed
    | SurveyOffered | SurveyBegan | SurveyAnswered | SurveyEnded
    | MenuFact | CallbackFact | RingBackFact
    | LegHeld | LegResumed
    | CallerHeld | CallerResumed | ContactPassedOn | ConsultBegun | ConsultAnswered | ConsultMissed | ConsultTurned
    | ConsultEnded | ConsultCompleted | ContactReferred | OfficeAnswered | OfficeMissed | ReferralEnded
    | SegmentWrapped | SegmentWrapUpRanOut
)  # fmt: skip
