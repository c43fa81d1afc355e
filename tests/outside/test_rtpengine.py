"""Debian's rtpengine instead of our media process, by CIVICLINE_NG; TLS and SRTP outside by it and Kamailio."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.callers import Caller, Town
from e2e.centre import Centre
from e2e.witness import AGENT_HZ, CALLER_HZ, tone_file
from hostile.beside import pack
from peers import baresip, kamailio, rtpengine, sipp
from peers.baresip import Phone
from peers.kamailio import Kamailio
from peers.ports import eventually, free_udp
from peers.rtpengine import Rtpengine


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    if not all(peer.installed() for peer in (rtpengine, kamailio, sipp, baresip)):
        pytest.skip("apt-get install rtpengine-daemon kamailio kamailio-tls-modules sip-tester baresip-core")
    folder = tmp_path_factory.mktemp("rtpengine")
    events = free_udp()
    with Rtpengine(events) as engine:
        by = {"CIVICLINE_NG": f"rtpengine@127.0.0.1:{engine.address[1]}", "CIVICLINE_NG_EVENTS": f"127.0.0.1:{events}"}
        with Centre(folder, pack(folder), environ=by) as running:
            yield running


def into_the_line(caller: Caller) -> None:
    """By keys: rtpengine tells them; its sound is not compared, since it encodes a prompt otherwise."""
    eventually(lambda: caller.is_known() and caller.contact.notice_at, what="the end of the notice")
    caller.look()
    caller.press("1")
    eventually(lambda: caller.contact.language, what="the language")
    caller.press("1")
    caller.until("waiting", "offered", "talking")


def test_a_call_from_the_notice_to_the_talk(centre: Centre) -> None:
    assert centre.status() and "media-1" not in centre.status()["children"]  # type: ignore[index]
    town = Town(centre)
    tone = tone_file(centre.folder / "tone.wav", AGENT_HZ)
    with town.working("ann", available=False, plays=tone, auto_answer=True) as phone, town.call() as caller:
        into_the_line(caller)
        eventually(lambda: caller.ear.is_flowing(), what="music")
        centre.available("ann")
        caller.until("talking")
        with town.dump(phone) as dump:
            eventually(lambda: caller.ear.hears(AGENT_HZ), what="the representative, heard by the caller")
            eventually(lambda: dump.hears(CALLER_HZ), what="the caller, heard by the representative")
        caller.leave()
    centre.assert_nothing_left()


def test_tls_and_srtp_outside(centre: Centre) -> None:
    """baresip insists on SRTP, our side speaks RTP, and each hears the other. Who presses nothing gets the operator."""
    town = Town(centre)
    tones = [tone_file(centre.folder / f"{hz:.0f}.wav", hz) for hz in (CALLER_HZ, AGENT_HZ)]
    engine = (centre.settings.ng[0].host, centre.settings.ng[0].port)
    with (
        Kamailio([centre.sip], rtpengine=engine) as front,
        town.working("olga", plays=tones[1], auto_answer=True) as operator,
        Phone("carrier", "", front.udp, tls=True, plays=tones[0]) as carrier,
    ):
        carrier.dial_until_taken(f"sip:100@{front.tls[0]}:{front.tls[1]};transport=tls")
        eventually(lambda: centre.agent("olga") == "talking", 60, "the talk")
        with town.dump(operator) as heard, town.dump(carrier) as heard_outside:
            eventually(lambda: heard.hears(CALLER_HZ), what="the caller, heard by the operator")
            eventually(lambda: heard_outside.hears(AGENT_HZ), what="the operator, heard by the caller")
        carrier.hang_up()
        town.until("olga", "wrap_up")
    centre.assert_nothing_left()
