"""A dialog as text: what another process needs to go on with a leg after this one was killed.

JSON, about 1 kB with SDP. It holds numbers and addresses: seal it before it is stored.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sippy.SipCallId import SipCallId
from sippy.SipContact import SipContact
from sippy.SipFrom import SipFrom
from sippy.SipHeader import SipHeader
from sippy.SipResponse import SipResponse
from sippy.SipRoute import SipRoute
from sippy.SipTo import SipTo
from sippy.SipURL import SipURL

from civicline.voice.sip.api import Account, Trunk
from civicline.voice.sip.messages import body, sdp_of
from civicline.voice.sip.states import Agent

VERSION = 1
CSEQ_LEAP = 100
CSEQ_A_S = 10
"""More requests than a process sends in a dialog, at once and in a second: any number of them may have left since the
dialog was saved, by any number of processes that were killed. A far end refuses a CSeq that goes back, and minds no gap
(RFC 3261 section 12.2.2)."""
CSEQ_LEAP_MAX = 10_000_000  # the clock may have been set
CSEQ_MAX = 2**31 - 512  # and a call may have begun near the end of the numbers (section 8.1.1.5); some are left for it
INVITE_LIFE_S = 32.0  # 64 * T1: so long does a caller repeat its INVITE, RFC 3261 section 17.1.1


class DialogError(ValueError):
    """A saved dialog that cannot be read."""


@dataclass(frozen=True)
class Saved:
    at: float  # seconds since 1970, UTC
    incoming: bool
    call_id: str
    local: str
    remote: str
    target: str
    routes: tuple[str, ...]
    address: tuple[str, int]
    local_cseq: int
    remote_cseq: int | None
    contact: str
    local_sdp: str | None
    remote_sdp: str | None
    branch: str | None  # of the caller's INVITE
    response: str | None  # to the caller's INVITE, without its SDP; None once its ACK was seen
    account: str | None = None  # ours at the carrier, whose password signs what is challenged

    @property
    def unacknowledged(self) -> bool:
        """The caller may still wait for our 200: the process died before it saw an ACK."""
        return self.response is not None and time.time() - self.at < INVITE_LIFE_S


KNOWN = frozenset(each.name for each in fields(Saved))
"""Others are a later release's, from which this one was taken back."""
MAY_LACK = frozenset({"account"})
"""Fields that came later are not written where they say nothing, so that the release before reads the rest."""


def save(agent: Agent) -> bytes:
    """The fields of a dialog that has both its tags (an arriving call has, from its first moment)."""
    incoming = agent.origin == "caller"
    saved = Saved(
        at=time.time(),
        incoming=incoming,
        call_id=str(agent.cId),
        local=str(agent.lUri),
        remote=str(agent.rUri),
        target=str(agent.rTarget),
        routes=tuple(str(route) for route in agent.routes),
        address=tuple(agent.rAddr[0]),
        local_cseq=agent.lCSeq,
        remote_cseq=agent.rCSeq,
        contact=str(agent.lContact),
        local_sdp=sdp_of(agent.lSDP),
        remote_sdp=sdp_of(agent.rSDP),
        branch=agent.invite_branch,
        response=_template(agent) if incoming and not agent.acknowledged else None,
        account=agent.username,
    )
    return _written(saved)


def saved_again(saved: Saved) -> bytes:
    """Of a call that was taken up and has not been answered yet."""
    return _written(replace(saved, at=time.time()))


def _written(saved: Saved) -> bytes:
    body = {name: value for name, value in asdict(saved).items() if name not in MAY_LACK or value is not None}
    return json.dumps({"version": VERSION, **body}, separators=(",", ":")).encode()


def read(dialog: bytes) -> Saved:
    """Raises DialogError."""
    try:
        body = json.loads(dialog)
        version = body.pop("version")
        body["routes"] = tuple(body["routes"])
        body["address"] = tuple(body["address"])
        saved = Saved(**{name: value for name, value in body.items() if name in KNOWN})
    except (ValueError, TypeError, KeyError, AttributeError):
        raise DialogError("the saved dialog cannot be read: it is not what `dialog` returned") from None
    if version != VERSION:
        raise DialogError(f"the saved dialog is of version {version}; this release reads {VERSION}")
    return saved


def account_of(saved: Saved, trunks: Sequence[Trunk]) -> Account | None:
    """The account that signed the call, as it is now: its password is not saved. Of two carriers with the same user
    the one that the call goes to."""
    ours = [each for each in trunks if each.account is not None and each.account.user == saved.account]
    there = [each for each in ours if saved.address in each.reached_at]
    return next((each.account for each in (*there, *ours)), None)


def restore(saved: Saved, agent: Agent) -> None:
    """Fill an unused agent with a saved dialog and put it in the connected state."""
    agent.cId = SipCallId(saved.call_id)
    agent.lUri, agent.rUri = _parsed(SipFrom(saved.local)), _parsed(SipTo(saved.remote))
    agent.lTag = agent.lUri.getTag()
    agent.rTarget = SipURL(saved.target)
    agent.routes = [_parsed(SipRoute(route)) for route in saved.routes]
    agent.source = saved.address
    agent.rAddr = agent.rAddr0 = (saved.address, "udp")
    agent.lCSeq, agent.rCSeq = _cseq_after(saved), saved.remote_cseq
    agent.lContact = _parsed(SipContact(saved.contact))
    agent.lSDP, agent.rSDP = body(saved.local_sdp), body(saved.remote_sdp)
    agent.invite_branch = saved.branch
    agent.origin = "caller" if saved.incoming else "callee"
    agent.global_config["_sip_tm"].regConsumer(agent, saved.call_id)
    agent.changeState((agent.UaStateConnected,))


def _cseq_after(saved: Saved) -> int:
    leap = CSEQ_LEAP + CSEQ_A_S * max(0, int(time.time() - saved.at))
    return min(saved.local_cseq + min(leap, CSEQ_LEAP_MAX), CSEQ_MAX)


def pending_answer(saved: Saved, sdp: str, contact: Any) -> Any:
    """The 200 of an arriving call again, from the fields that were saved before it first left."""
    response = _pending(saved, 200, "OK")
    response.setBody(body(sdp))
    response.appendHeader(SipHeader(name="contact", body=contact))
    return response


def pending_refusal(saved: Saved, code: int, reason: str, headers: Sequence[Any] = ()) -> Any:
    """To an arriving call that the process which saved it has not answered."""
    response = _pending(saved, code, reason)
    response.appendHeaders(headers)
    return response


def _pending(saved: Saved, code: int, reason: str) -> Any:
    response = SipResponse(saved.response)
    response.setSCode(code, reason)
    return response


def _template(agent: Agent) -> str | None:
    return None if agent.uasResp is None else str(agent.uasResp)


def _parsed(header_body: Any) -> Any:
    header_body.parse()
    return header_body
