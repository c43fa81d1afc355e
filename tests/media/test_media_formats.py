"""Session descriptions, G.711 and WAV files, each by itself."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from media_phones import tone, write_tone

from civicline.settings import PortRange
from civicline.voice.media import g711, rtp, sdp
from civicline.voice.media.ports import Ports
from civicline.voice.media.sound import Sounds
from civicline.voice.media.source import LOCK_AFTER, OTHER_AFTER_S, Endpoint, Source

OFFER = """v=0
o=- 7 7 IN IP4 192.0.2.1
s=call
c=IN IP4 192.0.2.1
t=0 0
a=sendonly
m=video 5000 RTP/AVP 99
c=IN IP4 192.0.2.3
m=audio 4000 RTP/AVP 18 8 0 96 101
c=IN IP4 192.0.2.2
a=rtpmap:96 telephone-event/8000
a=rtpmap:101 telephone-event/16000
"""


def test_an_offer_with_more_than_we_carry() -> None:
    said = sdp.parse(OFFER)
    assert (said.host, said.port, said.laws, said.dtmf) == ("192.0.2.2", 4000, (8, 0), 96)
    assert (said.direction, said.sends, said.receives) == ("sendonly", True, False)


def test_the_answer_refuses_the_other_media_in_their_order() -> None:
    text = sdp.write("192.0.2.9", 20000, (8,), dtmf=96, skeleton=sdp.parse(OFFER).skeleton)
    media = [line for line in text.splitlines() if line.startswith("m=")]
    assert media == ["m=video 0 RTP/AVP 99", "m=audio 20000 RTP/AVP 8 96"]
    again = sdp.parse(text)
    assert (again.host, again.port, again.laws, again.dtmf) == ("192.0.2.9", 20000, (8,), 96)


@pytest.mark.parametrize(
    ("old", "new"), [("audio 4000", "audio 0"), ("audio 4000", "audio 9"), ("192.0.2.2", "0.0.0.0")]
)
def test_nothing_is_sent_to_a_leg_that_holds_or_discards(old: str, new: str) -> None:
    said = sdp.parse(OFFER.replace("sendonly", "sendrecv").replace(old, new))
    assert not said.sends and not said.receives


@pytest.mark.parametrize(
    ("law", "values"),
    # ITU-T G.711 tables 1a and 2a: decoder output for some codes, scaled to 16 bits
    [
        (0, {0x00: -32124, 0x80: 32124, 0xFF: 0, 0xEF: 132, 0x8F: 16764}),
        (8, {0xD5: 8, 0x55: -8, 0xAA: 32256, 0x2A: -32256, 0xD4: 24}),
    ],
)
def test_g711_decodes_as_the_standard_says(law: int, values: dict[int, int]) -> None:
    decoded = g711.decode(bytes(values), law)
    assert dict(zip(values, decoded.tolist(), strict=True)) == values


@pytest.mark.parametrize("law", [0, 8])
def test_g711_encodes_to_the_nearest_code(law: int) -> None:
    every = np.arange(-32768, 32768, 7).astype(np.int16)
    error = np.abs(g711.decode(g711.encode(every, law), law).astype(int) - every)
    assert (error <= np.maximum(16, np.abs(every.astype(int)) // 16)).all()
    assert g711.decode(g711.SILENCE[law], law)[0] in (0, 8)


@pytest.mark.parametrize(("law", "other"), [(0, 8), (8, 0)])
def test_transcoding_by_table_is_decoding_and_encoding(law: int, other: int) -> None:
    coded = g711.encode(tone(400, 0), law)
    assert coded.translate(g711.TRANSCODE[law, other]) == g711.encode(g711.decode(coded, law), other)


def test_a_sound_is_read_anew_when_it_changed_and_forgotten_over_the_cap(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "a.wav", 400, 1.01)
    sounds = Sounds(cap=50_000)
    first = sounds.get(path)
    assert sounds.get(path) is first
    assert first.frames == 51
    assert first.frame(0, 50).endswith(g711.SILENCE[0] * 80)
    write_tone(path, 900, 0.5)
    assert sounds.get(path).frames == 25
    sounds.get(write_tone(tmp_path / "b.wav", 400, 1.5))
    assert sounds.get(path) is not first


TOLD, BEHIND_NAT, STRANGER = ("10.0.0.7", 4000), ("198.51.100.1", 9), ("198.51.100.2", 9)


def sent_for(source: Source, sender: Endpoint, since: float, seconds: float) -> list[bool]:
    """Whether each packet of a stream is admitted, its first and last `seconds` apart."""
    return [source.admit(sender, since + n / 50) for n in range(round(seconds * 50) + 1)]


def test_nobody_but_the_hosts_of_sdp_and_signalling_is_heard_or_sent_to() -> None:
    source = Source(TOLD, BEHIND_NAT[0])
    assert not any(sent_for(source, STRANGER, 0, 100))
    assert not source.locked and source.aim == TOLD
    assert source.admit(BEHIND_NAT, 100)
    alone = Source(TOLD)
    assert not any(sent_for(alone, BEHIND_NAT, 0, 100)) and alone.aim == TOLD


def test_a_phone_behind_nat_is_heard_at_once_and_sent_to_after_a_second_however_many_packets_it_sends() -> None:
    source = Source(TOLD, BEHIND_NAT[0])
    assert all(source.admit(BEHIND_NAT, 0) for _ in range(1000))
    assert not source.locked and source.aim == TOLD
    assert all(sent_for(source, BEHIND_NAT, 0, OTHER_AFTER_S))
    assert source.locked and source.aim == BEHIND_NAT
    other_port = (BEHIND_NAT[0], 10)
    assert not any(sent_for(source, other_port, OTHER_AFTER_S, 5)) and source.aim == BEHIND_NAT


def test_single_packets_lock_nothing() -> None:
    source = Source(TOLD, BEHIND_NAT[0])
    for n in range(10):
        assert source.admit(BEHIND_NAT, n * OTHER_AFTER_S)
        assert not source.locked


def test_one_stray_packet_does_not_keep_the_phone_out() -> None:
    source = Source(TOLD, BEHIND_NAT[0])
    assert source.admit((BEHIND_NAT[0], 10), 0)
    assert not source.admit(BEHIND_NAT, OTHER_AFTER_S / 2)
    assert all(sent_for(source, BEHIND_NAT, OTHER_AFTER_S, OTHER_AFTER_S)) and source.aim == BEHIND_NAT


def test_the_address_of_the_sdp_takes_precedence_before_a_lock_and_after() -> None:
    unlocked = Source(TOLD, BEHIND_NAT[0])
    assert unlocked.admit(BEHIND_NAT, 0) and unlocked.admit(TOLD, 0.02)
    assert not unlocked.admit(BEHIND_NAT, 0.04) and unlocked.aim == TOLD
    locked = Source(TOLD, BEHIND_NAT[0])
    sent_for(locked, BEHIND_NAT, 0, OTHER_AFTER_S)
    assert [locked.admit(TOLD, 2) for _ in range(LOCK_AFTER)] == [False] * (LOCK_AFTER - 1) + [True]
    assert locked.is_final and locked.aim == TOLD
    assert not any(sent_for(locked, BEHIND_NAT, 100, 5))


def test_after_a_restart_only_the_address_of_the_sdp_is_heard_before_the_lock() -> None:
    """A carrier's calls all come from one host."""
    stray = (TOLD[0], 4002)
    source = Source(TOLD, wary=True)
    *before, last = sent_for(source, stray, 0, OTHER_AFTER_S)
    assert not any(before) and last and source.aim == stray
    other = Source(TOLD, wary=True)
    assert not other.admit(stray, 0)
    assert other.admit(other.told, 0) and other.aim == other.told


