"""Arriving calls over a kill -9 of the process that held them, with SIPp as the carrier."""

from __future__ import annotations

import json

import pytest
from sip_app import App, sdp

from peers.ports import eventually
from peers.sipp import Message, Sipp


def test_an_answered_call_goes_on_in_a_new_process() -> None:
    with App() as first, Sipp("uac_stays", first.address) as carrier:
        leg = first.expect("invited")["leg"]
        first.do("answer", leg=leg, sdp=sdp())
        first.do("keep_alive", leg=leg)
        first.expect("alive")
        dialog = first.do("dialog", leg=leg)
        first.kill()
        with App(port=first.address[1]) as second:
            assert second.do("rehydrate", leg=leg, dialog=dialog)
            second.do("reinvite", leg=leg, sdp=sdp(4800))
            assert second.expect("reinvited", leg=leg)["code"] == 200
            second.do("hang_up", leg=leg)
            result = carrier.wait()
    assert result.ok, result.explain()
    assert "m=audio 4800" in result.received("INVITE")[-1].body


def test_a_dialog_stored_before_its_200_is_enough() -> None:
    with App() as first, Sipp("uac_stays", first.address) as carrier:
        leg = first.expect("invited")["leg"]
        dialog = first.do("dialog", leg=leg)
        first.do("answer", leg=leg, sdp=sdp())
        first.kill()
        with App(port=first.address[1]) as second:
            second.do("rehydrate", leg=leg, dialog=dialog)
            second.do("reinvite", leg=leg, sdp=sdp(4900))
            assert second.expect("reinvited", leg=leg)["code"] == 200
            second.do("hang_up", leg=leg)
            result = carrier.wait()
    assert result.ok, result.explain()


def test_a_call_that_was_taken_up_long_after_its_answer_is_kept_alive() -> None:
    """Its dialog was stored before our SDP was known; who takes it up says what that is."""
    with App() as first, Sipp("uac_stays", first.address) as carrier:
        leg = first.expect("invited")["leg"]
        dialog = first.do("dialog", leg=leg)
        first.do("answer", leg=leg, sdp=sdp())
        first.expect("acknowledged", leg=leg)
        first.kill()
        with App(port=first.address[1]) as second:
            second.do("rehydrate", leg=leg, dialog=saved_before(dialog, 10), local_sdp=sdp())
            assert second.do("keep_alive", leg=leg)
            assert second.expect("alive", leg=leg)["ok"]
            second.do("hang_up", leg=leg)
            result = carrier.wait()
    assert result.ok, result.explain()
    assert len(result.received("SIP/2.0 200 OK")) == 1


def test_a_200_that_never_left_is_sent_by_the_new_process() -> None:
    with App() as first, Sipp("uac_stays", first.address) as carrier:
        leg = first.expect("invited")["leg"]
        dialog = first.do("dialog", leg=leg)
        first.kill()
        with App(port=first.address[1]) as second:
            second.do("rehydrate", leg=leg, dialog=dialog)
            second.do("reinvite", leg=leg, sdp=sdp(4900))
            assert second.expect("reinvited", leg=leg)["code"] == 200
            second.do("hang_up", leg=leg)
            result = carrier.wait()
    assert result.ok, result.explain()
    assert "m=audio 4900" in result.received("SIP/2.0 200")[0].body


@pytest.mark.parametrize("how", ["refuse", "hang_up"])
def test_a_call_that_nobody_answered_is_refused_by_the_new_process(how: str) -> None:
    code = {"refuse": 503, "hang_up": 480}[how]
    with App() as first, Sipp("uac_refused", first.address, code=code) as carrier:
        leg = first.expect("invited")["leg"]
        dialog = first.do("dialog", leg=leg)
        first.kill()
        with App(port=first.address[1]) as second:
            assert second.do("rehydrate", leg=leg, dialog=dialog, waits=True)
            more = {"code": 503, "reason": "Service Unavailable", "retry_after_s": 5} if how == "refuse" else {}
            assert second.do(how, leg=leg, **more)
            result = carrier.wait()
            assert second.do("legs") == []
            assert second.count("ended") == 0
    assert result.ok, result.explain()
    assert len(result.received(f"SIP/2.0 {code}")) == 1 and not result.received("BYE")


