"""Names that are derived by keyed hash, so that a restarted process finds the same ones."""

from __future__ import annotations

from collections.abc import Callable

from civicline.people.keyset import Purpose
from civicline.voice.sip.api import DialogIds

Hashed = Callable[[str, Purpose], str]
"""`people.keyset`: keyed hash of a text for a purpose, 32 hex digits."""

CALLER = "-c"


class Names:
    def __init__(self, hashed: Hashed) -> None:
        self._hashed = hashed

    def caller_leg(self, call_id: str, from_tag: str) -> str:
        """The leg of an arriving call: the contact's id and "-c". A retransmitted INVITE has the same."""
        return self._hashed(f"{call_id}\n{from_tag}", "call") + CALLER

    def tag(self, leg: str) -> str:
        return self._hashed(f"{leg} tag", "leg")[:16]

    def dialog(self, leg: str) -> DialogIds:
        """What the INVITE to a representative's phone carries: known before it leaves."""
        return DialogIds(
            call_id=self._hashed(f"{leg} call", "leg"),
            from_tag=self.tag(leg),
            branch="z9hG4bK" + self._hashed(f"{leg} branch", "leg")[:24],
            cseq=100,
        )

    def number(self, number: str) -> str:
        return self._hashed(number, "number") if number else ""


def contact_of(caller_leg: str) -> str:
    return caller_leg.removesuffix(CALLER)
