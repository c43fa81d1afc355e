"""Calls that come in, with SIPp as the carrier."""

from __future__ import annotations

import pytest
from sip_app import App, sdp

from peers.doubler import Doubler
from peers.sipp import Sipp


def test_a_call_is_answered_and_the_caller_hangs_up(app: App) -> None:
    with Sipp("uac_answered", app.address, service="5550199", args=("-d", "50")) as carrier:
        invite = app.expect("invited")
        assert invite["to_user"] == "5550199"
        assert invite["from_user"] == invite["asserted_user"] == "2025550143"
        assert invite["trunk"] == "carrier"
        assert app.do("dialog", leg=invite["leg"])
        assert app.do("ring_back", leg=invite["leg"])
        assert app.do("answer", leg=invite["leg"], sdp=sdp())
        assert app.expect("ended")["by"] == "bye"
        result = carrier.wait()
    assert result.ok, result.explain()
    assert app.do("legs") == []


@pytest.mark.parametrize(
    ("dialled", "called", "read"),
    [
        ("agency", "X-Nothing: 1", "5550199"),
        ("agency", "P-Called-Party-ID: <sip:5550100@carrier.example>", "5550100"),
        ("5550111", "P-Called-Party-ID: <sip:5550100@carrier.example>", "5550111"),
    ],
)
def test_a_carrier_calls_the_contact_that_we_registered(dialled: str, called: str, read: str) -> None:
    """RFC 3261 section 16.6: the request URI is our Contact then, and To keeps what was dialled."""
    account = {"user": "agency", "password": "s3cret"}
    keys = {"number": "5550199", "called": called}
    with (
        App(trunks=[], carrier={"hosts": [], "network": "127.0.0.0/8", "account": account}) as app,
        Sipp("uac_retargeted", app.address, service=dialled, code=404, keys=keys) as carrier,
    ):
        invite = app.expect("invited")
        assert invite["to_user"] == read
        app.do("refuse", leg=invite["leg"], code=404, reason="Not Found")
        result = carrier.wait()
    assert result.ok, result.explain()


def test_the_to_tag_is_the_one_that_was_chosen(app: App) -> None:
    with Sipp("uac_answered", app.address) as carrier:
        leg = app.expect("invited")["leg"]
        saved = app.do("dialog", leg=leg)
        app.do("answer", leg=leg, sdp=sdp())
        result = carrier.wait()
    tag = result.received("SIP/2.0 200")[0].header("To").split("tag=")[1]
    assert tag in saved


def test_doubled_datagrams_are_one_call(app: App) -> None:
    with Doubler(app.address) as network, Sipp("uac_answered", network.address, args=("-d", "50")) as carrier:
        leg = app.expect("invited")["leg"]
        app.do("answer", leg=leg, sdp=sdp())
        app.expect("ended", leg=leg)
        result = carrier.wait()
    assert result.ok, result.explain()
    assert network.doubled >= 3
    assert app.count("invited") == app.count("ended") == 1


def test_a_refused_caller_gets_the_code(app: App) -> None:
    with Sipp("uac_refused", app.address, code=486) as carrier:
        leg = app.expect("invited")["leg"]
        assert app.do("refuse", leg=leg, code=486, reason="Busy Here")
        result = carrier.wait()
    assert result.ok, result.explain()
    assert app.do("legs") == []


def test_we_hang_up(app: App) -> None:
    with Sipp("uac_stays", app.address) as carrier:
        leg = app.expect("invited")["leg"]
        app.do("answer", leg=leg, sdp=sdp())
        assert app.do("hang_up", leg=leg)
        result = carrier.wait()
    assert result.ok, result.explain()
    assert not app.do("hang_up", leg=leg)


def test_hanging_up_before_the_answer_refuses(app: App) -> None:
    with Sipp("uac_refused", app.address, code=480) as carrier:
        app.do("hang_up", leg=app.expect("invited")["leg"])
        assert carrier.wait().ok


