"""Pairs of UDP sockets: RTP on an even port, RTCP on the odd one above (RFC 3550 section 11)."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress

from civicline.settings import PortRange

EXPEDITED = 0xB8  # DSCP EF (RFC 3246) for voice


class NoPortError(Exception):
    """Every port of the range is in use."""


class Pair:
    """An RTP socket, and an RTCP socket that nobody reads: the kernel drops what its buffer cannot hold."""

    def __init__(self, host: str, port: int) -> None:
        self.port = port
        self.rtp = _bound(host, port)
        try:
            self.rtcp = _bound(host, port + 1)
        except OSError:
            self.rtp.close()
            raise
        self.rtp.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, EXPEDITED)
        self.rtcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)

    def close(self) -> None:
        self.rtp.close()
        self.rtcp.close()


def _bound(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


class Ports:
    """The even ports of a range, in an order that nobody outside can foresee: who knows the port of one call does not
    know the next one's. Of the free ports only the half that has been free for longer is used, so that late packets of
    an old call find nobody."""

    def __init__(self, host: str, ports: PortRange) -> None:
        self._host = host
        self._free = list(range(ports.first + ports.first % 2, ports.last, 2))
        secrets.SystemRandom().shuffle(self._free)
        self._range = ports

    def take(self) -> Pair:
        """Raises NoPortError; a port that somebody else holds is passed over."""
        for _ in range(len(self._free)):
            port = self._free.pop(secrets.randbelow((len(self._free) + 1) // 2))
            with suppress(OSError):
                return Pair(self._host, port)
            self._free.append(port)
        raise NoPortError(f"no RTP port is free from {self._range.first} to {self._range.last}")

    def give(self, pair: Pair) -> None:
        pair.close()
        self._free.append(pair.port)
