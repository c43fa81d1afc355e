"""What repeat tracking costs: one day's contacts against the journal of the 30 days after it.

    python benchmarks/repeats.py [--contacts 200]

Runs a PostgreSQL of its own. Each contact has 25 rows, of which three are read. Three journals: the window alone; with
ten times as much history before it; with ten times as many contacts a day. The answer is JSON, seconds.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from typing import Any

import psycopg

from civicline import settings
from civicline.core.model import Contact
from civicline.database.urls import urls
from civicline.measures import repeats
from civicline.measures.period import Period
from journal import server

DAY_S = 86_400.0
START = 1_900_000_000.0
ROWS_A_CONTACT = 25
WINDOW_DAYS = 31
CALLERS = 5000
FILL = """
INSERT INTO journal_event (position, at, kind, epoch, body)
SELECT (d * %(contacts)s + c) * %(rows)s + r + 1 + %(base)s, to_timestamp(%(start)s + d * 86400), CASE r
    WHEN 0 THEN 'contact_arrived' WHEN 9 THEN 'topic_chosen' WHEN 24 THEN 'contact_wrapped' ELSE 'leg_ringing' END, 1,
    jsonb_build_object('at', %(start)s + d * 86400 + c * 86400.0 / %(contacts)s, 'contact', md5((d * 100000 + c)::text),
        'caller', md5((c * 7919 % %(callers)s)::text), 'topic', 'topic' || c %% 26, 'leg', md5(c::text) || '-c',
        'line', '100', 'node', 'voice-1', 'channel', 'phone')
FROM generate_series(0, %(days)s - 1) d, generate_series(0, %(contacts)s - 1) c, generate_series(0, %(rows)s - 1) r
ORDER BY 1
"""


def fill(owner: str, days: int, contacts: int, start: float, base: int) -> int:
    """Rows for so many days; gives the last position."""
    given = {"days": days, "contacts": contacts, "start": start, "base": base, "rows": ROWS_A_CONTACT}
    text = FILL.replace("% %(callers)s", f"%% {CALLERS}")
    with psycopg.connect(owner, autocommit=True) as conn:
        conn.execute(text, given)
        conn.execute("ANALYZE journal_event")
    return base + days * contacts * ROWS_A_CONTACT


def day_of(conn: psycopg.Connection[Any], before: int, contacts: int) -> Period:
    """The first day's contacts, all answered."""
    period = Period(START, START + DAY_S, before_first=before)
    rows = conn.execute(
        "SELECT body->>'contact', body->>'caller', (body->>'at')::float8 FROM journal_event"
        " WHERE position > %s AND kind = 'contact_arrived' ORDER BY position LIMIT %s",
        (before, contacts),
    ).fetchall()
    for number, (contact, caller, at) in enumerate(rows):
        found = Contact(contact, "phone", "100", caller, f"{contact}-c", "voice-1", at)
        found.topic, found.connected_at = f"topic{number % 26}", at + 60
        period.contacts.append(found)
    return period


def measure(owner: str, app: str, history_days: int, contacts: int) -> dict[str, Any]:
    with psycopg.connect(owner, autocommit=True) as conn:
        conn.execute("TRUNCATE journal_event")
    before = fill(owner, history_days, contacts, START - history_days * DAY_S, 0) if history_days else 0
    last = fill(owner, WINDOW_DAYS, contacts, START, before)
    with psycopg.connect(app, autocommit=True) as conn:
        period = day_of(conn, before, contacts)
        began = time.perf_counter()
        found = repeats.tracks(conn, period)
        seconds = time.perf_counter() - began
    return {
        "contacts_a_day": contacts,
        "history_days": history_days,
        "rows": last,
        "rows_in_window": last - before,
        "seconds": round(seconds, 2),
        "repeated": sum(track.next_after_s is not None for track in found.values()),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def run(contacts: int = 200) -> dict[str, Any]:
    with server() as app:
        owner = urls(settings.load()).owner
        cases = ((0, contacts), (10 * WINDOW_DAYS, contacts), (0, 10 * contacts))
        return {"measured": [measure(owner, app, history, each) for history, each in cases]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=200, help="a day")
    print(json.dumps(run(parser.parse_args().contacts), indent=1))


if __name__ == "__main__":
    main()
