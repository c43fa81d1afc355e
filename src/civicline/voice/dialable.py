"""Which numbers we ring back: those of people in the agency's own country that cost what a usual call costs."""

from __future__ import annotations

from enum import StrEnum

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
    if agency is None:
        return number
    try:
        found = phonenumbers.parse(number, agency.country)
    except NumberParseException:
        return number
    return _e164(found) if phonenumbers.is_possible_number(found) else number


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
