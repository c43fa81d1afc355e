"""Facts of ringing back somebody whose talk was cut. `at`: the time of the decision (UTC, s)."""

from __future__ import annotations

from dataclasses import dataclass

from civicline.core.lifecycle import DeclinedFor


@dataclass(frozen=True, slots=True)
class RingBackPromised:
    """`agent` has the person rung: the contact is in the line again, at its place and for `agent` first."""

    at: float
    contact: str
    agent: str
    code: str


@dataclass(frozen=True, slots=True)
class RingBackDeclined:
    """The number has another promise, or had too many today."""

    at: float
    contact: str
    agent: str
    why: DeclinedFor


@dataclass(frozen=True, slots=True)
class WrapUpPutOff:
    """The person is there again: `agent` goes on with them, and gives the word after that talk."""

    at: float
    contact: str
    agent: str


RingBackFact = RingBackPromised | RingBackDeclined | WrapUpPutOff
