"""Representatives' phones, with baresip: a phone with a whole transaction layer of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from driver import AWAY
from sip_app import App, sdp

from civicline.voice.sip.api import Binding
from civicline.voice.sip.registrar import MOST_HOMES, MemoryBindings
from peers import baresip
from peers.baresip import Phone
from peers.ports import eventually

USER, SECRET = "amara.okafor", "correct-horse"


@pytest.fixture(autouse=True)
def _needs_baresip() -> None:
    if not baresip.installed():
        pytest.skip("baresip is missing: apt-get install baresip-core")


@pytest.fixture
def desk() -> Iterator[App]:
    with App(users={USER: SECRET}) as app:
        yield app


def registered(app: App, phone: Phone) -> str:
    found = app.expect("registered", user=USER)
    assert found["expires_s"] > 0
    return found["contact"]


def ring(app: App, target: str, branch: str = "z9hG4bKone") -> None:
    ids = {"call_id": "promise-9@civicline", "from_tag": "from-9", "branch": branch, "cseq": 9}
    app.do("ring", leg="offer-9", target=target, to_user=USER, sdp=sdp(), caller_id="5550100", ids=ids)


def test_a_phone_registers_by_digest_and_unregisters(desk: App) -> None:
    with Phone(USER, SECRET, desk.address) as phone:
        contact = registered(desk, phone)
        assert f"127.0.0.1:{phone.port}" in contact
        phone.stop()
        assert desk.expect("registered", user=USER, expires_s=0)["contact"] == contact


def test_a_wrong_password_does_not_register(desk: App) -> None:
    with Phone(USER, "wrong", desk.address) as phone:
        eventually(lambda: "403 Wrong user or password" in phone.log, what="the refusal")
    desk.do("legs")
    assert desk.count("registered") == 0


def test_a_phone_that_nobody_can_look_up_now_is_told_to_come_again() -> None:
    """Not that its password is wrong: that would count as a guess, and hold it off."""
    with App(users={USER: AWAY}) as app, Phone(USER, SECRET, app.address) as phone:
        eventually(lambda: "503 Try again" in phone.log, what="the refusal")
        assert "Retry-After: 2" in phone.log


def test_a_phone_is_rung_answers_and_hangs_up(desk: App) -> None:
    with Phone(USER, SECRET, desk.address) as phone:
        ring(desk, registered(desk, phone))
        phone.expect("CALL_INCOMING")
        desk.expect("ringing", leg="offer-9")
        phone.accept()
        desk.expect("answered", leg="offer-9")
        phone.expect("CALL_ESTABLISHED")
        phone.hang_up()
        assert desk.expect("ended", leg="offer-9")["by"] == "bye"


def test_a_phone_that_declines(desk: App) -> None:
    with Phone(USER, SECRET, desk.address) as phone:
        ring(desk, registered(desk, phone))
        phone.expect("CALL_INCOMING")
        phone.hang_up()
        assert desk.expect("failed", leg="offer-9")["code"] in (486, 603)


def test_a_phone_may_not_call_yet(desk: App) -> None:
    with Phone(USER, SECRET, desk.address) as phone:
        registered(desk, phone)
        phone.dial(f"sip:5550100@127.0.0.1:{desk.address[1]}")
        closed = phone.expect("CALL_CLOSED")
        assert "403" in closed["param"]
    assert desk.count("invited") == 0


def test_a_keep_alive_tells_a_living_phone_from_one_that_forgot(desk: App) -> None:
    with Phone(USER, SECRET, desk.address, auto_answer=True) as phone:
        ring(desk, registered(desk, phone))
        desk.expect("answered")
        desk.do("keep_alive", leg="offer-9")
        assert desk.expect("alive")["ok"]
        phone.kill()
        with Phone(USER, SECRET, desk.address, port=phone.port) as again:
            again.wait_registered()
            desk.do("keep_alive", leg="offer-9")
            assert not desk.expect("alive")["ok"]
        assert desk.expect("ended")["by"] == "lost"


def test_a_ring_goes_on_after_a_kill_with_one_ring_only() -> None:
    with App(users={USER: SECRET}) as first, Phone(USER, SECRET, first.address) as phone:
        target = registered(first, phone)
        ring(first, target)
        phone.expect("CALL_INCOMING")
        first.expect("ringing")
        first.kill()
        with App(port=first.address[1], users={USER: SECRET}) as second:
            ring(second, target)
            second.expect("ringing")
            phone.accept()
            second.expect("answered")
            phone.expect("CALL_ESTABLISHED")
            assert phone.count("CALL_INCOMING") == 1
            second.do("hang_up", leg="offer-9")
            phone.expect("CALL_CLOSED")


def test_a_phone_that_answered_while_we_were_dead_is_connected() -> None:
    with App(users={USER: SECRET}) as first, Phone(USER, SECRET, first.address) as phone:
        target = registered(first, phone)
        ring(first, target)
        phone.expect("CALL_INCOMING")
        first.kill()
        phone.accept()
        eventually(lambda: "answering call" in phone.log, what="the answer")
        with App(port=first.address[1], users={USER: SECRET}) as second:
            ring(second, target)
            second.expect("answered")
            phone.expect("CALL_ESTABLISHED")
            assert phone.count("CALL_INCOMING") == 1
            second.do("reinvite", leg="offer-9", sdp=sdp(4600))
            assert second.expect("reinvited")["code"] == 200
            second.do("hang_up", leg="offer-9")
            phone.expect("CALL_CLOSED")


def test_a_phone_that_declined_while_we_were_dead_is_told_so() -> None:
    with App(users={USER: SECRET}) as first, Phone(USER, SECRET, first.address) as phone:
        target = registered(first, phone)
        ring(first, target)
        phone.expect("CALL_INCOMING")
        first.kill()
        phone.hang_up()
        phone.expect("CALL_CLOSED")
        with App(port=first.address[1], users={USER: SECRET}) as second:
            ring(second, target)
            assert second.expect("failed")["code"] in (486, 603)
            assert phone.count("CALL_INCOMING") == 1


def test_a_saved_dialog_is_taken_up_by_another_process() -> None:
    with App(users={USER: SECRET}) as first, Phone(USER, SECRET, first.address, auto_answer=True) as phone:
        ring(first, registered(first, phone))
        dialog = first.expect("answered")["dialog"]
        first.kill()
        with App(port=first.address[1], users={USER: SECRET}) as second:
            assert second.do("rehydrate", leg="offer-9", dialog=dialog)
            second.do("reinvite", leg="offer-9", sdp=sdp(4700))
            assert second.expect("reinvited")["code"] == 200
            phone.hang_up()
            assert second.expect("ended", leg="offer-9")["by"] == "bye"


def binding(contact: str, port: int, at: float = 1.0, user: str = "ann") -> Binding:
    return Binding(user, contact, ("192.0.2.1", port), 3600.0, at)


def test_what_a_phone_leaves_behind_at_each_new_port_is_forgotten() -> None:
    bindings = MemoryBindings(now=lambda: 100.0)
    for port in range(5000, 8000):
        bindings.put(binding("sip:ann@phone", port, at=float(port)))
    assert bindings.user_at(("192.0.2.1", 7999)) == "ann"
    assert len(bindings._user_at) == 1
    bindings.drop("ann", "sip:ann@phone")
    assert not bindings._user_at and not bindings._by_user


def test_of_a_users_contacts_the_newest_are_kept() -> None:
    bindings = MemoryBindings(now=lambda: 100.0)
    for turn in (*range(20, 60), *range(20)):
        bindings.put(binding(f"sip:{turn}@a", turn, at=float(turn)))
    assert [each.contact for each in bindings.of("ann")] == [f"sip:{turn}@a" for turn in range(59, 49, -1)]
    assert len(bindings._user_at) == 10


def test_hosts_that_are_known_do_not_grow_without_end() -> None:
    bindings = MemoryBindings(now=lambda: 100.0)
    for turn in range(2 * MOST_HOMES):
        bindings.know(Binding("ann", "sip:ann@a", (f"host-{turn}", 5060), 1000.0 + turn, 1.0))
    assert len(bindings._homes) <= MOST_HOMES + 2
    assert bindings.knows(f"host-{2 * MOST_HOMES - 1}", "ann")


def test_the_latest_registration_ranks_first() -> None:
    """A phone that was switched off without a word, and came back at another port, must be rung there."""
    bindings = MemoryBindings(now=lambda: 100.0)
    phones = (("sip:old@a", 3600.0, 40.0), ("sip:new@b", 160.0, 99.0), ("sip:run-out@c", 99.0, 39.0))
    for contact, expires_at, registered_at in phones:
        bindings.put(Binding("ann", contact, ("127.0.0.1", 5060), expires_at, registered_at))
    assert [found.contact for found in bindings.of("ann")] == ["sip:new@b", "sip:old@a"]
