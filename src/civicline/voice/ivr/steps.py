"""What a caller hears now and what a key means, computed from the contact alone.

Nothing here is remembered: a restarted voice process computes the same step. Each step names its prompts, the keys
that count, and the requests that a key, the end of the prompt, or giving up leads to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from civicline.core import requests
from civicline.core.agency import Agency
from civicline.core.lifecycle import ContactState, Recording, TopicBy
from civicline.core.model import Contact
from civicline.core.requests import Request

REFUSE_KEY = "9"
OPERATOR_KEY = "0"
DEFAULT_TIMEOUT_S = 6.0
DEFAULT_TRIES = 3

Requests = tuple[Request, ...]


class Spoken(NamedTuple):
    """A prompt by its name, in one language."""

    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Step:
    """`after` follows when the prompts were heard to the end; `silence` and `invalid` when all tries are used up.

    A step without keys to wait for and without `after` (the line) goes on until the contact moves.
    """

    id: str
    prompts: tuple[Spoken, ...]
    music: bool = False
    again: bool = False
    """The prompts come again with the music, so that nobody thinks that they are forgotten."""
    keys: Mapping[str, Requests] = field(default_factory=dict)
    after: Requests = ()
    silence: Requests = ()
    invalid: Requests = ()
    timeout_s: float = DEFAULT_TIMEOUT_S
    tries: int = DEFAULT_TRIES
    takes_ahead: bool = True
    """Whether a key counts that was pressed before the step was open: not for a question nobody has heard yet."""

    @property
    def asks(self) -> bool:
        """Whether a key is waited for after the prompts."""
        return bool(self.silence)


def step_of(contact: Contact, agency: Agency) -> Step | None:
    """The present step; None while a representative has the caller, or when it is over."""
    if contact.state is ContactState.MENU:
        if contact.notice_at is None:
            return _notice(contact, agency)
        if contact.language is None and len(agency.languages) > 1:
            return _language(contact, agency)
        return _topic(contact, agency)
    if contact.state is ContactState.TURNED_AWAY and contact.turned_away is not None:
        return _message(contact, agency, contact.turned_away.value)
    if contact.state in (ContactState.WAITING, ContactState.OFFERED):
        return Step("line", (Spoken("please_wait", spoken_to(contact, agency)),), music=True, keys=_refusal(contact))
    return _in_the_call(contact, agency)


def _in_the_call(contact: Contact, agency: Agency) -> Step | None:
    """On hold, or while another office is rung."""
    if contact.state is ContactState.TALKING and contact.hears_music:
        prompts = (Spoken("on_hold", spoken_to(contact, agency)),)
        return Step(f"hold-{contact.holds}", prompts, music=True, again=True, keys=_refusal(contact))
    if contact.state is ContactState.OUTSIDE and contact.referrals[-1].answered_at is None:
        prompts = (Spoken("connecting", spoken_to(contact, agency)),)
        return Step("outside", prompts, music=True, again=True, keys=_refusal(contact))
    return None


def spoken_to(contact: Contact, agency: Agency) -> str:
    return contact.language or agency.languages[0]


def _refusal(contact: Contact) -> dict[str, Requests]:
    if contact.recording is Recording.REFUSED:
        return {}
    return {REFUSE_KEY: (requests.RefuseRecording(contact.id),)}


def _notice(contact: Contact, agency: Agency) -> Step:
    heard = requests.PlayedNotice(contact.id)
    refuse = {key: (*asked, heard) for key, asked in _refusal(contact).items()}
    return Step("notice", tuple(Spoken("notice", each) for each in agency.languages), keys=refuse, after=(heard,))


def _language(contact: Contact, agency: Agency) -> Step:
    first = requests.ChooseLanguage(contact.id, agency.languages[0])
    keys: dict[str, Requests] = {
        str(number): (requests.ChooseLanguage(contact.id, language),)
        for number, language in enumerate(agency.languages, start=1)
    }
    keys[OPERATOR_KEY] = (first, requests.ChooseTopic(contact.id, None, TopicBy.OPERATOR_KEY))
    return Step(
        "language",
        tuple(Spoken("language", each) for each in agency.languages),
        keys=_refusal(contact) | keys,
        silence=(first,),
        invalid=(first,),
        tries=1,
    )


def _topic(contact: Contact, agency: Agency) -> Step:
    menu = agency.menus[agency.lines[contact.line].menu]
    keys: dict[str, Requests] = {
        key: (requests.ChooseTopic(contact.id, topic, TopicBy.KEY),) for key, topic in menu.keys.items()
    }
    keys[OPERATOR_KEY] = (requests.ChooseTopic(contact.id, None, TopicBy.OPERATOR_KEY),)
    return Step(
        "topic",
        (Spoken(f"menu.{menu.id}", spoken_to(contact, agency)),),
        keys=_refusal(contact) | keys,
        silence=(requests.ChooseTopic(contact.id, None, TopicBy.SILENCE),),
        invalid=(requests.ChooseTopic(contact.id, None, TopicBy.INVALID_KEYS),),
        timeout_s=menu.timeout_s,
        tries=menu.tries,
    )


def _message(contact: Contact, agency: Agency, name: str) -> Step:
    heard = (requests.PlayedMessage(contact.id),)
    languages = (contact.language,) if contact.language else agency.languages
    return Step("message", tuple(Spoken(name, each) for each in languages), after=heard)
