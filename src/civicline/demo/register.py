"""A telephone says where it is (RFC 3261 section 10.2), with digest sign-in (RFC 7616, MD5)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from sippy.SipAddress import SipAddress
from sippy.SipFrom import SipFrom
from sippy.SipRequest import SipRequest
from sippy.SipTo import SipTo
from sippy.SipURL import SipURL

from civicline.demo.line import Line, uri
from civicline.voice.sip import digest
from civicline.voice.sip.api import Address
from civicline.voice.sip.messages import header, values

EXPIRES_S = 120
AGAIN_S = 2.0
"""After a failure."""
UNAUTHORIZED = 401
TRIES = 3


class Registration:
    """Forgets what the same user's telephone left behind, registers, and registers again at half its time."""

    def __init__(
        self, line: Line, user: str, password: str, server: Address, done: Callable[[bool], None] = lambda ok: None
    ) -> None:
        self._line, self._user, self._password, self._server, self._done = line, user, password, server, done
        self._ask(("*", 0), self._cleared)

    def leave(self, gone: Callable[[], None]) -> None:
        """Unregister; `gone` is called when it was answered."""
        self._done = lambda ok: None
        self._ask(("*", 0), lambda code: gone())

    def _cleared(self, code: int) -> None:
        if code == 200:
            self._register()
        else:
            self._done(False)
            self._line.call_later(AGAIN_S, lambda: self._ask(("*", 0), self._cleared))

    def _register(self) -> None:
        self._ask((f"<{uri(self._user, self._line.address)}>", EXPIRES_S), self._registered)

    def _registered(self, code: int) -> None:
        self._done(code == 200)
        self._line.call_later(EXPIRES_S / 2 if code == 200 else AGAIN_S, self._register)

    def _ask(self, binding: tuple[str, int], then: Callable[[int], None]) -> None:
        contact, expires_s = binding
        _Exchange(self._line, self._user, self._password, self._server, then).send(contact, expires_s)


class _Exchange:
    """One REGISTER with its challenges."""

    def __init__(self, line: Line, user: str, password: str, server: Address, then: Callable[[int], None]) -> None:
        self._line, self._user, self._password, self._server, self._then = line, user, password, server, then
        self._tries = 0

    def send(self, contact: str, expires_s: int) -> None:
        self._message = self._request(contact, expires_s)
        self._line.request(self._message, self._answered)

    def _request(self, contact: str, expires_s: int) -> Any:
        server = SipURL(host=self._server[0], port=self._server[1])
        who = SipAddress(url=SipURL(username=self._user, host=self._server[0]))
        sender = SipFrom(address=who.getCopy())
        sender.genTag()
        message = SipRequest(
            method="REGISTER", ruri=server, fr0m=sender, to=SipTo(address=who), target=(self._server, "udp")
        )
        message.appendHeaders([header("Contact", contact), header("Expires", str(expires_s))])
        return message

    def _answered(self, response: Any) -> None:
        code = int(response.getSCode()[0])
        if code < 200:
            return
        self._tries += 1
        challenge = _challenge(response) if code == UNAUTHORIZED and self._tries < TRIES else None
        if challenge is None:
            self._then(code)
        else:
            self._again(challenge)

    def _again(self, challenge: dict[str, str]) -> None:
        message = self._message
        for old in message.getHFs("authorization"):
            message.removeHeader(old)
        message.appendHeader(header("Authorization", self._authorization(challenge, str(message.getRURI()))))
        message.getHFBody("via").genBranch()
        message.getHFBody("cseq").incCSeqNum()
        self._line.request(message, self._answered)

    def _authorization(self, challenge: dict[str, str], target: str) -> str:
        fields = {
            "username": self._user,
            "realm": challenge["realm"],
            "nonce": challenge["nonce"],
            "uri": target,
            "cnonce": secrets.token_hex(8),
        }
        plain = {"qop": "auth", "nc": "00000001", "algorithm": "MD5"}
        secret = digest.ha1("MD5", self._user, challenge["realm"], self._password)
        fields["response"] = digest.response("MD5", secret, fields | plain, "REGISTER")
        quoted = [f'{name}="{text}"' for name, text in fields.items()]
        return "Digest " + ", ".join([*quoted, *(f"{name}={text}" for name, text in plain.items())])


def _challenge(response: Any) -> dict[str, str] | None:
    found = (digest.parse(text) for text in values(response, "www-authenticate"))
    return next((fields for fields in found if fields.get("algorithm", "MD5").upper() == "MD5"), None)
