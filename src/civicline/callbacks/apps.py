"""The feature as a Django app: its table."""

from __future__ import annotations

from django.apps import AppConfig


class CallbacksConfig(AppConfig):
    name = "civicline.callbacks"
    label = "callbacks"
