"""Read models: what the folded state says of each contact and agent, for pages and reports.

Only `projector.py` writes them; throwing them away and folding the journal anew gives the same rows.
"""

from typing import ClassVar

from django.db import models


class ContactRow(models.Model):
    """One contact; the columns are the fields of `core.model.Contact`."""

    id = models.CharField(primary_key=True, max_length=64)
    channel = models.CharField(max_length=16)
    line = models.CharField(max_length=64)
    state = models.CharField(max_length=16)
    arrived_at = models.DateTimeField()
    notice_at = models.DateTimeField(null=True)
    recording = models.CharField(max_length=16)
    recording_paused_at = models.DateTimeField(null=True)
    pause_reminded_at = models.DateTimeField(null=True)
    language = models.CharField(max_length=16, null=True)
    topic = models.CharField(max_length=64, null=True)
    topic_by = models.CharField(max_length=16, null=True)
    queue = models.CharField(max_length=64, null=True)
    priority = models.IntegerField()
    step = models.IntegerField()
    place_at = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(null=True)
    offers = models.IntegerField()
    missed = models.IntegerField()
    offer = models.CharField(max_length=80, null=True)
    agent = models.CharField(max_length=64, null=True)
    connected_at = models.DateTimeField(null=True)
    talk_ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=16, null=True)
    turned_away = models.CharField(max_length=16, null=True)
    abandoned_in = models.CharField(max_length=16, null=True)
    closed_at = models.DateTimeField(null=True)
    wrapped_at = models.DateTimeField(null=True)
    final_topic = models.CharField(max_length=64, null=True)
    disposition = models.CharField(max_length=64, null=True)
    resolved = models.BooleanField(null=True)
    taken_at = models.DateTimeField(null=True)
    held_at = models.DateTimeField(null=True)
    held_by = models.CharField(max_length=16, null=True)
    consult_state = models.CharField(max_length=16, null=True)
    consult_with = models.CharField(max_length=64, null=True)
    consult_outside = models.BooleanField(default=False)
    consult_helps = models.BooleanField(default=False)
    consult_untold = models.BooleanField(default=False)
    passed_on_by = models.CharField(max_length=64, null=True)
    passed_on_why = models.CharField(max_length=16, null=True)
    slot_at = models.DateTimeField(null=True)
    may_ring = models.BooleanField(default=False)
    can_be_rung = models.BooleanField(default=False)
    restored_to = models.CharField(max_length=64, null=True)
    for_agent = models.CharField(max_length=64, null=True)
    rung_back_by = models.CharField(max_length=64, null=True)
    ring_attempts = models.IntegerField(default=0)
    ring_failure = models.CharField(max_length=16, null=True)
    ring_back_declined = models.CharField(max_length=16, null=True)
    promise_end = models.CharField(max_length=16, null=True)
    promised_to = models.CharField(max_length=64, null=True)
    due = models.BooleanField(default=False)
    counted_on = models.DateField(null=True)
    counted_queue = models.CharField(max_length=64, null=True)
    """For which queue: `core.measures.queue_of`. None in a row from before there was this column: for `queue`."""
    counted = models.JSONField(default=dict)
    """What it counts for among the figures of that day: `core.measures.running`."""

    class Meta:
        db_table = "contacts_contact"
        indexes: ClassVar = [
            models.Index(fields=["state", "queue"], name="contacts_by_state_queue"),
            models.Index(fields=["arrived_at"], name="contacts_by_arrival"),
        ]


class AgentRow(models.Model):
    """One agent; the columns are the fields of `core.model.Agent`."""

    id = models.CharField(primary_key=True, max_length=64)
    state = models.CharField(max_length=16)
    since = models.DateTimeField()
    reason = models.CharField(max_length=200)
    phone = models.BooleanField()
    contact = models.CharField(max_length=64, null=True)
    next = models.CharField(max_length=16)

    class Meta:
        db_table = "contacts_agent"


class AgencyRow(models.Model):
    """The agency pack that holds now, as JSON of `core.agency.Agency`. One row, id 1."""

    id = models.SmallIntegerField(primary_key=True)
    body = models.JSONField()

    class Meta:
        db_table = "contacts_agency"


class UrgentRow(models.Model):
    """What is said before a menu now; the columns are the fields of `core.model.Urgent`."""

    menu = models.CharField(primary_key=True, max_length=64)
    texts = models.JSONField()
    message = models.CharField(max_length=64)
    until = models.DateTimeField()
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "contacts_urgent"


class CountedRow(models.Model):
    """The sum of one part over the contacts of a day and a queue. A trigger on the contacts' table keeps it, so that it
    agrees with the rows whatever is written again."""

    pk = models.CompositePrimaryKey("day", "queue", "part")
    day = models.DateField()
    queue = models.CharField(max_length=64)
    part = models.CharField(max_length=32)
    value = models.FloatField()

    class Meta:
        db_table = "contacts_counted"


class Progress(models.Model):
    """How far the projector has come: the position of the last fact in the rows. One row, id 1."""

    id = models.SmallIntegerField(primary_key=True)
    position = models.BigIntegerField()

    class Meta:
        db_table = "contacts_progress"
