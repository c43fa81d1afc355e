"""Requests of a representative whose talk was cut."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RingBack:
    """Ring the person, at the number of the call, while `agent` wraps up the talk that was cut."""

    agent: str
    contact: str


@dataclass(frozen=True, slots=True)
class StopRingingBack:
    """No more attempts."""

    agent: str
    contact: str


@dataclass(frozen=True, slots=True)
class PromiseLater:
    """`agent` will ring the person whose contact they wrap up at `slot` (UTC, s), as the contact `promised`.

    Whoever asks has sealed the number under that contact's key.
    """

    agent: str
    contact: str
    promised: str
    slot: float


RingBackRequest = RingBack | StopRingingBack | PromiseLater
