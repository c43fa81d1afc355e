"""What a representative can ask for. Each is a request in the journal; the engine answers with facts."""

from __future__ import annotations

from django.db import connection

from civicline.core import requests
from civicline.core.kinds import to_body
from civicline.core.requests import Request
from civicline.journal.append import append
from civicline.journal.event import Draft

REASON_LENGTH = 100


def sign_in(agent: str) -> int:
    return _ask(requests.SignIn(agent))


def sign_out(agent: str) -> int:
    return _ask(requests.SignOut(agent))


def become_available(agent: str) -> int:
    return _ask(requests.BecomeAvailable(agent))


def take_break(agent: str, reason: str = "") -> int:
    return _ask(requests.TakeBreak(agent, reason[:REASON_LENGTH]))


def hang_up(agent: str, contact: str) -> int:
    return _ask(requests.HangUp(agent, contact))


def pause_recording(agent: str, contact: str) -> int:
    return _ask(requests.PauseRecording(agent, contact))


def resume_recording(agent: str, contact: str) -> int:
    return _ask(requests.ResumeRecording(agent, contact))


def refuse_recording(agent: str, contact: str) -> int:
    """The person said so. What was recorded is destroyed."""
    return _ask(requests.RefuseRecording(contact, agent))


def wrap_up(agent: str, contact: str, topic: str, disposition: str, resolved: bool) -> int:
    return _ask(requests.WrapUp(agent, contact, topic, disposition, resolved))


def _ask(request: Request) -> int:
    """The request's position, once it is durable. Raises psycopg.Error or django.db.DatabaseError."""
    kind, body = to_body(request)
    connection.ensure_connection()
    return append(connection.connection, [Draft(kind, body)]).last
