"""The times at which a caller may be rung: how they are said, and the step of whoever chooses one in line."""

from __future__ import annotations

from civicline.agency import times
from civicline.core import callback_requests
from civicline.core.agency import Agency
from civicline.core.model import Contact, Times
from civicline.voice.ivr.step import BACK_KEY, REPEAT_KEY, Requests, Spoken, Step, refusal, spoken_to

WHOLE = 2
"""Prompts of a day and a time."""
LATER_KEY = "4"
"""Tell later ones."""


def in_line(contact: Contact, agency: Agency) -> Step | None:
    """One of the times that were told is chosen, or later ones are asked for. Whoever presses nothing waits on."""
    told = contact.times
    if told is None or not contact.is_in_first_line:
        return None
    language, back = spoken_to(contact, agency), (callback_requests.LeaveTimes(contact.id),)
    said = (Spoken("times_declined", language),) if told.why else ()
    if not told.slots:
        return Step(id_of(contact), said, keys=refusal(contact), after=back)
    names, keys = choices(contact, agency, told)
    return Step(
        id_of(contact),
        (Spoken("times_ask", language), *names),
        first=said,
        keys=refusal(contact) | keys | {BACK_KEY: back},
        again=frozenset({REPEAT_KEY}),
        silence=back,
        invalid=back,
        takes_ahead=False,
    )


def id_of(contact: Contact) -> str:
    return f"times-{contact.times_visit}"


def choices(contact: Contact, agency: Agency, told: Times) -> tuple[tuple[Spoken, ...], dict[str, Requests]]:
    """What is said of the times that were told, and the keys that take them."""
    names: list[str] = []
    keys: dict[str, Requests] = {}
    for key, (when, slot) in _sayable(told, agency).items():
        names += [*when, times.key(key)]
        keys[key] = (callback_requests.TakeTime(contact.id, slot),)
    if told.more:
        names.append("times_more")
        keys[LATER_KEY] = (callback_requests.AskTimes(contact.id, told.slots[-1]),)
    return tuple(Spoken(name, spoken_to(contact, agency)) for name in names), keys


def _sayable(told: Times, agency: Agency) -> dict[str, tuple[list[str], float]]:
    """By key, the prompts of a slot and the slot. In a daylight-saving night a clock may show a time that no hours
    have, which has no prompt, or one for the second time: neither is said. A key means the slot that it was told for,
    whatever pack is loaded meanwhile."""
    found: dict[str, tuple[list[str], float]] = {}
    for key, slot in zip(times.KEYS, told.slots, strict=False):
        when = times.when(slot, told.told_at, agency.zone, agency.prompts)
        if len(when) == WHOLE and when not in (said for said, _ in found.values()):
            found[key] = (when, slot)
    return found
