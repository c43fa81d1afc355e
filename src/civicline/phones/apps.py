"""The feature as a Django app: its tables."""

from __future__ import annotations

from django.apps import AppConfig


class PhonesConfig(AppConfig):
    name = "civicline.phones"
    label = "phones"
