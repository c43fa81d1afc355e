"""What the desk's buttons append, and what it does when nothing can be appended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.test import Client

from civicline.contacts.models import AgentRow, ContactRow
from civicline.core.lifecycle import AgentState
from civicline.desk import queries
from civicline.journal.models import JournalEvent
from civicline.people import keyset, sealing
from civicline.people.models import Staff

ME, CALL = "amara.okafor", "ab" * 16
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
APPEND = "FUNCTION journal_append(text[], smallint[], bigint[], jsonb[], int, uuid)"


@pytest.fixture
def client(db) -> Client:
    made = Client()
    made.force_login(Staff.objects.create(username=ME, display_name="Amara Okafor", role="representative"))
    return made


@pytest.fixture
def talking(db) -> AgentRow:
    ContactRow.objects.create(
        id=CALL, channel="phone", line="100", state="talking", arrived_at=NOW, recording="allowed", language="es",
        priority=0, step=0, place_at=NOW, connected_at=NOW, offers=1, missed=0, agent=ME,
    )  # fmt: skip
    return AgentRow.objects.create(id=ME, state="talking", since=NOW, reason="", phone=True, contact=CALL, next="")


@pytest.fixture
def own_keyset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CIVICLINE_KEYSET", str(tmp_path / "keyset.json"))
    keyset.create(tmp_path / "keyset.json")
    keyset._current.cache_clear()
    yield
    keyset._current.cache_clear()


def last() -> tuple[str, dict]:
    event = JournalEvent.objects.latest("position")
    return event.kind, event.body


@pytest.mark.parametrize(
    ("button", "fields", "kind", "body"),
    [
        ("sign-in", {}, "request.sign_in", {"agent": ME}),
        ("sign-out", {}, "request.sign_out", {"agent": ME}),
        ("available", {}, "request.become_available", {"agent": ME}),
        ("break", {"reason": "lunch"}, "request.take_break", {"agent": ME, "reason": "lunch"}),
        ("hang-up", {"contact": CALL}, "request.hang_up", {"agent": ME, "contact": CALL}),
        ("pause-recording", {"contact": CALL}, "request.pause_recording", {"agent": ME, "contact": CALL}),
        ("resume-recording", {"contact": CALL}, "request.resume_recording", {"agent": ME, "contact": CALL}),
        ("refuse-recording", {"contact": CALL}, "request.refuse_recording", {"agent": ME, "contact": CALL}),
        (
            "wrap-up",
            {"contact": CALL, "topic": "refund", "disposition": "answered", "resolved": "no"},
            "request.wrap_up",
            {"agent": ME, "contact": CALL, "topic": "refund", "disposition": "answered", "resolved": False},
        ),
    ],
)
def test_each_button_is_one_request(client: Client, button: str, fields: dict, kind: str, body: dict) -> None:
    answer = client.post(f"/desk/{button}", fields)
    assert (answer.status_code, answer["Location"]) == (302, "/desk/")
    assert last() == (kind, body)
    assert client.post(f"/desk/{button}", fields, headers={"HX-Request": "true"}).status_code == 204


@pytest.mark.parametrize("state", list(AgentState))
def test_every_state_has_its_buttons(state: AgentState) -> None:
    assert queries.BUTTONS[state]


def test_a_name_outside_the_agency_is_told_so(client: Client) -> None:
    assert "has no desk for you" in client.get("/desk/").content.decode()


def test_the_number_is_opened_for_the_desk(client: Client, talking: AgentRow, own_keyset: None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement, values in sealing.seal_statements(CALL, {"number": "+13035550123"}):
            cursor.execute(statement, values)
    assert "(303) 555-0123" in client.get("/desk/panel").content.decode()


def test_a_pause_that_goes_on_is_told_of_again(client: Client, talking: AgentRow) -> None:
    paused = ContactRow.objects.filter(id=CALL)
    paused.update(recording_paused_at=NOW)
    first = client.get("/desk/panel").content.decode()
    paused.update(pause_reminded_at=NOW + timedelta(seconds=30))
    second = client.get("/desk/panel").content.decode()
    assert "The recording is paused." in first and "still paused" not in first
    assert "The recording is still paused. Seconds so far: 30" in second and "usa-alert--error" in second


def test_without_its_key_the_desk_goes_on(client: Client, talking: AgentRow, own_keyset: None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement, values in sealing.seal_statements(CALL, {"number": "+13035550123"}):
            cursor.execute(statement, values)
        cursor.execute("UPDATE sealed_field SET ciphertext = '\\x00'::bytea")
    page = client.get("/desk/panel").content.decode()
    assert "Hang up" in page and "withheld" in page


@pytest.fixture
def unwritable(database) -> Iterator[None]:
    """Nobody may append."""
    with psycopg.connect(database.urls.owner, autocommit=True) as owner:
        owner.execute(f"REVOKE EXECUTE ON {APPEND} FROM civicline_app")
        yield
        owner.execute(f"GRANT EXECUTE ON {APPEND} TO civicline_app")


@pytest.mark.django_db(transaction=True)
def test_the_desk_says_when_nothing_can_be_saved(client: Client, unwritable: None) -> None:
    answer = client.post("/desk/available")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "2"
    assert answer.content.decode().startswith("Not saved")
    assert not JournalEvent.objects.filter(kind="request.become_available").exists()
