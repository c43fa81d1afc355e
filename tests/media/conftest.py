"""A real media process for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from media_phones import EngineProcess, Phone


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    running = EngineProcess()
    yield running
    running.stop()
    assert running.process.returncode == 0, "the media process did not end cleanly"


@pytest.fixture
def caller() -> Iterator[Phone]:
    phone = Phone()
    yield phone
    phone.close()


@pytest.fixture
def agent() -> Iterator[Phone]:
    phone = Phone()
    yield phone
    phone.close()
