"""Looks at all legs once a second: who has fallen silent, who is heard again, which sessions nobody cares for, how
much each may send in the next second."""

from __future__ import annotations

from civicline.voice.media.leg import MOST_A_S, Leg, Means
from civicline.voice.media.loop import rarely
from civicline.voice.media.session import Sessions

EVERY_S = 1.0
ORPHAN_S = 900


class Watch:
    def __init__(self, means: Means, sessions: Sessions, orphan_s: float = ORPHAN_S) -> None:
        self._means = means
        self._sessions = sessions
        self._orphan_s = orphan_s

    def look(self, now: float) -> None:
        self._means.loop.at(now + EVERY_S, self.look)
        rarely.flush()
        for session in self._sessions:
            if now - session.active_at > self._orphan_s:
                self._sessions.delete(session.call_id)
                continue
            for leg in session.legs.values():
                self._leg(leg, now)

    def _leg(self, leg: Leg, now: float) -> None:
        leg.most = leg.received + MOST_A_S
        since = leg.silent_since
        if since is not None and leg.heard > since:
            leg.silent_since = None
            self._means.events.heard(leg.call_id, leg.tag)
        elif since is None and silent_s(leg, now) >= leg.silent_after > 0:
            leg.silent_since = now
            self._means.events.silent(leg.call_id, leg.tag, leg.silent_after)


def silent_s(leg: Leg, now: float) -> float:
    """Seconds since the leg should have been heard; 0 while it need not send."""
    if leg.answered_at is None or leg.remote is None or not leg.remote.sends:
        return 0.0
    return now - max(leg.heard, leg.answered_at)
