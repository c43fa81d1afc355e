"""Session descriptions, G.711 and WAV files, each by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from media_phones import tone, write_tone

from civicline.voice.media import g711, rtp, sdp
from civicline.voice.media.sound import Sounds
from civicline.voice.media.source import LOCK_AFTER, LOCK_OTHER_AFTER, Source

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


def test_a_locked_source_stays_whoever_sends() -> None:
    source = Source(("192.0.2.1", 4000))
    behind_nat, stranger = ("198.51.100.1", 9), ("198.51.100.2", 9)
    assert source.admit(behind_nat)
    assert not source.admit(stranger)
    for _ in range(LOCK_OTHER_AFTER - 1):
        assert not source.locked
        assert source.admit(behind_nat)
    assert source.locked
    assert not source.admit(source.told) and not source.admit(stranger)


def test_a_phone_of_another_call_is_forgotten_when_the_address_of_the_sdp_sends() -> None:
    source = Source(("192.0.2.1", 4000))
    stray = ("192.0.2.2", 4000)
    for _ in range(LOCK_AFTER * 4):
        assert source.admit(stray)
    for _ in range(LOCK_AFTER):
        assert source.admit(source.told)
    assert source.locked and not source.admit(stray)


def test_after_a_restart_only_the_address_of_the_sdp_is_trusted_before_the_lock() -> None:
    source = Source(("192.0.2.1", 4000), wary=True)
    stray = ("192.0.2.2", 4000)
    for _ in range(LOCK_OTHER_AFTER - 1):
        assert not source.admit(stray) and source.aim == source.told
    assert source.admit(stray) and source.locked and source.aim == stray
    other = Source(("192.0.2.1", 4000), wary=True)
    assert not other.admit(stray)
    assert other.admit(other.told) and other.aim == other.told


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
