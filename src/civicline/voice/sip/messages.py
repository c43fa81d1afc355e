"""Small pieces of SIP messages, made and read through Sippy's classes."""

from __future__ import annotations

from typing import Any

from sippy.MsgBody import MsgBody
from sippy.SipAddress import SipAddress
from sippy.SipContact import SipContact
from sippy.SipGenericHF import SipGenericHF
from sippy.SipHeader import SipHeader
from sippy.SipURL import SipURL

from civicline.voice.sip.api import Address
from civicline.voice.sip.transport import bytes_of, text_of

METHODS = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, REGISTER, REFER"
SDP_TYPE = "application/sdp"


def header(name: str, value: str) -> Any:
    """A header that Sippy has no class for, or whose text we write ourselves."""
    return SipHeader(name=name, body=_Verbatim(value, name))


class _Verbatim(SipGenericHF):  # type: ignore[misc]
    """Keeps its own name: Sippy would write `Www-authenticate`, and a copy would forget the name."""

    def __init__(self, body: str, name: str) -> None:
        super().__init__(body, name)
        self.title = "-".join(part.capitalize() for part in name.split("-")).replace("Www", "WWW")
        self.parsed = True

    def getCopy(self) -> _Verbatim:  # noqa: N802 (Sippy's name)
        return _Verbatim(self.body, self.title)

    def getCanName(self, name: str, compact: bool = False) -> str:  # noqa: N802 (Sippy's name)
        return self.title


def values(message: Any, name: str) -> list[str]:
    """The texts of all headers of that name."""
    return [str(found.body) for found in message.getHFs(name)]


def value(message: Any, name: str) -> str | None:
    return next(iter(values(message, name)), None)


def tokens(message: Any, name: str) -> list[str]:
    """The comma-separated words of a header, such as the option tags of Require."""
    return [word.strip() for line in values(message, name) for word in line.split(",") if word.strip()]


def contact(user: str, at: Address, transport: str | None = None) -> Any:
    """A Contact without the display name that Sippy would give it."""
    url = SipURL(username=user or None, host=at[0], port=at[1], transport=transport)
    return SipContact(address=SipAddress(url=url))


def body(sdp: str | None) -> Any:
    return None if sdp is None else MsgBody(sdp)


def sdp_of(message_body: Any) -> str | None:
    """The SDP text of a body, or None where there is none."""
    if message_body is None or message_body.getType() != SDP_TYPE:
        return None
    return str(message_body)


def reply(request: Any, code: int, reason: str, *headers: Any) -> Any:
    response = request.genResponse(code, reason)
    response.appendHeaders(headers)
    return response


def readable(text: str | None) -> str:
    """A display name or user part as a person would read it, from the Latin-1 view of the wire."""
    return bytes_of(text or "").decode("utf-8", "replace").strip('" ')


def wire(text: str) -> str:
    """The inverse of `readable`: UTF-8 seen as Latin-1, without what could end a quoted string or a line."""
    clean = "".join(letter for letter in text if letter.isprintable() and letter not in '"\\<>')
    return text_of(clean.encode())
