"""The journal as a Django app: for its migrations only. At run time the journal's code uses psycopg directly."""

from __future__ import annotations

from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "civicline.journal"
    label = "journal"
    read_only_tables = ("journal_event", "journal_leader", "journal_open_prefix")
    """Written by functions of the owner's alone: the app role may only read them (civicline.database.grants)."""
