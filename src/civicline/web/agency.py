"""What the public pages say of the agency."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import phonenumbers
from django.db import DatabaseError
from django.utils.translation import get_language

from civicline.contacts import queries
from civicline.core.agency import Agency, Text

NO_NAME = "Civicline"
KEEP_S = 5.0
_kept = threading.local()


@dataclass(frozen=True, slots=True)
class PublishedLine:
    """`number` in E.164, `written` as people write it."""

    name: str
    number: str
    written: str


@dataclass(frozen=True, slots=True)
class AgencyCard:
    name: str
    lines: list[PublishedLine]


def current() -> Agency | None:
    """The agency that is loaded, looked up at most every `KEEP_S` a thread: every page needs it."""
    now = time.monotonic()
    kept: tuple[float, Agency | None] | None = getattr(_kept, "agency", None)
    if kept is None or now - kept[0] > KEEP_S:
        kept = _kept.agency = (now, queries.agency())
    return kept[1]


def agency_card() -> AgencyCard:
    """Of the agency that is loaded; a card without numbers before the first."""
    agency = current()
    return AgencyCard(NO_NAME, []) if agency is None else card(agency)


def card(agency: Agency) -> AgencyCard:
    lines = [PublishedLine(line.name, line.number, written(line.number)) for line in agency.lines.values()]
    return AgencyCard(said(agency.name), lines)


def said(text: Text) -> str:
    """A text in the language of the page, else in English, else in whatever there is."""
    return text.get(get_language() or "en") or text.get("en") or next(iter(text.values()), "")


def written(number: str) -> str:
    """+15555550100 as (555) 555-0100; what is not a number stays as it is."""
    try:
        parsed = phonenumbers.parse(number, "US")
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def agency_name() -> str:
    """For the head of every page, which also has to be made while the database is away."""
    try:
        agency = current()
        return said(agency.name) if agency else NO_NAME
    except DatabaseError:
        return NO_NAME
