"""Which WAV file says what: all prompts of the agency, made before the first caller hears one."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from civicline.core.agency import Agency
from civicline.voice.ivr.steps import Spoken
from civicline.voice.prompts import music
from civicline.voice.prompts.library import Library, PromptError

log = logging.getLogger(__name__)


class Playlist:
    def __init__(self, data: Path, pack: Path) -> None:
        self._library = Library(data, pack)
        self._data = data
        self._paths: dict[Spoken, Path] = {}
        self._music = music.path(data)

    def load(self, agency: Agency) -> None:
        """Say what this agency says from now on. As slow as `make` where that was not called before."""
        self._paths = self.make(agency)

    def make(self, agency: Agency) -> dict[Spoken, Path]:
        """Make what is missing. Takes a fraction of a second for each prompt that was never made before: on a thread
        of its own while calls are served."""
        texts = {
            Spoken(name, language): text
            for name, by_language in texts_of(agency).items()
            for language, text in by_language.items()
        }
        made = {}
        for spoken, text in texts.items():
            try:
                made[spoken] = self._library.path(spoken.name, spoken.language, text)
            except PromptError as error:
                log.error("voice: callers will not hear the prompt %s: %s", spoken.name, error)
        return made

    def files(self, spoken: Iterable[Spoken], music: bool = False) -> list[Path]:
        """The files to play in turn; a prompt that the agency does not have is passed over."""
        found = [self._paths[each] for each in spoken if each in self._paths]
        return [*found, self._music] if music or not found else found


def texts_of(agency: Agency) -> dict[str, dict[str, str]]:
    """Every prompt by name and language."""
    menus = {f"menu.{menu.id}": menu.prompt for menu in agency.menus.values()}
    return {**agency.prompts, **menus}
