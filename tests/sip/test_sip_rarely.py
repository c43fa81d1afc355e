"""A flood of one mistake is one line a minute with its count."""

from __future__ import annotations

import logging

import pytest

from civicline.voice.rarely import EVERY_S, MOST_KINDS, Rarely

log = logging.getLogger("rarely under test")


@pytest.fixture
def now() -> list[float]:
    return [1000.0]


@pytest.fixture
def rarely(now: list[float]) -> Rarely:
    return Rarely(log, lambda: now[0])


def test_the_first_at_once_the_rest_with_their_count(
    rarely: Rarely, now: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(1000):
        rarely.warning("a bad one")
    assert caplog.messages == ["a bad one"]
    now[0] += EVERY_S
    rarely.flush()
    assert caplog.messages == ["a bad one", "a bad one (999 more in 60 s)"]
    now[0] += EVERY_S
    rarely.flush()
    rarely.warning("a bad one")
    assert caplog.messages[-1] == "a bad one"


def test_kinds_are_few(rarely: Rarely, caplog: pytest.LogCaptureFixture) -> None:
    for n in range(2 * MOST_KINDS):
        rarely.warning(f"kind {n}")
    assert len(caplog.messages) <= MOST_KINDS + 1
