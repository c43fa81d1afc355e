"""Voices are told from each other, from prompts and from music by their very frames."""

from __future__ import annotations

import pytest

from civicline.demo import sound
from civicline.voice.media.g711 import TRANSCODE, encode
from civicline.voice.media.sdp import LAWS, PCMA, PCMU
from civicline.voice.prompts import music

BOTH = [sound.representative(), sound.caller()]


def test_no_frame_belongs_to_both_voices():
    assert not BOTH[0].known & BOTH[1].known


@pytest.mark.parametrize("voice", BOTH)
@pytest.mark.parametrize(("said", "heard"), [(PCMU, PCMA), (PCMA, PCMU)])
def test_a_voice_is_known_after_the_media_engine_changed_its_law(voice, said, heard):
    frames = [frame.translate(TRANSCODE[said, heard]) for frame in voice.frames[said]]
    loud = [frame for frame in frames if not sound.is_quiet(frame, heard)]
    assert len(loud) > len(frames) / 2
    assert set(loud) <= voice.known


@pytest.mark.parametrize("law", LAWS)
def test_music_is_neither_quiet_nor_a_voice(law):
    samples = (music.compose() * 32767).astype("int16")
    said = encode(samples, law)
    frames = [said[start : start + 160] for start in range(0, len(said), 160)]
    assert not any(sound.is_quiet(frame, law) for frame in frames)
    assert not any(frame in voice.known for voice in BOTH for frame in frames)


@pytest.mark.parametrize("law", LAWS)
def test_silence_is_quiet(law):
    assert sound.is_quiet(sound.QUIET_FRAME[law], law)
