"""UDP sockets on the loop: Sippy's, and plain ones for other protocols.

Text inside Sippy is a Latin-1 view of the bytes, one character a byte: Sippy counts Content-Length in
characters and gives up on a message that is not UTF-8. `text_of` and `bytes_of` are that view. Bytes at which Python
would end a line, but SIP does not (0x85 is in the UTF-8 of Å), stand in it as private characters.
"""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

from sippy.Network_server import Remote_address
from sippy.Time.MonoTime import MonoTime

from civicline.voice.sip.api import Address
from civicline.voice.sip.loop import Loop, guarded

LARGEST = 65535
BURST = 64  # datagrams taken from one socket before timers get their turn
IP_RECVERR = 11  # linux/in.h; Python 3.11 has no name for it
WANTED_BUFFER = 4 << 20

OnDatagram = Callable[[bytes, Address], None]


PRIVATE = 0xE000
BREAKS = re.compile("[\x0b\x0c\x1c-\x1e\x85]")
HIDDEN = re.compile("[\ue00b\ue00c\ue01c-\ue01e\ue085]")


def text_of(data: bytes) -> str:
    return BREAKS.sub(lambda found: chr(PRIVATE + ord(found[0])), data.decode("latin-1"))


def bytes_of(text: str | bytes) -> bytes:
    if isinstance(text, bytes):
        return text
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        pass
    return HIDDEN.sub(lambda found: chr(ord(found[0]) - PRIVATE), text).encode("latin-1", "replace")


def is_literal(host: object) -> bool:
    """Whether a host is an address and no name."""
    text = str(host)
    return ":" in text or text.replace(".", "").isdecimal()


class Udp:
    """One bound socket. `on_lost(data, to)` gets a datagram of ours that ICMP reported undeliverable."""

    def __init__(self, loop: Loop, listen: Address, on_datagram: OnDatagram, on_lost: OnDatagram | None = None) -> None:
        self._loop = loop
        self._on_datagram = on_datagram
        self._on_lost = on_lost
        self._socket = socket.socket(socket.AF_INET6 if ":" in listen[0] else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WANTED_BUFFER)
        if on_lost and self._socket.family == socket.AF_INET:
            self._socket.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        self._socket.setblocking(False)
        self._socket.bind(listen)
        self.address: Address = self._socket.getsockname()[:2]
        loop.watch(self._socket.fileno(), self._read)

    def send(self, data: bytes, to: Address) -> None:
        """Send, or drop as a network may: every protocol here repeats what matters. A name is no address: the kernel's
        wrapper would look it up, and everybody would wait."""
        if not is_literal(to[0]) or not 0 < to[1] < 65536:
            return
        for _ in range(2):  # the first attempt may only fetch the error of an earlier datagram
            try:
                self._socket.sendto(data, to)
                return
            except OSError as error:
                if error.errno not in (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH):
                    return
                self._fetch_errors()

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.unwatch(self._socket.fileno())
            self._socket.close()

    def _read(self) -> None:
        for _ in range(BURST):
            try:
                data, source = self._socket.recvfrom(LARGEST)
            except BlockingIOError:
                break
            except OSError:
                break  # an ICMP error of an earlier datagram; fetched below
            guarded(partial(self._on_datagram, data, source[:2]))
            if self._socket.fileno() < 0:
                return
        self._fetch_errors()

    def _fetch_errors(self) -> None:
        if self._on_lost is None:
            return
        for _ in range(BURST):
            try:
                data, _, _, to = self._socket.recvmsg(LARGEST, 512, socket.MSG_ERRQUEUE)
            except OSError:
                return
            self._loop.call_soon(partial(self._on_lost, data, to[:2]))


class SippySocket:
    """What Sippy's transaction manager asks of its `Udp_server`, over `Udp`.

    The manager first makes a trial socket and shuts it, then the real one: the loop and the
    addresses come in by `bound_to`.
    """

    transport = "udp"
    loop: Loop
    advertise: Address | None = None
    on_lost: OnDatagram | None = None

    def __init__(self, config: Any, options: Any) -> None:
        self.uopts = options
        self._receive = options.data_callback
        self._udp = Udp(self.loop, options.laddress, self._datagram, type(self).on_lost)

    @property
    def address(self) -> Address:
        return self._udp.address

    def getSIPaddr(self) -> tuple[Address, str]:  # noqa: N802 (Sippy's name)
        return (self.advertise or self._udp.address, self.transport)

    def addr2str(self, address: Address) -> str:
        return f"{self.transport}:{address[0]}:{address[1]}"

    def send_to(self, data: str | bytes, address: Address, delayed: bool = False) -> None:
        self._udp.send(bytes_of(data), address)

    def shutdown(self) -> None:
        self._udp.close()

    def _datagram(self, data: bytes, source: Address) -> None:
        self._receive(text_of(data), Remote_address(source, self.transport), self, MonoTime())
