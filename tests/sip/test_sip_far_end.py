"""What far ends do within a call, with SIPp as carrier and phone: challenge, hold, refer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sip_app import App, sdp

from civicline.core.requests import PhoneHeld, PhoneResumed
from civicline.voice import far_end
from civicline.voice.calls import LocalLeg, Phase
from civicline.voice.media import sdp as sdps
from peers.ports import eventually
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
            eventually(lambda: other.saw("ACK", 2), what="the ACK to the answer")
            first.kill()
        assert "s3cret" not in dialog
        with App(port=first.address[1], carrier=carrier(other.address)) as second:
            second.do("rehydrate", leg="out-1", dialog=dialog)
            second.do("reinvite", leg="out-1", sdp=sdp(4800))
            assert second.expect("reinvited", leg="out-1")["code"] == 200
            second.do("hang_up", leg="out-1")
            result = other.wait()
    assert result.ok, result.explain()


def test_a_hold_that_was_not_heard_of_is_found_by_the_keep_alive() -> None:
    """And our offer leaves it to the phone: one that said no more than the hold could not tell its end."""
    with Sipp("uas_holds") as phone, App() as app:
        app.ring("offer-1", phone.address)
        app.expect("answered")
        held = sdp(4000) + "a=recvonly\r\n"
        app.do("reinvite", leg="offer-1", sdp=held)
        assert "a=sendonly" in app.expect("reinvited", leg="offer-1")["sdp"]
        app.do("keep_alive", leg="offer-1")
        assert app.expect("alive", leg="offer-1")["ok"]
        assert "a=sendonly" in app.expect("reinvited", leg="offer-1")["sdp"]
        app.do("hang_up", leg="offer-1")
        result = phone.wait()
    assert result.ok, result.explain()
    assert ["a=sendrecv" in each.body for each in result.received("INVITE")] == [False, True, True]


def test_the_version_of_what_we_offer_never_goes_back() -> None:
    """Nor does the session change, whatever a new media engine calls it; what is unchanged keeps its version."""
    with Sipp("uas_answers", args=("-d", "50")) as phone, App() as app:
        app.ring("offer-1", phone.address)
        app.expect("answered")
        for port in (5000, 5200):
            app.do("reinvite", leg="offer-1", sdp=sdp(port).replace(f"civicline 1 {port}", "civicline 2 1"))
            app.expect("reinvited", leg="offer-1")
        app.do("keep_alive", leg="offer-1")
        app.expect("alive", leg="offer-1")
        app.do("hang_up", leg="offer-1")
        result = phone.wait()
    assert result.ok, result.explain()
    origins = [each.body.splitlines()[1].split()[1:3] for each in result.received("INVITE")]
    assert origins == [["1", "4000"], ["1", "4001"], ["1", "4002"], ["1", "4002"]]


def test_the_version_never_goes_back_over_a_restart() -> None:
    """What was said last may have been stored without its version, or not at all: the time is later than any."""
    with Sipp("uas_answers", args=("-d", "50")) as phone, App() as first:
        first.ring("offer-1", phone.address)
        dialog = first.expect("answered")["dialog"]
        for port in (5000, 5200):
            first.do("reinvite", leg="offer-1", sdp=sdp(port))
            first.expect("reinvited", leg="offer-1")
        eventually(lambda: phone.saw("ACK", 3), what="the last ACK")
        first.kill()
        with App(port=first.address[1]) as second:
            second.do("rehydrate", leg="offer-1", dialog=dialog)
            for port in (5200, 5400):
                second.do("reinvite", leg="offer-1", sdp=sdp(port))
                second.expect("reinvited", leg="offer-1")
            second.do("hang_up", leg="offer-1")
            result = phone.wait()
    assert result.ok, result.explain()
    versions = [int(each.body.splitlines()[1].split()[2]) for each in result.received("INVITE")]
    assert versions == sorted(set(versions)) and len(versions) == 5


def test_a_refer_to_what_is_no_sip_uri_is_answered() -> None:
    with Sipp("uas_refers") as phone, App() as app:
        app.ring("offer-1", phone.address)
        app.expect("answered")
        assert app.expect("referred")["to_user"] == "2025550100"
        app.expect("ended")
        result = phone.wait()
    assert result.ok, result.explain()
    assert app.count("referred") == 1


class Desk:
    """As much of the application as the far end's own doings need. `full`: its journal takes no more."""

    def __init__(self) -> None:
        own = sdps.write("127.0.0.1", 4000, (sdps.PCMU,), dtmf=101, session=(7, 1))
        self.leg = LocalLeg("c-c", "c", Phase.UP, offered(), own)
        self.local = {"c-c": self.leg}
        self.host = ""
        self.endpoint = SimpleNamespace(dialog=lambda leg: None, heard_from=lambda leg: self.host)
        self.asked: list[type] = []
        self.full = False

    def ask(self, asked: object, keep: object) -> bool:
        self.asked += [] if self.full else [type(asked)]
        return not self.full

    def mend(self, contact: str) -> None:
        pass

    def answers(self, offer: str | None) -> list[str]:
        """What stands in the answer's o= and m= lines, and its direction."""
        answer = far_end.reoffered(self, "c-c", offer) or ""  # type: ignore[arg-type]
        lines = answer.splitlines()
        return [lines[1].split()[2], *(line for line in lines if line.startswith("m=")), lines[-1]]

    def hears_alive(self, answer: str) -> None:
        far_end.reinvited(self, "c-c", answer, 200)  # type: ignore[arg-type]


