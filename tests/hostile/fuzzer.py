"""A seeded fuzzer of SIP: messages that a carrier or a phone may send, changed at random, within calls and without.

Every call that it makes it also ends. What it sent last is kept, so that a message that does harm can be found.
"""

from __future__ import annotations

import random
import re
import time
from collections import deque
from dataclasses import dataclass, field

from hostile.beside import udp
from hostile.rfc4475 import MESSAGES

SDP = (
    "v=0\r\no=peer 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
)
METHODS = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "INFO", "UPDATE", "REFER", "SUBSCRIBE", "X")
HEADERS = (
    "Require: 100rel", "Supported: timer", "Expires: 0", "Expires: -1", "Contact: *", "Max-Forwards: 0",
    "Route: <sip:127.0.0.1:5060;lr>", "Record-Route: <sip:x@nowhere.example;lr>", "Content-Length: 5",
    "P-Asserted-Identity: \"x\" <tel:+1>", "P-Asserted-Identity: ,,,", "Replaces: x;to-tag=1;from-tag=2",
    'Authorization: Digest username="ana"', "Authorization: Digest " + "a=b," * 400, "Content-Type: multipart/mixed",
    "Session-Expires: 90;refresher=uac", "Privacy: id", "Via: SIP/2.0/UDP 127.0.0.1", "To: <sip:x@y>", "CSeq: 1 BYE",
)  # fmt: skip
TOKENS = (
    b"\x00",
    b"\xff",
    b"\r\n",
    b"\r\n\r\n",
    b"%s%n",
    b"<",
    b">",
    b'"',
    b";",
    b",",
    b"=",
    b":",
    b" ",
    b"\x85",
    b"1" * 400,
)
TOKENS += (b"-1", b"99999999999999999999", b"[::1]", "Å".encode(), b"sip:", b"SIP/2.0", b"\t" * 2000, b"(" * 500)
ANSWERED_WITHIN_S = 10.0
ANSWER = re.compile(rb"SIP/2\.0 (\d{3})")
TO = re.compile(rb"^To: *(.+?)\r$", re.M | re.I)


