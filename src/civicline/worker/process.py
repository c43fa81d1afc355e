"""The worker: the projector, and the timers and outbox of features. Each in a thread with its own connection."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import psycopg

from civicline.contacts import projector
from civicline.database.urls import urls
from civicline.journal import timers
from civicline.journal.connect import connect
from civicline.journal.follow import Follower
from civicline.recordings.keeper import keep_recordings
from civicline.settings import Settings
from civicline.stopping import told_to_stop
from civicline.worker.handlers import HANDLERS

log = logging.getLogger(__name__)

Work = Callable[[str, threading.Event], None]

IDLE_S = 1.0
REST_S = 0.1
"""Pages may be so much behind; it saves most of the projector's work when much happens at once."""
RETRY_S = 0.2


def run(settings: Settings) -> int:
    """Project and run what is due until SIGTERM. Blocks."""
    stop = told_to_stop()
    url = urls(settings).app
    threads = [
        threading.Thread(target=_again_and_again, args=(work, url, stop), name=work.__name__, daemon=True)
        for work in (project, run_timers, keep_recordings)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 0


def _again_and_again(work: Work, url: str, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            work(url, stop)
        except (psycopg.Error, OSError) as error:
            log.warning("worker: %s in %s; trying again", type(error).__name__, work.__name__)
            stop.wait(RETRY_S)


def project(url: str, stop: threading.Event) -> None:
    with connect(url, "projector") as conn:
        state, position = projector.start(conn)
        follower = Follower(url, after=position, rest_s=REST_S)
        try:
            while not stop.is_set():
                if events := follower.read(IDLE_S):
                    projector.project(conn, state, events)
        finally:
            follower.close()


def run_timers(url: str, stop: threading.Event) -> None:
    timers.run_due(url, HANDLERS, stop)
