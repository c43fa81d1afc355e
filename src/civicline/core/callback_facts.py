"""Facts of promises to ring somebody: virtual hold and scheduled callbacks. `at`: the time of the decision (UTC, s)."""

from __future__ import annotations

from dataclasses import dataclass

from civicline.core.lifecycle import DeclinedFor, Unreached


@dataclass(frozen=True, slots=True)
class HoldOffered:
    """The caller is told from now on that the place can be kept without waiting on the telephone. `here`: by ringing
    the number that the call came from; if not, only another one. `times`: a time may be chosen, too."""

    at: float
    contact: str
    here: bool = True
    times: bool = False


@dataclass(frozen=True, slots=True)
class NumberAsked:
    """The caller, in line, keys in the number at which to be rung."""

    at: float
    contact: str


@dataclass(frozen=True, slots=True)
class NumberEntered:
    """It is one that we may ring, and is read back. The number itself is sealed."""

    at: float
    contact: str


@dataclass(frozen=True, slots=True)
class NumberDeclined:
    """No call to this number is promised now; another one may be keyed in."""

    at: float
    contact: str
    why: DeclinedFor


@dataclass(frozen=True, slots=True)
class NumberLeft:
    """The caller goes on waiting without having confirmed a number."""

    at: float
    contact: str


@dataclass(frozen=True, slots=True)
class TimesTold:
    """The caller may choose one of these `slots` (UTC, s), soonest first; `more`: there are later. `why`: what was
    asked for before cannot be had. Without slots nothing can, and in line it is not offered any more. `topic`: that of
    the key of a menu that led here; None in line."""

    at: float
    contact: str
    slots: tuple[float, ...]
    more: bool = False
    why: DeclinedFor | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class TimesLeft:
    """The caller goes on waiting without having chosen a time."""

    at: float
    contact: str


@dataclass(frozen=True, slots=True)
class TimeTaken:
    """The person is rung at `slot` (UTC, s), and joins the line then. `code`: as for a kept place. `queue`, `skill` and
    `priority`: the line that whoever is in none yet will join; "" for the one in which they are."""

    at: float
    contact: str
    code: str
    slot: float
    queue: str = ""
    skill: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class HoldTaken:
    """The place is kept. `code`: six digits by which the person can name it. `number`: the keyed hash of the number
    that was keyed in to be rung at, "" for the one that the call came from."""

    at: float
    contact: str
    code: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class HoldSaid:
    """The caller heard that the place is kept, or had time to: their leg ends."""

    at: float
    contact: str


@dataclass(frozen=True, slots=True)
class CallbackPromised:
    """A new contact without a call, which joins the line at `slot` (UTC, s). `caller`: the keyed hash of the number.

    `for_agent`: the representative who has promised it in the wrap-up of the contact `follows`, "" for none.
    """

    at: float
    contact: str
    line: str
    caller: str
    node: str
    slot: float
    code: str
    queue: str
    skill: str
    priority: int
    topic: str | None = None
    language: str | None = None
    for_agent: str = ""
    follows: str = ""


@dataclass(frozen=True, slots=True)
class CallbackReady:
    """The slot has come, the first call is over, or the gap after an attempt: the person is rung at their turn."""

    at: float
    contact: str


@dataclass(frozen=True, slots=True)
class CallbackDue:
    """It is their turn: `leg` is about to be rung. `attempt` counts from 1."""

    at: float
    contact: str
    leg: str
    attempt: int


@dataclass(frozen=True, slots=True)
class PersonReached:
    """The person pressed 1: back in line at the old place."""

    at: float
    contact: str
    leg: str


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    """The place is kept on. Not rung again before `next_at`."""

    at: float
    contact: str
    leg: str
    why: Unreached
    next_at: float


@dataclass(frozen=True, slots=True)
class CallbackMissed:
    """Not reached in all attempts, or nobody could be spared for `deadlines.PROMISE_S`: closed."""

    at: float
    contact: str


@dataclass(frozen=True, slots=True)
class CallbackCancelled:
    """The person no longer wants it, or somebody (`by`) says so for them: closed."""

    at: float
    contact: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class CallbackOvertaken:
    """The person rang us before we reached them, and has the place again in that call: closed."""

    at: float
    contact: str


@dataclass(frozen=True, slots=True)
class CallbackDeclined:
    """A time that somebody chose is not promised; `contact` does not come to be, and `replaces` stands as it was."""

    at: float
    contact: str
    why: DeclinedFor


@dataclass(frozen=True, slots=True)
class PlaceRestored:
    """The same number is back for the same queue, or the code was keyed in: the place that contact `lost` had is this
    one's now. `for_agent`: the representative to whom they talked when they were cut off, who may take it before all
    others."""

    at: float
    contact: str
    lost: str
    for_agent: str = ""


@dataclass(frozen=True, slots=True)
class CodeAsked:
    """The caller, in a menu, is asked for the code of a place."""

    at: float
    contact: str


@dataclass(frozen=True, slots=True)
class CodeUnknown:
    """No place is kept, or none any more, under the code that was keyed in."""

    at: float
    contact: str


@dataclass(frozen=True, slots=True)
class TimeFound:
    """The code that was keyed in is that of contact `promised`, which is to be rung at `slot` (UTC, s)."""

    at: float
    contact: str
    promised: str
    slot: float


@dataclass(frozen=True, slots=True)
class TimeGivenUp:
    """The caller, who was told of that time, no longer wants it."""

    at: float
    contact: str


@dataclass(frozen=True, slots=True)
class OpenedToAnybody:
    """The one representative who might take it does not come in time: whoever may take its queue may take it."""

    at: float
    contact: str


CallbackFact = (
    HoldOffered | HoldTaken | HoldSaid | CallbackPromised | CallbackReady | CallbackDue | PersonReached | AttemptFailed
    | CallbackMissed | CallbackCancelled | CallbackOvertaken | CallbackDeclined | PlaceRestored
    | CodeAsked | CodeUnknown | OpenedToAnybody | NumberAsked | NumberEntered | NumberDeclined
    | NumberLeft | TimesTold | TimesLeft | TimeTaken | TimeFound | TimeGivenUp
)  # fmt: skip
