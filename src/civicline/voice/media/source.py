"""Where a leg's packets come from: learned from the first ones, then locked, so nobody else can speak on the line.

Two hosts may speak for a leg: the one that its SDP names, and the one that its SIP came from (`received-from`), since a
phone behind NAT names an address of its own network. Whoever sends from elsewhere is neither heard nor sent to.

The SDP's own endpoint takes precedence over any other: `LOCK_AFTER` of its packets lock it, even where another one was
locked before. Its socket is then connected, so the kernel drops the packets of others before they cost anything.
Another candidate (NAT changes ports) is sent to when its stream has lasted `OTHER_AFTER_S`: time, since packets can be
sent as fast as anybody likes.

After a restart of this process phones still send for a moment to ports that are now other calls'. So for `WARY_S`
another endpoint than the SDP's is not even heard before it is locked: nobody is to hear a piece of another call, and
calls of one carrier come from one host.
"""

from __future__ import annotations

import ctypes
import socket
from typing import TypeAlias

Endpoint: TypeAlias = tuple[str, int]

LOCK_AFTER = 3
OTHER_AFTER_S = 1.0
"""By then the SDP's endpoint would have sent. A candidate that pauses for so long begins anew."""
WARY_S = 32.0
"""From the start of the process: so long a phone may be told by a re-INVITE where the media is (RFC 3261, 64*T1)."""

_LIBC = ctypes.CDLL(None, use_errno=True)
_NO_FAMILY = bytes(16)  # struct sockaddr with AF_UNSPEC: connect(2) dissolves the association


def disconnect(sock: socket.socket) -> None:
    """Let a connected UDP socket hear everybody again."""
    _LIBC.connect(sock.fileno(), _NO_FAMILY, len(_NO_FAMILY))


class Source:
    """`told` is the SDP's endpoint; `signalled` the host that its SIP came from, "" where that is not known."""

    def __init__(self, told: Endpoint, signalled: str = "", wary: bool = False) -> None:
        self.told = told
        self.candidate: Endpoint | None = None
        self._hosts = {told[0], signalled}
        self._wary = wary
        self._of_told = 0
        self._since = self._last = 0.0

    @property
    def is_final(self) -> bool:
        """Whether the SDP's endpoint is locked: nobody can take its place any more."""
        return self.candidate == self.told and self._of_told >= LOCK_AFTER

    @property
    def locked(self) -> bool:
        return self.is_final or self._lasted

    @property
    def _lasted(self) -> bool:
        """Whether the candidate is another endpoint than the SDP's, and has sent for long enough."""
        return self.candidate not in (None, self.told) and self._last - self._since >= OTHER_AFTER_S

    @property
    def aim(self) -> Endpoint:
        """Where to send."""
        return self.candidate if self.candidate is not None and self._lasted else self.told

    def admit(self, sender: Endpoint, now: float) -> bool:
        """Whether a packet of `sender` is the leg's; counts towards the lock."""
        if sender == self.told:
            return self._admit_told(now)
        if sender[0] not in self._hosts or not self._gives_way_to(sender, now):
            return False
        if sender != self.candidate or self._is_quiet(now):
            self.candidate, self._since = sender, now
        self._last = now
        return self._lasted or not self._wary

    def _admit_told(self, now: float) -> bool:
        """One packet does where nobody is locked; a forged one must not end a phone's stream."""
        self._of_told += 1
        if self.candidate != self.told and (not self._lasted or self._of_told >= LOCK_AFTER):
            self.candidate = self.told
        if self.candidate == self.told:
            self._last = now
        return self.candidate == self.told

    def _gives_way_to(self, sender: Endpoint, now: float) -> bool:
        if sender == self.candidate or self.candidate is None:
            return True
        return not self.locked and self._is_quiet(now)

    def _is_quiet(self, now: float) -> bool:
        """Of the candidate, as long as it is not locked."""
        return not self.locked and now - self._last >= OTHER_AFTER_S
