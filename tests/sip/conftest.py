"""SIPp and the app process for every test here; without SIPp these tests are skipped and say so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sip_app import App

from peers import sipp


@pytest.fixture(autouse=True)
def _needs_sipp() -> None:
    if not sipp.installed():
        pytest.skip("sipp is missing: apt-get install sip-tester")


@pytest.fixture
def app() -> Iterator[App]:
    with App() as running:
        yield running
        assert running.alive, "the endpoint's process died"
