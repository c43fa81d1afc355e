"""Two ends of a call over loopback: what one says and presses, the other hears."""

from __future__ import annotations

import itertools
import socket

import pytest

from civicline.demo import sound
from civicline.demo.talker import Talker
from civicline.voice.media import rtp, sdp
from civicline.voice.media.sdp import LAWS, PCMA, PCMU
from peers.ports import eventually

HOST = "127.0.0.1"


@pytest.fixture
def pair():
    caller = Talker(HOST, (PCMA,), 96, sound.representative())
    phone = Talker(HOST, LAWS, 101, sound.caller())
    phone.agree(caller.description())
    caller.agree(phone.description())
    yield caller, phone
    caller.close()
    phone.close()


def test_both_hear_the_other_and_nothing_else(pair):
    caller, phone = pair
    caller.say(sound.caller())
    phone.say(sound.representative())
    for _ in range(50):
        caller.tick()
        phone.tick()
    for one in pair:
        eventually(lambda one=one: (one.listen(), one.heard.packets)[1] == 50)
        assert one.heard.voice == one.heard.loud > 25


def test_ones_own_voice_is_not_taken_for_the_others(pair):
    caller, phone = pair
    phone.say(sound.caller())
    for _ in range(20):
        phone.tick()
    eventually(lambda: (caller.listen(), caller.heard.packets)[1] == 20)
    assert caller.heard.loud > 0
    assert caller.heard.voice == 0


def test_quiet_is_counted_from_the_last_loud_frame(pair):
    caller, phone = pair
    phone.say(sound.representative())
    for _ in range(10):
        phone.tick()
    eventually(lambda: (caller.listen(), caller.heard.packets)[1] == 10)
    for _ in range(100):
        caller.tick()
    assert caller.heard.quiet_s >= 2.0


def test_the_answer_names_one_law_of_the_offer(pair):
    assert sdp.parse(pair[1].description()).laws == (PCMA,)


@pytest.mark.parametrize(("payload_type", "key", "event"), [(96, "5", 5), (101, "#", 11), (101, "9", 9)])
def test_a_key_is_one_event_of_the_agreed_payload_type(payload_type, key, event):
    """RFC 4733: one timestamp, growing durations, the end sent three times, and only one marker."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind((HOST, 0))
        far.settimeout(5)
        talker = Talker(HOST, LAWS, 101, sound.representative())
        talker.agree(sdp.write(HOST, far.getsockname()[1], LAWS, dtmf=payload_type))
        talker.press(key)
        for _ in range(20):
            talker.tick()
        packets = [far.recv(2048) for _ in range(20)]
        talker.close()
    events = [packet for packet in packets if packet[1] & 0x7F == payload_type]
    read = [rtp.event(packet[12:]) for packet in events]
    assert {found.digit for found in read} == {event}
    assert len({packet[4:8] for packet in events}) == 1
    assert [found.end for found in read].count(True) == 3
    assert [found.duration for found in read] == sorted(found.duration for found in read)
    assert [bool(packet[1] & rtp.MARKER) for packet in events] == [True] + [False] * (len(events) - 1)
    numbers = [int.from_bytes(packet[2:4]) for packet in packets]
    assert all((after - before) & 0xFFFF == 1 for before, after in itertools.pairwise(numbers))


def test_an_offer_without_g711_is_refused():
    talker = Talker(HOST, (PCMU,), 101, sound.caller())
    with pytest.raises(sdp.SdpError):
        talker.agree(sdp.write(HOST, 4000, (PCMA,), dtmf=None))
    talker.close()
