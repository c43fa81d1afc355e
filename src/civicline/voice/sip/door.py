"""Looks at each datagram before it is parsed: is its sender one of ours, is it right in itself, is it one too many?

Ours are this machine, the hosts of carriers' networks and of registered phones, and whoever writes within a call that
stands (its Call-ID is known). A stranger may try to register, within a budget; to an INVITE it is told once in a while
that it is no carrier of ours; all else of a stranger is dropped. A wrong message of ours is answered without being
remembered.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from civicline.voice.rarely import Rarely
from civicline.voice.sip import stateless, wellformed
from civicline.voice.sip.api import Address, Bindings, Options, Trunk

SMALLEST, LARGEST, LARGEST_OF_STRANGERS = 32, 16_384, 4096
"""Octets of a message. RFC 3261 section 18.1.1 sends by TCP what is larger than 1,300."""
RESPONSE = "SIP/2.0 "
STRANGER_A_S, STRANGER_AT_ONCE = 5.0, 20.0
STRANGERS_A_S, STRANGERS_AT_ONCE = 100.0, 200.0
OURS_A_S, OURS_AT_ONCE = 2000.0, 4000.0
MOST_HOSTS = 4096
ALL: Final = ""
LOOPBACK = ("127.0.0.1", "::1")

PASS: Final = None
DROP: Final = ""
Verdict = str | None
"""PASS, DROP, or the response to send back."""


@dataclass(slots=True)
class _Budget:
    left: float
    at: float

    def take(self, now: float, a_s: float, at_once: float) -> bool:
        self.left = min(at_once, self.left + (now - self.at) * a_s)
        self.at = now
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


class Door:
    """`has_call(call_id)` says whether a dialog or transaction of ours has that Call-ID; `challenges()` gives
    WWW-Authenticate headers for a host."""

    def __init__(
        self,
        options: Options,
        bindings: Bindings,
        has_call: Callable[[str], bool],
        challenges: Callable[[str], list[str]],
        rarely: Rarely,
        now: Callable[[], float],
    ) -> None:
        self._options = options
        self._bindings = bindings
        self._has_call = has_call
        self._challenges = challenges
        self._rarely = rarely
        self._now = now
        self._own = {options.listen[0], *LOOPBACK}
        self._budgets: OrderedDict[str, _Budget] = OrderedDict()
        self._trunks: Sequence[Trunk] = ()
        self._carriers: dict[str, Trunk | None] = {}
        self._asked: set[str] = set()

    def trunk(self, host: str) -> Trunk | None:
        """The carrier whose networks have that host."""
        trunks = self._options.trunks()
        if trunks is not self._trunks or len(self._carriers) > MOST_HOSTS:
            self._trunks, self._carriers = trunks, {}
            self._asked = {host for trunk in trunks for host, _ in trunk.reached_at}
        if host not in self._carriers:
            self._carriers[host] = next((trunk for trunk in trunks if trunk.has(host)), None)
        return self._carriers[host]

    def judge(self, data: str, source: Address) -> Verdict:
        if not SMALLEST <= len(data) <= LARGEST:
            return DROP
        host = source[0]
        ours = self.trunk(host) is not None or host in self._own or host in self._asked or self._bindings.knows(host)
        if ours and not self._within(host, OURS_A_S, OURS_AT_ONCE):
            return self._drop("too many messages of one of our hosts")
        if not ours and len(data) > LARGEST_OF_STRANGERS:
            return self._drop("a stranger's long message")
        if data.startswith(RESPONSE):
            return self._response(data, ours)
        if not ours and not self._has_call(stateless.call_id(data)):
            return self._stranger(data, source)
        return self._sound(data, source)

    def _response(self, data: str, ours: bool) -> Verdict:
        if not ours and not self._has_call(stateless.call_id(data)):
            return self._drop("a stranger's response")
        if wellformed.is_heavy(wellformed.split(data)[0]):
            return self._drop("a response with a header too long or too complicated")
        return PASS

    def _stranger(self, data: str, source: Address) -> Verdict:
        is_register = data.startswith("REGISTER ")
        if not is_register and not data.startswith("INVITE "):
            return self._drop("a stranger's request")
        mine = self._within(source[0], STRANGER_A_S, STRANGER_AT_ONCE)
        if not mine or not self._within(ALL, STRANGERS_A_S, STRANGERS_AT_ONCE):
            return self._drop("too many requests of strangers")
        if is_register:
            return self._sound(data, source)
        self._rarely.warning("SIP: an INVITE came from no carrier of trunks.yaml and was refused")
        return self._answer(data, source, 403, "Not from a known carrier")

    def _sound(self, data: str, source: Address) -> Verdict:
        fault = wellformed.fault(data)
        if fault is not None:
            self._rarely.warning(f"SIP: a request was wrong in itself: {fault[1]}")
            return DROP if data.startswith("ACK ") else self._answer(data, source, *fault, *_explained(data, fault))
        if data.startswith("REGISTER ") and not _signs(data):
            headers = (f"WWW-Authenticate: {text}" for text in self._challenges(source[0]))
            return self._answer(data, source, 401, "Unauthorized", *headers)
        return PASS

    def _answer(self, data: str, source: Address, code: int, reason: str, *headers: str) -> Verdict:
        return stateless.answer(data, source, code, reason, *headers) or DROP

    def _drop(self, kind: str) -> Verdict:
        self._rarely.warning(f"SIP: {kind} was dropped" if kind.startswith("a ") else f"SIP: {kind}: dropped")
        return DROP

    def _within(self, host: str, a_s: float, at_once: float) -> bool:
        budget = self._budgets.get(host)
        if budget is None:
            if len(self._budgets) >= MOST_HOSTS:
                self._budgets.popitem(last=False)
            budget = self._budgets[host] = _Budget(at_once, self._now())
        return budget.take(self._now(), a_s, at_once)


def _signs(data: str) -> bool:
    head = wellformed.read(wellformed.split(data)[0])
    return head is not None and (head.one("authorization") or "").lower().startswith("digest ")


def _explained(data: str, fault: wellformed.Fault) -> tuple[str, ...]:
    """The header that tells the far end what it may do instead (RFC 3261 sections 21.4.13, 21.4.15)."""
    if fault is wellformed.EXTENSION:
        head = wellformed.read(wellformed.split(data)[0])
        return (f"Unsupported: {', '.join(head.fields['require'])}",) if head else ()
    return ("Accept: application/sdp",) if fault in (wellformed.MEDIA_TYPE, wellformed.UNACCEPTABLE) else ()
