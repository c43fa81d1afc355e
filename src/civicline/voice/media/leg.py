"""One party of a session: its socket, what it said of its audio, what it hears and what becomes of what it says."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from civicline.voice.media import dtmf, rtp, sdp, source
from civicline.voice.media.events import Events
from civicline.voice.media.loop import Loop
from civicline.voice.media.ports import Pair, Ports
from civicline.voice.media.sound import Sounds
from civicline.voice.media.stream import BUFFER, PACKETS, Outgoing, Relay, nowhere, straighten

if TYPE_CHECKING:
    from civicline.voice.media.mix import Input, Mix
    from civicline.voice.media.player import Player
    from civicline.voice.media.recording import Recording, Tap
    from civicline.voice.media.writer import Writer

SILENT_AFTER_S = 20
SSRC_QUIET_S = 0.1
"""So long must a stream have paused before another SSRC may take its place: a phone that changes its stream ends the
old one, somebody who speaks in its name does not."""
MOST_A_S = 300
"""Packets of one leg in a second; a phone sends 50. The rest is dropped."""


@dataclass(frozen=True)
class Means:
    """What all legs of the process share."""

    host: str
    loop: Loop
    ports: Ports
    events: Events
    sounds: Sounds
    silent_after_s: int = SILENT_AFTER_S
    writer: Writer | None = None
    """Of recordings; None where none can be kept."""
    wary_until: float = 0.0
    """So long a process before this one may have left phones that send to its ports."""


class Leg:
    def __init__(self, means: Means, call_id: str, tag: str) -> None:
        self.means = means
        self.call_id = call_id
        self.tag = tag
        self.said = ""
        self.signalled = ""
        """The host that its SIP came from, where the commands say so."""
        self.remote: sdp.Description | None = None
        self.law = sdp.PCMU
        self.chosen = False
        self.dtmf_kinds: frozenset[int] = frozenset()
        self.pair: Pair | None = None
        self.source = source.Source(("", 0))
        self.out = Outgoing(f"{call_id} {tag}", means.loop.now)
        self.peer: Leg | None = None
        self.mix: Mix | None = None
        self.relay: Relay | Input | None = None
        self.player: Player | None = None
        self.last_play = ""
        self.blocked = False
        self.waits = False
        """Nothing is sent yet: nobody has shown to be there (`hold_back`)."""
        self._is_there = False
        self.recording: Recording | None = None
        self.tap: Tap | None = None
        self.answered_at: float | None = None
        self.silent_after = means.silent_after_s
        self.silent_since: float | None = None
        self.heard = 0.0
        self.received = 0
        self.rejected = 0
        self.most = MOST_A_S
        """`received` may rise to it; `watch.Watch` raises it each second."""
        self._ssrc = b""
        self._digits = dtmf.Detector()
        self._sdp_id = secrets.randbits(31)
        self._sdp_version = 0
        self._described = ""

    # The socket

    def open(self) -> Pair:
        """The leg's port, taken when it has none. Raises NoPortError."""
        if self.pair is None:
            self.pair = self.means.ports.take()
            self.means.loop.watch(self.pair.rtp.fileno(), self._learn)
            self._aim()
        return self.pair

    def release(self) -> None:
        """Give the port back; the leg itself stays."""
        if self.pair is not None:
            self.means.loop.forget(self.pair.rtp.fileno())
            self.means.ports.give(self.pair)
            self.pair = None
        self._aim()

    def close(self) -> None:
        if self.recording is not None:
            self.recording.stop()
        self.stop()
        self.link(None)
        self.release()

    # What the leg said

    def hear(self, text: str, signalled: str = "") -> None:
        """Take its session description, which came from the host `signalled` ("": as the last one did). Another
        endpoint makes its source be learned anew; one that only moves to another law, or holds, is where it was.

        Raises SdpError.
        """
        signalled = signalled or self.signalled
        if (text, signalled) == (self.said, self.signalled):
            return
        was = (self.source.told, self.signalled)
        self.remote, self.said, self.signalled = sdp.parse(text), text, signalled
        told = (self.remote.host, self.remote.port)
        if was != (told, signalled):
            self._relearn(told)
        if self.remote.laws and self.law not in self.remote.laws:
            self.choose(self.remote.laws[0])
        if self.remote.dtmf is not None:
            self.dtmf_kinds |= {self.remote.dtmf}
        self._aim()
        for leg in (self, *self.others):
            if leg.recording is not None:
                leg.recording.listen()

    def _relearn(self, told: source.Endpoint) -> None:
        self.source = source.Source(told, self.signalled, self.means.loop.now < self.means.wary_until)
        self._ssrc = b""
        if self.pair is not None:
            source.disconnect(self.pair.rtp)
            self.means.loop.handlers[self.pair.rtp.fileno()] = self._learn

    @property
    def receives(self) -> bool:
        """Whether its phone takes sound: not while it holds."""
        return self.remote is not None and self.remote.receives

    @property
    def machine(self) -> bool:
        """Whether the leg stands for the machine: it said the discard port."""
        return self.remote is not None and self.remote.port == sdp.DISCARD_PORT

    def choose(self, law: int) -> None:
        """The law that the leg is sent."""
        if law != self.law:
            self.law = law
            self._rewire_peer()

    def describe(self, laws: tuple[int, ...], kind: int | None, direction: str, *, answer: bool) -> str:
        """The engine's description for this leg; the o= version rises when it changes (RFC 3264 section 8)."""
        port = self.open().port
        self.dtmf_kinds |= {kind} if kind is not None else set()
        skeleton = self.remote.skeleton if answer and self.remote else (("*", "RTP/AVP", ""),)

        def text(version: int) -> str:
            session = (self._sdp_id, version)
            host = self.means.host
            return sdp.write(host, port, laws, dtmf=kind, direction=direction, session=session, skeleton=skeleton)

        if text(self._sdp_version) != self._described:
            self._sdp_version += 1
            self._described = text(self._sdp_version)
        return self._described

    # Whether anybody is there

    def hold_back(self) -> None:
        """Send nothing before the phone is heard or `confirm` is called: whoever writes an INVITE may name somebody
        else's address in it. What is played then begins at its beginning."""
        self.waits = not self._is_there
        self._aim()

    def confirm(self) -> None:
        self._is_there = True
        if self.waits:
            self.waits = False
            self._aim()
            if self.player is not None:
                self.player.begin()

    # Who hears the leg

    @property
    def others(self) -> list[Leg]:
        """Whom it is bridged or mixed with."""
        if self.mix is not None:
            return [leg for leg in self.mix.inputs if leg is not self]
        return [] if self.peer is None else [self.peer]

    def link(self, peer: Leg | None) -> None:
        """Bridge to `peer`, or to nobody; either's former bridge or mix ends."""
        for one in (self, peer):
            if one is not None and one.mix is not None:
                one.mix.leave(one)
        if self.peer is peer:
            return
        for one in (self.peer, peer.peer if peer else None):
            if one is not None:
                one.peer = None
                one.rewire()
        self.peer = peer
        if peer is not None:
            peer.peer = self
            peer.rewire()
        self.rewire()

    def rewire(self) -> None:
        """Decide anew who gets the leg's packets: nobody, the mix, or the peer unless something is played to it."""
        peer = self.peer
        heard = peer is not None and peer.player is None and not self.blocked
        if self.mix is not None:
            self.relay = None if self.blocked else self.mix.inputs[self]
        else:
            self.relay = Relay(peer.out, peer.law) if peer is not None and heard else None
        if self.recording is not None:
            self.recording.listen()

    def block(self, blocked: bool) -> None:
        self.blocked = blocked
        self.rewire()

    def play(self, player: Player | None) -> None:
        """Let `player` speak to the leg instead of whatever did."""
        if self.player is not None:
            self.player.stopped = True
        self.player = player
        self._rewire_peer()

    def stop(self) -> None:
        """End what plays, before its end; it may be begun again."""
        self.play(None)
        self.last_play = ""

    def _rewire_peer(self) -> None:
        if self.peer is not None:
            self.peer.rewire()

    # Packets

    def receive(self, now: float) -> None:
        """A packet is there, from the locked source: the hot path."""
        try:
            size = self.pair.rtp.recv_into(BUFFER)  # type: ignore[union-attr]
        except OSError:  # nothing there, or an ICMP error told of an earlier send
            return
        self._take(size, now)

    def _learn(self, now: float) -> None:
        """A packet is there, and the SDP's endpoint is not locked (yet)."""
        assert self.pair is not None
        try:
            size, sender = self.pair.rtp.recvfrom_into(BUFFER)
        except OSError:
            return
        if self.remote is None or rtp.payload_offset(PACKETS[size]) < 0 or not self._admits(sender, now):
            self.rejected += 1
            return
        if self.source.is_final:
            with suppress(OSError):
                self.pair.rtp.connect(sender)
                self.means.loop.handlers[self.pair.rtp.fileno()] = self.receive
            self._aim()
        if not self._is_there:
            self.confirm()
        self._take(size, now)

    def _admits(self, sender: source.Endpoint, now: float) -> bool:
        before = self.source.aim
        admitted = self.source.admit(sender, now)
        if self.source.aim != before:
            self._aim()
        return admitted

    def _take(self, size: int, now: float) -> None:
        if BUFFER[0] != 0x80 or size < 12:
            size = straighten(size)
            if not size:
                self.rejected += 1
                return
        if (BUFFER[8:12] != self._ssrc and not self._is_next(now)) or self.received >= self.most:
            self.rejected += 1
            return
        kind = BUFFER[1] & 0x7F
        self.heard = now
        self.received += 1
        if kind == 0 or kind == 8:
            if self.relay is not None:
                if self.tap is not None:
                    self.tap((now, PACKETS[size].tobytes()))
                self.relay.forward(size, now)
        elif kind in self.dtmf_kinds:
            self._digit(size, now)

    def _is_next(self, now: float) -> bool:
        """Whether the packet in BUFFER begins the leg's next stream."""
        if self._ssrc and now - self.heard < SSRC_QUIET_S:
            return False
        self._ssrc = bytes(BUFFER[8:12])
        return True

    def _aim(self) -> None:
        """Set the way of what the leg hears: the connected source, else the one to aim at."""
        self.out.send = nowhere
        if self.pair is None or not self.receives or self.waits:
            return
        sock, to = self.pair.rtp, self.source.aim
        if self.source.is_final:
            self.out.send = sock.send
        else:
            self.out.send = lambda packet: sock.sendto(packet, to)

    def _digit(self, size: int, now: float) -> None:
        """Telephone events end here: they are told to the voice process and reach nobody else."""
        if self.relay is not None:
            self.relay.skip()
        _, _, _, timestamp, ssrc = rtp.HEADER.unpack_from(BUFFER)
        event = rtp.event(PACKETS[size][rtp.HEADER.size :])
        if event is None:
            return
        begun = not self._digits.open
        self._tell(self._digits.feed(ssrc, timestamp, event, now))
        if begun and self._digits.open:
            self._expire(now)

    def _expire(self, now: float) -> None:
        self._tell(self._digits.expire(now))
        if self._digits.open:
            self.means.loop.at(now + dtmf.GAP_S, self._expire)

    def _tell(self, presses: list[dtmf.Press]) -> None:
        for press in presses:
            self.means.events.digit(self.call_id, self.tag, press)
