"""Connections that notice within seconds that the other host is gone, and that plan each statement once."""

from __future__ import annotations

import random
from typing import Any

import psycopg

PARAMETERS: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # ms
    # The server's side: it frees a cut host's locks. Without effect on a Unix socket.
    # Statements look rows up by their keys, so a plan does not depend on the values: planning anew at each execution,
    # which PostgreSQL otherwise prefers for the journal's readers, was a third of their cost.
    "options": "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
    " -c tcp_user_timeout=10000 -c plan_cache_mode=force_generic_plan",
}
PAUSE_MAX_S = 1.0


def connect(url: str, name: str = "") -> psycopg.Connection[Any]:
    """Autocommit; `name` is shown in pg_stat_activity."""
    return psycopg.connect(url, autocommit=True, **_parameters(name))


async def connect_async(url: str, name: str = "") -> psycopg.AsyncConnection[Any]:
    return await psycopg.AsyncConnection.connect(url, autocommit=True, **_parameters(name))


def _parameters(name: str) -> dict[str, Any]:
    return {**PARAMETERS, "application_name": f"civicline {name}".strip()}


def pause_s(attempt: int) -> float:
    """How long to wait before the next try (attempt counts from 1): 25 ms doubling to 1 s, spread by a half."""
    return min(PAUSE_MAX_S, 0.025 * 2.0 ** min(attempt - 1, 10)) * random.uniform(0.5, 1.0)  # noqa: S311
