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
OURS_A_S, OURS_AT_ONCE = 500.0, 1000.0
"""Of one host of ours, outside of any call that stands. A new call costs 1.2 ms until it is refused, so who forges a
carrier's address leaves a third of a core to the others. A carrier needs 200: two messages for each call that is
refused, at the 100 calls a second that one process can bridge."""
IN_CALLS_A_S, IN_CALLS_AT_ONCE = 1000.0, 2000.0
"""Of one host, in calls that stand: a storm of new calls must not cost those their ACK or BYE. Six a call are usual."""
MACHINE_A_S, MACHINE_AT_ONCE = 2000.0, 4000.0
"""Of this machine, whose address nobody outside can forge: the kernel drops it."""
MOST_HOSTS = 4096
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


class _Budgets:
    """One for each host; the host that was quiet for longest is forgotten first."""

    def __init__(self, a_s: float, at_once: float, now: Callable[[], float]) -> None:
        self._a_s = a_s
        self._at_once = at_once
        self._now = now
        self._of: OrderedDict[str, _Budget] = OrderedDict()

    def __contains__(self, host: str) -> bool:
        return host in self._of

    def take(self, host: str) -> bool:
        budget = self._of.get(host)
        if budget is None:
            if len(self._of) >= MOST_HOSTS:
                self._of.popitem(last=False)
            budget = self._of[host] = _Budget(self._at_once, self._now())
        self._of.move_to_end(host)
        return budget.take(self._now(), self._a_s, self._at_once)


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
        self._machine = _Budgets(MACHINE_A_S, MACHINE_AT_ONCE, now)
        self._ours = _Budgets(OURS_A_S, OURS_AT_ONCE, now)
        self._in_calls = _Budgets(IN_CALLS_A_S, IN_CALLS_AT_ONCE, now)
        self._strangers = _Budgets(STRANGER_A_S, STRANGER_AT_ONCE, now)
        self._all_strangers = _Budget(STRANGERS_AT_ONCE, now())
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
        ours = self._is_ours(host)
        if not ours and len(data) > LARGEST_OF_STRANGERS:
            return self._drop("a stranger's long message")
        in_call = self._has_call(stateless.call_id(data))
        if not ours and not in_call:
            return self._stranger(data, source)
        if not self._budgets(host, in_call).take(host):
            return self._drop("too many messages of one of our hosts")
        return self._response(data) if data.startswith(RESPONSE) else self._sound(data, source)

    def _is_ours(self, host: str) -> bool:
        return self.trunk(host) is not None or host in self._own or host in self._asked or self._bindings.knows(host)

    def _budgets(self, host: str, in_call: bool) -> _Budgets:
        if host in self._own:
            return self._machine
        return self._in_calls if in_call else self._ours

    def _response(self, data: str) -> Verdict:
        if wellformed.is_heavy(wellformed.split(data)[0]):
            return self._drop("a response with a header too long or too complicated")
        return PASS

    def _stranger(self, data: str, source: Address) -> Verdict:
        is_register = data.startswith("REGISTER ")
        if not is_register and not data.startswith("INVITE "):
            return self._drop("a stranger's message")
        if not self._one_more_of(source[0]):
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

    def _one_more_of(self, host: str) -> bool:
        """A host that has used its own up takes nothing from the others; a new one is remembered only while there is
        something left for all, so that forged addresses cannot push those out who are waiting."""
        if host in self._strangers:
            return self._strangers.take(host) and self._take_of_all()
        return self._take_of_all() and self._strangers.take(host)

    def _take_of_all(self) -> bool:
        return self._all_strangers.take(self._now(), STRANGERS_A_S, STRANGERS_AT_ONCE)


def _signs(data: str) -> bool:
    head = wellformed.read(wellformed.split(data)[0])
    return head is not None and (head.one("authorization") or "").lower().startswith("digest ")


def _explained(data: str, fault: wellformed.Fault) -> tuple[str, ...]:
    """The header that tells the far end what it may do instead (RFC 3261 sections 21.4.13, 21.4.15)."""
    if fault is wellformed.EXTENSION:
        head = wellformed.read(wellformed.split(data)[0])
        return (f"Unsupported: {', '.join(head.fields['require'])}",) if head else ()
    return ("Accept: application/sdp",) if fault in (wellformed.MEDIA_TYPE, wellformed.UNACCEPTABLE) else ()
