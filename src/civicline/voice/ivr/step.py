"""What a step is: its prompts, the keys that count, and the requests that a key, the end, or giving up leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from civicline.core import requests
from civicline.core.agency import Agency
from civicline.core.lifecycle import Recording, TopicBy
from civicline.core.model import Contact
from civicline.core.requests import Request

REFUSE_KEY = "9"
OPERATOR_KEY = "0"
BACK_KEY = "*"
REPEAT_KEY = "#"
RIGHT_KEY, WRONG_KEY = "1", "2"
"""After what was keyed in was read back."""
DEFAULT_TIMEOUT_S = 6.0
DEFAULT_TRIES = 3

Requests = tuple[Request, ...]


class Spoken(NamedTuple):
    """A prompt by its name, in one language."""

    name: str
    language: str


ENTERED = "entered digits"
"""Stands for the digits that were keyed in: which prompts those are only voice knows."""


class Keyed(StrEnum):
    """What digits are. A code is looked up and not kept; a number is one that we may ring."""

    DIGITS = "digits"
    CODE = "code"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Collected:
    """Digits are keyed in: up to `longest`, fewer with # or after a pause; `entered` follows then, and they are kept
    under `name`."""

    name: str
    shortest: int
    longest: int
    back: Requests
    entered: Requests = ()
    keyed: Keyed = Keyed.DIGITS


@dataclass(frozen=True, slots=True)
class Step:
    """`first` is said once, before the prompts. `after` follows when the prompts were heard to the end, and takes the
    caller on; `heard` follows then, too, and does not; `rest` is said after it. When all tries are used up, `invalid`
    follows where a wrong key was pressed, and `silence` where none was.

    A step without keys to wait for and without `after` (the line) goes on until the contact moves.
    """

    id: str
    prompts: tuple[Spoken, ...]
    first: tuple[Spoken, ...] = ()
    rest: tuple[Spoken, ...] = ()
    music: bool = False
    keys: Mapping[str, Requests] = field(default_factory=dict)
    again: frozenset[str] = frozenset()
    """Keys that have the prompts said again."""
    comes_again: bool = False
    """The prompts come again with the music, so that nobody thinks that they are forgotten."""
    after: Requests = ()
    heard: Requests = ()
    silence: Requests = ()
    invalid: Requests = ()
    collected: Collected | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S
    tries: int = DEFAULT_TRIES
    takes_ahead: bool = True
    """Whether a key counts that was pressed before the step was open: not for a question nobody has heard yet."""

    @property
    def asks(self) -> bool:
        """Whether a key is waited for after the prompts."""
        return bool(self.silence)


def spoken_to(contact: Contact, agency: Agency) -> str:
    return contact.language or agency.languages[0]


def refusal(contact: Contact) -> dict[str, Requests]:
    if contact.recording is Recording.REFUSED:
        return {}
    return {REFUSE_KEY: (requests.RefuseRecording(contact.id),)}


def operator(contact: Contact, by: TopicBy) -> Requests:
    return (requests.ChooseTopic(contact.id, None, by),)
