"""All processes behind the pages, started for tests: database, engine, worker, web and the one origin."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

from civicline.agency import pack
from civicline.core import requests
from civicline.core.kinds import to_body
from civicline.core.lifecycle import HungUpBy, TopicBy
from civicline.core.requests import Request
from civicline.journal.append import append
from civicline.journal.event import Draft
from civicline.people import actions
from peers.ports import eventually, free_tcp

DEMO = Path(__file__).parents[1] / "packs" / "small"
PASSWORD = "a long enough sentence"
REPRESENTATIVE, OTHER, SUPERVISOR, ADMINISTRATOR = "amara.okafor", "carla.reyes", "sam.whitaker", "ada.winters"
PROCESS = """
import ctypes, sys
ctypes.CDLL(None).prctl(1, 15)  # stop when the tests are killed
from civicline import settings
from civicline.{name} import process
sys.exit(process.run(settings.load()))
"""
SHOWN = "SELECT (SELECT max(position) FROM journal_event) <= (SELECT position FROM contacts_progress WHERE id = 1)"
_contacts = itertools.count(1)


@dataclass
class Stand:
    url: str
    database_url: str
    environ: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        self.processes[name] = subprocess.Popen([sys.executable, "-c", PROCESS.format(name=name)], env=self.environ)

    def stop(self, name: str, how: int = signal.SIGTERM) -> int:
        """The exit code."""
        process = self.processes.pop(name)
        process.send_signal(how)
        return process.wait(20)

    def answers(self, path: str = "/healthz") -> bool:
        try:
            return httpx.get(self.url + path, timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def give(self, *wanted: Request) -> None:
        drafts = [Draft(*to_body(request)) for request in wanted]
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            append(connection, drafts)

    def bodies(self, kind: str) -> list[dict[str, Any]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            found = connection.execute("SELECT body FROM journal_event WHERE kind = %s ORDER BY position", (kind,))
            return [body for (body,) in found]

    def agent(self, name: str) -> str | None:
        """The state of one representative, as the read models have it."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            row = connection.execute("SELECT state FROM contacts_agent WHERE id = %s", (name,)).fetchone()
            return row[0] if row else None

    def to_state(self, name: str, state: str) -> None:
        eventually(lambda: self.agent(name) == state, what=f"{name} is {state}")

    def hung_up(self, contact: str) -> None:
        """Until both phones have gone and the read models show it: no more news of this call comes to a page."""
        legs = {f"{contact}-c", f"{contact}-1"}
        eventually(lambda: legs <= {body["leg"] for body in self.bodies("leg_ended")}, what="both phones have gone")
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            eventually(lambda: connection.execute(SHOWN).fetchone() == (True,), what="the read models show it")

    def ready_agent(self, name: str) -> None:
        self.give(requests.RegisterPhone(name), requests.SignIn(name), requests.BecomeAvailable(name))
        self.to_state(name, "available")

    def call(self, topic: str = "income_tax", language: str = "en", caller: str = "") -> str:
        """A caller who has come through the menu; gives the contact's id. One with a number may be rung back."""
        contact = f"{next(_contacts):032x}"
        self.give(
            requests.CallArrived(contact, "100", caller, f"{contact}-c", "test", may_ring=bool(caller)),
            requests.LegPickedUp(f"{contact}-c"),
            requests.PlayedNotice(contact),
            requests.ChooseLanguage(contact, language),
            requests.ChooseTopic(contact, topic, TopicBy.KEY),
        )
        return contact

    def talk(self, name: str, caller: str = "") -> str:
        """The representative, who was signed out, talks to a new caller; gives the contact's id."""
        self.ready_agent(name)
        contact = self.call(caller=caller)
        self.to_state(name, "offered")
        self.phone_answers(contact)
        return contact

    def caller_leaves(self, contact: str) -> None:
        """And voice then lets both phones go, as it does for whatever leg should have ended."""
        ended = [requests.LegHungUp(f"{contact}-{number}", HungUpBy.US) for number in (1, 2, 3, "p1", "b1", "b2")]
        self.give(requests.LegHungUp(f"{contact}-c", HungUpBy.CALLER), *ended)

    def rest(self, name: str) -> None:
        """End what the representative has in hand, and their work."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            row = connection.execute("SELECT contact FROM contacts_agent WHERE id = %s", (name,)).fetchone()
        if row and row[0]:
            self.caller_leaves(row[0])
            self.give(requests.WrapUp(name, row[0], "income_tax", "answered", True))
        self.give(requests.SignOut(name))
        self.to_state(name, "signed_out")

    def phone_answers(self, contact: str, offer: int = 1) -> None:
        self.give(requests.LegRang(f"{contact}-{offer}"), requests.LegPickedUp(f"{contact}-{offer}"))


@contextmanager
def stand(database: Any, unblocked: Any) -> Iterator[Stand]:
    """With the demo agency loaded and its staff able to sign in with PASSWORD."""
    database.clean()
    with unblocked():
        people(pack.read(DEMO))
    port = free_tcp()
    environ = {**os.environ, **database.environ, "CIVICLINE_HTTP": f"127.0.0.1:{port}"}
    made = Stand(f"http://127.0.0.1:{port}", database.urls.app, environ)
    try:
        for name in ("engine", "worker", "web", "live"):
            made.start(name)
        made.give(requests.LoadAgency(pack.read(DEMO).agency))
        eventually(lambda: made.agent(REPRESENTATIVE), what="the agency")
        eventually(made.answers, what="an answer of the pages")
        yield made
    finally:
        for name in list(made.processes):
            made.stop(name)
        database.clean()


def people(found: pack.Pack) -> None:
    actions.set_staff(actions.StaffRow(each.id, each.name, each.role, "en") for each in found.accounts)
    for name in (REPRESENTATIVE, OTHER, SUPERVISOR, ADMINISTRATOR):
        actions.set_password(name, PASSWORD)
