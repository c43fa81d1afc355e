"""Calls out and registration at a carrier on TCP, through Debian's Kamailio in the configuration of deploy/kamailio."""

from __future__ import annotations

from typing import Any

import pytest
from sip_app import App, sdp
from test_sip_carriers import KEYS, carrier

from peers import kamailio
from peers.kamailio import Kamailio
from peers.ports import eventually, free_udp
from peers.sipp import Sipp

BY_TCP = ("-t", "t1")


@pytest.fixture(autouse=True)
def has_kamailio() -> None:
    if not kamailio.installed():
        pytest.skip("apt-get install kamailio kamailio-tls-modules")


def behind(front: Kamailio, other: Sipp, **account: Any) -> dict[str, Any]:
    return carrier(other.address, **account) | {"through": list(front.udp), "transport": "tcp"}


def test_it_registers_and_is_to_be_called_at_kamailio() -> None:
    own = free_udp()
    with (
        Sipp("uas_registrar", keys=KEYS, args=BY_TCP) as registrar,
        Kamailio([("127.0.0.1", own)], waits=False) as front,
        App(port=own, carrier=behind(front, registrar, contact=list(front.tcp))),
    ):
        result = registrar.wait()
    assert result.ok, result.explain()
    signed = result.received("REGISTER")[1]
    assert "TCP" in str(signed.header("Via"))
    assert f"<sip:agency@{front.tcp[0]}:{front.tcp[1]};transport=tcp>" in str(signed.header("Contact"))


def test_a_call_out_comes_to_the_carrier_and_so_does_its_end() -> None:
    own = free_udp()
    with (
        Sipp("uas_challenges", keys=KEYS, args=BY_TCP) as other,
        Kamailio([("127.0.0.1", own)], waits=False) as front,
        App(port=own, carrier=behind(front, other, expires_s=0)) as app,
    ):
        app.do("call_out", leg="out-1", number="2025550143", sdp=sdp())
        assert "m=audio" in app.expect("answered", leg="out-1")["sdp"]
        eventually(lambda: other.saw("ACK"), what="the ACK")
        app.do("hang_up", leg="out-1")
        result = other.wait()
    assert result.ok, result.explain()
    invite = result.received("INVITE")[0]
    assert invite.start.startswith(f"INVITE sip:2025550143@127.0.0.1:{other.address[1]};transport=tcp")
    assert "TCP" in str(invite.header("Via"))


def test_the_ack_to_a_re_invite_comes_the_way_of_the_call() -> None:
    """The carrier's Contact cannot be reached by UDP."""
    with (
        App() as app,
        Kamailio([app.address]) as front,
        Sipp("uac_stays", front.tcp, args=BY_TCP) as caller,
    ):
        leg = app.expect("invited")["leg"]
        app.do("answer", leg=leg, sdp=sdp())
        app.do("reinvite", leg=leg, sdp=sdp(4800))
        assert app.expect("reinvited", leg=leg)["code"] == 200
        eventually(lambda: caller.saw("ACK"), what="the ACK")
        app.do("hang_up", leg=leg)
        result = caller.wait()
    assert result.ok, result.explain()
