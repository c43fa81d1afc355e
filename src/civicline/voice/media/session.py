"""Sessions: the legs of one call, and what offer, answer and delete do to them (RFC 3264).

Each leg has one port, from its first description to its end, whoever is at the other side. What a leg may send and
hear depends on its own description alone: the engine stands between, so a hold of one side is not passed on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from civicline.voice.media import sdp
from civicline.voice.media.client import UNKNOWN_CALL
from civicline.voice.media.leg import Leg, Means
from civicline.voice.media.mix import Mix

PENDING = "?"
"""What an offer without to-tag calls the other side, until the answer names it."""


class UnknownError(LookupError):
    """No such call, or no such tag in it."""


class Session:
    def __init__(self, call_id: str, now: float) -> None:
        self.call_id = call_id
        self.legs: dict[str, Leg] = {}
        self.created = int(time.time())
        self.touched = now
        self.record_order = 0
        """The highest `order` of a recording command so far."""

    def leg(self, tag: str) -> Leg:
        if tag not in self.legs:
            raise UnknownError("Unknown from-tag or to-tag")
        return self.legs[tag]

    @property
    def active_at(self) -> float:
        """The time of the last command or packet."""
        return max(self.touched, *(leg.heard for leg in self.legs.values()), 0.0)


class Sessions:
    def __init__(self, means: Means) -> None:
        self._means = means
        self._calls: dict[str, Session] = {}

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._calls.values()))

    def __len__(self) -> int:
        return len(self._calls)

    def get(self, call_id: str) -> Session:
        """Raises UnknownError."""
        session = self._calls.get(call_id)
        if session is None:
            raise UnknownError(UNKNOWN_CALL)
        session.touched = self._means.loop.now
        return session

    def offer(self, call_id: str, from_tag: str, to_tag: str, text: str, signalled: str = "") -> str:
        """The SDP to offer to the other side; `signalled` is the host that `text` came from. Raises SdpError,
        NoPortError."""
        sdp.parse(text)
        session = self._calls.setdefault(call_id, Session(call_id, self._means.loop.now))
        session.touched = self._means.loop.now
        try:
            return self._offer(session, from_tag, to_tag or PENDING + from_tag, text, signalled)
        except Exception:
            self._sweep_up(session)
            raise

    def _offer(self, session: Session, from_tag: str, to_tag: str, text: str, signalled: str) -> str:
        offerer = self._make(session, from_tag)
        offerer.hear(text, signalled)
        other = self._make(session, to_tag)
        remote = offerer.remote
        assert remote is not None
        wanted = (other.law,) if other.remote else (offerer.law,) if offerer.answered_at else ()
        laws = tuple(dict.fromkeys((*wanted, *remote.laws, *sdp.LAWS)))
        kind = other.remote.dtmf if other.remote else remote.dtmf
        return other.describe(laws, kind or sdp.DEFAULT_DTMF, "sendrecv", answer=False)

    def answer(self, call_id: str, from_tag: str, to_tag: str, text: str, signalled: str = "") -> str:
        """The SDP to answer the offerer with; bridges the two, unless the answerer is the machine.

        Raises SdpError, UnknownError, NoPortError.
        """
        session = self.get(call_id)
        offerer = session.leg(from_tag)
        answerer = self._answerer(session, from_tag, to_tag)
        answerer.hear(text, signalled)
        for leg in (offerer, answerer):
            if leg.machine:
                leg.release()
            elif leg.answered_at is None:
                leg.answered_at = self._means.loop.now
        self._connect(offerer, answerer)
        return self._final(offerer, answerer)

    def _answerer(self, session: Session, from_tag: str, to_tag: str) -> Leg:
        pending = session.legs.pop(PENDING + from_tag, None)
        if pending is not None and to_tag not in session.legs:
            pending.tag = to_tag
            session.legs[to_tag] = pending
        elif pending is not None:
            pending.close()
        return session.leg(to_tag)

    @staticmethod
    def _connect(offerer: Leg, answerer: Leg) -> None:
        if offerer.machine or answerer.machine:
            offerer.link(None)
            answerer.link(None)
        elif offerer.peer is not answerer:
            offerer.stop()
            answerer.stop()
            offerer.link(answerer)

    @staticmethod
    def _final(offerer: Leg, answerer: Leg) -> str:
        """The offerer's law stays; at its first answer it is the answerer's where that avoids transcoding."""
        remote = offerer.remote
        assert remote is not None
        if offerer.machine:
            return offerer.said
        if not offerer.chosen and answerer.law in remote.laws and not answerer.machine:
            offerer.choose(answerer.law)
        offerer.chosen = answerer.chosen = True
        return offerer.describe((offerer.law,), remote.dtmf, sdp.REVERSE[remote.direction], answer=True)

    def conference(self, call_id: str, tags: list[str]) -> None:
        """Let these legs hear each other; a leg that was bridged leaves its bridge. Raises UnknownError."""
        session = self.get(call_id)
        legs = [session.leg(tag) for tag in tags]
        mix = legs[0].mix
        if mix is None or set(mix.inputs) != set(legs):
            Mix(legs)

    def delete(self, call_id: str, tag: str = "") -> None:
        """End a call, or one leg of it. Raises UnknownError."""
        session = self.get(call_id)
        for leg in [session.leg(tag)] if tag else list(session.legs.values()):
            leg.close()
            del session.legs[leg.tag]
        self._sweep_up(session)

    def _make(self, session: Session, tag: str) -> Leg:
        if tag not in session.legs:
            session.legs[tag] = Leg(self._means, session.call_id, tag)
        return session.legs[tag]

    def _sweep_up(self, session: Session) -> None:
        """A session without any port is none."""
        if all(leg.pair is None for leg in session.legs.values()):
            self._calls.pop(session.call_id, None)
