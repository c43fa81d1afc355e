"""The feature as a Django app: its tables."""

from __future__ import annotations

from django.apps import AppConfig


class RecordingsConfig(AppConfig):
    name = "civicline.recordings"
    label = "recordings"
