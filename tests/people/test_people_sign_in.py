"""Signing in: what is let in, what is refused, how the pauses grow, and what the journal holds of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from civicline.journal.models import JournalEvent
from civicline.people import actions
from civicline.people.actions import PeopleError, StaffRow
from civicline.people.models import Attempts, Staff
from civicline.people.pauses import FREE_FOR_ACCOUNT, FREE_FOR_ADDRESS, LONGEST_S, pause_s, remaining_s

PASSWORD = "a long enough sentence"
WHO = "amara.okafor"
ADDRESS = "192.0.2.7"

pytestmark = pytest.mark.django_db


@pytest.fixture
def amara() -> Staff:
    actions.set_staff([StaffRow(WHO, "Amara Okafor", "representative", "es"), StaffRow("sam.w", "Sam", "supervisor")])
    actions.set_password(WHO, PASSWORD)
    return Staff.objects.get(username=WHO)


def put_the_last_mistake(by: timedelta) -> None:
    """Later or earlier than now: a pause that is not over before a slow machine's next attempt, or one that is."""
    Attempts.objects.update(last_at=datetime.now(UTC) + by)


def kinds() -> list[tuple[str, dict]]:
    return [(event.kind, event.body) for event in JournalEvent.objects.order_by("position")]


def post(client: Client, password: str, who: str = WHO, **fields: str):
    return client.post("/sign-in", {"username": who, "password": password, **fields})


def test_the_right_password_lets_in_and_is_an_event(amara: Staff) -> None:
    client = Client()
    answer = post(client, PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/desk/")
    assert client.cookies["civicline_language"].value == "es"
    assert kinds()[-1] == ("people.signed_in", {"staff": WHO})
    assert client.get("/desk/").status_code == 200


def test_passwords_are_kept_by_argon2(amara: Staff) -> None:
    assert amara.password.startswith("argon2$argon2id$")


def test_the_session_has_a_new_key_after_the_sign_in(amara: Staff) -> None:
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    post(client, PASSWORD)
    assert client.session.session_key != before
    assert client.get("/desk/").status_code == 200
    client.cookies["civicline_session"] = before
    assert client.get("/desk/").status_code == 302


def test_a_wrong_password_is_refused_in_the_same_words_as_an_unknown_name(amara: Staff) -> None:
    wrong = post(Client(), "not the password").content.decode()
    unknown = post(Client(), "not the password", who="nobody.here").content.decode()
    said = "The staff name or the password is not right."
    assert said in wrong and said in unknown
    assert kinds()[-2:] == [("people.sign_in_failed", {"staff": WHO}), ("people.sign_in_failed", {"staff": None})]


def test_too_many_mistakes_make_a_pause_that_the_right_password_does_not_pass(amara: Staff) -> None:
    for _ in range(FREE_FOR_ACCOUNT):
        assert actions.sign_in(WHO, "wrong", ADDRESS).wait_s == 0
    put_the_last_mistake(timedelta(hours=1))
    found = actions.sign_in(WHO, PASSWORD, "198.51.100.1")
    assert found.staff is None and found.wait_s >= 1


def test_one_address_pauses_for_all_names(amara: Staff) -> None:
    for number in range(FREE_FOR_ADDRESS):
        actions.sign_in(f"guess.{number}", "wrong", ADDRESS)
    put_the_last_mistake(timedelta(hours=1))
    assert actions.sign_in(WHO, PASSWORD, ADDRESS).wait_s >= 1
    assert actions.sign_in(WHO, PASSWORD, "198.51.100.1").staff == amara


def test_after_the_pause_the_right_password_lets_in_and_clears(amara: Staff) -> None:
    for _ in range(FREE_FOR_ACCOUNT):
        actions.sign_in(WHO, "wrong", ADDRESS)
    put_the_last_mistake(-timedelta(seconds=LONGEST_S))
    assert actions.sign_in(WHO, PASSWORD, ADDRESS).staff == amara
    assert not Attempts.objects.filter(key=f"account:{WHO}").exists()


def test_addresses_are_not_kept_in_the_clear(amara: Staff) -> None:
    actions.sign_in(WHO, "wrong", ADDRESS)
    assert not Attempts.objects.filter(key__contains=ADDRESS).exists()


def test_pauses_double_up_to_a_longest() -> None:
    assert [pause_s(n, 5) for n in range(4, 10)] == [0, 1, 2, 4, 8, 16]
    assert pause_s(1000, 5) == LONGEST_S
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert remaining_s(8, 5, now, now) == 8
    assert remaining_s(8, 5, now, now + timedelta(seconds=7.5)) == 1
    assert remaining_s(8, 5, now, now + timedelta(seconds=8)) == 0


def test_who_leaves_the_staff_is_out_at_once(amara: Staff) -> None:
    client = Client()
    post(client, PASSWORD)
    actions.set_staff([StaffRow("sam.w", "Sam", "supervisor")])
    assert client.get("/desk/").status_code == 302
    assert actions.sign_in(WHO, PASSWORD, ADDRESS).staff is None


def test_a_new_password_ends_the_sessions(amara: Staff) -> None:
    client = Client()
    post(client, PASSWORD)
    actions.set_password(WHO, "another long sentence")
    assert client.get("/desk/").status_code == 302


def test_setting_the_same_staff_again_changes_nothing(amara: Staff) -> None:
    before = len(kinds())
    actions.set_staff([StaffRow(WHO, "Amara Okafor", "representative", "es"), StaffRow("sam.w", "Sam", "supervisor")])
    assert len(kinds()) == before
    assert Client().post("/sign-in", {"username": WHO, "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("name", ["Amara", "amara okafor", "a@b", "", "amara.", "ämara", "amara\n"])
def test_names_that_a_telephone_could_not_use_are_refused(name: str) -> None:
    with pytest.raises(PeopleError):
        actions.set_staff([StaffRow(name, "Somebody")])


@pytest.mark.parametrize("password", ["short", "qwertyuiop123", "amara.okafor1"])
def test_weak_passwords_are_refused(amara: Staff, password: str) -> None:
    with pytest.raises(PeopleError):
        actions.set_password(WHO, password)


def test_a_password_for_nobody_is_refused() -> None:
    with pytest.raises(PeopleError, match=r"not on the staff"):
        actions.set_password("nobody.here", PASSWORD)


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example/desk/", "/\\elsewhere.example"])
def test_the_way_back_stays_in_the_house(amara: Staff, back: str) -> None:
    assert post(Client(), PASSWORD, next=back)["Location"] == "/desk/"


def test_the_way_back_is_taken(amara: Staff) -> None:
    assert post(Client(), PASSWORD, next="/desk/panel")["Location"] == "/desk/panel"


def test_signing_out_ends_the_session_and_the_work(amara: Staff) -> None:
    client = Client()
    post(client, PASSWORD)
    client.post("/sign-out")
    assert client.get("/desk/").status_code == 302
    assert [kind for kind, _ in kinds()[-2:]] == ["request.sign_out", "people.signed_out"]