@dataclass
class Fuzzer:
    to: tuple[str, int]
    host: str
    seed: int
    sent: int = 0
    calls: int = 0
    last: deque[bytes] = field(default_factory=lambda: deque(maxlen=50))

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self._socket = udp(self.host)
        self._port = self._socket.getsockname()[1]

    def run(self, seconds: float, *, calls: bool = True) -> None:
        """Send some 300 messages a second, with calls among them."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if calls:
                self._within_a_call()
            for _ in range(30):
                self.send(self.mutated(self._any()))
            time.sleep(0.1)
        self._socket.close()

    def mutated(self, message: bytes) -> bytes:
        changed = message
        for _ in range(self.dice.randint(1, 4)):
            changed = self.dice.choice(CHANGES)(self, changed)
        return changed[:65_000]

    # Messages

    def request(
        self, method: str, name: str, *, to: str = "", cseq: int = 1, number: str = "999", body: str = ""
    ) -> bytes:
        lines = [
            f"{method} sip:{number}@{self.to[0]}:{self.to[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.host}:{self._port};branch=z9hG4bK{name}{method}{cseq};rport",
            f'From: "Caller" <sip:2025550143@{self.host}>;tag=f{name}',
            f"To: {to or f'<sip:{number}@{self.to[0]}>'}",
            f"Call-ID: {name}@fuzz",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:2025550143@{self.host}:{self._port}>",
            "Max-Forwards: 70",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def response(self, name: str) -> bytes:
        code = self.dice.choice((100, 180, 183, 200, 200, 302, 401, 407, 481, 486, 503, 699))
        method = self.dice.choice(METHODS)
        head = self.request(method, name, to="<sip:x@y>;tag=t", body=SDP.format(host=self.host))
        return f"SIP/2.0 {code} Whatever\r\n".encode() + head.partition(b"\r\n")[2]

    def _any(self) -> bytes:
        if self.dice.random() < 0.25:
            return self.dice.choice(MESSAGES).data
        name = f"{self.dice.getrandbits(48):x}"
        if self.dice.random() < 0.2:
            return self.response(name)
        method = self.dice.choice(METHODS)
        body = SDP.format(host=self.host) if method in ("INVITE", "UPDATE", "INFO") else ""
        return self.request(method, name, cseq=self.dice.randint(0, 70_000), body=body)

    # A call

    def _within_a_call(self) -> None:
        """Answered like any other; then changed requests of the very dialog; then a BYE that is right."""
        name, sdp = f"{self.dice.getrandbits(48):x}", SDP.format(host=self.host)
        self.send(self.request("INVITE", name, number="100", body=sdp))
        answer = self._final(name)
        if not answer.startswith(b"SIP/2.0 200"):
            return
        self.calls += 1
        to = TO.search(answer)
        assert to is not None
        known = {"to": to[1].decode(), "number": "100"}
        self.send(self.request("ACK", name, **known))
        for cseq in range(2, 8):
            method = self.dice.choice(("INVITE", "INFO", "OPTIONS", "REFER", "UPDATE", "ACK", "CANCEL", "X"))
            self.send(self.mutated(self.request(method, name, cseq=cseq, body=sdp, **known)))
        self.send(self.request("ACK", name, cseq=7, **known))
        self.send(self.request("BYE", name, cseq=90, **known))
        self._final(name, b"90 BYE")

    def _final(self, name: str, cseq: bytes = b"1 INVITE") -> bytes:
        """The final answer to a request, b"" where there is none in time."""
        end = time.monotonic() + ANSWERED_WITHIN_S
        while time.monotonic() < end:
            self._socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                data = self._socket.recv(65535)
            except TimeoutError:
                break
            found = ANSWER.match(data)
            if found and int(found[1]) >= 200 and name.encode() in data and cseq in data:
                return data
        return b""

    def send(self, message: bytes) -> None:
        self.last.append(message)
        self.sent += 1
        self._socket.sendto(message, self.to)

    # Changes

    def flip(self, data: bytes) -> bytes:
        at = self._at(data)
        return data[:at] + bytes([self.dice.randrange(256)]) + data[at + 1 :]

    def cut(self, data: bytes) -> bytes:
        at = self._at(data)
        return data[:at] + data[at + self.dice.randint(1, 40) :]

    def insert(self, data: bytes) -> bytes:
        at = self._at(data)
        return data[:at] + self.dice.choice(TOKENS) + data[at:]

    def end(self, data: bytes) -> bytes:
        return data[: self._at(data) + 1]

    def lines(self, data: bytes) -> bytes:
        """Two lines change places, or one stands twice or not at all."""
        parts = data.split(b"\r\n")
        one, two = self.dice.randrange(len(parts)), self.dice.randrange(len(parts))
        how = self.dice.randrange(3)
        if how == 0:
            parts[one], parts[two] = parts[two], parts[one]
        elif how == 1:
            parts.insert(two, parts[one])
        else:
            del parts[one]
        return b"\r\n".join(parts)

    def header(self, data: bytes) -> bytes:
        start, _, rest = data.partition(b"\r\n")
        return b"\r\n".join([start, self.dice.choice(HEADERS).encode(), rest])

    def number(self, data: bytes) -> bytes:
        found = list(re.finditer(rb"\d+", data))
        if not found:
            return data
        one = self.dice.choice(found)
        other = self.dice.choice((b"0", b"-1", b"65536", b"2147483648", b"4294967296", b"9" * 30, b"0x1F", b"1e9"))
        return data[: one.start()] + other + data[one.end() :]

    def repeat(self, data: bytes) -> bytes:
        """One octet, or a few, so often that whoever reads it twice for each of them takes long."""
        at, times = self._at(data), self.dice.choice((50, 500, 5000, 15_000))
        return data[:at] + data[at : at + self.dice.randint(1, 4)] * times + data[at:]

    def splice(self, data: bytes) -> bytes:
        other = self.dice.choice(MESSAGES).data
        return data[: self._at(data)] + other[self._at(other) :]

    def _at(self, data: bytes) -> int:
        return self.dice.randrange(len(data)) if data else 0


CHANGES = (
    Fuzzer.flip, Fuzzer.cut, Fuzzer.insert, Fuzzer.end, Fuzzer.lines, Fuzzer.header, Fuzzer.number, Fuzzer.splice,
    Fuzzer.repeat,
)  # fmt: skip
