"""Requests: what happened or was asked outside the rules. Any process may append them; the engine answers with facts.

Each is stored as kind `request.<snake_name>`. A request that no longer fits (a late key, a second hang-up) gives no
facts; it is never an error, since the outside world is always a little behind.
"""

from __future__ import annotations

from dataclasses import dataclass

from civicline.core.agency import Agency
from civicline.core.callback_requests import CallbackRequest
from civicline.core.lifecycle import ConsultState, Failure, HungUpBy, PassedOnFor, TopicBy
from civicline.core.menu_requests import MenuRequest
from civicline.core.ring_back_requests import RingBackRequest
from civicline.core.survey import Replied


@dataclass(frozen=True, slots=True)
class LoadAgency:
    agency: Agency


@dataclass(frozen=True, slots=True)
class CallArrived:
    """A call came in on the published number `line`. `caller` is the keyed hash of its number, "" when withheld.

    `may_ring`: the number is known, and the agency may ring it.
    """

    contact: str
    line: str
    caller: str
    leg: str
    node: str
    may_ring: bool = False


@dataclass(frozen=True, slots=True)
class PlayedNotice:
    """The recording notice was heard to its end, or the caller refused while it was said. Not `said`: there is no sound
    of it, so nothing may be recorded."""

    contact: str
    said: bool = True


@dataclass(frozen=True, slots=True)
class RefuseRecording:
    """By key, or in words: then `agent` is the representative who heard it."""

    contact: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class PauseRecording:
    """For what must not be kept, such as a card number."""

    agent: str
    contact: str


@dataclass(frozen=True, slots=True)
class ResumeRecording:
    agent: str
    contact: str


@dataclass(frozen=True, slots=True)
class ChooseLanguage:
    contact: str
    language: str


@dataclass(frozen=True, slots=True)
class ChooseTopic:
    """`topic` None: the operator (key 0, or nothing valid was pressed)."""

    contact: str
    topic: str | None
    by: TopicBy


@dataclass(frozen=True, slots=True)
class PlayedMessage:
    """The closed or full message was heard to its end."""

    contact: str


@dataclass(frozen=True, slots=True)
class LegRang:
    leg: str


@dataclass(frozen=True, slots=True)
class LegPickedUp:
    """The far end answered (representative's phone), or we answered the caller."""

    leg: str


@dataclass(frozen=True, slots=True)
class LegFailed:
    """A phone that we rang did not answer."""

    leg: str
    failure: Failure


@dataclass(frozen=True, slots=True)
class LegHungUp:
    leg: str
    by: HungUpBy


@dataclass(frozen=True, slots=True)
class RegisterPhone:
    agent: str


@dataclass(frozen=True, slots=True)
class UnregisterPhone:
    agent: str


@dataclass(frozen=True, slots=True)
class SignIn:
    agent: str


@dataclass(frozen=True, slots=True)
class SignOut:
    agent: str


@dataclass(frozen=True, slots=True)
class BecomeAvailable:
    agent: str


@dataclass(frozen=True, slots=True)
class TakeBreak:
    """At once when free, after the present contact otherwise."""

    agent: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HangUp:
    """The representative ends the talk from the desk."""

    agent: str
    contact: str


@dataclass(frozen=True, slots=True)
class WrapUp:
    """How it ended, in the representative's word."""

    agent: str
    contact: str
    topic: str
    disposition: str
    resolved: bool


@dataclass(frozen=True, slots=True)
class PlayedInvitation:
    """The caller heard to its end that three questions will follow the call."""

    contact: str


@dataclass(frozen=True, slots=True)
class AnswerSurvey:
    """What became of the question that is being asked. `value` is what the key means, "" unless answered."""

    contact: str
    question: str
    how: Replied
    value: str = ""


@dataclass(frozen=True, slots=True)
class PlayedThanks:
    """The thanks after the last question were heard to their end."""

    contact: str


@dataclass(frozen=True, slots=True)
class HoldCaller:
    agent: str
    contact: str


@dataclass(frozen=True, slots=True)
class ResumeCaller:
    agent: str
    contact: str


@dataclass(frozen=True, slots=True)
class PhoneHeld:
    """The far end of a leg put us on hold by its own key (RFC 3264 section 8.4)."""

    leg: str


@dataclass(frozen=True, slots=True)
class PhoneResumed:
    leg: str


@dataclass(frozen=True, slots=True)
class PassOn:
    """Blind transfer: to the queue of `topic`, or else to `queue`, or else to `colleague`, who must be free."""

    agent: str
    contact: str
    why: PassedOnFor
    topic: str = ""
    queue: str = ""
    colleague: str = ""


@dataclass(frozen=True, slots=True)
class SendToOffice:
    """Blind transfer to another office; `need` is one of those that the pack names for it, "" when it was not said."""

    agent: str
    contact: str
    office: str
    need: str


@dataclass(frozen=True, slots=True)
class Consult:
    """Ring a colleague, the next free representative of a queue, or an office, while the caller hears music."""

    agent: str
    contact: str
    colleague: str = ""
    queue: str = ""
    office: str = ""
    need: str = ""


@dataclass(frozen=True, slots=True)
class TurnConsult:
    """Speak aside, to the caller alone, or to both."""

    agent: str
    contact: str
    to: ConsultState


@dataclass(frozen=True, slots=True)
class CompleteConsult:
    """Leave the caller with the consulted party."""

    agent: str
    contact: str


@dataclass(frozen=True, slots=True)
class DropConsult:
    """Let the consulted party go and take the caller back."""

    agent: str
    contact: str


Request = (
    LoadAgency | CallArrived | PlayedNotice | RefuseRecording | ChooseLanguage | ChooseTopic | PlayedMessage
    | LegRang | LegPickedUp | LegFailed | LegHungUp | RegisterPhone | UnregisterPhone
    | PauseRecording | ResumeRecording | SignIn | SignOut | BecomeAvailable | TakeBreak | HangUp | WrapUp
    | PlayedInvitation | AnswerSurvey | PlayedThanks
    | MenuRequest | CallbackRequest | RingBackRequest
    | HoldCaller | ResumeCaller | PhoneHeld | PhoneResumed | PassOn | SendToOffice
    | Consult | TurnConsult | CompleteConsult | DropConsult
)  # fmt: skip
