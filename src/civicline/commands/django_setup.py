"""Django for the commands that need its models."""

from __future__ import annotations

import os


def setup() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "civicline.web.settings")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
