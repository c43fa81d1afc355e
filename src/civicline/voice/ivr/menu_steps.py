"""The steps of the menus: a menu, an information message, digits that are keyed in and confirmed, a place's code, times
at which to be rung.

In all of them 0 is the operator, * goes back, # repeats, 9 refuses the recording (while digits are keyed in, 0 and 9
are digits and # ends them). Whoever presses nothing, as at a text telephone, reaches the operator.
"""

from __future__ import annotations

from collections.abc import Mapping

from civicline.agency import times
from civicline.core import callback_requests, menu_requests, requests
from civicline.core.agency import Agency, Digits, Menu, Way, WayKind
from civicline.core.codes import CODE_DIGITS
from civicline.core.lifecycle import DeclinedFor, TopicBy
from civicline.core.model import Contact, Found, Times, Urgent
from civicline.voice.ivr import time_steps
from civicline.voice.ivr.step import (
    BACK_KEY,
    DEFAULT_TIMEOUT_S,
    DEFAULT_TRIES,
    ENTERED,
    OPERATOR_KEY,
    REPEAT_KEY,
    RIGHT_KEY,
    WRONG_KEY,
    Collected,
    Keyed,
    Requests,
    Spoken,
    Step,
    operator,
    refusal,
    spoken_to,
)

NONE_FREE = (DeclinedFor.FULL, DeclinedFor.NO_SLOT)
"""Why nobody could have a time now, whatever the number."""

BACK = "menu_back"
"""Said only where there is a menu to go back to: one menu may be below another and a line's first. Prompts that people
wrote or recorded say it themselves."""


def menu_step(contact: Contact, agency: Agency, urgent: Mapping[str, Urgent]) -> Step:
    """Wherever in the menus the contact is."""
    message, digits = agency.messages.get(contact.message or ""), agency.digits.get(contact.digits or "")
    if message is not None:
        return _message(contact, agency, message.id)
    if digits is not None:
        return _confirm(contact, agency, digits) if contact.digits_entered else _digits(contact, agency, digits)
    if contact.code_asked:
        return _code(contact, agency)
    if contact.found is not None:
        return _found(contact, agency, contact.found)
    if contact.times is not None:
        return _times(contact, agency, contact.times)
    line = agency.lines.get(contact.line)
    menu = agency.menus.get(contact.menu or (line.menu if line else ""))
    return _lost(contact) if menu is None else _menu(contact, agency, menu, urgent.get(menu.id))


def _menu(contact: Contact, agency: Agency, menu: Menu, urgent: Urgent | None) -> Step:
    language = spoken_to(contact, agency)
    keys: dict[str, Requests] = {
        key: (requests.ChooseTopic(contact.id, topic, TopicBy.KEY),) for key, topic in menu.keys.items()
    }
    ways = {key: way for key, way in menu.ways.items() if not way.languages or language in way.languages}
    keys |= {key: _along(contact, way) for key, way in ways.items()}
    names = [f"menu.{menu.id}"]
    if contact.trail:
        keys[BACK_KEY] = (menu_requests.GoBack(contact.id),)
        names += [BACK] if BACK in agency.prompts and not menu.says_back(language) else []
    return _asking(
        contact,
        f"menu-{menu.id}-{contact.visit}",
        tuple(Spoken(name, language) for name in names),
        keys,
        first=_urgent(urgent, language),
        timeout_s=menu.timeout_s,
        tries=menu.tries,
    )


def _asking(
    contact: Contact,
    id_: str,
    prompts: tuple[Spoken, ...],
    keys: dict[str, Requests],
    *,
    first: tuple[Spoken, ...] = (),
    heard: Requests = (),
    rest: tuple[Spoken, ...] = (),
    timeout_s: float,
    tries: int,
    takes_ahead: bool = True,
) -> Step:
    """A step with the keys that hold everywhere."""
    every = refusal(contact) | {OPERATOR_KEY: operator(contact, TopicBy.OPERATOR_KEY)} | keys
    return Step(
        id_,
        prompts,
        first=first,
        heard=heard,
        rest=rest,
        keys=every,
        again=frozenset({REPEAT_KEY, BACK_KEY}) - every.keys(),
        silence=operator(contact, TopicBy.SILENCE),
        invalid=operator(contact, TopicBy.INVALID_KEYS),
        timeout_s=timeout_s,
        tries=tries,
        takes_ahead=takes_ahead,
    )


def _urgent(urgent: Urgent | None, language: str) -> tuple[Spoken, ...]:
    if urgent is None:
        return ()
    return (Spoken(f"message.{urgent.message}" if urgent.message else f"urgent.{urgent.menu}", language),)


def _along(contact: Contact, way: Way) -> Requests:
    if way.kind is WayKind.TOPIC:
        return (requests.ChooseTopic(contact.id, way.to, TopicBy.KEY),)
    if way.kind is WayKind.MENU:
        return (menu_requests.EnterMenu(contact.id, way.to),)
    if way.kind is WayKind.MESSAGE:
        return (menu_requests.HearMessage(contact.id, way.to),)
    if way.kind is WayKind.DIGITS:
        return (menu_requests.AskDigits(contact.id, way.to),)
    if way.kind is WayKind.QUEUE:
        return (menu_requests.ChooseQueue(contact.id, way.to),)
    if way.kind is WayKind.TIMES:
        return (menu_requests.HearTimes(contact.id, way.to),)
    if way.kind is WayKind.PLACE:
        return (callback_requests.AskCode(contact.id),)
    return operator(contact, TopicBy.OPERATOR_KEY)


