"""The demonstration's own count of the facts, against a day made by hand."""

from __future__ import annotations

from civicline.core import callback_facts as cb
from civicline.core import facts
from civicline.core.lifecycle import HungUpBy, TurnedAwayFor
from civicline.demo.figures import Figures


def told(*said) -> Figures:
    figures = Figures()
    for fact in said:
        figures.take(fact)
    return figures


def arrived(at: float, contact: str) -> facts.ContactArrived:
    return facts.ContactArrived(at, contact, "phone", "100", "", f"{contact}-c", "voice-1")


A_DAY = (
    facts.TalkEnded(0, "of yesterday", "amara", HungUpBy.US),
    arrived(1, "answered"),
    facts.RecordingRefused(2, "answered"),
    facts.ContactQueued(10, "answered", "individual", "", 0),
    facts.ContactQueued(12, "answered", "individual", "", 1),
    facts.OfferAccepted(14, "answered", "answered-1", "amara"),
    facts.TalkEnded(20, "answered", "amara", HungUpBy.AGENT),
    arrived(2, "talking"),
    facts.ContactQueued(10, "talking", "business", "", 0),
    facts.OfferAccepted(20, "talking", "talking-1", "hal"),
    arrived(3, "waiting"),
    facts.ContactQueued(11, "waiting", "business", "", 0),
    arrived(4, "impatient"),
    facts.ContactQueued(12, "impatient", "business", "", 0),
    facts.ContactAbandoned(30, "impatient"),
    arrived(5, "gone"),
    facts.ContactAbandoned(6, "gone"),
    arrived(5, "called back"),
    facts.ContactQueued(13, "called back", "business", "", 0),
    cb.HoldOffered(13, "called back"),
    cb.HoldTaken(20, "called back", "0123"),
    cb.CallbackDue(40, "called back", "called back-b1", 1),
    cb.PersonReached(50, "called back", "called back-b1"),
    facts.OfferAccepted(53, "called back", "called back-1", "hal"),
    facts.TalkEnded(60, "called back", "hal", HungUpBy.AGENT),
    arrived(5, "kept"),
    facts.ContactQueued(13, "kept", "business", "", 0),
    cb.HoldOffered(13, "kept"),
    cb.HoldTaken(20, "kept", "0123"),
    arrived(5, "not there"),
    facts.ContactQueued(13, "not there", "business", "", 0),
    cb.HoldOffered(13, "not there"),
    cb.HoldTaken(20, "not there", "0123"),
    cb.CallbackMissed(90, "not there"),
    arrived(5, "at night"),
    cb.TimesTold(8, "at night", (500.0,), topic="refund"),
    cb.TimeTaken(9, "at night", "0123", 500.0, "individual"),
    arrived(6, "late"),
    facts.ContactTurnedAway(6, "late", TurnedAwayFor.CLOSED),
    facts.ContactReleased(9, "late"),
)


def test_whole():
    said = told(*A_DAY).whole()
    assert said | {"by_queue": None} == {
        "placed": 10,
        "answered": 3,
        "abandoned_in_menu": 1,
        "abandoned_in_line": 1,
        "turned_away": 1,
        "refused_recording": 1,
        "unfinished": 2,
        "offered": 3,
        "accepted": 3,
        "reconnected": 1,
        "missed": 1,
        "still_promised": 2,
        "average_speed_of_answer_s": 18.0,
        "by_queue": None,
    }
    assert said["by_queue"]["business"]["placed"] == 6
    assert said["by_queue"]["individual"]["average_speed_of_answer_s"] == 4.0


def test_this_moment():
    assert told(*A_DAY).now() == {
        "calls": 10,
        "answered": 3,
        "waiting": 1,
        "talking": 1,
        "accepted": 3,
        "reconnected": 1,
    }


def test_nothing_yet():
    assert told().whole()["average_speed_of_answer_s"] is None
