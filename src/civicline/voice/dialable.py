"""Which numbers we ring back: those of people in the agency's own country that cost what a usual call costs."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from civicline.core.agency import Agency

DEARER = frozenset({
    PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.PAGER, PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
})  # fmt: skip


def number_to_ring(agency: Agency, number: str) -> str | None:
    """As it is dialled (E.164); None: withheld, no number, premium, abroad, or one of the agency's own."""
    try:
        found = phonenumbers.parse(number, agency.country)
    except NumberParseException:
        return None
    dialled = _e164(found)
    at_home = phonenumbers.is_valid_number_for_region(found, agency.country)
    if not at_home or phonenumbers.number_type(found) in DEARER or dialled in _own(agency):
        return None
    return dialled


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
