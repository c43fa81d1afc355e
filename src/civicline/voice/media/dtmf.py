"""Key presses out of telephone events (RFC 4733): each is told once, whatever is lost, repeated or late.

A press is all packets with one timestamp. It is over with the first packet that has the end bit; when all three end
packets are lost, with the next press, or when no packet of it came for `GAP_S`. A press longer than 8.19 s goes on in
segments, each with the timestamp at which the last one ended (section 2.5.1.3): they make one press.
"""

from __future__ import annotations

from dataclasses import dataclass

from civicline.voice.media.rtp import CLOCK_HZ, U32, Event, later

GAP_S = 0.25


@dataclass(frozen=True)
class Press:
    digit: int
    duration_ms: int
    timestamp: int


class Detector:
    """The events of one RTP source; `now` is any clock in seconds."""

    def __init__(self) -> None:
        self._ssrc: int | None = None
        self._digit: int | None = None
        self._begun = 0
        self._segment = 0
        self._duration = 0
        self._told: int | None = None
        self._seen = 0.0

    @property
    def open(self) -> bool:
        """Whether a press has begun and not ended."""
        return self._digit is not None

    def feed(self, ssrc: int, timestamp: int, event: Event, now: float) -> list[Press]:
        """Take one packet; gives the presses that are over."""
        over: list[Press] = []
        if ssrc != self._ssrc:
            over += self._finish()
            self._ssrc, self._told = ssrc, None
        if self._told is not None and not later(timestamp, self._told):
            return over
        over += self._begin_or_go_on(timestamp, event)
        self._seen = now
        self._duration = max(self._duration, event.duration)
        return over + (self._finish() if event.end else [])

    def expire(self, now: float) -> list[Press]:
        """End a press whose end packets were lost."""
        return self._finish() if self.open and now - self._seen > GAP_S else []

    def _begin_or_go_on(self, timestamp: int, event: Event) -> list[Press]:
        if self._digit is not None:
            if timestamp == self._segment or later(self._segment, timestamp):
                return []
            if event.digit == self._digit and timestamp == (self._segment + self._duration) & U32:
                self._segment, self._duration = timestamp, 0
                return []
        over = self._finish()
        self._digit, self._begun, self._segment, self._duration = event.digit, timestamp, timestamp, 0
        return over

    def _finish(self) -> list[Press]:
        if self._digit is None:
            return []
        samples = ((self._segment - self._begun) & U32) + self._duration
        press = Press(self._digit, samples * 1000 // CLOCK_HZ, self._begun)
        self._told, self._digit = self._segment, None
        return [press]
