"""The steps of virtual hold: the offer in line, the goodbye with the code, the greeting of whoever was rung back."""

from __future__ import annotations

from civicline.core import callback_requests, requests
from civicline.core.agency import Agency
from civicline.core.lifecycle import ContactState
from civicline.core.model import Contact
from civicline.voice.ivr.step import Requests, Spoken, Step, refusal, spoken_to

KEEP_KEY, HERE_KEY, CANCEL_KEY = "2", "1", "3"
TIMEOUT_S, TRIES = 4.0, 2


def keep(contact: Contact) -> dict[str, Requests]:
    """The key that keeps the place, for whoever was offered it."""
    if contact.hold_offered_at is None or contact.promise is not None or contact.state is not ContactState.WAITING:
        return {}
    return {KEEP_KEY: (callback_requests.TakeHold(contact.id),)}


def kept(contact: Contact, agency: Agency) -> Step:
    """The place is kept; then the call is over."""
    language = spoken_to(contact, agency)
    code = contact.promise.code if contact.promise else ""
    names = ["hold_kept", *(f"digit.{digit}" for digit in code), "hold_goodbye"]
    heard = (callback_requests.PlayedHold(contact.id),)
    return Step("kept", tuple(Spoken(name, language) for name in names), keys=refusal(contact), after=heard)


def ringing_back(contact: Contact, agency: Agency) -> Step:
    """Only a key counts: before it, no voice that answers is taken for a person. Whoever never heard the recording
    notice hears it here; whoever no longer needs us says so by `CANCEL_KEY`."""
    language = spoken_to(contact, agency)
    unheard = contact.notice_at is None
    here: Requests = (callback_requests.ReachPerson(contact.id),)
    nobody = (callback_requests.NobodyPressed(contact.id),)
    names = (["notice"] if unheard else []) + ["ringing_back"]
    return Step(
        f"ringing-back-{contact.promise.attempts if contact.promise else 0}",
        tuple(Spoken(name, language) for name in names),
        keys=refusal(contact)
        | {
            HERE_KEY: (requests.PlayedNotice(contact.id), *here) if unheard else here,
            CANCEL_KEY: (callback_requests.CancelCallback(contact.id),),
        },
        silence=nobody,
        invalid=nobody,
        timeout_s=TIMEOUT_S,
        tries=TRIES,
        takes_ahead=False,
    )
