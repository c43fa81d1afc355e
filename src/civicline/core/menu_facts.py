"""Facts of callers in the menus and in line, and of what is said there. `at` is the time of the decision (UTC, s)."""

from __future__ import annotations

from dataclasses import dataclass

from civicline.core.agency import Text
from civicline.core.told import Told


@dataclass(frozen=True, slots=True)
class MenuEntered:
    """`trail`: the menus behind it. Also how a caller comes back from a message or from digits."""

    at: float
    contact: str
    menu: str
    trail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageBegun:
    at: float
    contact: str
    message: str


@dataclass(frozen=True, slots=True)
class MessageHeard:
    """To its end: the caller has an answer."""

    at: float
    contact: str
    message: str


@dataclass(frozen=True, slots=True)
class DigitsAsked:
    at: float
    contact: str
    digits: str


@dataclass(frozen=True, slots=True)
class DigitsEntered:
    at: float
    contact: str
    digits: str


@dataclass(frozen=True, slots=True)
class DigitsConfirmed:
    at: float
    contact: str
    digits: str


@dataclass(frozen=True, slots=True)
class QueueChosen:
    at: float
    contact: str
    queue: str


@dataclass(frozen=True, slots=True)
class PositionTold:
    """Who waits is told the position in line. `position` None: only that the wait goes on, since it would rise.

    `wait`: the estimate; None where nobody serves the line by what is known.
    """

    at: float
    contact: str
    position: int | None
    wait: Told | None = None


@dataclass(frozen=True, slots=True)
class UrgentPosted:
    at: float
    menu: str
    texts: Text
    message: str
    until: float
    by: str


@dataclass(frozen=True, slots=True)
class UrgentLifted:
    """`by` "": its time was over."""

    at: float
    menu: str
    by: str = ""


MenuFact = (
    MenuEntered | MessageBegun | MessageHeard | DigitsAsked | DigitsEntered | DigitsConfirmed | QueueChosen
    | PositionTold | UrgentPosted | UrgentLifted
)  # fmt: skip
