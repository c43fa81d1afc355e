from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest


@pytest.fixture
def conn(journal) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(journal.urls.app, autocommit=True) as conn:
        yield conn