def offered(laws: tuple[int, ...] = (0,), port: int = 6000, version: int = 1, **more: Any) -> str:
    return sdps.write("127.0.0.1", port, laws, session=(1, version), **{"dtmf": 101} | more)


def test_what_is_answered_follows_the_offer() -> None:
    desk = Desk()
    assert desk.answers(offered((8,), dtmf=96)) == ["2", "m=audio 4000 RTP/AVP 8 96", "a=sendrecv"]
    assert desk.answers(offered((0, 8), dtmf=96)) == ["2", "m=audio 4000 RTP/AVP 8 96", "a=sendrecv"]
    two = (("*", "RTP/AVP", "0"), ("video", "RTP/AVP", "31"))
    shown = ["m=audio 4000 RTP/AVP 0 101", "m=video 0 RTP/AVP 31"]
    assert desk.answers(offered(skeleton=two))[:3] == ["3", *shown]
    assert desk.answers(offered(port=0)) == ["4", "m=audio 0 RTP/AVP 0", "m=audio 0 RTP/AVP 0"]
    assert desk.answers(offered(direction="inactive")) == ["4", "m=audio 4000 RTP/AVP 0 101", "a=inactive"]
    assert desk.answers(None) == ["5", "m=audio 4000 RTP/AVP 0 8 101", "a=sendrecv"]
    assert far_end.reoffered(desk, "c-c", "v=0\r\nm=audio 1 RTP/AVP 18\r\n") is None  # type: ignore[arg-type]


def test_a_keep_alive_costs_the_journal_nothing_unless_there_is_news() -> None:
    desk = Desk()
    desk.leg.remote_sdp = offered((0, 8))
    for answer in (offered((0, 8)), offered((0, 8), version=2), offered((0,)), offered((0,), dtmf=None)):
        desk.hears_alive(answer)
    assert desk.asked == []
    desk.hears_alive(offered(version=3, direction="sendonly"))
    desk.hears_alive(offered(version=4))
    assert desk.asked == [PhoneHeld, PhoneResumed]


def test_a_far_end_that_moved_to_another_host_is_taken_though_its_sdp_stays() -> None:
    """A phone that goes from one network to another names the same private address behind each."""
    desk = Desk()
    desk.host = "203.0.113.7"
    desk.answers(offered())
    assert (desk.leg.source, desk.asked) == ("203.0.113.7", [PhoneResumed])
    desk.host = "203.0.113.8"
    desk.hears_alive(offered())
    assert (desk.leg.source, desk.asked) == ("203.0.113.8", [PhoneResumed] * 2)


def test_a_hold_that_the_journal_could_not_take_is_told_later() -> None:
    desk = Desk()
    desk.full = True
    desk.answers(offered(direction="sendonly"))
    assert "sendonly" in desk.leg.remote_sdp, "the engine is told at once"
    desk.full = False
    desk.hears_alive(offered(direction="sendonly"))
    assert desk.asked == [PhoneHeld]
