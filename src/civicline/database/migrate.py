"""Bring the tables up to date as the owner role, then say who may do what."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django
import psycopg
from django.apps import apps
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections

from civicline.database import grants
from civicline.database.urls import django_database, from_url, urls
from civicline.settings import Settings


def migrate(settings: Settings) -> None:
    """Run Django's migrations as the owner and grant rights. The server must be running; safe to repeat.

    Where the owner and the app role are one (CIVICLINE_DATABASE_URL alone), rights are left as they are.
    """
    _configure()
    found = urls(settings)
    with _as_owner(settings, found.owner):
        call_command("migrate", interactive=False, verbosity=0)
    with psycopg.connect(found.owner) as conn:
        grants.grant(conn, grants.roles(found), _read_only_tables())


def _configure() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "civicline.web.settings")
    if not apps.ready:
        django.setup()


def _read_only_tables() -> list[str]:
    """What apps declare as `read_only_tables`: written by the owner's functions alone."""
    return [table for app in apps.get_app_configs() for table in getattr(app, "read_only_tables", ())]


@contextmanager
def _as_owner(settings: Settings, owner: str) -> Iterator[None]:
    """Let this thread's default connection be the owner's: data migrations use the default one too."""
    _switch(from_url(owner))
    try:
        yield
    finally:
        _switch(django_database(settings))


def _switch(database: dict[str, Any]) -> None:
    connections[DEFAULT_DB_ALIAS].close()
    connections.settings[DEFAULT_DB_ALIAS].update(database)
    del connections[DEFAULT_DB_ALIAS]
