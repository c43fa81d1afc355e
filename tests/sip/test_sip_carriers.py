"""Registration at a carrier, and calls out by its hosts, with SIPp as the carrier that challenges."""

from __future__ import annotations

from typing import Any

import pytest
from sip_app import App, sdp

from peers.ports import free_udp
from peers.sipp import Sipp

ACCOUNT = {"user": "agency", "password": "s3cret", "expires_s": 300}
KEYS = {"account": "agency", "secret": "s3cret", "expires": "10"}


def carrier(*hosts: tuple[str, int], **account: Any) -> dict[str, Any]:
    return {"hosts": [list(host) for host in hosts], "account": ACCOUNT | account}


def nobody() -> tuple[str, int]:
    return ("127.0.0.1", free_udp())


def test_it_registers_signs_and_refreshes() -> None:
    with Sipp("uas_registrar", keys=KEYS) as registrar, App(carrier=carrier(registrar.address)):
        result = registrar.wait()
    assert result.ok, result.explain()
    first, signed, refreshed = result.received("REGISTER")
    assert first.header("Authorization") is None
    assert 'username="agency"' in str(signed.header("Authorization"))
    numbers = [str(each.header("CSeq")).split()[0] for each in (first, signed, refreshed)]
    assert numbers == sorted(numbers, key=int) and len(set(numbers)) == 3
    assert {each.header("Call-ID") for each in (first, signed, refreshed)} == {first.header("Call-ID")}
    assert first.header("Contact") and first.header("Expires") == "300"


def test_it_registers_at_the_next_host_where_one_is_away() -> None:
    with Sipp("uas_registrar", keys=KEYS) as registrar, App(carrier=carrier(nobody(), registrar.address)):
        result = registrar.wait()
    assert result.ok, result.explain()


def test_it_registers_through_a_proxy_at_which_it_is_called() -> None:
    with Sipp("uas_registrar", keys=KEYS) as proxy:
        wanted = carrier(("203.0.113.5", 5061), contact=["198.51.100.7", 5061])
        with App(carrier=wanted | {"through": list(proxy.address), "transport": "tls"}):
            result = proxy.wait()
    assert result.ok, result.explain()
    first = result.received("REGISTER")[0]
    assert first.start.startswith("REGISTER sip:203.0.113.5:5061;transport=tls ")
    assert "<sip:agency@198.51.100.7:5061;transport=tls>" in str(first.header("Contact"))


def test_a_call_out_through_a_proxy_names_the_carrier() -> None:
    with Sipp("uas_challenges", keys=KEYS) as proxy:
        wanted = carrier(("203.0.113.5", 5061), expires_s=0) | {"through": list(proxy.address), "transport": "tls"}
        with App(carrier=wanted) as app:
            app.do("call_out", leg="out-1", number="2025550143", sdp=sdp())
            app.expect("answered", leg="out-1")
            app.do("hang_up", leg="out-1")
            result = proxy.wait()
    assert result.ok, result.explain()
    assert result.received("INVITE")[0].start.startswith("INVITE sip:2025550143@203.0.113.5:5061;transport=tls ")


def test_a_wrong_password_is_not_tried_again_at_once() -> None:
    with Sipp("uas_registrar", keys=KEYS) as registrar, App(carrier=carrier(registrar.address, password="no")):
        result = registrar.wait()
        assert result.ok, result.explain()
    assert len(result.received("REGISTER")) == 2


def test_a_call_out_answers_the_challenge() -> None:
    with (
        Sipp("uas_challenges", keys=KEYS) as other,
        App(carrier=carrier(other.address, expires_s=0)) as app,
    ):
        app.do("call_out", leg="out-1", number="2025550143", sdp=sdp())
        assert "m=audio" in app.expect("answered", leg="out-1")["sdp"]
        app.do("hang_up", leg="out-1")
        result = other.wait()
    assert result.ok, result.explain()
    assert result.received("INVITE")[0].start.startswith("INVITE sip:2025550143@127.0.0.1")
    assert app.count("failed") == 0


@pytest.mark.parametrize("code", [503, 500])
def test_a_host_that_cannot_is_followed_by_the_next(code: int) -> None:
    with (
        Sipp("uas_unavailable", code=code) as first,
        Sipp("uas_challenges", keys=KEYS) as second,
        App(carrier=carrier(first.address, second.address, expires_s=0)) as app,
    ):
        app.do("call_out", leg="out-1", number="2025550143", sdp=sdp())
        app.expect("answered", leg="out-1")
        app.do("hang_up", leg="out-1")
        assert first.wait().ok
        result = second.wait()
    assert result.ok, result.explain()
    assert app.count("failed") == 0


def test_a_host_that_is_away_is_followed_by_the_next() -> None:
    with (
        Sipp("uas_challenges", keys=KEYS) as second,
        App(carrier=carrier(nobody(), second.address, expires_s=0)) as app,
    ):
        app.do("call_out", leg="out-1", number="2025550143", sdp=sdp())
        app.expect("answered", leg="out-1")
        app.do("hang_up", leg="out-1")
        result = second.wait()
    assert result.ok, result.explain()


def test_busy_is_the_number_s_own_and_is_told() -> None:
    with (
        Sipp("uas_unavailable", code=486) as first,
        App(carrier=carrier(first.address, nobody(), expires_s=0)) as app,
    ):
        app.do("call_out", leg="out-1", number="2025550143", sdp=sdp())
        assert app.expect("failed", leg="out-1")["code"] == 486
        assert first.wait().ok
    assert app.count("failed") == 1


def test_the_last_host_s_refusal_is_told() -> None:
    with (
        Sipp("uas_unavailable", code=503) as first,
        App(carrier=carrier(nobody(), first.address, expires_s=0)) as app,
    ):
        app.do("call_out", leg="out-1", number="2025550143", sdp=sdp())
        assert app.expect("failed", leg="out-1")["code"] == 503
        assert first.wait().ok
        assert app.do("legs") == []
