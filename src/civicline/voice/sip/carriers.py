"""Registration at carriers (RFC 3261 section 10.2): of each trunk with an account, at the first host that takes it.

What an answer means is a table (`ANSWERS`). A host that is away or refuses is followed by the next; after the last one
there is a pause, which doubles up to `LONGEST_PAUSE_S`. A registration is refreshed after four fifths of its time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from sippy.SipAddress import SipAddress
from sippy.SipCallId import SipCallId
from sippy.SipFrom import SipFrom
from sippy.SipHeader import SipHeader
from sippy.SipRequest import SipRequest
from sippy.SipTo import SipTo
from sippy.SipURL import SipURL

from civicline.voice.sip.api import Account, Address, Options, Timer, Trunk
from civicline.voice.sip.messages import contact, value
from civicline.voice.sip.transactions import Transactions

log = logging.getLogger("civicline.voice.sip")

LOOK_EVERY_S = 2.0
"""How soon a loaded pack's other carriers are registered at."""
UNHEARD_S = 5.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
REFRESH_AT = 0.8
CHALLENGES = {401: ("www-authenticate", "authorization"), 407: ("proxy-authenticate", "proxy-authorization")}

Later = Callable[[float, Callable[[], None]], Timer]


class Carriers:
    """Registers at what `options.trunks()` says now."""

    def __init__(self, options: Options, transactions: Transactions, own: Callable[[], Address], later: Later) -> None:
        self._options = options
        self._transactions = transactions
        self._own = own
        self._later = later
        self._running: dict[Trunk, Registration] = {}

    def look(self) -> None:
        wanted = [trunk for trunk in self._options.trunks() if trunk.account is not None and trunk.account.expires_s]
        for trunk in set(self._running) - set(wanted):
            self._running.pop(trunk).stop()
        for trunk in wanted:
            if trunk not in self._running:
                self._running[trunk] = Registration(trunk, self._transactions, self._own(), self._later)
                self._running[trunk].begin()
        self._later(LOOK_EVERY_S, self.look)


class Registration:
    """At one carrier. `turn` counts requests: an answer to an earlier one is too late."""

    def __init__(self, trunk: Trunk, transactions: Transactions, own: Address, later: Later) -> None:
        assert trunk.account is not None
        self._trunk = trunk
        self._account: Account = trunk.account
        self._transactions = transactions
        self._transport = None if trunk.transport == "udp" else trunk.transport
        self._contact = contact(self._account.user, self._account.contact or own, self._transport)
        self._later = later
        self._host = 0
        self._tried = 0
        self._pause_s = FIRST_PAUSE_S
        self._turn = 0
        self._expires_s = self._account.expires_s
        self._request: Any = None
        self._registered = False

    def begin(self) -> None:
        """Ask the present host, without a signature."""
        host, port = self._trunk.hosts[self._host]
        self._request = self._new_request(SipURL(username=self._account.user, host=host), (host, port))
        self._send()

    def stop(self) -> None:
        self._turn += 1

    def _new_request(self, address: Any, target: Address) -> Any:
        registrar = SipURL(host=target[0], port=target[1], transport=self._transport)
        own = SipFrom(address=SipAddress(url=address.getCopy()))
        own.genTag()
        return SipRequest(
            method="REGISTER",
            ruri=registrar,
            fr0m=own,
            to=SipTo(address=SipAddress(url=address)),
            callid=SipCallId(),
            contact=self._contact,
            target=(self._trunk.through or target, "udp"),
            user_agent="Civicline",
        )

    def _send(self) -> None:
        self._turn += 1
        turn, request = self._turn, self._request
        request.delHFs("expires")
        request.appendHeader(SipHeader(f"Expires: {self._expires_s}"))
        self._later(UNHEARD_S, lambda: self._elsewhere("no answer") if turn == self._turn else None)
        self._transactions.newTransaction(request, lambda response: self._answered(turn, response))

    def _answered(self, turn: int, response: Any) -> None:
        code = response.getSCode()[0]
        if turn == self._turn and code >= 200:
            ANSWERS.get(code, Registration._refused)(self, response)

    def _taken(self, response: Any) -> None:
        if not self._registered:
            log.info("trunk %s is registered at its host %d", self._trunk.name, self._host + 1)
        self._registered, self._tried, self._pause_s = True, 0, FIRST_PAUSE_S
        self._turn += 1
        turn = self._turn
        self._later(self._granted_s(response) * REFRESH_AT, lambda: self._refresh() if turn == self._turn else None)

    def _granted_s(self, response: Any) -> int:
        own = next((str(found) for found in response.getHFs("contact") if self._is_own(found)), "")
        given = own.partition("expires=")[2].partition(";")[0] or value(response, "expires") or ""
        return max(10, min(int(given), self._expires_s)) if given.isdecimal() else self._expires_s

    def _is_own(self, found: Any) -> bool:
        return str(self._contact.getUrl().host) in str(found)

    def _refresh(self) -> None:
        self._sign_anew()
        self._send()

    def _challenged(self, response: Any) -> None:
        """Sign once; a second challenge that is not stale means that the password is wrong."""
        asks, answers = CHALLENGES[response.getSCode()[0]]
        challenge = next((found for found in response.getHFBodys(asks) if found.supportedAlgorithm()[0]), None)
        if challenge is None or (self._request.countHFs(answers) and "stale=true" not in str(challenge).lower()):
            self._refused(response)
            return
        self._sign_anew()
        qop = challenge.supportedAlgorithm()[1]
        uri = str(self._request.getRURI())
        signed = challenge.genAuthHF(self._account.user, self._account.password, "REGISTER", uri, qop=qop)
        self._request.appendHeader(SipHeader(name=answers, body=signed))
        self._send()

    def _sign_anew(self) -> None:
        """The next request of the same Call-ID, without the last signature."""
        for _, name in CHALLENGES.values():
            self._request.delHFs(name)
        self._request.getHFBody("via").genBranch()
        self._request.getHFBody("cseq").incCSeqNum()

    def _too_brief(self, response: Any) -> None:
        least = value(response, "min-expires") or ""
        if not least.isdecimal() or int(least) <= self._expires_s:
            self._refused(response)
            return
        self._expires_s = int(least)
        self._sign_anew()
        self._send()

    def _refused(self, response: Any) -> None:
        self._elsewhere(f"{response.getSCode()[0]}")

    def _elsewhere(self, why: str) -> None:
        """The next host at once; after the last one a pause."""
        log.warning("trunk %s is not registered at its host %d: %s", self._trunk.name, self._host + 1, why)
        self._registered = False
        self._turn += 1
        turn = self._turn
        self._host, self._tried = (self._host + 1) % len(self._trunk.hosts), self._tried + 1
        pause_s = 0.0
        if self._tried >= len(self._trunk.hosts):
            pause_s, self._tried = self._pause_s, 0
            self._pause_s = min(LONGEST_PAUSE_S, 2 * self._pause_s)
        self._later(pause_s, lambda: self.begin() if turn == self._turn else None)


ANSWERS: dict[int, Callable[[Registration, Any], None]] = {
    200: Registration._taken,
    401: Registration._challenged,
    407: Registration._challenged,
    423: Registration._too_brief,
}
