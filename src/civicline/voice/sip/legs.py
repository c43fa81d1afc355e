"""One leg: its user agent and what is under way on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sippy.CCEvents import CCEventConnect, CCEventDisconnect, CCEventFail, CCEventRing, CCEventUpdate

from civicline.voice.sip.dialog import Saved
from civicline.voice.sip.messages import METHODS, body, header
from civicline.voice.sip.states import Agent


class Phase(StrEnum):
    """ARRIVING ─answer─> UP, CALLING ─200─> UP; every phase ends in OVER, and OVER leads nowhere."""

    ARRIVING = "arriving"  # an INVITE that we have not answered finally
    CALLING = "calling"  # an INVITE of ours without a final answer
    UP = "up"
    OVER = "over"


class Asking(StrEnum):
    """Why a re-INVITE of ours is under way."""

    MEDIA = "media"
    ALIVE = "alive"


@dataclass
class Leg:
    name: str
    agent: Agent
    phase: Phase
    asking: Asking | None = None
    waiting_sdp: str | None = None  # the offer to send once the one under way is answered
    offered_sdp: str | None = None  # the offer under way
    agreed_sdp: str | None = None  # our side, as last agreed
    rang: bool = False
    answered_here: bool = False  # by this process, with a 200 to an arriving call
    unanswered: Saved | None = None  # taken up before its caller's ACK was seen
    waits: bool = False  # that caller was never told 200
    refusals: int = 0  # 491 in a row
    heard: bool = False  # any response to our INVITE, be it 100
    elsewhere: Callable[[], None] | None = None  # try the next host of the trunk

    @property
    def half_open(self) -> bool:
        """We sent 200 and no ACK came yet: the caller may never have been there."""
        return self.answered_here and self.phase is Phase.UP and not self.agent.acknowledged

    def agree(self, sdp: str) -> None:
        self.agreed_sdp, self.agent.lSDP = sdp, body(sdp)

    def tell(self, event: Any) -> None:
        self.agent.recvEvent(event)


def progress(sdp: str | None) -> Any:
    return CCEventRing((183, "Session Progress", body(sdp)) if sdp else (180, "Ringing", None))


def accept(sdp: str) -> Any:
    return _with_allow(CCEventConnect((200, "OK", body(sdp))))


def refusal(code: int, reason: str, retry_after_s: int | None = None) -> Any:
    event = CCEventFail((code, reason))
    event.extra_headers = retry_after(retry_after_s)
    return event


def retry_after(seconds: int | None) -> tuple[Any, ...]:
    return () if seconds is None else (header("Retry-After", str(seconds)),)


def offer(sdp: str) -> Any:
    return _with_allow(CCEventUpdate(body(sdp)))


def goodbye() -> Any:
    return CCEventDisconnect()


def _with_allow(event: Any) -> Any:
    event.extra_headers = (header("Allow", METHODS),)
    return event