def test_a_caller_who_cancels(app: App) -> None:
    with Sipp("uac_cancels", app.address) as carrier:
        leg = app.expect("invited")["leg"]
        app.do("ring_back", leg=leg)
        assert app.expect("ended", leg=leg)["by"] == "cancel"
        result = carrier.wait()
    assert result.ok, result.explain()


def test_record_route_is_followed(app: App) -> None:
    with Sipp("uac_record_route", app.address) as carrier:
        leg = app.expect("invited")["leg"]
        app.do("answer", leg=leg, sdp=sdp())
        app.do("hang_up", leg=leg)
        result = carrier.wait()
    assert result.ok, result.explain()
    bye = result.received("BYE")[0].text
    assert bye.index("mark=first") < bye.index("mark=second")


def test_odd_requests_do_not_end_the_call(app: App) -> None:
    with Sipp("uac_odd_requests", app.address) as carrier:
        leg = app.expect("invited")["leg"]
        app.do("answer", leg=leg, sdp=sdp())
        assert app.expect("ended", leg=leg)["by"] == "bye"
        result = carrier.wait()
    assert result.ok, result.explain()


def test_a_reinvite_of_the_far_end_is_answered_by_the_application() -> None:
    with App(reanswer=sdp(4444)) as app, Sipp("uac_reoffers", app.address) as carrier:
        leg = app.expect("invited")["leg"]
        app.do("answer", leg=leg, sdp=sdp())
        assert "m=audio" in app.expect("reoffered", leg=leg)["sdp"]
        app.expect("ended", leg=leg)
        result = carrier.wait()
    assert result.ok, result.explain()
    assert "m=audio 4444" in result.received("SIP/2.0 200")[1].body


def test_a_reinvite_without_sdp_gets_our_offer() -> None:
    with App(reanswer=sdp(4446)) as app, Sipp("uac_asks_offer", app.address) as carrier:
        leg = app.expect("invited")["leg"]
        app.do("answer", leg=leg, sdp=sdp())
        assert app.expect("reoffered", leg=leg)["sdp"] is None
        assert "m=audio" in app.expect("reinvited", leg=leg)["sdp"]
        app.expect("ended", leg=leg)
        result = carrier.wait()
    assert result.ok, result.explain()
    assert "m=audio 4446" in result.received("SIP/2.0 200")[1].body


def test_our_reinvite_moves_the_media(app: App) -> None:
    with Sipp("uac_stays", app.address) as carrier:
        leg = app.expect("invited")["leg"]
        app.do("answer", leg=leg, sdp=sdp())
        app.do("reinvite", leg=leg, sdp=sdp(4100))
        app.do("reinvite", leg=leg, sdp=sdp(4200))
        assert app.expect("reinvited", leg=leg)["code"] == 200
        assert app.expect("reinvited", leg=leg)["code"] == 200
        app.do("hang_up", leg=leg)
        result = carrier.wait()
    assert result.ok, result.explain()
    assert ["m=audio 4100" in m.body or "m=audio 4200" in m.body for m in result.received("INVITE")] == [True, True]
    assert "m=audio 4200" in result.received("INVITE")[-1].body


def test_a_keep_alive_is_answered(app: App) -> None:
    with Sipp("uac_stays", app.address) as carrier:
        leg = app.expect("invited")["leg"]
        app.do("answer", leg=leg, sdp=sdp())
        assert app.do("keep_alive", leg=leg)
        assert app.expect("alive", leg=leg)["ok"]
        app.do("hang_up", leg=leg)
        result = carrier.wait()
    assert result.ok, result.explain()


def test_a_keep_alive_finds_a_lost_call(app: App) -> None:
    with Sipp("uac_lost", app.address) as carrier:
        leg = app.expect("invited")["leg"]
        app.do("answer", leg=leg, sdp=sdp())
        app.do("keep_alive", leg=leg)
        assert not app.expect("alive", leg=leg)["ok"]
        assert app.expect("ended", leg=leg)["by"] == "lost"
        result = carrier.wait()
    assert result.ok, result.explain()
    assert app.do("legs") == []
