"""The engine's time while the clock of the database is set on or back."""

from __future__ import annotations

import pytest

from civicline.engine.clock import CHECK_EVERY_S, SET_BACK_S, SLOW, Clock


class Machine:
    """Counts its own seconds; the database's clock goes with them, but for steps."""

    def __init__(self) -> None:
        self.seconds, self.step_s, self.latest = 500.0, 0.0, 0.0
        self.clock = Clock(self.database, lambda: self.seconds)

    def database(self) -> float:
        return 1_000_000.0 + self.seconds + self.step_s

    def goes_on(self, seconds: int) -> None:
        """A row in each second; the stamps never go back."""
        for _ in range(seconds):
            self.seconds += 1.0
            self.latest = max(self.latest, self.database())
            self.clock.stamped(self.latest)
            self.clock.look()


@pytest.mark.parametrize("back_s", [2 * SET_BACK_S, 3600.0])
def test_a_clock_that_was_set_back_is_waited_for_at_half_the_speed(back_s: float) -> None:
    machine = Machine()
    machine.goes_on(10)
    before, machine.step_s = machine.clock.now(), -back_s
    machine.goes_on(1)
    assert machine.clock.now() == before + 1, "never back"
    machine.goes_on(round(back_s) - 1)
    assert machine.clock.now() == pytest.approx(before + back_s * SLOW, abs=CHECK_EVERY_S)
    machine.goes_on(round(back_s + 2 * CHECK_EVERY_S))
    assert machine.clock.now() == machine.database()


def test_a_step_forward_is_followed_at_once() -> None:
    machine = Machine()
    machine.step_s = 3600.0
    machine.goes_on(1)
    assert machine.clock.now() == machine.database()


def test_a_step_forward_is_seen_without_a_row() -> None:
    machine = Machine()
    machine.step_s = 3600.0
    machine.seconds += 2 * CHECK_EVERY_S
    machine.clock.look()
    assert machine.clock.now() == machine.database()


def test_a_small_drift_is_followed_both_ways() -> None:
    machine = Machine()
    for machine.step_s in (0.2, 0.1):
        machine.goes_on(round(2 * CHECK_EVERY_S))
        assert machine.clock.now() == machine.database()


def test_a_stamp_that_was_long_on_the_way_changes_nothing() -> None:
    machine = Machine()
    stamp = machine.database()
    machine.seconds += 30.0
    machine.clock.stamped(stamp)
    machine.seconds += 30.0
    assert machine.clock.now() == machine.database()
