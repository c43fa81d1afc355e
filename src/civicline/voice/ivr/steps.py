"""What a caller hears now and what a key means, computed from the contact alone.

Nothing here is remembered: a restarted voice process computes the same step.
"""

from __future__ import annotations

from collections.abc import Mapping

from civicline.agency import waits
from civicline.agency.positions import POSITIONS
from civicline.core import requests
from civicline.core.agency import Agency, Queue
from civicline.core.lifecycle import ContactState, TopicBy
from civicline.core.model import Contact, Urgent
from civicline.voice.ivr import callback_steps, time_steps
from civicline.voice.ivr.menu_steps import menu_step
from civicline.voice.ivr.step import OPERATOR_KEY, REPEAT_KEY, Requests, Spoken, Step, operator, refusal, spoken_to

NOTHING_URGENT: Mapping[str, Urgent] = {}
LANGUAGE_TRIES = 2
"""Whoever presses nothing is to reach a person soon: then it is the first language."""


def step_of(contact: Contact, agency: Agency, urgent: Mapping[str, Urgent] = NOTHING_URGENT) -> Step | None:
    """The present step; None while a representative has the caller, or when it is over."""
    if contact.state is ContactState.MENU:
        if contact.notice_at is None:
            return _notice(contact, agency)
        if contact.language is None and len(agency.languages) > 1:
            return _language(contact, agency)
        return menu_step(contact, agency, urgent)
    if contact.state is ContactState.TURNED_AWAY and contact.turned_away is not None:
        return _turned_away(contact, agency, contact.turned_away.value)
    if contact.state in (ContactState.WAITING, ContactState.OFFERED):
        return callback_steps.number(contact, agency) or time_steps.in_line(contact, agency) or _line(contact, agency)
    if contact.state is ContactState.KEPT:
        return callback_steps.kept(contact, agency)
    if contact.state is ContactState.RINGING_BACK:
        return callback_steps.ringing_back(contact, agency)
    return _in_the_call(contact, agency)


def _in_the_call(contact: Contact, agency: Agency) -> Step | None:
    """On hold, or while another office is rung."""
    if contact.state is ContactState.TALKING and contact.hears_music:
        prompts = (Spoken("on_hold", spoken_to(contact, agency)),)
        return Step(f"hold-{contact.holds}", prompts, music=True, comes_again=True, keys=refusal(contact))
    if contact.state is ContactState.OUTSIDE and contact.referrals[-1].answered_at is None:
        prompts = (Spoken("connecting", spoken_to(contact, agency)),)
        return Step("outside", prompts, music=True, comes_again=True, keys=refusal(contact))
    return None


def _notice(contact: Contact, agency: Agency) -> Step:
    heard = requests.PlayedNotice(contact.id)
    refuse = {key: (*asked, heard) for key, asked in refusal(contact).items()}
    languages = (contact.language,) if contact.language else agency.languages
    return Step("notice", tuple(Spoken("notice", each) for each in languages), keys=refuse, after=(heard,))


def _language(contact: Contact, agency: Agency) -> Step:
    first = requests.ChooseLanguage(contact.id, agency.languages[0])
    keys: dict[str, Requests] = {
        str(number): (requests.ChooseLanguage(contact.id, language),)
        for number, language in enumerate(agency.languages, start=1)
    }
    keys[OPERATOR_KEY] = (first, *operator(contact, TopicBy.OPERATOR_KEY))
    return Step(
        "language",
        tuple(Spoken("language", each) for each in agency.languages),
        keys=refusal(contact) | keys,
        again=frozenset({REPEAT_KEY}),
        silence=(first,),
        invalid=(first,),
        tries=LANGUAGE_TRIES,
    )


def _turned_away(contact: Contact, agency: Agency, name: str) -> Step:
    heard = (requests.PlayedMessage(contact.id),)
    languages = (contact.language,) if contact.language else agency.languages
    return Step("message", tuple(Spoken(name, each) for each in languages), after=heard)


def _line(contact: Contact, agency: Agency) -> Step:
    """Each time that the position was told is a step of its own; music goes on after it. An offer is taken only by a
    key that was pressed since it began: whoever takes it ends the call."""
    language, keep = spoken_to(contact, agency), callback_steps.keep(contact, agency)
    queue = agency.queues.get(contact.queue or "")
    names = ["please_wait"] if contact.tells < 2 else []
    names += ["place_restored"] if contact.restored_from is not None and contact.tells < 2 else []
    if contact.tells and queue is not None:
        names += _told(contact, agency, queue)
        names += callback_steps.offers(contact, agency)
    return Step(
        f"line-{contact.tells}",
        tuple(Spoken(name, language) for name in names),
        music=True,
        keys=refusal(contact) | keep,
        takes_ahead=not keep,
    )


def _told(contact: Contact, agency: Agency, queue: Queue) -> list[str]:
    position = contact.position if contact.position_now else None
    if position is None:
        names = ["still_waiting"]
    elif position == 1:
        names = ["position_first"]
    else:
        names = [f"position.{position}" if position <= POSITIONS else "position_far"]
    names += [name for name in _wait(contact) if name in agency.prompts]
    if contact.tells > 1 and queue.say:
        names.append(f"message.{queue.say[contact.tells % len(queue.say)]}")
    return names


def _wait(contact: Contact) -> list[str]:
    """The range, after the reason where it is longer than what was told before."""
    told = contact.wait if contact.wait_now else None
    if told is None:
        return []
    return ([f"wait_rose_{told.reason.value}"] if told.reason is not None else []) + [waits.name(told.range)]
