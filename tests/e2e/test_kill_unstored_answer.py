"""A phone answers, and the voice process dies before the answer was stored or decided: nobody is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chaos.floor import SETTLED_S, Floor
from civicline.core import kinds, requests
from civicline.core.facts import OfferMade
from civicline.voice.media import client
from peers.ports import eventually
from peers.stopped import stopped

PICKED_UP = kinds.to_body(requests.LegPickedUp(""))[0]


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    with Floor(tmp_path_factory.mktemp("floor")) as running:
        yield running


def picked_up(floor: Floor) -> int:
    row = floor.centre.conn.execute("SELECT count(*) FROM journal_event WHERE kind = %s", (PICKED_UP,)).fetchone()
    assert row is not None
    return int(row[0])


def goes_on(floor: Floor, within_s: float = SETTLED_S) -> None:
    floor.turn({"ringing": floor.both_hear("ringing")}, within_s)
    floor.empty()
    facts = [fact for fact in floor.facts() if isinstance(fact, OfferMade)]
    assert len(facts) == len({fact.contact for fact in facts})


def test_an_answer_that_could_not_be_stored(floor: Floor) -> None:
    floor.dial("ringing")
    floor.turn({"ringing": floor.bring("ringing")})
    phone = floor.phones["bob"]
    said = phone.count("CALL_LOCAL_SDP")
    with stopped(*floor.centre.sessions("appender")):
        phone.accept()
        eventually(lambda: phone.count("CALL_LOCAL_SDP") > said, what="the phone's answer")
        floor.centre.kill("voice")
    goes_on(floor)


def test_an_answer_that_nobody_has_decided(floor: Floor) -> None:
    floor.dial("ringing")
    floor.turn({"ringing": floor.bring("ringing")})
    before, starts = picked_up(floor), floor.centre.starts("voice")
    with stopped(floor.centre.pid("engine")):
        floor.phones["bob"].accept()
        eventually(lambda: picked_up(floor) > before, what="the request in the journal")
        floor.centre.kill("voice")
        eventually(lambda: floor.centre.starts("voice") > starts, what="the restart")
    goes_on(floor)


def test_a_registration_that_ran_out_while_nobody_was_there(floor: Floor) -> None:
    starts = floor.centre.starts("voice")
    floor.centre.conn.execute("UPDATE phone_binding SET expires_at = now() - interval '5 s'")
    floor.centre.kill("voice")
    eventually(lambda: floor.centre.starts("voice") > starts, what="the restart")
    floor.dial("ringing")
    floor.turn({"ringing": floor.bring("ringing")})
    floor.phones["bob"].accept()
    goes_on(floor)


def test_media_and_then_voice_while_a_phone_rings(floor: Floor) -> None:
    """The phone knows only the ports of the media process that is gone: the new ones must be told when it answers."""
    floor.dial("ringing")
    floor.turn({"ringing": floor.bring("ringing")})
    floor.centre.kill("media-1")
    floor.await_all_up()
    floor.centre.kill("voice")
    floor.await_all_up()
    floor.phones["bob"].accept()
    goes_on(floor, within_s=15)  # the watch over silent legs would mend it after 20 s


def test_a_media_session_whose_end_was_not_sent_any_more(floor: Floor) -> None:
    """As when voice dies between the journal's word that a call is over and its own to the media engine."""
    over = floor.centre.contacts()[0]
    ng = floor.centre.settings.ng[0]
    with client.NgClient(ng) as engine:
        engine.command(client.offer_caller(over.id, over.leg, client.DUMMY_SDP))
    assert floor.centre.media_calls() == 1
    floor.centre.kill("voice")
    eventually(lambda: floor.centre.media_calls() == 0, what="the end of the session")
