"""Fixtures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from civicline import settings
from civicline.people import keyset
from web.fixtures import chromium, context, site  # noqa: F401


@pytest.fixture(scope="module", autouse=True)
def keys() -> Iterator[None]:
    """The keyset of the tests' processes."""
    path = settings.load().keyset
    made = keyset.create(path)
    yield
    if made:
        path.unlink()
