"""Staff who sign in, and the pauses after failed attempts."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from civicline.people.names import name_validator


class Role(models.TextChoices):
    REPRESENTATIVE = "representative", _("Representative")
    SUPERVISOR = "supervisor", _("Supervisor")
    ADMINISTRATOR = "administrator", _("Administrator")


class Staff(AbstractBaseUser):
    """One person of the staff; `username` is the staff name in the pack and their SIP user, such as `amara.okafor`."""

    username = models.CharField(max_length=64, unique=True, validators=[name_validator])
    display_name = models.CharField(max_length=120)
    role = models.CharField(max_length=16, choices=Role)
    language = models.CharField(max_length=8, default="en")
    is_active = models.BooleanField(default=True)

    objects: ClassVar[BaseUserManager[Self]] = BaseUserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name", "role"]

    def __str__(self) -> str:
        return self.display_name


class Attempts(models.Model):
    """Failed sign-ins in a row for one key: an account's, or the keyed hash of an address."""

    key = models.CharField(max_length=80, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()