@pytest.mark.parametrize("address", ["224.2.1.1/127", "239.255.255.255", "255.255.255.255"])
def test_an_address_of_many_is_refused(address: str) -> None:
    with pytest.raises(sdp.SdpError, match="of many"):
        sdp.parse(f"c=IN IP4 {address}\r\nm=audio 4000 RTP/AVP 0\r\n")


def test_ports_are_given_in_no_order_and_a_freed_one_is_not_the_next() -> None:
    ports = Ports("127.0.0.1", PortRange(40000, 44000))
    taken = [ports.take() for _ in range(20)]
    steps = {after.port - before.port for before, after in pairwise(taken)}
    assert len(steps) > 5
    freed = taken[0].port
    ports.give(taken.pop(0))
    taken += [ports.take() for _ in range(50)]
    assert freed not in {pair.port for pair in taken}
    for pair in taken:
        pair.close()


@pytest.mark.parametrize(
    ("packet", "start"),
    [
        (b"\x80\x00" + bytes(10), 12),
        (b"\x82\x00" + bytes(18), 20),
        (b"\x90\x00" + bytes(12) + b"\0\1" + bytes(4), 20),
        (b"\x8f\x00" + bytes(10), -1),
        (b"\x90\x00" + bytes(10), -1),
        (b"\x40\x00" + bytes(10), -1),
        (b"\x80", -1),
    ],
)
def test_where_the_payload_begins(packet: bytes, start: int) -> None:
    assert rtp.payload_offset(packet) == start
