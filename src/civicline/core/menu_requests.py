"""Requests of callers in the menus, and of supervisors about them."""

from __future__ import annotations

from dataclasses import dataclass

from civicline.core.agency import Text


@dataclass(frozen=True, slots=True)
class EnterMenu:
    contact: str
    menu: str


@dataclass(frozen=True, slots=True)
class GoBack:
    """From a message, digits, a code or times to the menu, from a menu to the one before it."""

    contact: str


@dataclass(frozen=True, slots=True)
class HearMessage:
    contact: str
    message: str


@dataclass(frozen=True, slots=True)
class HeardMessage:
    """It was heard to its end."""

    contact: str
    message: str


@dataclass(frozen=True, slots=True)
class AskDigits:
    contact: str
    digits: str


@dataclass(frozen=True, slots=True)
class EnteredDigits:
    """Enough digits were keyed in. They are sealed in the same transaction; they are not here."""

    contact: str
    digits: str


@dataclass(frozen=True, slots=True)
class ConfirmDigits:
    contact: str


@dataclass(frozen=True, slots=True)
class RejectDigits:
    """They are to be keyed in anew."""

    contact: str


@dataclass(frozen=True, slots=True)
class ChooseQueue:
    contact: str
    queue: str


@dataclass(frozen=True, slots=True)
class HearTimes:
    """Be told the times at which one may be rung about a topic, without having waited."""

    contact: str
    topic: str


@dataclass(frozen=True, slots=True)
class PostUrgent:
    """Say something before a menu until `until` (UTC, s): `texts` by language, or the pack's message `message`."""

    menu: str
    texts: Text
    message: str
    until: float
    by: str


@dataclass(frozen=True, slots=True)
class LiftUrgent:
    menu: str
    by: str


MenuRequest = (
    EnterMenu | GoBack | HearMessage | HeardMessage | AskDigits | EnteredDigits | ConfirmDigits | RejectDigits
    | ChooseQueue | HearTimes | PostUrgent | LiftUrgent
)  # fmt: skip
