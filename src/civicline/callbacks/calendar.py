"""A callback as a calendar entry (RFC 5545, RFC 5546). It names nothing of the matter: calendars are shared."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from icalendar import Calendar, Event, vCalAddress, vText

from civicline.callbacks.models import Booking

PRODUCT = "-//Civicline//Callbacks//EN"


def entry(booking: Booking, summary: str, agency: str, line: str, cancelled: bool) -> bytes:
    """METHOD CANCEL for what was cancelled, else REQUEST. Times are in UTC; `line` is the number that people call."""
    calendar, event = Calendar(), Event()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "REQUEST")
    event.add("uid", f"{UUID(booking.uid)}@civicline")
    event.add("dtstamp", booking.changed_at)
    event.add("dtstart", booking.slot_at)
    event.add("dtend", booking.slot_at + timedelta(seconds=booking.slot_s))
    event.add("sequence", booking.sequence)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("summary", summary)
    event.add("description", booking.reference)
    event.add("organizer", _address(f"tel:{line}", agency))
    event.add("attendee", _address(f"urn:uuid:{UUID(booking.contact)}", booking.reference))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _address(uri: str, name: str) -> vCalAddress:
    """A person has no address here but the reference: RFC 5546 asks for an attendee, not for a mailbox."""
    address = vCalAddress(uri)
    address.params["CN"] = vText(name)
    return address
