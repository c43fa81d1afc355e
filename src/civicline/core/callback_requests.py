"""Requests about promises to ring somebody."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TakeHold:
    """By key: keep the place and ring the number that the call came from, which is sealed already."""

    contact: str


@dataclass(frozen=True, slots=True)
class AskNumber:
    """By key: be rung at a number that is keyed in now, or anew."""

    contact: str


@dataclass(frozen=True, slots=True)
class EnteredNumber:
    """A number that we may ring was keyed in. It is sealed in the same transaction; it is not here."""

    contact: str


@dataclass(frozen=True, slots=True)
class GiveNumber:
    """It was confirmed: keep the place and ring there. It is sealed in the same transaction under its keyed hash
    `number`."""

    contact: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class LeaveNumber:
    """The caller went back, or keyed in nothing that can be rung."""

    contact: str


@dataclass(frozen=True, slots=True)
class AskTimes:
    """By key: be told the times at which one may be rung, those later than `after` (UTC, s)."""

    contact: str
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class TakeTime:
    """By key: be rung at `slot`, one of those that were told."""

    contact: str
    slot: float


@dataclass(frozen=True, slots=True)
class LeaveTimes:
    """The caller went back, or chose none."""

    contact: str


@dataclass(frozen=True, slots=True)
class PlayedHold:
    """The caller heard to its end that the place is kept."""

    contact: str


@dataclass(frozen=True, slots=True)
class PromiseCallback:
    """A callback at `slot` (UTC, s) for somebody who is not on the telephone.

    Whoever asks has sealed the number under the contact's key; `caller` is its keyed hash, `node` the voice node that
    rings. `topic` None: the operator of `line`. `replaces`: the promise that is cancelled for this one.
    """

    contact: str
    line: str
    caller: str
    node: str
    slot: float
    topic: str | None = None
    language: str | None = None
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class ReachPerson:
    """The person whom we rang pressed 1."""

    contact: str


@dataclass(frozen=True, slots=True)
class NobodyPressed:
    """Somebody or something answered, and no key came."""

    contact: str


@dataclass(frozen=True, slots=True)
class CancelCallback:
    contact: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class AskCode:
    """By key: the caller has the code of a place."""

    contact: str


@dataclass(frozen=True, slots=True)
class ClaimPlace:
    """A code was keyed in, which is that of contact `lost`; "" when it is nobody's. The code itself is not here."""

    contact: str
    lost: str


@dataclass(frozen=True, slots=True)
class GiveUpTime:
    """By key: do not ring the person at the time that the code stands for."""

    contact: str


CallbackRequest = (
    TakeHold | PlayedHold | PromiseCallback | ReachPerson | NobodyPressed | CancelCallback | AskCode | ClaimPlace
    | AskNumber | EnteredNumber | GiveNumber | LeaveNumber | AskTimes | TakeTime | LeaveTimes
    | GiveUpTime
)  # fmt: skip
