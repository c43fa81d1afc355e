"""What people are told when something is not possible, and how to mend it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from civicline.core.lifecycle import DeclinedFor
from civicline.voice.dialable import Refusal

NO_PROMISE = _(
    "We cannot promise another call to this number at the moment. If a call is promised already, change it by its link."
)
"""One text for both reasons, and it says "if": whoever types a number does not learn whether its owner waits for us."""

NUMBER: dict[Refusal, Any] = {
    Refusal.NO_NUMBER: _("This is not a telephone number that we can call. Write all its digits, with the area code."),
    Refusal.ABROAD: _("We cannot call numbers in other countries. Write a number in this country."),
    Refusal.DEARER: _("We do not call numbers that cost extra. Write a usual number."),
    Refusal.OWN: _("This is one of our own numbers. Write the number at which we reach you."),
}
TAKEN = _("This time is no longer free. Choose another.")
SLOT: dict[DeclinedFor, Any] = {DeclinedFor.FULL: TAKEN, DeclinedFor.NO_SLOT: TAKEN}
DECLINED: dict[DeclinedFor, Any] = {
    **SLOT,
    DeclinedFor.NUMBER_HAS_ONE: NO_PROMISE,
    DeclinedFor.DAY_IS_FULL: NO_PROMISE,
    DeclinedFor.GONE: _("Your callback has begun or is over, so it cannot be changed any more."),
}
