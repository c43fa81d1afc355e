"""Gauges for Prometheus, read from the database when they are asked for: no counter that a restart would reset."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import DatabaseError
from django.db.models import Count
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from civicline.contacts import queries
from civicline.contacts.models import AgentRow
from civicline.web import readiness

__all__ = ["CONTENT_TYPE", "text"]


class Gauges:
    def collect(self) -> Iterable[Metric]:
        try:
            found = [*_journal(), *_queues(), _agents()]
            up = 1
        except DatabaseError:
            found, up = [], 0
        yield GaugeMetricFamily("civicline_database_up", "1 when the database answers.", value=up)
        yield from found


def text() -> bytes:
    registry = CollectorRegistry()
    registry.register(Gauges())
    return generate_latest(registry)


def _journal() -> list[Metric]:
    now = readiness.standing()
    behind_s = now.behind_s or 0.0
    return [
        GaugeMetricFamily("civicline_journal_position", "Position of the journal's last row.", value=now.journal),
        GaugeMetricFamily("civicline_view_position", "Position that the read models hold.", value=now.view),
        GaugeMetricFamily("civicline_view_behind_seconds", "Age of the oldest row not held.", value=behind_s),
        GaugeMetricFamily("civicline_engine_leads", "1 when an engine holds the lead.", value=int(now.led)),
    ]


def _queues() -> list[Metric]:
    contacts = GaugeMetricFamily("civicline_queue_contacts", "Contacts of a queue by state.", labels=["queue", "state"])
    longest = GaugeMetricFamily("civicline_queue_longest_wait_seconds", "Wait of the first in line.", labels=["queue"])
    agency, now, at = queries.agency(), queries.queues_now(), datetime.now(UTC)
    for queue in agency.queues if agency else now:
        found = now.get(queue)
        for state in ("waiting", "offered", "talking", "kept", "ringing_back"):
            contacts.add_metric([queue, state], getattr(found, state) if found else 0)
        since = found.longest_since if found else None
        longest.add_metric([queue], (at - since).total_seconds() if since else 0)
    return [contacts, longest]


def _agents() -> Metric:
    gauge = GaugeMetricFamily("civicline_agents", "Representatives by state.", labels=["state"])
    for found in AgentRow.objects.values("state").annotate(count=Count("id")):
        gauge.add_metric([found["state"]], found["count"])
    return gauge
