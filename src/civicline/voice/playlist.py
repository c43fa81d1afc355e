"""Which WAV file says what: all prompts of the agency, made before the first caller hears one."""

from __future__ import annotations

import logging
from collections import ChainMap
from collections.abc import Iterable, Mapping
from pathlib import Path

from civicline.core.agency import Agency
from civicline.voice.ivr.step import Spoken
from civicline.voice.prompts import music
from civicline.voice.prompts.library import Library

log = logging.getLogger(__name__)


FIRST = (
    "notice",
    "recording_refused",
    "language",
    "invalid_key",
    "no_key",
    "please_wait",
    "connecting",
    "closed",
    "full",
    "position_first",
    "still_waiting",
    "hold_offer",
    "hold_offer_number",
    "hold_kept",
    "hold_goodbye",
    "place_restored",
)
"""What every caller may hear within the first half minute, with the lines' own menus; and `FIRST_KINDS`."""
FIRST_KINDS = ("wait.", "digit.")

Texts = dict[Spoken, str]


class Playlist:
    def __init__(self, data: Path, pack: Path) -> None:
        self._library = Library(data, pack)
        self._data = data
        self._paths: dict[Spoken, Path] = {}
        self._urgent: dict[str, dict[Spoken, Path]] = {}
        self._music = music.path(data)

    def load(self, agency: Agency) -> None:
        """Say what this agency says from now on, as far as it was made: see `make`."""
        self._paths = self._library.known(said(agency))

    def make(self, agency: Agency, first: bool = False) -> None:
        """Make what is missing; `first`: only what callers hear first. Takes a hundredth of a second for each prompt
        that was never made before: on a thread of its own while calls are served."""
        texts = said(agency)
        names = {*FIRST, *(f"menu.{line.menu}" for line in agency.lines.values())}
        self._make({spoken: text for spoken, text in texts.items() if not first or _early(spoken, names)})

    def make_urgent(self, menu: str, texts: Mapping[str, str]) -> None:
        """The urgent message before a menu."""
        self._make(_urgent(menu, texts))

    def load_urgent(self, menu: str, texts: Mapping[str, str]) -> None:
        """Say it from now on."""
        self._urgent[menu] = self._library.known(_urgent(menu, texts))

    def forget_urgent(self, menu: str) -> None:
        """Say none before this menu, until the next one is loaded."""
        self._urgent.pop(menu, None)

    def _make(self, texts: Texts) -> None:
        for name, error in self._library.make_all(texts):
            log.error("voice: callers will not hear the prompt %s: %s", name, error)

    def has(self, spoken: Iterable[Spoken]) -> bool:
        """Whether each of the agency's prompts was made."""
        return all(each in self._paths for each in spoken)

    def files(self, spoken: Iterable[Spoken], music: bool = False) -> list[Path]:
        """The files to play in turn; a prompt that the agency does not have is passed over."""
        paths = ChainMap(self._paths, *self._urgent.values())
        found = [paths[each] for each in spoken if each in paths]
        return [*found, self._music] if music or not found else found


def _early(spoken: Spoken, names: set[str]) -> bool:
    return spoken.name in names or spoken.name.endswith(".invitation") or spoken.name.startswith(FIRST_KINDS)


def _urgent(menu: str, texts: Mapping[str, str]) -> Texts:
    return {Spoken(f"urgent.{menu}", language): text for language, text in texts.items()}


def said(agency: Agency) -> Texts:
    """Every prompt of the agency."""
    every = texts_of(agency).items()
    return {Spoken(name, language): text for name, texts in every for language, text in texts.items()}


def texts_of(agency: Agency) -> dict[str, dict[str, str]]:
    """Every prompt by name and language."""
    menus = {f"menu.{menu.id}": menu.prompt for menu in agency.menus.values()}
    return {**agency.prompts, **menus}
