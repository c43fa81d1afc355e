"""The feature as a Django app: its tables."""

from __future__ import annotations

from django.apps import AppConfig


class SealedConfig(AppConfig):
    name = "civicline.sealed"
    label = "sealed"
