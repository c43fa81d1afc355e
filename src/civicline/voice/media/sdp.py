"""As much of SDP (RFC 8866) and offer/answer (RFC 3264) as a G.711 engine needs: one audio stream, no more.

Other media of an offer are refused by port 0 in what is written, in their order, as RFC 3264 section 6 asks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address

PCMU = 0
PCMA = 8
LAWS = (PCMU, PCMA)
NAMES = {PCMU: "PCMU", PCMA: "PCMA"}
DEFAULT_DTMF = 101
DISCARD_PORT = 9
BROADCAST = IPv4Address("255.255.255.255")

REVERSE = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


class SdpError(ValueError):
    """The session description cannot be used; the message says why."""


@dataclass
class _Media:
    kind: str
    port: int
    transport: str
    formats: list[str]
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Description:
    """What one party said of its audio."""

    host: str
    port: int
    laws: tuple[int, ...]
    dtmf: int | None = None
    direction: str = "sendrecv"
    skeleton: tuple[tuple[str, str, str], ...] = ()
    """All m= lines of the party: kind, transport, first format. The audio that is used has the kind `*`."""

    @property
    def silent(self) -> bool:
        """Nothing is to be sent there: port 0, the discard port or no address (the old way to hold)."""
        return self.port in (0, DISCARD_PORT) or self.host == "0.0.0.0"  # noqa: S104

    @property
    def sends(self) -> bool:
        return self.direction in ("sendrecv", "sendonly") and not self.silent

    @property
    def receives(self) -> bool:
        return self.direction in ("sendrecv", "recvonly") and not self.silent


def parse(text: str) -> Description:
    """Read a description. Raises SdpError when there is no audio that can be carried."""
    session, media = _split(text)
    audio = next((part for part in media if _usable(part)), None)
    if audio is None:
        raise SdpError("the SDP offers no audio over RTP/AVP")
    attributes = [line[2:] for line in audio.lines if line.startswith("a=")]
    laws = tuple(law for law in map(_number, audio.formats) if law in LAWS)
    if not laws and audio.port:
        raise SdpError("the SDP offers neither PCMU nor PCMA")
    return Description(
        host=_connection(audio.lines) or _connection(session) or "0.0.0.0",  # noqa: S104
        port=audio.port,
        laws=tuple(dict.fromkeys(laws)),
        dtmf=_dtmf(attributes, audio.formats),
        direction=_direction(attributes) or _direction([line[2:] for line in session]) or "sendrecv",
        skeleton=tuple(("*" if part is audio else part.kind, part.transport, part.formats[0]) for part in media),
    )


def is_usable(text: str) -> bool:
    """Whether `parse` finds audio in it that can be carried."""
    try:
        parse(text)
    except SdpError:
        return False
    return True


def _split(text: str) -> tuple[list[str], list[_Media]]:
    session: list[str] = []
    media: list[_Media] = []
    for line in text.splitlines():
        if line.startswith("m="):
            media.append(_media(line))
        elif line[1:2] == "=":
            (media[-1].lines if media else session).append(line)
    return session, media


def _media(line: str) -> _Media:
    words = line[2:].split()
    if len(words) < 4:
        raise SdpError("an m= line has fewer than four words")
    port = _number(words[1].partition("/")[0])
    if not 0 <= port <= 65535:
        raise SdpError("an m= line has no valid port")
    return _Media(words[0], port, words[2], words[3:])


def _usable(part: _Media) -> bool:
    return part.kind == "audio" and part.transport in ("RTP/AVP", "RTP/AVPF")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else -1


def _connection(lines: list[str]) -> str | None:
    for line in lines:
        words = line[2:].split()
        if line.startswith("c=") and len(words) == 3:
            if words[1] != "IP4":
                raise SdpError("the SDP names an address that is not IPv4")
            return _address(words[2].partition("/")[0])
    return None


def _address(text: str) -> str:
    """A name would have to be looked up for every packet, by a process that must not wait."""
    try:
        address = IPv4Address(text)
    except AddressValueError:
        raise SdpError("the SDP names a host, not an IPv4 address") from None
    if address.is_multicast or address == BROADCAST:
        raise SdpError("the SDP names an address of many, not of one phone")
    return str(address)


def _direction(attributes: list[str]) -> str | None:
    return next((name for name in attributes if name in REVERSE), None)


def _dtmf(attributes: list[str], formats: list[str]) -> int | None:
    for attribute in attributes:
        name, _, rest = attribute.partition(":")
        kind, _, encoding = rest.partition(" ")
        if name == "rtpmap" and kind in formats and encoding.strip().lower() == "telephone-event/8000":
            return _number(kind)
    return None


def write(
    host: str,
    port: int,
    laws: tuple[int, ...],
    *,
    dtmf: int | None,
    direction: str = "sendrecv",
    session: tuple[int, int] = (0, 0),
    skeleton: tuple[tuple[str, str, str], ...] = (("*", "RTP/AVP", "0"),),
) -> str:
    """Write the engine's own description; `session` is the o= line's id and version."""
    lines = [
        "v=0",
        f"o=civicline {session[0]} {session[1]} IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
    ]
    for kind, transport, first in skeleton:
        if kind == "*":
            lines += _audio(port, transport, laws, dtmf, direction)
        else:
            lines.append(f"m={kind} 0 {transport} {first}")
    return "\r\n".join([*lines, ""])


def _audio(port: int, transport: str, laws: tuple[int, ...], dtmf: int | None, direction: str) -> list[str]:
    formats = [*laws] if dtmf is None else [*laws, dtmf]
    lines = [f"m=audio {port} {transport} {' '.join(map(str, formats))}"]
    lines += [f"a=rtpmap:{law} {NAMES[law]}/8000" for law in laws]
    if dtmf is not None:
        lines += [f"a=rtpmap:{dtmf} telephone-event/8000", f"a=fmtp:{dtmf} 0-15"]
    return [*lines, "a=ptime:20", f"a={direction}"]
