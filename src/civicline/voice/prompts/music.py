"""Music on hold, composed here, so that no licence is needed: slow soft chords that loop without a seam."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from civicline.voice.prompts import audio

VERSION = 1
LEVEL_DBFS = -28.0  # well under speech (library.LEVEL_DBFS), so that a prompt stands out
CHORD_S = 5.0
OVERLAP_S = 2.5
CHORDS = (  # MIDI notes, in F major; 8 chords of 5 s
    (53, 60, 65, 69),
    (50, 57, 65, 69),
    (55, 62, 65, 70),
    (48, 60, 64, 67),
    (53, 60, 65, 72),
    (57, 60, 64, 69),
    (58, 62, 65, 70),
    (48, 58, 64, 67),
)
MELODY = (77, 76, 74, 72, 72, 69, 70, 67)
PARTIALS = (1.0, 0.35, 0.12, 0.05)


def path(data: Path) -> Path:
    """The loop's WAV (40 s) in the data folder, made when missing."""
    target = data / "prompts" / f"music-{VERSION}.wav"
    if not target.exists():
        audio.write(target, compose())
    return target


def compose() -> audio.Samples:
    """The loop; what fades past its end is laid over its beginning."""
    step = int(CHORD_S * audio.RATE_HZ)
    loop = np.zeros(step * len(CHORDS))
    for number, (chord, note) in enumerate(zip(CHORDS, MELODY, strict=True)):
        for pitch in chord:
            _lay(loop, number * step, _voice(pitch, attack_s=1.5))
        _lay(loop, number * step + step // 2, 0.6 * _voice(note, attack_s=0.15))
    gain = float(10 ** (LEVEL_DBFS / 20) / np.sqrt(np.mean(loop**2)))
    return loop * gain


def _lay(loop: audio.Samples, start: int, sound: audio.Samples) -> None:
    places = (start + np.arange(len(sound))) % len(loop)
    np.add.at(loop, places, sound)


def _voice(pitch: int, attack_s: float) -> audio.Samples:
    """One note with a few soft partials, under an envelope that begins and ends at nothing."""
    seconds = np.arange(int((CHORD_S + OVERLAP_S) * audio.RATE_HZ)) / audio.RATE_HZ
    hz = 440 * 2 ** ((pitch - 69) / 12)
    orders = np.array([order for order in range(1, len(PARTIALS) + 1) if hz * order < 3400])
    wave = np.array(PARTIALS[: len(orders)]) @ np.sin(2 * np.pi * hz * np.outer(orders, seconds))
    rise = np.minimum(1, seconds / attack_s)
    fall = np.clip((CHORD_S + OVERLAP_S - seconds) / (CHORD_S - 1), 0, 1)
    sound: audio.Samples = wave * np.sin(np.pi / 2 * rise) ** 2 * fall**2
    return sound
