"""The SIP endpoint: legs over Sippy's user agents and transactions (api.py says what each method does)."""

from __future__ import annotations

import time
from collections.abc import Callable, Set
from typing import Any

from sippy.SipCallId import SipCallId
from sippy.SipConf import SipConf
from sippy.SipURL import SipURL
from sippy.Udp_server import Udp_server_opts

from civicline.voice.rarely import EVERY_S
from civicline.voice.sip import dialog as dialogs
from civicline.voice.sip.api import Address, Bindings, DialogIds, Events, Options, Timer, Trunk
from civicline.voice.sip.arrivals import Arrivals
from civicline.voice.sip.carriers import Carriers
from civicline.voice.sip.door import Door
from civicline.voice.sip.legs import Asking, Leg, Phase, accept, goodbye, progress, refusal, retry_after
from civicline.voice.sip.loop import Loop
from civicline.voice.sip.messages import METHODS, body, contact, header, wire
from civicline.voice.sip.outbound import Outbound
from civicline.voice.sip.outcomes import Outcomes, after_restart
from civicline.voice.sip.quiet import NoMessages, rarely, silence
from civicline.voice.sip.registrar import Registrar
from civicline.voice.sip.states import Agent, Ring
from civicline.voice.sip.transactions import Transactions
from civicline.voice.sip.transport import SippySocket, Udp

ACK_WAIT_S = 1.5  # for the ACK to a 200 that is sent again; then the re-INVITE goes out all the same
UNREACHABLE = (480, "Temporarily Unavailable")


