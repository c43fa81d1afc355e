"""How one side is lined up: by timestamp where it can be, by arrival where it must be."""

from __future__ import annotations

import struct

import pytest

from civicline.recordings.format import RATE_HZ, SILENCE
from civicline.voice.media.channel import Channel, Heard
from civicline.voice.media.g711 import TRANSCODE
from civicline.voice.media.sdp import PCMA, PCMU

BEGAN = 100.0
SOUNDS = [bytes([number]) * 160 for number in range(1, 51)]
FIRST_TS = 0xFFFFFF00
"""Near the wrap."""


def packet(number: int, *, late_s: float = 0.0, ts: int | None = None, kind: int = PCMU, ssrc: int = 7) -> Heard:
    """The packet whose 20 ms are the `number`-th of the recording; it comes as they end."""
    stamp = (FIRST_TS + number * 160 if ts is None else ts) & 0xFFFFFFFF
    header = struct.pack("!BBHII", 0x80, kind | (0x80 if number == 0 else 0), number & 0xFFFF, stamp, ssrc)
    return BEGAN + (number + 1) * 0.02 + late_s, header + SOUNDS[number % 50]


def second(packets: list[Heard], channel: Channel | None = None) -> bytes:
    channel = channel or Channel(BEGAN)
    channel.put(packets)
    return channel.take(RATE_HZ)


WHOLE = b"".join(SOUNDS)


def test_a_second_without_a_break() -> None:
    assert second([packet(number) for number in range(50)]) == WHOLE


def test_jitter_loss_and_another_order_leave_each_in_its_place() -> None:
    numbers = [0, 2, 1, *range(4, 50)]
    packets = [packet(number, late_s=0.03 * (number % 3)) for number in numbers]
    assert second(packets) == WHOLE[: 3 * 160] + SILENCE * 160 + WHOLE[4 * 160 :]


def test_a_law_law_is_kept_as_mu_law() -> None:
    expected = WHOLE.translate(TRANSCODE[PCMA, PCMU])
    assert second([packet(number, kind=PCMA) for number in range(50)]) == expected


@pytest.mark.parametrize("change", [{"ssrc": 8}, {"ts": 5_000_000}])
def test_a_new_source_or_a_jump_is_placed_by_arrival(change: dict[str, int]) -> None:
    packets = [packet(number) for number in range(10)]
    packets += [packet(number, **change) for number in range(40, 41)]
    assert second(packets) == WHOLE[: 10 * 160] + SILENCE * 30 * 160 + SOUNDS[40] + SILENCE * 9 * 160


def test_silence_between_two_talks_of_one_source_stays() -> None:
    packets = [packet(number) for number in (*range(10), *range(30, 40))]
    assert second(packets) == WHOLE[: 10 * 160] + SILENCE * 20 * 160 + WHOLE[30 * 160 : 40 * 160] + SILENCE * 10 * 160


def test_what_comes_after_its_second_was_taken_is_lost_and_disturbs_nothing() -> None:
    channel = Channel(BEGAN)
    assert second([packet(number) for number in range(49)], channel) == WHOLE[: 49 * 160] + SILENCE * 160
    assert second([packet(number) for number in range(49, 100)], channel) == WHOLE
