"""Speech by eSpeak NG, as a program: `python -m civicline.voice.prompts.espeak --library … < texts`.

eSpeak NG is under the GPL 3, so it is only ever loaded here, in a process that ends when the WAVs are written. Never
import this module: `library.py` runs it. The calls and constants are those of eSpeak NG's `speak_lib.h`.
"""

from __future__ import annotations

import argparse
import ctypes
import sys
import wave
from pathlib import Path

AUDIO_OUTPUT_SYNCHRONOUS = 2
CHARS_UTF8 = 1
POS_CHARACTER = 1
RATE = 1  # espeakRATE, words a minute
WORDS_A_MINUTE = 150

_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class SpeechError(Exception):
    """eSpeak NG refused; the message says what."""


class Speaker:
    def __init__(self, library: str, data: str) -> None:
        self._espeak = ctypes.CDLL(library)
        self.samples = bytearray()
        self.rate = self._espeak.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, data.encode(), 0)
        if self.rate <= 0:
            raise SpeechError("eSpeak NG cannot read its data folder")
        self._callback = _CALLBACK(self._take)  # kept: the library holds only its address
        self._espeak.espeak_SetSynthCallback(self._callback)
        self._espeak.espeak_SetParameter(RATE, WORDS_A_MINUTE, 0)

    def speak(self, text: str, voice: str) -> None:
        if self._espeak.espeak_SetVoiceByName(voice.encode()):
            raise SpeechError(f"eSpeak NG has no voice {voice!r}")
        raw = text.encode()
        if self._espeak.espeak_Synth(raw, len(raw) + 1, 0, POS_CHARACTER, 0, CHARS_UTF8, None, None):
            raise SpeechError("eSpeak NG cannot speak the text")
        self._espeak.espeak_Synchronize()

    def _take(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _: object) -> int:
        if samples and count > 0:
            self.samples += ctypes.string_at(samples, count * 2)
        return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write texts from standard input, apart by NUL, as 0.wav, 1.wav …")
    for name in ("--library", "--data", "--voice", "--folder"):
        parser.add_argument(name, required=True)
    given = parser.parse_args(arguments)
    try:
        speaker = Speaker(given.library, given.data)
        for number, text in enumerate(sys.stdin.buffer.read().decode().split("\0")):
            speaker.samples.clear()
            speaker.speak(text, given.voice)
            _write(Path(given.folder) / f"{number}.wav", speaker)
    except (OSError, SpeechError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _write(path: Path, speaker: Speaker) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(speaker.rate)
        file.writeframes(bytes(speaker.samples))


if __name__ == "__main__":
    sys.exit(main())