class SipEndpoint:
    def __init__(self, options: Options, events: Events, bindings: Bindings) -> None:
        self._options = options
        self._events = events
        self._legs: dict[str, Leg] = {}
        self._loop = Loop()
        self._outcomes = Outcomes(events, self._forget, self._loop.call_later)
        registrar = Registrar(options, bindings, events.registered, self._respond)
        self._door = Door(options, bindings, self._has_call, registrar.challenges, rarely, time.monotonic)
        self._arrivals = Arrivals(options, events, bindings, registrar, self._door, self._legs, self._agent)
        self._transactions = self._listen()
        self._outbound = Outbound(self._legs, self._agent, self._loop.call_later, self._forget)
        self._carriers = Carriers(options, self._transactions, self._own_address, self._loop.call_later)
        self._carriers.look()
        self._tell_log()

    @property
    def address(self) -> Address:
        """Where the endpoint listens; useful where the port was asked for as 0."""
        address: Address = self._server.address
        return address

    def dialog(self, leg: str) -> bytes | None:
        found = self._legs.get(leg)
        if found is None or found.phase is Phase.CALLING:
            return None
        return dialogs.save(found.agent) if found.unanswered is None else dialogs.saved_again(found.unanswered)

    def trying(self, leg: str) -> bool:
        found = self._legs.get(leg)
        if found is None or found.phase is not Phase.ARRIVING:
            return False
        self._transactions.tell_trying(found.agent.uasResp)
        return True

    def answer(self, leg: str, sdp: str) -> bool:
        found = self._legs.get(leg)
        if found and found.unanswered:
            return self._answer_again(found, sdp)
        if found is None or found.phase is not Phase.ARRIVING:
            return False
        found.phase, found.agreed_sdp, found.answered_here = Phase.UP, sdp, True
        found.tell(accept(sdp))
        return True

    def ring_back(self, leg: str, sdp: str | None = None) -> bool:
        return self._tell(leg, Phase.ARRIVING, progress(sdp))

    def refuse(self, leg: str, code: int, reason: str, retry_after_s: int | None = None) -> bool:
        found = self._legs.get(leg)
        if found is not None and found.waits and found.unanswered is not None:
            self._refuse_taken_up(
                found, dialogs.pending_refusal(found.unanswered, code, reason, retry_after(retry_after_s))
            )
            return True
        told = self._tell(leg, Phase.ARRIVING, refusal(code, reason, retry_after_s))
        if told:
            self._forget(self._legs[leg])
        return told

    def ring(
        self,
        leg: str,
        target: str,
        to_user: str,
        sdp: str,
        caller_id: str,
        ids: DialogIds,
        *,
        name: str = "",
        via: Address | None = None,
    ) -> bool:
        if leg in self._legs:
            return False
        uri = _udp_uri(target)
        if uri is None:
            self._loop.call_soon(lambda: self._events.failed(leg, *UNREACHABLE))
            return True
        agent = self._agent(leg, caller_id)
        agent.source = via or uri.getAddr()
        agent.rAddr = agent.rAddr0 = (agent.source, "udp")
        agent.lTag, agent.first_branch = ids.from_tag, ids.branch
        self._legs[leg] = Leg(leg, agent, Phase.CALLING)
        call = (SipCallId(ids.call_id), caller_id, to_user, body(sdp), None, wire(name) or None)
        event = Ring(call, target, uri.host, ids)
        event.extra_headers = (header("Allow", METHODS),)
        agent.recvEvent(event)
        return True

    def call_out(self, leg: str, number: str, sdp: str, trunk: Trunk, ids: Callable[[int], DialogIds]) -> bool:
        if leg in self._legs or not trunk.hosts:
            return False
        self._outbound.call(leg, number, sdp, trunk, ids)
        return True

    def acknowledge(self, leg: str) -> bool:
        found = self._legs.get(leg)
        return found is not None and found.agent.acknowledge()

    def hang_up(self, leg: str) -> bool:
        found = self._legs.get(leg)
        if found is None:
            return False
        if found.phase is Phase.ARRIVING or (found.waits and found.unanswered is not None):
            return self.refuse(leg, *UNREACHABLE)
        self._forget(found)
        found.tell(goodbye())
        return True

    def reinvite(self, leg: str, sdp: str) -> bool:
        found = self._legs.get(leg)
        if found and found.unanswered:
            found.waiting_sdp = sdp
            self._loop.call_later(ACK_WAIT_S, lambda: self._outcomes.next_offer(found))
            return self._answer_again(found, sdp)
        if found is None or found.phase is not Phase.UP:
            return False
        self._outcomes.offer_media(found, sdp, Asking.MEDIA)
        return True

    def keep_alive(self, leg: str) -> bool:
        found = self._legs.get(leg)
        if found is None or found.phase is not Phase.UP or found.agreed_sdp is None:
            return False
        self._outcomes.offer_media(found, found.agreed_sdp, Asking.ALIVE)
        return True

    def refer_over(self, leg: str, ok: bool) -> bool:
        found = self._legs.get(leg)
        if found is None or found.phase is not Phase.UP:
            return False
        found.agent.notify("200 OK" if ok else "603 Declined", over=True)
        return True

    def heard_from(self, leg: str) -> str:
        found = self._legs.get(leg)
        return found.agent.source[0] if found is not None and found.agent.source is not None else ""

    def rehydrate(self, leg: str, dialog: bytes, local_sdp: str = "", *, waits: bool = False) -> bool:
        """Raises DialogError for bytes that `dialog` did not make."""
        saved = dialogs.read(dialog)
        if leg in self._legs:
            return False
        agent = self._agent(leg)
        account = dialogs.account_of(saved, self._options.trunks())
        if account is not None:
            agent.setAuth(account.user, account.password)  # before the agent has a state
        dialogs.restore(saved, agent)
        unanswered = saved if saved.response is not None and (waits or saved.unacknowledged) else None
        found = self._legs[leg] = Leg(leg, agent, Phase.UP, unanswered=unanswered, waits=waits)
        said = local_sdp or saved.local_sdp
        if said:
            found.agree(after_restart(said, int(time.time())))
        return True

    def legs(self) -> Set[str]:
        return self._legs.keys()

    def half_open(self) -> int:
        return sum(leg.half_open for leg in self._legs.values())

    def call_soon(self, fn: Callable[[], None]) -> None:
        self._loop.call_soon(fn)

    def call_later(self, seconds: float, fn: Callable[[], None]) -> Timer:
        return self._loop.call_later(seconds, fn)

    def udp(self, listen: Address, on_datagram: Callable[[bytes, Address], None]) -> Udp:
        return Udp(self._loop, listen, on_datagram)

    def run(self) -> None:
        self._loop.run()

    def stop(self) -> None:
        self._loop.stop()

    def close(self) -> None:
        """Let the socket go, after `run` has returned. Legs stay as they are at the far ends."""
        self._transactions.shutdown()

    def _listen(self) -> Transactions:
        """Sippy finds its server, logger and manager in one dictionary that all its parts share."""
        options = self._options
        self._config: dict[str, Any] = {
            "_sip_address": options.listen[0],
            "_sip_port": options.listen[1],
            "_sip_logger": NoMessages(),
        }
        SipConf.my_uaname = options.agent
        bound = {
            "loop": self._loop,
            "advertise": options.advertise,
            "on_lost": staticmethod(lambda data, to: self._transactions.undeliverable(data, to)),
        }
        socket = type("BoundSocket", (SippySocket,), bound)
        Transactions.model_udp_server = (socket, Udp_server_opts)
        Transactions.nat_traversal = options.nat
        manager = Transactions(self._config, self._arrivals.request, options.admit, self._door, options.hold_trying)
        self._config["_sip_tm"] = manager
        self._server = manager.l4r.getServer(None)
        silence()
        return manager

    def _own_address(self) -> Address:
        return self._options.advertise or self.address

    def _respond(self, request: Any, transaction: Any, make: Callable[[], Any]) -> None:
        self._loop.call_soon(lambda: self._transactions.respond(request, transaction, make))

    def _has_call(self, call_id: str) -> bool:
        return self._transactions.has_call(call_id)

    def _tell_log(self) -> None:
        rarely.flush()
        self._loop.call_later(EVERY_S, self._tell_log)

    def _agent(self, leg: str, user: str = "") -> Agent:
        agent = Agent(self._config, self._event)
        agent.leg = leg
        agent.local_ua = self._options.agent
        agent.lContact = contact(user, self._own_address())
        agent.lTag = self._options.name_tag(leg)
        agent.holds_ack = self._options.hold_ack
        agent.on_ack = lambda: self._events.acknowledged(leg)
        agent.on_refer = lambda to_user: leg in self._legs and self._events.referred(leg, to_user)
        return agent

    def _event(self, event: Any, agent: Agent) -> None:
        leg = self._legs.get(agent.leg)
        if leg is not None and leg.agent is agent:
            self._outcomes.happened(leg, event)

    def _tell(self, leg: str, phase: Phase, event: Any) -> bool:
        found = self._legs.get(leg)
        if found is None or found.phase is not phase:
            return False
        found.tell(event)
        return True

    def _answer_again(self, leg: Leg, sdp: str) -> bool:
        saved, leg.unanswered = leg.unanswered, None
        leg.agree(sdp)
        if saved is None:
            return False
        again = dialogs.pending_answer(saved, sdp, leg.agent.lContact)
        self._transactions.repeat(again, lambda ack: self._acknowledged(leg))
        return True

    def _refuse_taken_up(self, leg: Leg, response: Any) -> None:
        """There is no dialog to end: its agent goes without a word."""
        self._transactions.repeat(response, lambda ack: None)
        self._forget(leg)
        leg.agent.forget()

    def _acknowledged(self, leg: Leg) -> None:
        leg.agent.acknowledged = True
        self._events.acknowledged(leg.name)
        self._outcomes.next_offer(leg)

    def _forget(self, leg: Leg) -> None:
        leg.phase = Phase.OVER
        if self._legs.get(leg.name) is leg:
            del self._legs[leg.name]


def _udp_uri(target: str) -> Any:
    """The SIP URI, or None where it cannot be reached by UDP."""
    try:
        uri = SipURL(target)
    except (ValueError, IndexError):
        return None
    return uri if uri.scheme == "sip" and str(uri.transport or "udp").lower() == "udp" and uri.host else None