def _patience(contact: Contact, agency: Agency) -> tuple[float, int]:
    """Seconds and tries: those of the menu that the caller came from."""
    menu = agency.menus.get(contact.menu or "")
    return (menu.timeout_s, menu.tries) if menu else (DEFAULT_TIMEOUT_S, DEFAULT_TRIES)


def _message(contact: Contact, agency: Agency, message: str) -> Step:
    language = spoken_to(contact, agency)
    timeout_s, tries = _patience(contact, agency)
    return _asking(
        contact,
        f"message-{message}-{contact.visit}",
        (Spoken(f"message.{message}", language),),
        {BACK_KEY: (menu_requests.GoBack(contact.id),)},
        heard=(menu_requests.HeardMessage(contact.id, message),),
        rest=(Spoken("message_choices", language),),
        timeout_s=timeout_s,
        tries=tries,
    )


def _digits(contact: Contact, agency: Agency, digits: Digits) -> Step:
    timeout_s, tries = _patience(contact, agency)
    return Step(
        f"digits-{digits.id}-{contact.visit}",
        (Spoken(f"digits.{digits.id}", spoken_to(contact, agency)),),
        silence=operator(contact, TopicBy.SILENCE),
        invalid=operator(contact, TopicBy.INVALID_KEYS),
        collected=Collected(
            digits.id,
            digits.shortest,
            digits.longest,
            entered=(menu_requests.EnteredDigits(contact.id, digits.id),),
            back=(menu_requests.GoBack(contact.id),),
        ),
        timeout_s=timeout_s,
        tries=tries,
    )


def _code(contact: Contact, agency: Agency) -> Step:
    """Who has the code of a place keys it in. One that is nobody's is asked for again."""
    language = spoken_to(contact, agency)
    timeout_s, tries = _patience(contact, agency)
    return Step(
        f"code-{contact.visit}",
        (Spoken("code_ask", language),),
        first=(Spoken("code_unknown", language),) if contact.code_unknown else (),
        silence=operator(contact, TopicBy.SILENCE),
        invalid=operator(contact, TopicBy.INVALID_KEYS),
        collected=Collected("", CODE_DIGITS, CODE_DIGITS, (menu_requests.GoBack(contact.id),), keyed=Keyed.CODE),
        timeout_s=timeout_s,
        tries=tries,
    )


def _found(contact: Contact, agency: Agency, found: Found) -> Step:
    """Whoever keyed in the code of a time is told when it is, and may give it up."""
    language, back = spoken_to(contact, agency), (menu_requests.GoBack(contact.id),)
    if found.given_up:
        return Step(
            f"given-up-{contact.visit}", (Spoken("time_cancelled", language),), keys=refusal(contact), after=back
        )
    timeout_s, tries = _patience(contact, agency)
    names = ("time_found", *times.when(found.slot, found.told_at, agency.zone, agency.prompts), "time_cancel")
    return _asking(
        contact,
        f"found-{contact.visit}",
        tuple(Spoken(name, language) for name in names),
        {RIGHT_KEY: (callback_requests.GiveUpTime(contact.id),), BACK_KEY: back},
        timeout_s=timeout_s,
        tries=tries,
        takes_ahead=False,
    )


def _times(contact: Contact, agency: Agency, told: Times) -> Step:
    """A time at which to be rung is chosen without having waited, as while the line is closed."""
    language, back = spoken_to(contact, agency), (menu_requests.GoBack(contact.id),)
    if not told.slots:
        none = Spoken("times_full" if told.why in NONE_FREE else "times_none", language)
        return Step(time_steps.id_of(contact), (none,), keys=refusal(contact), after=back)
    timeout_s, tries = _patience(contact, agency)
    names, keys = time_steps.choices(contact, agency, told)
    return _asking(
        contact,
        time_steps.id_of(contact),
        (Spoken("times_ask_menu", language), *names),
        keys | {BACK_KEY: back},
        first=(Spoken("times_declined", language),) if told.why else (),
        timeout_s=timeout_s,
        tries=tries,
        takes_ahead=False,
    )


def _confirm(contact: Contact, agency: Agency, digits: Digits) -> Step:
    timeout_s, tries = _patience(contact, agency)
    names = ("digits_entered", ENTERED, "digits_confirm")
    return _asking(
        contact,
        f"confirm-{digits.id}-{contact.visit}",
        tuple(Spoken(name, spoken_to(contact, agency)) for name in names),
        {
            RIGHT_KEY: (menu_requests.ConfirmDigits(contact.id),),
            WRONG_KEY: (menu_requests.RejectDigits(contact.id),),
            BACK_KEY: (menu_requests.GoBack(contact.id),),
        },
        timeout_s=timeout_s,
        tries=tries,
    )


def _lost(contact: Contact) -> Step:
    """A menu that no pack has any more, and the line neither: the operator."""
    return Step("lost", (), after=operator(contact, TopicBy.LINE))
