"""How the offer of a callback sounds, so that callers know it when they hear it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from civicline.demo.sound import is_quiet
from civicline.voice.media.sdp import LAWS
from civicline.voice.media.sound import Sound
from civicline.voice.prompts.library import Library

PROMPT = "hold_offer"


def frames(data: Path, texts: Mapping[str, str]) -> frozenset[bytes]:
    """What is said of it, 20 ms each, in both laws; `texts` by language. Raises PromptError or SoundError."""
    library = Library(data, data / "agency")
    sounds = [Sound(library.path(PROMPT, language, text)) for language, text in texts.items()]
    every = ((sound.frame(law, index), law) for sound in sounds for law in LAWS for index in range(sound.frames))
    return frozenset(frame for frame, law in every if not is_quiet(frame, law))
