"""`/live/events` as a browser reads it, over the real origin."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from civicline.core import requests
from live.test_live_forward import signed_in
from peers.ports import eventually
from web.stand import OTHER, REPRESENTATIVE, SUPERVISOR, Stand

Told = tuple[int, str, dict]


@contextmanager
def stream(site: Stand, who: str, last: int | None = None) -> Iterator[Iterator[Told]]:
    with httpx.Client(base_url=site.url, timeout=30) as client:
        signed_in(client, who)
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        with client.stream("GET", "/live/events", headers=headers) as answer:
            assert answer.status_code == 200, answer.status_code
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield told(answer.iter_lines())


def told(lines: Iterator[str]) -> Iterator[Told]:
    block: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            block[name] = value
        elif "event" in block:
            yield int(block["id"]), block["event"], json.loads(block["data"])
            block = {}


def names(event: Told) -> tuple[str, str]:
    return event[1], next(iter(event[2].values()), "")


@pytest.fixture(autouse=True)
def _rested(site: Stand) -> Iterator[None]:
    yield
    for name in (REPRESENTATIVE, OTHER):
        site.rest(name)


def test_strangers_get_no_stream(site: Stand) -> None:
    assert httpx.get(site.url + "/live/events").status_code == 401


def test_a_stream_begins_with_a_reset_and_tells_of_changes(site: Stand) -> None:
    with stream(site, SUPERVISOR) as events:
        assert next(events)[1] == "reset"
        site.give(requests.SignIn(OTHER))
        assert names(next(events)) == ("agent", OTHER)


def test_a_representative_hears_only_of_what_is_theirs(site: Stand) -> None:
    with stream(site, REPRESENTATIVE) as events:
        assert next(events)[1] == "reset"
        site.ready_agent(OTHER)
        site.give(requests.SignIn(REPRESENTATIVE))
        assert names(next(events)) == ("agent", REPRESENTATIVE)


def test_what_was_missed_is_told_on_return(site: Stand) -> None:
    with stream(site, SUPERVISOR) as events:
        position = next(events)[0]
    site.give(requests.SignIn(OTHER))
    site.to_state(OTHER, "break")
    with stream(site, SUPERVISOR, last=position) as events:
        assert names(next(events)) == ("agent", OTHER)


def test_the_push_is_told_after_the_rows_can_be_read(site: Stand) -> None:
    with stream(site, SUPERVISOR) as events:
        next(events)
        for _ in range(20):
            site.give(requests.SignIn(OTHER))
            assert names(next(events)) == ("agent", OTHER)
            assert site.agent(OTHER) == "break"
            site.give(requests.SignOut(OTHER))
            assert names(next(events)) == ("agent", OTHER)
            assert site.agent(OTHER) == "signed_out"


def test_it_survives_the_loss_of_its_database_connection(site: Stand, database) -> None:
    with stream(site, SUPERVISOR) as events:
        next(events)
        with psycopg.connect(database.urls.app, autocommit=True) as connection:
            cut = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'civicline live'"
            ).fetchall()
            assert cut
        site.give(requests.SignIn(OTHER))
        assert names(next(events)) == ("agent", OTHER)


def test_a_restarted_push_process_goes_on_where_the_browser_was(site: Stand) -> None:
    with stream(site, SUPERVISOR) as events:
        position = next(events)[0]
    site.stop("live", signal.SIGKILL)
    site.give(requests.SignIn(OTHER))
    site.to_state(OTHER, "break")
    site.start("live")
    eventually(site.answers, what="the pages")
    with stream(site, SUPERVISOR, last=position) as events:
        assert names(next(events)) == ("agent", OTHER)
