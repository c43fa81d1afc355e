"""What far ends do within a call, with SIPp as carrier and phone: challenge, hold, refer."""

from __future__ import annotations

from typing import Any

from sip_app import App, sdp

from peers.sipp import Sipp

KEYS = {"account": "agency", "secret": "s3cret"}


def carrier(host: tuple[str, int]) -> dict[str, Any]:
    return {"hosts": [list(host)], "account": {"user": "agency", "password": "s3cret", "expires_s": 0}}


def call_out(app: App) -> str:
    """The dialog of a call by the carrier that was answered."""
    app.do("call_out", leg="out-1", number="2025550143", sdp=sdp())
    return str(app.expect("answered", leg="out-1")["dialog"])


def test_a_carrier_challenges_our_re_invites_and_each_is_signed() -> None:
    with Sipp("uas_challenges_again", keys=KEYS) as other, App(carrier=carrier(other.address)) as app:
        call_out(app)
        app.do("reinvite", leg="out-1", sdp=sdp(4800))
        assert app.expect("reinvited", leg="out-1")["code"] == 200
        app.do("keep_alive", leg="out-1")
        assert app.expect("alive", leg="out-1")["ok"]
        app.do("hang_up", leg="out-1")
        result = other.wait()
    assert result.ok, result.explain()
    invites = result.received("INVITE")
    assert [bool(each.header("Authorization")) for each in invites[2:]] == [False, True, False, True]


def test_a_call_that_was_taken_up_signs_its_re_invites_too() -> None:
    with Sipp("uas_challenges_again", keys=KEYS) as other:
        with App(carrier=carrier(other.address)) as first:
            dialog = call_out(first)
            first.kill()
        assert "s3cret" not in dialog
        with App(port=first.address[1], carrier=carrier(other.address)) as second:
            second.do("rehydrate", leg="out-1", dialog=dialog)
            second.do("reinvite", leg="out-1", sdp=sdp(4800))
            assert second.expect("reinvited", leg="out-1")["code"] == 200
            second.do("hang_up", leg="out-1")
            result = other.wait()
    assert result.ok, result.explain()
