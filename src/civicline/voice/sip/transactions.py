"""Sippy's transaction manager, with what a restarted or flooded process needs of it.

* Each datagram passes the door (door.py) first; new calls pass `admit` before anything is parsed. So is a request of a
  call that we do not hold refused: Sippy would keep its 481, and send it seven times. Calls that a restarted process
  takes up are held before it reads its first datagram.
* A request or response at which Sippy stumbles leaves no transaction behind. Sippy would keep it for ever.
* A response that belongs to no transaction is forgotten. Sippy remembers it as answered for 32 to 64 s, so a
  200 that a phone repeats while we restart would never be seen by the INVITE that is sent again.
* A 200 to an INVITE of a dialog that was taken up from another process gets the ACK that process owed.
* The 100 to a new call may wait until the call is stored.
* The ACK to a 200 within a call goes the way of the call.
* A request that ICMP reports undeliverable ends its transaction at once instead of after 32 s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import md5
from typing import Any

from sippy.SipHeader import SipHeader
from sippy.SipRequest import SipRequest
from sippy.SipResponse import SipResponse
from sippy.SipTransactionManager import COMPLETED, RINGING, TRYING, SipTransaction, SipTransactionManager
from sippy.Time.MonoTime import MonoTime
from sippy.Time.Timeout import Timeout

from civicline.voice.sip import stateless
from civicline.voice.sip.api import Address
from civicline.voice.sip.door import DROP, PASS, RESPONSE, Door
from civicline.voice.sip.loop import guarded
from civicline.voice.sip.quiet import report
from civicline.voice.sip.transport import is_literal, text_of
from civicline.voice.sip.wellformed import mended

T1_S = 0.5  # RFC 3261 section 17.1.1.1
NO_SUCH_CALL = (481, "Call/Transaction Does Not Exist")
UNREAD = (502, "Bad Gateway")
TAKEN = re.compile(r"SIP/2\.0 2\d\d .*\r\n(?s:.*?)^CSeq[ \t]*:[ \t]*\d+[ \t]+INVITE", re.I | re.M)
BRANCH = re.compile(r"branch=(z9hG4bK[^;,\s]+)")


class Transactions(SipTransactionManager):  # type: ignore[misc]
    def __init__(
        self,
        config: dict[str, Any],
        on_request: Callable[[Any, Any], Any],
        admit: Callable[[], int | None],
        door: Door,
        hold_trying: bool = False,
    ) -> None:
        self._admit = admit
        self._hold_trying = hold_trying
        self._door = door
        super().__init__(config, on_request)

    def handleIncoming(self, data_in: str, ra: Any, server: Any, rtime: Any) -> None:  # noqa: N802 (Sippy's name)
        source = ra.address
        verdict = self._door.judge(data_in, source)
        if verdict is not PASS:
            if verdict != DROP:
                server.send_to(verdict, stateless.way_back(data_in, source))
            return
        if data_in.startswith(RESPONSE):
            self._forget(data_in)
            if TAKEN.match(data_in):
                self._acknowledge_stray(data_in, source)
        elif self._refused_unread(data_in, source, server):
            return
        if not (data_in.startswith("ACK ") and stateless.ACK_MARK in data_in):
            super().handleIncoming(mended(data_in), ra, server, rtime)

    def incomingRequest(self, msg: Any, checksum: bytes, tids: Any, server: Any) -> None:  # noqa: N802 (Sippy's name)
        via = msg.getHFBody("via")
        if "received" in via.params:  # never where a sender says, always where it sends from
            via.params["received"] = msg.getSource()[0]
        try:
            super().incomingRequest(msg, checksum, tids, server)
        except Exception as error:
            report("a SIP request could not be handled", error)
            self._abandon(msg)

    def respond(self, request: Any, transaction: Any, make: Callable[[], Any]) -> None:
        """To a request that had to wait for its answer, which `make` makes."""
        try:
            self.sendResponse(make(), transaction)
        except Exception as error:
            report("a SIP request could not be handled", error)
            self._abandon(request)

    def has_call(self, call_id: str) -> bool:
        """Whether a dialog of ours, or a request that we sent, has that Call-ID."""
        return call_id in self.req_consumers

    def newTransaction(self, msg: Any, *args: Any, **more: Any) -> Any:  # noqa: N802 (Sippy's name)
        """All goes out by UDP. Sippy takes the far end's word for it, but only in small letters (RFC 3261 section 7.3.1
        makes it case-insensitive, and SIPp writes `transport=UDP`)."""
        msg.setTarget((msg.getTarget()[0], "udp"))
        return super().newTransaction(msg, *args, **more)

    def transmitReq(self, t: Any, msg: Any, address: Address, *rest: Any) -> None:  # noqa: N802 (Sippy's name)
        """An ACK to a far end whose Contact is a name goes where the INVITE went."""
        super().transmitReq(t, msg, address if is_literal(address[0]) else t.address, *rest)

    def sendACK(self, t: Any) -> None:  # noqa: N802 (Sippy's name)
        """Nothing once the far end has given up waiting."""
        if t.state in (TRYING, RINGING) or t.teG is not None:
            super().sendACK(t)

    def sendResponse(self, resp: Any, *args: Any, **more: Any) -> None:  # noqa: N802 (Sippy's name)
        """The 100 to a new call waits for `tell_trying` where `hold_trying` is set: a caller who has it does not send
        the INVITE again (RFC 3261 section 17.1.1.2), so it must not leave before the call is stored."""
        is_first = resp.getSCode()[0] == 100 and resp.getHFBody("to").getTag() is None
        if not (is_first and self._hold_trying):
            super().sendResponse(resp, *args, **more)

    def tell_trying(self, response: Any) -> None:
        """Send that 100."""
        super().sendResponse(response)

    def incomingResponse(self, msg: Any, t: Any, checksum: Any) -> None:  # noqa: N802 (Sippy's name)
        """The ACK to a 200 within a call goes the way of the call (RFC 3261 section 12.2.1.1). Sippy reads the way from
        the response, where a proxy that is on it need not name itself again."""
        if t.needack and not _first_invite(t) and 200 <= msg.getSCode()[0] < 300:
            msg.delHFs("record-route")
            way = reversed(t.cancel.getHFBodys("route"))
            msg.appendHeaders([SipHeader(name="record-route", body=each.getCopy()) for each in way])
        try:
            super().incomingResponse(msg, t, checksum)
        except Exception as error:
            report("a SIP response could not be handled", error)
            self._fail(msg, t, checksum)

    def undeliverable(self, data: bytes, to: Address) -> None:
        """ICMP said that nobody listens there: an INVITE which nobody has answered yet has failed."""
        branch = BRANCH.search(text_of(data))
        for transaction in list(self.tclient.values()):
            if branch and transaction.method == "INVITE" and transaction.tid[-1] == branch[1]:
                self._give_up(transaction)

    def repeat(self, response: Any, on_ack: Callable[[Any], None]) -> None:
        """Send a final response that another process had sent or owed, until its ACK comes or 32 s are over."""
        t = SipTransaction()
        t.tid = response.getTId(wTTG=True)
        t.method, t.needack, t.state = "INVITE", True, COMPLETED
        t.ack_cb, t.noack_cb = on_ack, None
        t.userv = self.l4r.getServer(None)
        t.data = response.localStr(t.userv.getSIPaddr())
        t.address, t.tout = response.getHFBody("via").getTAddr(), T1_S
        t.teA, t.teD = Timeout(self.timerA, T1_S, 1, t), Timeout(self.timerD, 64 * T1_S, 1, t)
        self.tserver[t.tid] = t
        self.transmitData(t.userv, t.data, t.address)

    def _give_up(self, transaction: Any) -> None:
        if transaction.state is TRYING and transaction.teB is not None and _first_invite(transaction):
            transaction.teB.cancel()
            self.timerB(transaction)

    def _fail(self, response: Any, t: Any, checksum: Any) -> None:
        """After a final response at which Sippy stumbled: the far end is told that it is over, and our side that it has
        failed. What comes before a final response, and cannot be read, changes nothing."""
        if response.getSCode()[0] < 200 or self.tclient.pop(t.tid, None) is None:
            return
        _stop(t.teA, t.teB)
        if t.needack:
            guarded(partial(self._take_leave, response, t, checksum))
        if t.resp_cb is not None:
            failure = t.r408
            failure.setSCode(*UNREAD)
            failure.rtime = MonoTime()
            guarded(partial(t.resp_cb, failure) if t.cb_ifver == 1 else partial(t.resp_cb, failure, t))
        t.cleanup()

    def _take_leave(self, response: Any, t: Any, checksum: Any) -> None:
        """Its ACK; and a BYE where the far end now believes that we talk. Both go where the INVITE went."""
        ack, is_first, is_taken = t.ack, _first_invite(t), response.getSCode()[0] < 300
        ack.getHFBody("to").setTag(response.getHFBody("to").getTag())
        routes = t.cancel.getHFBodys("route")
        ack.appendHeaders([SipHeader(name="route", body=each.getCopy()) for each in routes])
        if is_taken:
            ack.getHFBody("via").genBranch()
        self.transmitReq(t, ack, t.address, checksum)
        if is_first and is_taken:
            self.newTransaction(_bye_after(ack, routes, t.address))

    def _acknowledge_stray(self, data: str, source: Address) -> None:
        """A phone repeats the 200 whose ACK the killed process still owed it (RFC 3261 section 13.2.2.4)."""
        if self._is_cached(data):
            return  # Sippy repeats the ACK itself
        try:
            response = SipResponse(data)
            stray = response.getTId(wCSM=True, wBRN=True) not in self.tclient
        except Exception as error:
            report("a SIP response was dropped", error)
            return
        for consumer in self.req_consumers.get(str(response.getHFBody("call-id")), ()) if stray else ():
            if consumer.cobj.answered_by(response):
                ack = consumer.cobj.acknowledgement(response.getHFBody("cseq").getCSeqNum())
                self.transmitMsg(self.l4r.getServer(source), ack, consumer.cobj.rAddr[0], None)

    def _is_cached(self, data: str) -> bool:
        checksum = _checksum(data)
        return checksum in self.l1rcache or checksum in self.l2rcache

    def _forget(self, data: str) -> None:
        checksum = _checksum(data)
        for cache in (self.l1rcache, self.l2rcache):
            seen = cache.get(checksum)
            if seen is not None and seen.data is None:
                del cache[checksum]

    def _abandon(self, request: Any) -> None:
        """Forget the transaction of a request whose handling failed half way, with its timers."""
        found = self.tserver.pop(request.getTId(wBRN=True), None)
        if found is not None:
            _stop(found.teA, found.teD, found.teE, found.teF)
            found.cleanup()

    def _refused_unread(self, data: str, source: Address, server: Any) -> bool:
        """A request of a call that we do not hold, or a call that is one too many, is answered and not remembered. What
        was answered before gets the same again; an ACK gets nothing, and ends what waits for it."""
        if data.startswith("ACK ") or self._is_cached(data):
            return False
        refusal = self._refusal(data, source)
        if refusal is None:
            return False
        if refusal != DROP:
            server.send_to(refusal, stateless.way_back(data, source))
        return True

    def _refusal(self, data: str, source: Address) -> str | None:
        if stateless.has_to_tag(data):
            is_ours = self.has_call(stateless.call_id(data))
            return None if is_ours else stateless.answer(data, source, *NO_SUCH_CALL) or DROP
        retry_after_s = self._admit() if data.startswith("INVITE ") else None
        if retry_after_s is None:
            return None
        busy = stateless.answer(data, source, 503, "Service Unavailable", f"Retry-After: {retry_after_s}")
        return busy or DROP


def _checksum(data: str) -> bytes:
    return md5(data.encode()).digest()  # noqa: S324 (Sippy's cache key, not a secret)


def _stop(*timers: Any) -> None:
    for timer in timers:
        if timer is not None:
            timer.cancel()


def _bye_after(ack: Any, routes: Sequence[Any], to: Address) -> Any:
    return SipRequest(
        method="BYE",
        ruri=ack.getRURI(),
        to=ack.getHFBody("to").getCopy(),
        fr0m=ack.getHFBody("from").getCopy(),
        cseq=ack.getHFBody("cseq").getCSeqNum() + 1,
        callid=ack.getHFBody("call-id"),
        routes=routes,
        target=(to, "udp"),
        user_agent=ack.user_agent,
    )


def _first_invite(transaction: Any) -> bool:
    return transaction.ack.getHFBody("to").getTag() is None
