"""What the public page keeps of a callback that somebody asked for. What becomes of it is in the journal."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Stage(models.TextChoices):
    """What was asked last, and whether the journal has answered. Only PROMISED can be changed or cancelled."""

    ASKED = "asked"
    PROMISED = "promised"
    DECLINED = "declined"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    MOVING = "moving"
    MOVED = "moved"


class Booking(models.Model):
    """One contact. The number is sealed under the contact's key; of the link's code only a keyed hash is kept."""

    contact = models.CharField(primary_key=True, max_length=64)
    reference = models.CharField(max_length=16, unique=True)
    code_hash = models.CharField(max_length=64)
    stage = models.CharField(max_length=16, choices=Stage, default=Stage.ASKED)
    position = models.BigIntegerField(default=0)
    """Of the journal when something was asked last: the answer comes after it."""
    why = models.CharField(max_length=16, default="")
    """Why it was declined (core.lifecycle.DeclinedFor)."""
    topic = models.CharField(max_length=64)
    language = models.CharField(max_length=16)
    slot_at = models.DateTimeField()
    slot_s = models.IntegerField()
    replaces = models.CharField(max_length=64, default="")
    """The contact whose promise is changed for this one."""
    uid = models.CharField(max_length=64)
    """Of the calendar entry: the same over all changes."""
    sequence = models.IntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "callbacks_booking"
        indexes: ClassVar = [models.Index(fields=["replaces"], name="callbacks_by_replaced")]
