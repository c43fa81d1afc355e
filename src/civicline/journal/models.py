"""The journal's tables for Django's read side; the tables themselves are made by SQL in the migrations."""

from __future__ import annotations

from django.db import models


class JournalEvent(models.Model):
    position = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    kind = models.TextField()
    version = models.SmallIntegerField()
    cause = models.BigIntegerField(null=True)
    epoch = models.IntegerField(null=True)
    batch = models.UUIDField(null=True)
    body = models.JSONField()

    class Meta:
        managed = False
        db_table = "journal_event"


class JournalTimer(models.Model):
    kind = models.TextField()
    key = models.TextField()
    due_at = models.DateTimeField()
    payload = models.JSONField()
    lease_until = models.DateTimeField(null=True)
    attempt = models.IntegerField()

    class Meta:
        managed = False
        db_table = "journal_timer"


class JournalOutbox(models.Model):
    kind = models.TextField()
    key = models.TextField()
    due_at = models.DateTimeField()
    payload = models.JSONField()
    lease_until = models.DateTimeField(null=True)
    attempt = models.IntegerField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "journal_outbox"
