"""What this process holds of a call beside the folded state: SIP and media particulars, and where a prompt stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from civicline.core.consent import Wanted
from civicline.voice.hearing import Hearing
from civicline.voice.sip.api import Timer


class Phase(StrEnum):
    """How far our work on a leg has come; the leg's own life cycle is `core.lifecycle.LEG`.

    caller           arrived -> storing -> up -> leaving
    whom we ring     offering -> ringing -> storing -> up -> leaving
    """

    ARRIVED = "arrived"
    OFFERING = "offering"
    RINGING = "ringing"
    STORING = "storing"
    UP = "up"
    LEAVING = "leaving"


@dataclass(slots=True)
class LocalLeg:
    """One leg of ours. `instance` is the media engine that `local_sdp` points to; another one means: renew."""

    id: str
    contact: str
    phase: Phase
    remote_sdp: str = field(default="", repr=False)
    local_sdp: str = field(default="", repr=False)
    source: str = field(default="", repr=False)
    """The host that its SIP comes from. Its sound may, too: behind NAT an SDP names an address of its own network."""
    rung_sdp: str = field(default="", repr=False)
    """What the INVITE that rings a phone says: `local_sdp` may move on before the phone is picked up."""
    instance: str = ""
    heard: tuple[str, str, str] = field(default=("", "", ""), repr=False)
    """The engine's instance, and the far end's SDP and host that it was last told for this leg."""
    unstored: bool = False
    """The journal took no more when the far end's description changed: it is stored when the leg next answers."""
    referred: bool = False
    """Its phone asked by REFER to be relieved of the call, and waits to hear that it was."""
    looked: bool = False
    """Its phone was not known here: the other voice nodes' registrations were looked up once."""
    timer: Timer | None = field(default=None, repr=False)

    def stop_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


@dataclass(slots=True)
class Listening:
    """Where the caller stands in the present step. `play` names what was begun; `turn` makes repeats distinct."""

    step: str = ""
    tries: int = 0
    turn: int = 0
    play: str = ""
    answered: bool = False
    began: bool = False
    """The step's prompts were begun before: what is said first was said."""
    resting: bool = False
    """The prompts were heard; what comes after them is being said."""
    mistaken: bool = False
    """A wrong key was pressed in this step."""
    typed: str = field(default="", repr=False)
    """Digits of the present step so far."""
    ahead: list[int] = field(default_factory=list, repr=False)
    last_key: tuple[int, float] | None = field(default=None, repr=False)
    """Event and time (monotonic, s)."""
    refusing: bool = False
    """The caller refused the recording, and was not told yet that it is so."""
    timer: Timer | None = field(default=None, repr=False)


@dataclass(slots=True)
class Recorded:
    """A recording of the call. `told` is what the media engine of that instance was last told to do with it."""

    id: str
    wrapped_key: bytes = field(repr=False)
    stored: bool = False
    told: tuple[str, Wanted] | None = None
    order: int = 0
    """Of the last command: the clock's nanoseconds, or one more where the clock was set back."""

    def next_order(self, clock_ns: int) -> int:
        self.order = max(self.order + 1, clock_ns)
        return self.order


@dataclass(slots=True)
class Call:
    """One contact's call. `legs` are those that the folded state still knows; `hearing` is what the engine was told,
    None when that is not known; `renewing` the engine's instance at which the sessions are being made anew."""

    contact: str
    media: int
    number: str = field(default="", repr=False)
    rung: dict[str, str] = field(default_factory=dict, repr=False)
    """At which the person is rung, once opened, by keyed hash; "": the number that the call came from."""
    digits: str = field(default="", repr=False)
    """What was keyed in last, until it is confirmed."""
    legs: set[str] = field(default_factory=set)
    hearing: Hearing | None = None
    renewing: str = ""
    listening: Listening = field(default_factory=Listening)
    recording: Recorded | None = None
