"""Where a leg's packets come from: learned from the first ones, then locked, so nobody else can speak on the line.

A phone behind NAT sends from another address than its SDP names. The first sender is the candidate; the SDP's own
address takes precedence over any other. Of its packets `LOCK_AFTER` lock it, of another candidate's `LOCK_OTHER_AFTER`.
A locked socket is connected, so the kernel drops the packets of others before they cost anything.

After a restart of this process phones still send for a moment to ports that are now other calls'. So for `WARY_S`
another address than the SDP's is neither heard nor sent to before it is locked: nobody is to hear a piece of another
call, and a phone that got such a piece may take the stream that is its own for late packets, for minutes.
"""

from __future__ import annotations

import ctypes
import socket
from typing import TypeAlias

Endpoint: TypeAlias = tuple[str, int]

LOCK_AFTER = 3
LOCK_OTHER_AFTER = 50
"""A second of packets: by then the address of the SDP would have sent."""
WARY_S = 32.0
"""From the start of the process: so long a phone may be told by a re-INVITE where the media is (RFC 3261, 64*T1)."""

_LIBC = ctypes.CDLL(None, use_errno=True)
_NO_FAMILY = bytes(16)  # struct sockaddr with AF_UNSPEC: connect(2) dissolves the association


def disconnect(sock: socket.socket) -> None:
    """Let a connected UDP socket hear everybody again."""
    _LIBC.connect(sock.fileno(), _NO_FAMILY, len(_NO_FAMILY))


class Source:
    def __init__(self, told: Endpoint, wary: bool = False) -> None:
        self.told = told
        self._wary = wary
        self.candidate: Endpoint | None = None
        self._count = 0

    @property
    def locked(self) -> bool:
        return self._count >= (LOCK_AFTER if self.candidate == self.told else LOCK_OTHER_AFTER)

    @property
    def is_trusted(self) -> bool:
        """Whether the candidate is heard and sent to."""
        return self.candidate == self.told or not self._wary or self.locked

    @property
    def aim(self) -> Endpoint:
        """Where to send."""
        return self.candidate if self.candidate is not None and self.is_trusted else self.told

    def admit(self, sender: Endpoint) -> bool:
        """Whether a packet of `sender` is the leg's; counts towards the lock."""
        if sender != self.candidate:
            if self.candidate is not None and (self.locked or sender != self.told):
                return False
            self.candidate, self._count = sender, 0
        self._count += 1
        return self.is_trusted
