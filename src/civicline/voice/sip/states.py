"""Sippy's user agent with the states changed where a call centre needs another answer.

What is changed, and why:
  Connected   an INVITE without SDP asks the application for an offer (Sippy: invents a hold and may crash);
              our own offer is always sent (Sippy: not when it equals the last one, so no keep-alive);
  every 200   its ACK is awaited, and brings the answer to such an offer (Sippy: waits only if told, and
              then forgets the far end's SDP);
  a 200 to us where `holds_ack` is set, its ACK waits for `acknowledge` (Sippy: sends it at once). Until then the
              phone repeats its 200, so that a process that took this one's place gets it, too;
  Connected   REFER asks the application, and NOTIFY tells what became of it (Sippy: hangs up);
  any state   INFO, OPTIONS and unknown methods are answered by IN_DIALOG (Sippy: no response at all).
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from sippy.CCEvents import CCEventConnect, CCEventTry, CCEventUpdate
from sippy.MsgBody import MsgBody
from sippy.SipContentType import SipContentType
from sippy.SipRequest import SipRequest
from sippy.SipURL import SipURL
from sippy.Time.Timeout import Timeout
from sippy.UA import UA
from sippy.UaStateConnected import UaStateConnected

from civicline.voice.sip.api import Address, DialogIds
from civicline.voice.sip.messages import METHODS, header, readable, reply
from civicline.voice.sip.transport import is_literal

LEFT_TO_SIPPY = ("INVITE", "BYE")
BEFORE_THE_200 = ("Trying(UAC)", "Ringing(UAC)")
SIGNING = (*BEFORE_THE_200, "Updating(UAC)")
BEFORE_THE_ACK = ("Trying(UAC)", "Ringing(UAC)", "Cancelling(UAC)", "Updating(UAC)")
IN_DIALOG = {
    "OPTIONS": (200, "OK"),
    "INFO": (200, "OK"),
    "REFER": (403, "Transfers are made at the desk"),
    "UPDATE": (405, "Method Not Allowed"),
    "PRACK": (405, "Method Not Allowed"),
    "MESSAGE": (405, "Method Not Allowed"),
    "NOTIFY": (405, "Method Not Allowed"),
    "SUBSCRIBE": (405, "Method Not Allowed"),
    "PUBLISH": (405, "Method Not Allowed"),
    "REGISTER": (405, "Method Not Allowed"),
}
UNKNOWN = (501, "Not Implemented")
SIPFRAG = SipContentType("message/sipfrag")
DIGITS = ("application/dtmf-relay", "application/dtmf")


class Connected(UaStateConnected):  # type: ignore[misc]
    def _invited(self, request: Any) -> Any:
        if request.getBody() is not None:
            return self._recvRequestInvite(request)
        ua = self.ua
        ua.uasResp = request.genResponse(100, "Trying", server=ua.local_ua)
        ua.global_config["_sip_tm"].sendResponse(ua.uasResp)
        ua.offers_in_200 = ua.acknowledged = True
        ua.equeue.append(CCEventUpdate(None, rtime=request.rtime, origin=ua.origin))
        return (ua.UasStateUpdating,)

    def _offer(self, event: Any, extra_headers: Any) -> Any:
        ua = self.ua
        ua.lSDP = event.getData()
        ua.newUacTransaction(ua.genRequest("INVITE", ua.lSDP, extra_headers=extra_headers))
        return (ua.UacStateUpdating,)

    recv_request_handlers = UaStateConnected.recv_request_handlers | {"INVITE": _invited}
    recv_event_handlers = UaStateConnected.recv_event_handlers | {CCEventUpdate: _offer}


class Agent(UA):  # type: ignore[misc]
    """One dialog. `leg` is its name; `lost` says that it ended without a word from the far end."""

    UaStateConnected = Connected

    leg: str = ""
    lost = False
    offers_in_200 = False
    acknowledged = False
    on_ack: Callable[[], None] | None = None  # of a 200 of ours
    first_branch: str | None = None  # of the next INVITE
    holds_ack = False
    on_refer: Callable[[str], bool] | None = None
    owed: Any = None  # the transaction of an INVITE that was answered and not acknowledged yet
    invite_branch: str | None = None  # of an arriving INVITE, to know it again
    source: Address | None = None  # where the far end was heard, or is rung
    _next_hop: Any = None

    @property
    def rAddr(self) -> Any:  # noqa: N802 (Sippy's name)
        """Where the dialog's requests go, with the transport. A far end that names itself by a host name in its Contact
        or Record-Route is answered where it sends from: to look a name up, every call would have to wait."""
        return self._next_hop

    @rAddr.setter
    def rAddr(self, to: Any) -> None:  # noqa: N802 (Sippy's name)
        is_name = to is not None and self.source is not None and not is_literal(to[0][0])
        self._next_hop = (self.source, to[1]) if is_name else to

    def recvRequest(self, req: Any, sip_t: Any) -> Any:  # noqa: N802 (Sippy's name)
        method = req.getMethod()
        if method == "INVITE":
            self.source = req.getSource()
        if method in LEFT_TO_SIPPY:
            return super().recvRequest(req, sip_t)
        if method == "REFER" and self.isConnected() and self.on_refer is not None:
            return (self._refer(req, self.on_refer), None, None)
        code, reason = IN_DIALOG.get(method, UNKNOWN)
        body = req.getBody()
        if method == "INFO" and body is not None and body.getType() not in DIGITS:
            code, reason = 415, "Unsupported Media Type"
        return (reply(req, code, reason, header("Allow", METHODS)), None, None)

    def _refer(self, req: Any, ask: Callable[[str], bool]) -> Any:
        """RFC 3515: 202 and a first NOTIFY, or a refusal. With Replaces (RFC 3891) it is another call that is meant."""
        url = _refer_to(req)
        if url is None:
            return reply(req, 400, "A REFER needs one Refer-To with a SIP URI")
        if url.headers or not ask(readable(url.username)):
            return reply(req, 603, "Not one of those to whom calls are passed on")
        Timeout(self.notify, 0, 1, "100 Trying")
        return reply(req, 202, "Accepted")

    def notify(self, status: str, over: bool = False) -> None:
        """Tell what becomes of a REFER, as a message/sipfrag (RFC 3420)."""
        state = "terminated;reason=noresource" if over else "active;expires=60"
        told = (header("Event", "refer"), header("Subscription-State", state))
        fragment = MsgBody(f"SIP/2.0 {status}\r\n", mtype=SIPFRAG)
        super().newTransaction(self.genRequest("NOTIFY", fragment, extra_headers=told))

    def recvResponse(self, resp: Any, tr: Any) -> None:  # noqa: N802 (Sippy's name)
        taken = 200 <= resp.getSCode()[0] < 300
        if taken and resp.getHFBody("cseq").method == "INVITE":
            self.source = resp.getSource()
        if self.holds_ack and taken and self.state.sname in BEFORE_THE_200:
            tr.uack, self.owed = True, tr
        super().recvResponse(resp, tr)

    def processChallenge(self, resp: Any, cseq: int, asks: str, answers: str, more: Any) -> bool:  # noqa: N802 (Sippy's name)
        """Sippy would send the signed INVITE before the ACK to the challenge, and draw its branch by lot. Sent again
        after a restart it must be the same one to whoever rings by it (RFC 3261 section 17.2.3)."""
        known = self.username is not None and not self.reqs[cseq].countHFs(answers)
        if not known or not any(found.supportedAlgorithm()[0] for found in resp.getHFBodys(asks)):
            return False
        sign = super().processChallenge
        branch = _signed(self.reqs[cseq].getHFBody("via").getBranch())

        def due() -> None:
            if self.state.sname in SIGNING:
                self.first_branch = branch
                sign(resp, cseq, asks, answers, more)

        Timeout(due, 0)
        return True

    def acknowledge(self) -> bool:
        """Send the ACK that was held back; False when none was."""
        owed, self.owed = self.owed, None
        if owed is not None:
            self.global_config["_sip_tm"].sendACK(owed)
        return owed is not None

    def genRequest(self, method: str, *args: Any, **kwargs: Any) -> Any:  # noqa: N802 (Sippy's name)
        request = super().genRequest(method, *args, **kwargs)
        if method == "INVITE" and self.first_branch:
            request.getHFBody("via").setParam("branch", self.first_branch)
            self.first_branch = None
        return request

    def sendUasResponse(self, scode: int, *args: Any, **kwargs: Any) -> None:  # noqa: N802 (Sippy's name)
        kwargs["ack_wait"] = 200 <= scode < 300
        super().sendUasResponse(scode, *args, **kwargs)

    def recvACK(self, req: Any) -> None:  # noqa: N802 (Sippy's name)
        self.acknowledged = True
        if self.offers_in_200 and self.isConnected():
            self.offers_in_200 = False
            self.rSDP = req.getBody()
            self.emitEvent(CCEventConnect((200, "OK", self.rSDP), rtime=req.rtime, origin=self.origin))
        if self.on_ack:
            self.on_ack()

    def newTransaction(self, req: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N802 (Sippy's name)
        """Sippy tells the agent of a 200 before it sends the ACK: a BYE of that moment would overtake it."""
        if req.getMethod() == "BYE":
            self.acknowledge()
        if req.getMethod() == "BYE" and self.state.sname in BEFORE_THE_ACK:
            Timeout(super().newTransaction, 0, 1, req)
            return None
        return super().newTransaction(req, *args, **kwargs)

    def answered_by(self, response: Any) -> bool:
        """Whether a 200 to an INVITE belongs to this dialog, which we began."""
        tags = response.getHFBody("from").getTag(), response.getHFBody("to").getTag()
        return self.isConnected() and tags == (self.lUri.getTag(), self.rUri.getTag())

    def acknowledgement(self, cseq: int) -> Any:
        return SipRequest(
            method="ACK",
            ruri=self.rTarget,
            to=self.rUri,
            fr0m=self.lUri,
            cseq=cseq,
            callid=self.cId,
            routes=self.routes,
            target=self.rAddr,
            user_agent=self.local_ua,
        )

    def forget(self) -> None:
        """Out of Sippy's tables, without a word, whatever the state."""
        if self.cId is not None:
            self.changeState((self.UaStateDead,))

    def disconnect(self, *args: Any, **kwargs: Any) -> None:
        """Sippy calls this where no ACK came and where a timer of its own ran out."""
        self.lost = True
        super().disconnect(*args, **kwargs)


def _refer_to(request: Any) -> Any:
    """The URI; None where there is not one that can be read. Sippy raises whatever it stumbles over: for tel: a
    ValueError, and the phone would wait 32 s for an answer."""
    if request.countHFs("refer-to") != 1:
        return None
    try:
        return request.getHFBody("refer-to").getUrl()
    except Exception:
        return None


def _signed(branch: str) -> str:
    """The branch of an INVITE that repeats a challenged one with a signature."""
    return "z9hG4bK" + sha256(f"{branch} signed".encode()).hexdigest()[:24]


class Ring(CCEventTry):  # type: ignore[misc]
    """The event that sends the first INVITE, with names that were chosen before."""

    def __init__(self, data: Any, target: str, to_host: str, ids: DialogIds) -> None:
        super().__init__(data)
        self._target, self._to_host, self._ids = target, to_host, ids

    def onUacSetupComplete(self, uac: Any) -> None:  # noqa: N802 (Sippy's name)
        uac.rTarget = SipURL(self._target)
        uac.rUri.getUrl().host = self._to_host
        uac.lCSeq = self._ids.cseq
