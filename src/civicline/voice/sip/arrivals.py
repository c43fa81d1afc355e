"""Requests outside any dialog: who may call, who registers, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from civicline.voice.sip.api import Bindings, Events, Invite, Options, Trunk
from civicline.voice.sip.door import Door
from civicline.voice.sip.legs import Leg, Phase
from civicline.voice.sip.messages import METHODS, SDP_TYPE, header, readable, reply, sdp_of, tokens
from civicline.voice.sip.quiet import report
from civicline.voice.sip.registrar import Registrar
from civicline.voice.sip.states import IN_DIALOG, UNKNOWN, Agent

USER = re.compile(r"\bsips?:([^@:;>\s]+)(?::[^@:;>\s]*)?@", re.I)
ANONYMOUS = ("anonymous", "restricted", "unavailable", "unknown", "")

NewAgent = Callable[[str], Agent]


class Arrivals:
    def __init__(
        self,
        options: Options,
        events: Events,
        bindings: Bindings,
        registrar: Registrar,
        door: Door,
        legs: dict[str, Leg],
        new_agent: NewAgent,
    ) -> None:
        self._options = options
        self._events = events
        self._bindings = bindings
        self._registrar = registrar
        self._door = door
        self._legs = legs
        self._new_agent = new_agent

    def request(self, request: Any, transaction: Any) -> Any:
        """Sippy's callback: returns (response, on_cancel, on_no_ack), or None to say nothing.
        Without a response there, it comes later."""
        method = request.getMethod()
        if request.getHFBody("to").getTag() is not None:
            return _only(reply(request, 481, "Call/Transaction Does Not Exist"))
        if method == "INVITE":
            return self._invite(request, transaction)
        if method == "REGISTER":
            return _only(self._registrar.answer(request, transaction))
        return _only(_other(request, method))

    def _invite(self, request: Any, transaction: Any) -> Any:
        trunk = self._door.trunk(request.getSource()[0])
        refused = self._refusal(request, trunk)
        if refused is not None or trunk is None:
            return _only(refused)
        invite = self._read(request, trunk)
        known = self._legs.get(invite.leg)
        if known is not None:
            return self._known(request, known, transaction)
        agent = self._new_agent(invite.leg)
        agent.invite_branch = request.getHFBody("via").getBranch()
        agent.source = request.getSource()
        self._legs[invite.leg] = Leg(invite.leg, agent, Phase.ARRIVING)
        return self._start(agent, invite, request, transaction)

    def _start(self, agent: Agent, invite: Invite, request: Any, transaction: Any) -> Any:
        """Sippy answers 100 and would hand its own event on: ours says more, so it takes that place. Where it stumbles
        over the request, no leg may stay, nor the dialog that it knows by then."""
        usual = agent.event_cb
        agent.event_cb = lambda event, _: self._announce(agent, usual, invite)
        try:
            return agent.recvRequest(request, transaction)
        except Exception as error:
            self._legs.pop(invite.leg, None)
            unread = agent.state.sname == "Idle(UAS)"
            agent.forget()
            if not unread:
                raise  # the application could not take it: the INVITE that is sent again may find it able to
            report("an INVITE could not be read", error)
            return _only(reply(request, 400, "Bad Request"))

    def _announce(self, agent: Agent, usual: Any, invite: Invite) -> None:
        agent.event_cb = usual
        self._events.invited(invite)

    def _refusal(self, request: Any, trunk: Trunk | None) -> Any:
        if self._bindings.user_at(request.getSource()) is not None:
            return reply(request, 403, "Calls are made from the desk")
        if trunk is None:
            return reply(request, 403, "Not from a known carrier")
        if request.countHFs("contact") != 1:
            return reply(request, 400, "An INVITE needs one Contact")
        return None

    def _known(self, request: Any, leg: Leg, transaction: Any) -> Any:
        """The INVITE of a leg that was taken up after a restart is answered when the leg is; any other one
        with the same names came by a second way (RFC 3261 section 8.2.2.2). Its transaction is not kept: it would be
        for as long as Expires says, and end the call then."""
        if leg.agent.invite_branch == request.getHFBody("via").getBranch():
            transaction.teE.cancel()
            transaction.teE = None
            return None
        return _only(reply(request, 482, "Loop Detected"))

    def _read(self, request: Any, trunk: Trunk) -> Invite:
        caller = request.getHFBody("from")
        call_id, from_tag = str(request.getHFBody("call-id")), caller.getTag() or ""
        from_user = readable(caller.getUrl().username)
        return Invite(
            leg=self._options.name_leg(call_id, from_tag),
            call_id=call_id,
            from_tag=from_tag,
            from_user=from_user,
            from_name=readable(caller.getUri().name),
            to_user=self._called(request),
            asserted_user=_asserted(request),
            private="id" in tokens(request, "privacy") or from_user.lower() in ANONYMOUS,
            source=request.getSource(),
            sdp=sdp_of(request.getBody()),
            trunk=trunk.name,
        )

    def _called(self, request: Any) -> str:
        """The number that was dialled. A carrier at which we registered may call our Contact, and tell the number as
        RFC 7315 section 4.2 says, or in To alone."""
        user = readable(request.getRURI().username)
        host = request.getSource()[0]
        ours = {trunk.account.user for trunk in self._options.trunks() if trunk.account and trunk.has(host)}
        if user not in ours:
            return user
        told = [USER.search(str(found.getBody())) for found in request.getHFs("p-called-party-id")]
        to = readable(request.getHFBody("to").getUrl().username)
        return next((found[1] for found in told if found), to) or user


def _other(request: Any, method: str) -> Any:
    allow = header("Allow", METHODS)
    if method == "OPTIONS":
        return reply(request, 200, "OK", allow, header("Accept", SDP_TYPE))
    if method == "BYE":
        return reply(request, 481, "Call/Transaction Does Not Exist")
    code, reason = (405, "Method Not Allowed") if method in IN_DIALOG else UNKNOWN
    return reply(request, code, reason, allow)


def _asserted(request: Any) -> str | None:
    for found in request.getHFs("p-asserted-identity"):
        user = found.getBody().getUrl().username
        if user:
            return readable(user)
    return None


def _only(response: Any) -> Any:
    return (response, None, None)
