"""Calls out by a carrier, which has several hosts: the next one is tried where one is away or cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sippy.SipCallId import SipCallId

from civicline.voice.sip.api import DialogIds, Timer, Trunk
from civicline.voice.sip.legs import Leg, Phase, goodbye
from civicline.voice.sip.messages import METHODS, body, header
from civicline.voice.sip.states import Agent, Ring

UNHEARD_S = 4.0
"""Without any response a host is away: the INVITE has been sent four times by then (RFC 3261 section 17.1.1.2)."""
ANONYMOUS = "anonymous"

IdsOf = Callable[[int], DialogIds]


class Outbound:
    def __init__(
        self,
        legs: dict[str, Leg],
        new_agent: Callable[[str, str], Agent],
        later: Callable[[float, Callable[[], None]], Timer],
        forget: Callable[[Leg], None],
    ) -> None:
        self._legs = legs
        self._new_agent = new_agent
        self._later = later
        self._forget = forget

    def call(self, name: str, number: str, sdp: str, trunk: Trunk, ids: IdsOf, host: int = 0) -> None:
        """INVITE by the trunk's host of that index."""
        address = trunk.hosts[host]
        caller_id = trunk.caller_id or ANONYMOUS
        agent = self._new_agent(name, caller_id)
        if trunk.account is not None:
            agent.setAuth(trunk.account.user, trunk.account.password)
        agent.source = trunk.through or address
        agent.rAddr = agent.rAddr0 = (agent.source, "udp")
        names = ids(host)
        agent.lTag, agent.first_branch = names.from_tag, names.branch
        leg = self._legs[name] = Leg(name, agent, Phase.CALLING)
        if host + 1 < len(trunk.hosts):
            leg.elsewhere = lambda: self.call(name, number, sdp, trunk, ids, host + 1)
            self._later(UNHEARD_S, lambda: self._go_on_if_unheard(leg))
        call = (SipCallId(names.call_id), caller_id, number, body(sdp), None, None)
        by = "" if trunk.transport == "udp" else f";transport={trunk.transport}"
        event: Any = Ring(call, f"sip:{number}@{address[0]}:{address[1]}{by}", address[0], names)
        event.extra_headers = (header("Allow", METHODS),)
        agent.recvEvent(event)

    def _go_on_if_unheard(self, leg: Leg) -> None:
        if leg.phase is Phase.CALLING and not leg.heard and leg.elsewhere is not None:
            self._forget(leg)
            leg.tell(goodbye())
            leg.elsewhere()
