"""The staff's telephones: digest passwords (hashed, and sealed) and where each is registered now."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class PhoneAccount(models.Model):
    """HA1 of RFC 7616 for each algorithm, sealed; the password itself is shown once and not kept."""

    user = models.TextField(primary_key=True)
    realm = models.TextField()
    wrapped_key = models.BinaryField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "phone_account"


class PhoneBinding(models.Model):
    """One registered telephone, RFC 3261 section 10. `source` is the address that its REGISTER came from."""

    pk = models.CompositePrimaryKey("user", "contact")
    user = models.TextField()
    contact = models.TextField()
    source_host = models.TextField()
    source_port = models.IntegerField()
    expires_at = models.DateTimeField(db_index=True)
    registered_at = models.DateTimeField(db_default=Now())
    call_id = models.TextField()
    cseq = models.BigIntegerField()

    class Meta:
        db_table = "phone_binding"
