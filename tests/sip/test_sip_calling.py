"""Calls that we make, with SIPp as the phone."""

from __future__ import annotations

from sip_app import IDS, App, sdp

from peers.ports import eventually, free_udp
from peers.sipp import Sipp


def test_a_phone_answers_and_we_hang_up(app: App) -> None:
    with Sipp("uas_answers", args=("-d", "50")) as phone:
        app.ring("offer-1", phone.address)
        app.expect("ringing", leg="offer-1")
        answered = app.expect("answered", leg="offer-1")
        assert "m=audio" in answered["sdp"]
        app.do("hang_up", leg="offer-1")
        result = phone.wait()
    assert result.ok, result.explain()
    invite = result.received("INVITE")[0]
    assert invite.header("Call-ID") == IDS["call_id"]
    assert invite.header("CSeq") == "7 INVITE"
    assert "branch=" + IDS["branch"] in invite.header("Via")
    assert invite.header("From").endswith("tag=" + IDS["from_tag"])
    assert invite.start.startswith("INVITE sip:phone@127.0.0.1")


def test_the_phone_hangs_up(app: App) -> None:
    with Sipp("uas_hangs_up", args=("-d", "50")) as phone:
        app.ring("offer-1", phone.address)
        app.expect("answered")
        assert app.expect("ended", leg="offer-1")["by"] == "bye"
        result = phone.wait()
    assert result.ok, result.explain()


def test_a_busy_phone(app: App) -> None:
    with Sipp("uas_refuses", code=486) as phone:
        app.ring("offer-1", phone.address)
        assert app.expect("failed", leg="offer-1")["code"] == 486
        result = phone.wait()
    assert result.ok, result.explain()


def test_nobody_answers_and_we_cancel(app: App) -> None:
    with Sipp("uas_rings") as phone:
        app.ring("offer-1", phone.address)
        app.expect("ringing")
        app.do("hang_up", leg="offer-1")
        result = phone.wait()
    assert result.ok, result.explain()
    assert app.do("legs") == []


def test_an_answer_that_crosses_our_cancel_gets_ack_and_bye(app: App) -> None:
    with Sipp("uas_crosses") as phone:
        app.ring("offer-1", phone.address)
        app.expect("ringing")
        app.do("hang_up", leg="offer-1")
        result = phone.wait()
    assert result.ok, result.explain()
    assert app.count("answered") == 0


def test_a_phone_that_is_gone_fails_at_once(app: App) -> None:
    app.ring("offer-1", ("127.0.0.1", free_udp()))
    assert app.expect("failed", leg="offer-1")["code"] == 408


def test_a_target_that_udp_cannot_reach_fails(app: App) -> None:
    arguments = {"to_user": "x", "sdp": sdp(), "caller_id": "1", "ids": IDS}
    app.do("ring", leg="offer-1", target="sip:x@127.0.0.1;transport=tcp", **arguments)
    assert app.expect("failed", leg="offer-1")["code"] == 480


def test_a_ring_survives_a_killed_process() -> None:
    with Sipp("uas_answers", args=("-d", "10000")) as phone:
        with App() as first:
            first.ring("offer-1", phone.address)
            first.expect("ringing")
            first.kill()
        with App(port=first.address[1]) as second:
            second.ring("offer-1", phone.address)
            second.expect("ringing")
            second.expect("answered")
            second.do("hang_up", leg="offer-1")
            result = phone.wait()
    assert result.ok, result.explain()
    assert result.stats["TotalCallCreated"] == "1"


def test_a_challenged_ring_survives_a_killed_process_too() -> None:
    """The carrier challenges the INVITE that is sent again; the signed one is again the very same but for the nonce:
    a retransmission to whoever rings by it (RFC 3261 section 17.2.3), not a second call."""
    keys = {"account": "agency", "secret": "s3cret"}
    account = {"user": "agency", "password": "s3cret"}
    with Sipp("uas_challenges_twice", keys=keys) as other:
        carrier = {"hosts": [list(other.address)], "account": account}
        with App(carrier=carrier) as first:
            first.do("call_out", leg="out-1", number="2025550143", sdp=sdp())
            first.expect("ringing")
            first.kill()
        with App(port=first.address[1], carrier=carrier) as second:
            second.do("call_out", leg="out-1", number="2025550143", sdp=sdp())
            second.expect("answered")
            eventually(lambda: other.saw("ACK", 3), what="the ACK to the answer")
            second.do("hang_up", leg="out-1")
            result = other.wait()
    assert result.ok, result.explain()
    signed = [each for each in result.received("INVITE") if each.header("Authorization")]
    assert len(signed) == 2
    for name in ("Via", "Call-ID", "CSeq", "From", "To"):
        assert len({each.header(name) for each in signed}) == 1, name
