"""Slows the guessing of telephone passwords, by source and by user, and never shuts out a phone where it always was.

A wrong answer to a challenge counts only when its nonce is one that we gave to that very host, so nobody can have
somebody else punished from a forged address. After `FREE` wrong ones the next is looked at only after a pause, which
doubles with each; what comes earlier is refused unseen, right or wrong. Three sorts of askers:

* the address and port of a binding that holds: always looked at (a guesser cannot take that port while the phone runs);
* the host of such a binding: its own pauses, at most `PAUSE_AT_HOME_S`, whoever else is guessing at that user;
* anybody else: pauses by source and by user, up to `LONGEST_PAUSE_S`; but by user only up to `PAUSE_FOR_OTHERS_S` where
  that host has not guessed itself: somebody else's guesses may not lock a phone out that has moved. A guesser with many
  hosts gains little by it: passwords have 120 bits.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from ipaddress import ip_address

FREE = 4
FIRST_PAUSE_S = 1.0
PAUSE_AT_HOME_S = 2.0
PAUSE_FOR_OTHERS_S = 2.0
LONGEST_PAUSE_S = 300.0
FORGOTTEN_AFTER_S = 3600.0
MOST = 10_000
"""Askers remembered; the one that has been quiet for longest is forgotten first."""


@dataclass(slots=True)
class _Asker:
    wrong: int = 0
    last_at: float = 0.0

    def pause_s(self, longest_s: float) -> float:
        over = self.wrong - FREE
        return min(longest_s, FIRST_PAUSE_S * 2.0 ** min(over, 20)) if over >= 0 else 0.0


class Guesses:
    """`at_home(user, host)` says whether that user's phone is registered from there."""

    def __init__(self, at_home: Callable[[str, str], bool], now: Callable[[], float]) -> None:
        self._at_home = at_home
        self._now = now
        self._askers: OrderedDict[Hashable, _Asker] = OrderedDict()

    def wait_s(self, user: str, host: str) -> float:
        """Seconds until an answer of that host for that user is looked at; 0 when it is now."""
        return max((self._left_s(key, longest) for key, longest in self._keys(user, host)), default=0.0)

    def wrong(self, user: str, host: str) -> None:
        for key, _ in self._keys(user, host):
            asker = self._askers.setdefault(key, _Asker())
            if self._now() - asker.last_at > FORGOTTEN_AFTER_S:
                asker.wrong = 0
            asker.wrong, asker.last_at = asker.wrong + 1, self._now()
            self._askers.move_to_end(key)
        while len(self._askers) > MOST:
            self._askers.popitem(last=False)

    def right(self, user: str, host: str) -> None:
        """That host knows that user's password: what went before was a mistake at the keys of a phone. Guesses at other
        users from the same host are not forgiven, nor are those of others when the phone is where it always was."""
        self._askers.pop(("home", user, _net(host)), None)
        if not self._at_home(user, host):
            self._askers.pop(("user", user), None)

    def _keys(self, user: str, host: str) -> list[tuple[Hashable, float]]:
        if self._at_home(user, host):
            return [(("home", user, _net(host)), PAUSE_AT_HOME_S)]
        own = ("host", _net(host))
        return [(own, LONGEST_PAUSE_S), (("user", user), LONGEST_PAUSE_S if self._guesses(own) else PAUSE_FOR_OTHERS_S)]

    def _guesses(self, key: Hashable) -> bool:
        asker = self._askers.get(key)
        return asker is not None and asker.wrong >= FREE and self._now() - asker.last_at <= FORGOTTEN_AFTER_S

    def _left_s(self, key: Hashable, longest_s: float) -> float:
        asker = self._askers.get(key)
        if asker is None:
            return 0.0
        return max(0.0, asker.last_at + asker.pause_s(longest_s) - self._now())


def _net(host: str) -> str:
    """An IPv6 subscriber has a whole /64."""
    address = ip_address(host)
    return host if address.version == 4 else str(int(address) >> 64)
