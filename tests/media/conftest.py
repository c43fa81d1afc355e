"""A real media process for each test module, and phones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from media_phones import EngineProcess, Phone

from civicline.voice.media import client


@pytest.fixture(scope="module")
def running() -> Iterator[EngineProcess]:
    process = EngineProcess()
    yield process
    process.stop()
    assert process.process.returncode == 0, "the media process did not end cleanly"


@pytest.fixture
def engine(running: EngineProcess) -> Iterator[EngineProcess]:
    """The module's process without calls and events of other tests."""
    yield running
    for call_id in running.command(client.calls())["calls"]:  # type: ignore[union-attr]
        running.command(client.delete(str(call_id)))
    running.events("")
    running.told.clear()


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
