"""Which numbers we ring back: those of people in the agency's own country that cost what a usual call costs."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from civicline.core.agency import Agency

DEARER = frozenset({
    PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.PAGER, PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
})  # fmt: skip


class Refusal(StrEnum):
    """Why a number is not rung."""

    NO_NUMBER = "no_number"
    ABROAD = "abroad"
    DEARER = "dearer"
    OWN = "own"


def number_to_ring(agency: Agency, number: str) -> str | None:
    """As it is dialled (E.164); None: withheld, no number, premium, abroad, or one of the agency's own."""
    found = looked_at(agency, number)
    return None if isinstance(found, Refusal) else found


def looked_at(agency: Agency, number: str) -> str | Refusal:
    """As it is dialled (E.164), or why it is not."""
    try:
        found = phonenumbers.parse(number, agency.country)
    except NumberParseException:
        return Refusal.NO_NUMBER
    dialled = _e164(found)
    if dialled in _own(agency):
        return Refusal.OWN
    if not phonenumbers.is_valid_number(found):
        return Refusal.NO_NUMBER
    if not phonenumbers.is_valid_number_for_region(found, agency.country):
        return Refusal.ABROAD
    return Refusal.DEARER if phonenumbers.number_type(found) in DEARER else dialled


def canonical(agency: Agency | None, number: str) -> str:
    """One spelling for each number: carriers write it with the country's code or without, people with blanks and
    brackets. What is no number stays as it is."""
    return number if agency is None else _canonical(agency.country, number)


def _canonical(country: str, number: str) -> str:
    try:
        found = phonenumbers.parse(number, country)
    except NumberParseException:
        return number
    return _e164(found) if phonenumbers.is_possible_number(found) else number


def line_called(agency: Agency, number: str) -> str | None:
    """The line with that number, however the carrier and the pack write it."""
    if number in agency.lines:
        return number
    return _lines(agency.country, tuple(agency.lines)).get(_canonical(agency.country, number))


def as_in_pack(agency: Agency, dialled: str) -> str:
    """The number of a line or an office as the pack writes it, however it was dialled; anything else as it is."""
    numbers = (*(office.number for office in agency.offices.values()), *agency.lines)
    return dialled if dialled in numbers else _lines(agency.country, numbers).get(canonical(agency, dialled), dialled)


@lru_cache(maxsize=4)
def _lines(country: str, lines: tuple[str, ...]) -> dict[str, str]:
    """By their canonical numbers. Looked up for every call to a number that nobody serves."""
    return {_canonical(country, line): line for line in lines}


def _own(agency: Agency) -> set[str]:
    """Ringing them would ring ourselves, or another office in somebody's name."""
    own = [*agency.lines, *(office.number for office in agency.offices.values())]
    found = set()
    for number in own:
        try:
            found.add(_e164(phonenumbers.parse(number, agency.country)))
        except NumberParseException:
            continue
    return found


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
