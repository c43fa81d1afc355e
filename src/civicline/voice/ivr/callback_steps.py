"""The steps of virtual hold: the offer in line, another number that is keyed in, the goodbye with the code, the
greeting of whoever was rung back."""

from __future__ import annotations

from civicline.agency import times as spoken_times
from civicline.core import callback_requests, requests
from civicline.core.agency import Agency
from civicline.core.lifecycle import ContactState, NumberStep
from civicline.core.model import Contact
from civicline.voice.ivr.step import (
    BACK_KEY,
    ENTERED,
    REPEAT_KEY,
    RIGHT_KEY,
    WRONG_KEY,
    Collected,
    Keyed,
    Requests,
    Spoken,
    Step,
    refusal,
    spoken_to,
)

KEEP_KEY, HERE_KEY, CANCEL_KEY = "2", "1", "3"
OTHER_NUMBER_KEY = "3"
TIME_KEY = "4"
TIMEOUT_S, TRIES = 4.0, 2
NUMBER = "callback number"
NUMBER_DIGITS = (7, 15)
"""E.164 numbers have 15 at most."""


def keep(contact: Contact, agency: Agency) -> dict[str, Requests]:
    """The keys that keep the place, for whoever was offered it: by ringing this number, or another one."""
    if contact.hold_offered_at is None or contact.promise is not None or contact.state is not ContactState.WAITING:
        return {}
    queue = agency.queues.get(contact.queue or "")
    policy = queue.callback if queue is not None else None
    others = policy is not None and policy.other_numbers
    times = policy is not None and policy.choose_time and contact.hold_times
    keys: dict[str, tuple[bool, Requests]] = {
        KEEP_KEY: (contact.hold_here, (callback_requests.TakeHold(contact.id),)),
        OTHER_NUMBER_KEY: (others, (callback_requests.AskNumber(contact.id),)),
        TIME_KEY: (times, (callback_requests.AskTimes(contact.id),)),
    }
    return {key: asked for key, (may, asked) in keys.items() if may}


def offers(contact: Contact, agency: Agency) -> list[str]:
    """What is said of these keys."""
    said = {KEEP_KEY: "hold_offer", OTHER_NUMBER_KEY: "hold_offer_number", TIME_KEY: "hold_offer_time"}
    return [said[key] for key in keep(contact, agency)]


def number(contact: Contact, agency: Agency) -> Step | None:
    """The number at which to be rung is keyed in, read back and confirmed. Whoever presses nothing waits on."""
    if contact.number_step is None or not contact.is_in_first_line:
        return None
    language, back = spoken_to(contact, agency), (callback_requests.LeaveNumber(contact.id),)
    id_ = f"number-{contact.number_visit}"
    if contact.number_step is NumberStep.ENTERED:
        return Step(
            id_,
            tuple(Spoken(name, language) for name in ("digits_entered", ENTERED, "digits_confirm")),
            keys={
                RIGHT_KEY: (callback_requests.GiveNumber(contact.id),),
                WRONG_KEY: (callback_requests.AskNumber(contact.id),),
                BACK_KEY: back,
            },
            again=frozenset({REPEAT_KEY}),
            silence=back,
            invalid=back,
            takes_ahead=False,
        )
    return Step(
        id_,
        (Spoken("number_ask", language),),
        first=(Spoken("number_declined", language),) if contact.number_declined else (),
        silence=back,
        invalid=back,
        collected=Collected(NUMBER, *NUMBER_DIGITS, back, (callback_requests.EnteredNumber(contact.id),), Keyed.NUMBER),
    )


def kept(contact: Contact, agency: Agency) -> Step:
    """The place is kept; then the call is over."""
    language = spoken_to(contact, agency)
    promise = contact.promise
    code = [f"digit.{digit}" for digit in promise.code] if promise else []
    names = ["hold_kept", *code, "hold_goodbye"]
    if promise is not None and promise.slot is not None:
        when = spoken_times.when(promise.slot, promise.made_at, agency.zone, agency.prompts)
        names = ["time_kept", *when, "time_code", *code, "hold_goodbye"]
    heard = (callback_requests.PlayedHold(contact.id),)
    return Step("kept", tuple(Spoken(name, language) for name in names), keys=refusal(contact), after=heard)


def ringing_back(contact: Contact, agency: Agency) -> Step:
    """Only a key counts: before it, no voice that answers is taken for a person. Whoever never heard the recording
    notice hears it first, to its end; whoever no longer needs us says so by `CANCEL_KEY`."""
    if contact.notice_at is None:
        return _notice(contact, agency)
    nobody = (callback_requests.NobodyPressed(contact.id),)
    return Step(
        f"ringing-back-{_attempt(contact)}",
        (Spoken("ringing_back", spoken_to(contact, agency)),),
        keys=refusal(contact) | {HERE_KEY: (callback_requests.ReachPerson(contact.id),)} | _cancel(contact),
        silence=nobody,
        invalid=nobody,
        timeout_s=TIMEOUT_S,
        tries=TRIES,
        takes_ahead=False,
    )


def _notice(contact: Contact, agency: Agency) -> Step:
    heard = requests.PlayedNotice(contact.id)
    refuse = {key: (*asked, heard) for key, asked in refusal(contact).items()}
    return Step(
        f"notice-{_attempt(contact)}",
        (Spoken("notice", spoken_to(contact, agency)),),
        keys=refuse | _cancel(contact),
        after=(heard,),
        takes_ahead=False,
    )


def _attempt(contact: Contact) -> int:
    return contact.promise.attempts if contact.promise else 0


def _cancel(contact: Contact) -> dict[str, Requests]:
    return {CANCEL_KEY: (callback_requests.CancelCallback(contact.id),)}