def test_a_caller_is_told_nothing_before_the_call_is_stored() -> None:
    """And sends the INVITE again until then; once it was told 100 no more."""
    with App(hold_trying=True) as app, Sipp("uac_answered", app.address, args=("-d", "50")) as carrier:
        leg = app.expect("invited")["leg"]
        eventually(lambda: len(sent(carrier)) > 1, what="the INVITE again")
        assert not carrier.saw("SIP/2.0")
        app.do("trying", leg=leg)
        eventually(lambda: carrier.saw("SIP/2.0 100"), what="the 100")
        before = len(sent(carrier))
        app.do("answer", leg=leg, sdp=sdp())
        result = carrier.wait()
        assert not app.do("trying", leg=leg), "it is answered"
    assert result.ok, result.explain()
    assert len(result.sent("INVITE")) == before and app.count("invited") == 1


def sent(carrier: Sipp) -> list[Message]:
    return [message for message in carrier.messages() if message.sent and message.start.startswith("INVITE")]


def test_the_far_end_hangs_up_a_call_that_was_taken_up() -> None:
    with App() as first, Sipp("uac_answered", first.address, args=("-d", "10000")) as carrier:
        leg = first.expect("invited")["leg"]
        first.do("answer", leg=leg, sdp=sdp())
        dialog = first.do("dialog", leg=leg)
        first.kill()
        with App(port=first.address[1]) as second:
            second.do("rehydrate", leg=leg, dialog=dialog)
            assert second.expect("ended", leg=leg)["by"] == "bye"
            result = carrier.wait()
    assert result.ok, result.explain()


def test_a_request_of_a_forgotten_dialog_gets_481() -> None:
    with App() as first, Sipp("uac_forgotten", first.address, args=("-d", "10000")) as carrier:
        leg = first.expect("invited")["leg"]
        first.do("answer", leg=leg, sdp=sdp())
        first.kill()
        with App(port=first.address[1]):
            result = carrier.wait()
    assert result.ok, result.explain()


def test_cseq_rises_whatever_was_sent_since_the_dialog_was_saved() -> None:
    """A leg that was silent for half an hour, and was asked all the time; then two more processes."""
    asked = 120
    with App() as first, Sipp("uac_stays", first.address) as carrier:
        leg = first.expect("invited")["leg"]
        dialog = first.do("dialog", leg=leg)
        first.do("answer", leg=leg, sdp=sdp())
        for _ in range(asked):
            first.do("keep_alive", leg=leg)
            first.expect("alive")
        eventually(lambda: carrier.saw("ACK", asked), what="the last ACK")
        first.kill()
        for restart in (1, 2):
            with App(port=first.address[1]) as later:
                later.do("rehydrate", leg=leg, dialog=saved_before(dialog, minutes=40 + restart))
                later.do("reinvite", leg=leg, sdp=sdp(4000 + restart))
                assert later.expect("reinvited", leg=leg)["code"] == 200
                eventually(lambda n=asked + restart: carrier.saw("ACK", n), what="the ACK")
                if restart == 2:
                    later.do("hang_up", leg=leg)
                    result = carrier.wait()
    assert result.ok, result.explain()
    numbers = [int(str(each.header("CSeq")).split()[0]) for each in result.received("INVITE") + result.received("BYE")]
    assert len(numbers) == asked + 3
    assert numbers == sorted(set(numbers))


def saved_before(dialog: str, minutes: float) -> str:
    body = json.loads(dialog)
    return json.dumps(body | {"at": body["at"] - 60 * minutes})


def test_a_damaged_dialog_is_refused_and_named() -> None:
    with App() as app:
        assert "cannot be read" in app.do("rehydrate", leg="x", dialog="{}")
        assert app.do("legs") == []
